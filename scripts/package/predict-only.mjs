/**
 * An esbuild plugin that leaves training out of `wasm-mlp/predict`. It removes, by name, members that only training
 * calls from the sources of layers, activations and graph, and replaces modules that describe training by empty ones,
 * since prediction uses neither the initializers nor the penalties of a file. A name that no longer exists fails the
 * build.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';

/**
 * Members of object literals and classes that are left out, by folder or file of src/.
 *
 * @type {Record<string, readonly string[]>}
 */
const LEFT_OUT = {
  'layers/': [
    'backward',
    'updateRunningStatistics',
    'differentiate',
    'backwardReads',
    'scratch',
    'saved',
    'adapt',
    'apply',
  ],
  'activations/registry.ts': ['backward'],
  'graph/program.ts': [
    'evaluateObjective',
    'evaluateOutput',
    'backwardNode',
    'updateRunningStatistics',
    'describeNode',
    'targets',
    'rowWeights',
    'totals',
    'nodes',
  ],
  'graph/memory-plan.ts': [
    'deltas',
    'lossDeltas',
    'targets',
    'smoothed',
    'rowLosses',
    'rowWeights',
    'totals',
    'addedDeltas',
    'addedGradients',
  ],
  'graph/parameters.ts': ['read', 'readLearned', 'readOne', 'readEach', 'unpack', 'writeOne', 'writeLearned'],
  'runtime/wasm-runtime.ts': ['fuses', 'keepsSubnormals', 'multiplyAdd', 'handle', 'requireThreads'],
  'runtime/linear-memory.ts': ['words'],
  'inference/inference-model.ts': ['warmUpRun'],
};

/** Functions that only training calls: their bodies are left out. @type {Record<string, readonly string[]>} */
const EMPTIED = {
  'graph/program.ts': ['backward'],
  'graph/memory-plan.ts': ['planDeltas', 'planAdded', 'learning'],
  'inference/model-file.ts': ['readTraining'],
};

/** Replacements of whole modules. @type {Record<string, string>} */
const REPLACED = {
  'initializers/initializers.ts': `
    const none = () => ({});
    export { none as constant, none as glorotUniform, none as ones, none as zeros };
    export const initializerCheck = (path, value) => value;`,
  'regularizers/regularizers.ts': `export const regularizerCheck = (path, value) => value;`,
  'constraints/constraints.ts': `export const constraintCheck = (path, value) => value;`,
  'common/nearest.ts': `export const suggestion = () => '';`,
  'common/other-names.ts': `
    const nothing = () => undefined;
    export { nothing as insteadOf, nothing as otherName };
    export const namingHint = () => '';`,
  'common/column-moments.ts': `export const columnMoments = undefined, float32Moments = undefined;`,
};

/**
 * @param {string} source
 * @param {readonly string[]} leftOut
 * @param {readonly string[]} emptied
 * @param {(name: string) => void} met called with each name that was found
 */
function strip(source, leftOut, emptied, met) {
  const { factory } = ts;
  const nothing = factory.createBlock([factory.createReturnStatement(factory.createArrayLiteralExpression())]);
  /** @type {(node: ts.Node) => string | undefined} */
  const nameOf = (node) => {
    const named =
      ts.isMethodDeclaration(node) ||
      ts.isPropertyAssignment(node) ||
      ts.isShorthandPropertyAssignment(node) ||
      ts.isGetAccessor(node) ||
      ts.isFunctionDeclaration(node);
    return named && node.name !== undefined && ts.isIdentifier(node.name) ? node.name.text : undefined;
  };
  /** @type {ts.TransformerFactory<ts.SourceFile>} */
  const transformer = (context) => {
    /** @type {ts.Visitor} */
    const visit = (node) => {
      const name = nameOf(node);
      if (name !== undefined && !ts.isFunctionDeclaration(node) && leftOut.includes(name)) {
        met(name);
        return undefined;
      }
      if (name !== undefined && emptied.includes(name) && !ts.isPropertyAssignment(node)) {
        met(name);
        if (ts.isMethodDeclaration(node)) {
          return factory.createMethodDeclaration(
            undefined,
            undefined,
            name,
            undefined,
            undefined,
            [],
            undefined,
            nothing,
          );
        }
        return factory.createFunctionDeclaration(undefined, undefined, name, undefined, [], undefined, nothing);
      }
      return ts.visitEachChild(node, visit, context);
    };
    return (file) => /** @type {ts.SourceFile} */ (ts.visitNode(file, visit));
  };
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.ESNext, true);
  const { transformed } = ts.transform(file, [transformer]);
  return ts.createPrinter().printFile(transformed[0]);
}

/** @type {import('esbuild').Plugin} */
export const predictOnly = {
  name: 'predict-only',
  setup({ onStart, onLoad, onEnd }) {
    /** Names not found yet, as `where name`. @type {Set<string>} */
    const missing = new Set();
    onStart(() => {
      for (const where of Object.keys(REPLACED)) missing.add(where);
      for (const table of [LEFT_OUT, EMPTIED]) {
        for (const [where, names] of Object.entries(table)) for (const name of names) missing.add(`${where} ${name}`);
      }
    });
    onEnd(({ errors }) => {
      if (errors.length > 0 || missing.size === 0) return undefined;
      return { errors: [{ text: `predict-only: not found: ${[...missing].join(', ')}.` }] };
    });
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const within = path.slice(resolve('src').length + 1).replaceAll('\\', '/');
      const replaced = REPLACED[within];
      if (replaced !== undefined) {
        missing.delete(within);
        return { contents: replaced, loader: 'js' };
      }
      /** @type {(table: Record<string, readonly string[]>) => [where: string, names: readonly string[]]} */
      const listed = (table) => Object.entries(table).find(([start]) => within.startsWith(start)) ?? ['', []];
      const [[leftWhere, leftOut], [emptiedWhere, emptied]] = [listed(LEFT_OUT), listed(EMPTIED)];
      if (leftOut.length + emptied.length === 0) return undefined;
      /** @param {string} name */
      const met = (name) => [leftWhere, emptiedWhere].forEach((where) => missing.delete(`${where} ${name}`));
      return { contents: strip(readFileSync(path, 'utf8'), leftOut, emptied, met), loader: 'ts' };
    });
  },
};
