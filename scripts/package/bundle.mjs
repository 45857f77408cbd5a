/**
 * Bundles src/ into the files of dist/ with Rollup, in both module systems: see `builds` of entries.mjs. Files import
 * each other by relative addresses. What is loaded later is an `import()` in ES modules, and in CommonJS a `require`,
 * since an `import()` is refused under Jest, and in scripts of node:vm.
 */
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { transform } from 'esbuild';
import { rollup } from 'rollup';

/** @typedef {{ fileName: string, code: string, map: string }} Bundled */

/**
 * Resolves imports of TypeScript and removes its types.
 *
 * @type {import('rollup').Plugin}
 */
const typescript = {
  name: 'typescript',
  resolveId(path, from) {
    if (path.startsWith('node:')) return { id: path, external: true };
    return from === undefined ? path : resolve(dirname(from), path.replace(/\.js$/, '.ts'));
  },
  async load(id) {
    const { code, map } = await transform(readFileSync(id, 'utf8'), {
      loader: 'ts',
      target: 'es2022',
      sourcemap: true,
      sourcefile: id,
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    });
    return { code, map };
  },
};

/**
 * Returns, by module, the file that holds it if several files import it: `core` for what `entry` reaches, otherwise the
 * one of its folder in src/formats.
 *
 * @param {string} core
 * @param {string} entry
 * @param {readonly string[]} files
 * @param {(id: string) => import('rollup').ModuleInfo | null} moduleInfo
 */
function sharedModules(core, entry, files, moduleInfo) {
  /** @type {(id: string, reached: Set<string>) => Set<string>} */
  const reach = (id, reached) => {
    if (reached.has(id) || moduleInfo(id)?.isExternal !== false) return reached;
    reached.add(id);
    for (const imported of moduleInfo(id)?.importedIds ?? []) reach(imported, reached);
    return reached;
  };
  const ofEntry = reach(entry, new Set());
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const file of files) for (const id of reach(file, new Set())) counts.set(id, (counts.get(id) ?? 0) + 1);
  /** @type {Map<string, string>} */
  const shared = new Map();
  for (const [id, count] of counts) {
    const folder = /^src\/formats\/([\w-]+)\//.exec(relative('.', id))?.[1];
    if (ofEntry.has(id) || (count > 1 && folder === undefined)) shared.set(id, core);
    else if (count > 1) shared.set(id, `shared-${folder}`);
  }
  return shared;
}

/**
 * Bundles one build, in both module systems.
 *
 * @param {{ entry: string, core: string, files: Readonly<Record<string, string>>, shared: readonly string[] }} build
 * @returns {Promise<Bundled[]>}
 * @throws Error where the build has other files than those listed.
 */
export async function bundle({ entry, core, files, shared }) {
  const input = Object.fromEntries(Object.entries(files).map(([name, source]) => [name, resolve(`${source}.ts`)]));
  const bundle = await rollup({
    input,
    plugins: [typescript],
    treeshake: { moduleSideEffects: false },
    onwarn(warning) {
      // Modules of a layer of the library may name each other; their folders may not (`npm run check:imports`).
      if (warning.code !== 'CIRCULAR_DEPENDENCY') throw new Error(`bundle: ${warning.message}`);
    },
  });
  /** @type {Map<string, string> | undefined} */
  let holders;
  /** @type {Bundled[]} */
  const bundled = [];
  for (const [format, extension] of /** @type {const} */ ([
    ['es', 'js'],
    ['cjs', 'cjs'],
  ])) {
    const { output } = await bundle.generate({
      format,
      dir: 'dist',
      exports: 'named',
      sourcemap: 'hidden',
      dynamicImportInCjs: false,
      entryFileNames: `[name].${extension}`,
      chunkFileNames: `[name].${extension}`,
      manualChunks: (id, { getModuleInfo }) =>
        (holders ??= sharedModules(core, input[entry], Object.values(input), getModuleInfo)).get(id),
    });
    const chunks = output.filter((one) => one.type === 'chunk');
    const expected = [...Object.keys(files), core, ...shared].map((name) => `${name}.${extension}`).sort();
    const got = chunks.map(({ fileName }) => fileName).sort();
    if (expected.join() !== got.join()) {
      throw new Error(
        `bundle: entries.mjs lists the files ${expected.join(', ')}, but the build has ${got.join(', ')}.`,
      );
    }
    for (const { fileName, code, map } of chunks) bundled.push({ fileName, code, map: String(map) });
  }
  await bundle.close();
  return bundled;
}
