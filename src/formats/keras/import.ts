/** `fromKeras`: its arguments, and which of the ways to read a file they ask for. */
import { FormatError, ValueError } from '../../common/errors.js';
import { readFields, unchecked, type OptionTable } from '../../common/options.js';
import type { Model } from '../../index.js';
import { fileBytes } from '../file-bytes.js';
import { readJson, type JsonObject } from '../json.js';
import { asFormatError, buildModel, topologyOf } from '../keras-topology/build.js';
import { fillModel } from './fill.js';
import { openKeras, type KerasFile } from './open.js';
import { NamedWeights, NumberedWeights } from './weights.js';

/**
 * Options of `fromKeras`, for files that have weights alone: one of them.
 * @category Keras
 */
export interface FromKerasOptions {
  /** What `model.to_json()` of Keras gives: text, its bytes or the object. */
  config?: string | Uint8Array | object | undefined;
  /** A model of this library, which gets the weights and is returned. */
  model?: Model<Float32Array | Float32Array[]> | undefined;
}

interface Options {
  readonly config: unknown;
  readonly model: Model<Float32Array | Float32Array[]> | undefined;
}

const OPTIONS: OptionTable<Options> = {
  config: { check: unchecked, or: undefined },
  model: { check: unchecked, or: undefined },
};

/** Start of messages. */
const WHERE = 'fromKeras';

/** Path of a weight as Keras 3 writes it. */
const IN_VARS = /(^|\/)vars\/\d+$/;

/** Returns the model that a file, or `config` for its weights, describes. */
function readModel({ model, version, weights }: KerasFile, config: JsonObject | undefined): Promise<Model> {
  const described = config ?? model;
  if (described === undefined) {
    throw new FormatError(
      `${WHERE}: file expected a model, got weights alone. Pass the architecture besides: { config: text of ` +
        'model.to_json() }, or the model that gets them: { model }.',
    );
  }
  const topology = topologyOf(WHERE, described, version);
  const paths = [...weights.datasets.keys()];
  const byName = paths.some((path) => path.startsWith('model_weights/')) || !paths.some((path) => IN_VARS.test(path));
  return buildModel(
    WHERE,
    topology,
    byName ? new NamedWeights(weights) : new NumberedWeights(weights, topology.config),
  );
}

/**
 * Reads a model of Keras, to predict with or to train further: Sequential and Functional models of layers that are here.
 *
 * - `.keras` files of Keras 2.13 to 3, `.h5` files of whole models of Keras 2 and 3.
 * - `.weights.h5` files, and those of `save_weights` of Keras 2, with `config` or, of Keras 3, with `model`.
 * - Weights of 16 and 64 bits are rounded to float32. Loss and optimizer of the file are left out.
 * - Rows are flat: what Flatten and Reshape do to an image is nothing here.
 * - Predictions differ from Keras' by rounding.
 * @throws FormatError for a damaged file, for what no layer computes, such as Conv2D, and for weights that do not fit:
 * the message names layer and class; ValueError for anything but bytes, or an unknown option; MemoryError.
 * @example
 * import { fromKeras } from 'wasm-mlp/keras';
 * import { readFile } from 'node:fs/promises';
 * const network = await fromKeras(await readFile('flowers.keras'));
 * network.predict([[5.1, 3.5, 1.4, 0.2]]).length; // 3
 * @category Keras
 */
export async function fromKeras<O extends Float32Array | Float32Array[] = Float32Array>(
  bytes: Uint8Array | ArrayBuffer,
  options?: FromKerasOptions,
): Promise<Model<O>> {
  const given = readFields<Options>(WHERE, options, OPTIONS);
  const file = fileBytes(WHERE, bytes);
  // Other threads may change shared memory.
  const own = file.buffer instanceof ArrayBuffer ? file : file.slice();
  const { config, model } = given;
  if (config !== undefined && model !== undefined) {
    throw new ValueError(
      `${WHERE}: options expected config or model, got both. A model has its architecture: leave out config.`,
    );
  }
  const described = config === undefined ? undefined : readJson(`${WHERE}: config`, config);
  const opened = openKeras(WHERE, own);
  if (model === undefined)
    return (await asFormatError(WHERE, () => readModel(opened, described))) as unknown as Model<O>;
  fillModel(WHERE, model, opened.weights);
  return model as unknown as Model<O>;
}
