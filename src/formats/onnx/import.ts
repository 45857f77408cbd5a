/** `importOnnx`: its arguments. What reads the file, read-model.ts, is loaded when it is called. */
import { bytesOf } from '../../common/arrays.js';
import { describe } from '../../common/describe.js';
import { ValueError } from '../../common/errors.js';
import { isRecord, readFields, type Check, type OptionTable } from '../../common/options.js';
import type { Model } from '../../index.js';
import { fileBytes } from '../file-bytes.js';
import type { ExternalData } from './constants.js';

/**
 * Options of `importOnnx`.
 * @category ONNX
 */
export interface ImportOnnxOptions {
  /**
   * Files beside the model that hold its weights, by the names that it gives them: PyTorch writes `model.onnx.data`.
   */
  externalData?: Readonly<Record<string, Uint8Array>> | undefined;
}

const externalData: Check<ExternalData | undefined> = (path, value) => {
  if (value === undefined) return undefined;
  if (!isRecord(value)) throw new ValueError(`${path} expected an object of files by name, got ${describe(value)}.`);
  for (const [name, file] of Object.entries(value)) {
    if (bytesOf(file) === undefined) {
      throw new ValueError(`${path}: "${name}" expected a Uint8Array, got ${describe(file)}.`);
    }
  }
  return value as ExternalData;
};

/** Start of messages. */
const WHERE = 'importOnnx';

const OPTIONS: OptionTable<ImportOnnxOptions> = { externalData: { check: externalData, or: undefined } };

/**
 * Reads an ONNX file as a model, to predict with or to train further: what PyTorch, Keras by tf2onnx, scikit-learn by
 * skl2onnx, MATLAB and `exportOnnx` write of networks of dense layers, activations and normalizations.
 *
 * - Activations that exporters write as several operators become one, and constant parts of the graph are computed.
 * - Float16, bfloat16 and float64 weights are rounded to float32.
 * - The last nodes of a classifier become `labels`: the model's output are the shares of the classes.
 * - Predictions differ from ONNX Runtime's by rounding.
 * @throws FormatError for a damaged file, and for what no layer computes: the message names node, operator and set of
 * operators; ValueError for anything but bytes, or an unknown option; MemoryError.
 * @example
 * import { exportOnnx, importOnnx } from 'wasm-mlp/onnx';
 * const network = await sequential({ layers: [dense({ units: 2, activation: 'softmax', inputShape: [3] })] });
 * const again = await importOnnx(exportOnnx(network, { labels: ['no', 'yes'] }));
 * again.labels; // ['no', 'yes']
 * again.predict([[1, 2, 3]]).join() === network.predict([[1, 2, 3]]).join(); // true
 * @category ONNX
 */
export async function importOnnx<O extends Float32Array | Float32Array[] = Float32Array>(
  bytes: Uint8Array | ArrayBuffer,
  options?: ImportOnnxOptions,
): Promise<ImportedModel<O>> {
  const { externalData: files } = readFields<{ externalData: ExternalData | undefined }>(WHERE, options, OPTIONS);
  // The caller may change them while the reader is loaded.
  const copies = [fileBytes(WHERE, bytes).slice()];
  const { readModel } = await import('./read-model.js');
  // Taken out of the list, so that nothing holds the copy while the model is built.
  return (await readModel(copies.pop()!, files)) as unknown as ImportedModel<O>;
}

/**
 * A model that `importOnnx` has read.
 * @category ONNX
 */
export type ImportedModel<O extends Float32Array | Float32Array[] = Float32Array> = Model<O> & {
  /** Names of the classes, one per column of the output, if the file has them. */
  readonly labels?: readonly (string | number)[];
};
