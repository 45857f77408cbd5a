const { exports: entries } = require('./package.json');

/** Entries beside the library, as in scripts/package/entries.mjs: file formats, and tools of one platform. */
const beside = Object.entries(entries)
  .filter(
    ([name, target]) => typeof target === 'object' && !['.', './fused', './predict', './tables/predict'].includes(name),
  )
  .map(([name]) => name.slice('./'.length));

/**
 * Which folder of src/ may import which: itself and what stands above it in this list, never the other way. Folders on
 * one line do not know each other.
 */
const tiers = [
  ['common'],
  ['runtime'],
  ['schedules'],
  ['activations', 'losses', 'initializers', 'regularizers', 'constraints', 'optimizers'],
  ['metrics'],
  ['operations'],
  ['layers'],
  ['graph'],
  ['formats'],
  ['training', 'inference'],
  ['model'],
  ['remote'],
  ['engine'],
  ['tabular', 'quantization'],
  ['index', 'predict'],
  ['selection'],
  ['formats/keras-topology'],
  beside.map((name) => `formats/${name}`),
  beside,
  ['tables-predict'],
  ['cli'],
];

/** What does not follow from the order above. */
const exceptions = { formats: ['common', 'formats'] };

/** The files of a folder without those of its folders that have a place of their own, or the one file of that name. */
function files(name) {
  const apart = tiers.flat().filter((other) => other.startsWith(`${name}/`));
  const inner = apart.map((other) => other.slice(name.length + 1)).join('|');
  return inner === '' ? `${name}(/|\\.ts$)` : `${name}/(?!(${inner})/)`;
}

const under = (names) => `^src/(${names.map(files).join('|')})`;

const directions = tiers.flatMap((tier, depth) =>
  tier.map((name) => ({
    name: `src-${name.replace('/', '-')}-imports-earlier-tiers`,
    comment: `src/${name} imports only itself and the folders listed before it.`,
    severity: 'error',
    from: { path: under([name]) },
    to: { path: '^src/', pathNot: under(exceptions[name] ?? [...tiers.slice(0, depth).flat(), name]) },
  })),
);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Modules that import each other work only by the order of their evaluation.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment:
        'Every import finds its file or package, but for those of packages that the comparison with others installs for itself.',
      severity: 'error',
      from: { pathNot: '^bench/peers/contestants/' },
      to: { couldNotResolve: true },
    },
    ...directions,
    {
      name: 'known-folder',
      comment: 'A new folder of src/ takes its place in the list above.',
      severity: 'error',
      from: { path: '^src/', pathNot: under(tiers.flat()) },
      to: {},
    },
    {
      name: 'no-run-time-dependencies',
      comment: 'The library needs no package at run time.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-static-node-imports',
      comment:
        'The built files but wasm-mlp/node must load in a browser: Node modules are imported at run time, where there are any.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli/|node/|node\\.ts$)' },
      to: { dependencyTypes: ['core'], dynamic: false },
    },
    {
      name: 'tests-and-benches-use-the-public-entry',
      comment:
        'Tests and benches see the public entry, the kernel table, the pure planner, the elementary functions, whose bounds no ' +
        'schedule shows, the generator beside that of the kernels, the change of an engine’s tile, which no engine of today makes by itself, ' +
        'and L-BFGS, which is tested on other functions than losses; nothing reaches into a model.',
      severity: 'error',
      from: { path: '^(test|bench)/', pathNot: '^test/docs/' },
      to: {
        path: '^src/',
        pathNot: `^src/((index|tables-predict|${beside.join('|')})\\.ts$|runtime/|graph/buffers\\.ts$|engine/wide/retile\\.ts$|common/(elementary|philox)\\.ts$|training/full-batch/(lbfgs|line-search)\\.ts$|cli/)`,
      },
    },
    {
      name: 'tests-of-documents-see-names',
      comment: 'Tests of the documents compare the table of names in the guide with the tables that define them.',
      severity: 'error',
      from: { path: '^test/docs/' },
      to: {
        path: '^src/',
        pathNot: '^src/(index\\.ts$|(activations|losses|metrics|optimizers|initializers)/|common/other-names\\.ts$)',
      },
    },
    {
      name: 'only-command-line-tests-use-the-command-line',
      comment: 'Tests of the command line and of its job on MNIST.',
      severity: 'error',
      from: { path: '^(test|bench)/', pathNot: '^test/cli/' },
      to: { path: '^src/cli/' },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist/'] },
    exclude: { path: '^bench/.+/node_modules/|^bench/node_modules/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
