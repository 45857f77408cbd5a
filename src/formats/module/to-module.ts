/**
 * `toModule`: writes a model as the text of an ES module that predicts and imports nothing. record-calls.ts turns the
 * plan into kernel calls, weights.ts lays out the weights, trim-kernels.ts leaves out what is not called, and
 * module-text.ts writes the text.
 */
import { describe } from '../../common/describe.js';
import { UnsupportedError, ValueError } from '../../common/errors.js';
import { fieldOf } from '../../common/objects.js';
import { flag, listOf, optional, readFields, type Check, type OptionTable } from '../../common/options.js';
import { CONTENT } from '../../common/symbols.js';
import type { NetworkPlan } from '../../graph/plan.js';
import type { Model } from '../../index.js';
import type { ModelContent } from '../../model/model-content.js';
import { decodeHex } from '../../runtime/hex.js';
import { PREDICT_KERNELS_CALLS, PREDICT_KERNELS_HEX } from '../../runtime/kernels-predict.generated.js';
import { declarationText, moduleText, type ModuleContent } from './module-text.js';
import { inOnePiece, recordProgram } from './record-calls.js';
import { trimKernels } from './trim-kernels.js';
import { packedWeights } from './weights.js';

/**
 * Options of `toModule`.
 * @category Standalone modules
 */
export interface ToModuleOptions {
  /**
   * Names of the classes, one per column of the only output: exported as `labels`, with a function `predictLabels`.
   * Default: those that `importOnnx` has read, if it made the model.
   */
  labels?: readonly (string | number)[] | undefined;
  /**
   * Whether to return the module's types instead, the text of a `.d.ts` file. Default false. The module itself has them
   * as JSDoc, which TypeScript reads with `allowJs`.
   */
  declarations?: boolean;
}

/**
 * A model to write, with the labels that `importOnnx` has read, if it made the model.
 * @category Standalone modules
 */
export type ModelToWrite = Model<Float32Array | Float32Array[]> & {
  /** Names of the classes, one per column of the output. */
  readonly labels?: readonly (string | number)[];
};

/** One label per class: a text, or a number as classifiers of other libraries have them. */
const label: Check<string | number> = (path, value) => {
  if (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw new ValueError(`${path} expected a string or a number, got ${describe(value)}.`);
};

const LABELS = optional(listOf('a list of labels', label));

const OPTIONS: OptionTable<{ labels: readonly (string | number)[] | undefined; declarations: boolean }> = {
  labels: { check: LABELS, or: undefined },
  declarations: { check: flag, or: false },
};

/** Most bytes of weights: a text of more characters is more than engines take. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Returns the content of a model of the library, which another bundle has made. */
function contentOf(model: unknown): ModelContent {
  const read = fieldOf(model, CONTENT);
  if (typeof read !== 'function') {
    throw new ValueError(`toModule: model expected a model of sequential, model or loadModel, got ${describe(model)}.`);
  }
  return (read as (where: string) => ModelContent).call(model, 'toModule');
}

/** Throws for functions of the user's own, which no text can hold, and for weights that are too many for one. */
function requireWritable({ nodes, graph, parameterFloats }: NetworkPlan): void {
  for (const { operation, layer } of nodes) {
    if (operation.kind !== 'activation' || operation.config.activation.kind !== 'custom') continue;
    throw new UnsupportedError(
      `toModule: "${graph.names[layer]}" expected an activation of the library, got ` +
        `${describe(operation.config.activation.custom.name)}: a text cannot hold functions. Load the model with ` +
        `wasm-mlp/predict instead.`,
    );
  }
  if (4 * parameterFloats <= MOST_BYTES) return;
  throw new UnsupportedError(
    `toModule: model expected at most ${MOST_BYTES} bytes of weights, got ${4 * parameterFloats}. ` +
      `Save it, and load it with wasm-mlp/predict instead.`,
  );
}

function requireLabels(labels: readonly unknown[] | undefined, { outputSpecs }: ModelContent): void {
  if (labels === undefined) return;
  const [{ width }, another] = outputSpecs;
  if (another === undefined && labels.length === width) return;
  const expected = another === undefined ? `${width}, one per column of the output` : 'none for several outputs';
  throw new ValueError(`toModule: labels expected ${expected}, got ${labels.length}.`);
}

/**
 * Returns a model as the text of one ES module, with its weights and the kernels that it needs inside. The module
 * imports nothing and runs in pages, workers, service workers, Node, Bun and Deno: `import { predict } from
 * './model.js'`. Its predictions have the bits of `predict` in strict numerics. The same model gives the same text.
 *
 * The module exports `predict`, which takes rows as the model does; `inputs` and `outputs`, their names and widths; with
 * labels `labels` and `predictLabels`; `ready`, which compiles beforehand, and `kernels`, their binary, for platforms
 * that refuse to compile at run time. Its errors are a TypeError or a RangeError.
 * @throws UnsupportedError for a custom activation, or more than 256 MB of weights; ValueError for anything but a
 * model, an unknown option, or labels of another kind or number; StateError after `dispose`.
 * @example
 * import { toModule } from 'wasm-mlp/module';
 * const network = await sequential({ layers: [dense({ units: 3, activation: 'softmax', inputShape: [4] })] });
 * const text = toModule(network, { labels: ['setosa', 'versicolor', 'virginica'] });
 * text.includes('import '); // false
 * @category Standalone modules
 */
export function toModule(model: ModelToWrite, options?: ToModuleOptions): string {
  const { labels: given, declarations } = readFields('toModule', options, OPTIONS);
  const content = contentOf(model);
  const labels = given ?? LABELS('toModule: model.labels', fieldOf(model, 'labels'));
  requireLabels(labels, content);
  requireWritable(content.plan);
  const { inputSpecs: inputs, outputSpecs: outputs } = content;
  if (declarations) return declarationText({ inputs, outputs, labels });
  const plan = inOnePiece(content.plan);
  const program = recordProgram(plan);
  const names = new Set(program.calls.map(({ kernel }) => kernel));
  const written: ModuleContent = {
    inputs,
    outputs,
    labels,
    program,
    weights: packedWeights(plan, content.tensors),
    kernels: trimKernels(decodeHex(PREDICT_KERNELS_HEX), names, PREDICT_KERNELS_CALLS),
  };
  return moduleText(written);
}
