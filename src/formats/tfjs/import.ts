/** `fromTfjs`: its arguments. What reads the file, read-model.ts, is loaded when it is called. */
import { fieldsOf } from '../../common/objects.js';
import { isRecord, readFields, unchecked } from '../../common/options.js';
import type { Model } from '../../index.js';
import { readJson, type JsonObject } from '../json.js';
import { copyShards, type TfjsWeights } from './shards.js';

/** Start of messages. */
const WHERE = 'fromTfjs';

/**
 * Options of `fromTfjs`.
 * @category TensorFlow.js
 */
export interface FromTfjsOptions {
  /**
   * The `model_meta.json` that ml5 saves beside a model: text, its bytes or the object. The model then takes inputs and
   * returns outputs as they are, not between 0 and 1, and has the labels.
   */
  meta?: string | Uint8Array | object | undefined;
}

/**
 * A `model.json` of TensorFlow.js: text, its bytes, or the object; or the artifacts that handlers of `tf.io` pass, with
 * `modelTopology`, `weightSpecs` and `weightData`.
 * @category TensorFlow.js
 */
export type TfjsFile = string | Uint8Array | ArrayBuffer | object;

/**
 * A model that `fromTfjs` has read.
 * @category TensorFlow.js
 */
export type TfjsModel<O extends Float32Array | Float32Array[] = Float32Array> = Model<O> & {
  /** Names of the classes, one per column of the output, if ml5's `meta` or the file of `toTfjs` has them. */
  readonly labels?: readonly (string | number)[];
};

/**
 * Reads a LayersModel of TensorFlow.js as a model, to predict with or to train further: what `model.save` of
 * TensorFlow.js and ml5 and `tensorflowjs_converter` write of Keras 2 and 3, Sequential or Functional, of layers that are here.
 *
 * - Shards may be of any size, and weights quantized.
 * - Loss and optimizer of the file are left out: `compile` says them, and their state is of another library.
 * - Rows are flat: what Flatten and Reshape do to an image is nothing here.
 * - `hard_sigmoid` is TensorFlow.js', of slope 0.2, unless Keras 3 wrote the file.
 * - Predictions differ from TensorFlow.js' by rounding.
 * @throws FormatError for a damaged file, and for what no layer computes, such as Conv2D: the message names layer and
 * class; ValueError for missing shards, an unknown option, or arguments of another kind; MemoryError.
 * @example
 * import { fromTfjs, toTfjs } from 'wasm-mlp/tfjs';
 * const network = await sequential({ layers: [dense({ units: 2, activation: 'softmax', inputShape: [3] })] });
 * const files = toTfjs(network);
 * const again = await fromTfjs(files['model.json'], files);
 * again.predict([[1, 2, 3]]).join() === network.predict([[1, 2, 3]]).join(); // true
 * @category TensorFlow.js
 */
export async function fromTfjs<O extends Float32Array | Float32Array[] = Float32Array>(
  model: TfjsFile,
  weights?: TfjsWeights,
  options?: FromTfjsOptions,
): Promise<TfjsModel<O>> {
  const { meta } = readFields<{ meta: unknown }>(WHERE, options, { meta: { check: unchecked, or: undefined } });
  const described = meta === undefined ? undefined : readJson(`${WHERE}: meta`, meta);
  const { file, weightData } = readFile(model);
  const copies = [copyShards(WHERE, weights ?? weightData)];
  const { readModel } = await import('./read-model.js');
  return (await readModel(file, copies, described)) as unknown as TfjsModel<O>;
}

/** Returns the file without its bytes, which are no JSON. */
function readFile(model: unknown): { readonly file: JsonObject; readonly weightData: unknown } {
  const where = `${WHERE}: model`;
  const { weightData } = isRecord(model) ? fieldsOf(model, 'weightData') : {};
  if (weightData === undefined) return { file: readJson(where, model), weightData };
  return {
    file: readJson(where, fieldsOf(model, 'modelTopology', 'weightSpecs', 'format', 'userDefinedMetadata')),
    weightData,
  };
}
