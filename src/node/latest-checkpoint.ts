/** `latestCheckpoint`: finds the newest checkpoint that can be read, and loads its model. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fieldOf } from '../common/objects.js';
import { FormatError, loadModel, type Engine, type LoadOptions, type Model } from '../index.js';
import { readPosition } from './checkpoint-file.js';
import { fileError } from './durable-file.js';
import { resumed } from './resumed.js';
import { storedFiles } from './stored-files.js';
import { readTemplate } from './template.js';

/**
 * Options of `latestCheckpoint`.
 * @category Checkpoints
 */
export interface LatestCheckpointOptions extends LoadOptions {
  /** Engine of the model. Default: the default engine. */
  engine?: Engine;
}

/**
 * A file that cannot be read.
 * @category Checkpoints
 */
export interface SkippedFile {
  /** Its path. */
  readonly file: string;
  /** What is wrong with it. */
  readonly error: FormatError;
}

/**
 * A checkpoint that was found, with the model that it holds.
 * @category Checkpoints
 */
export interface Checkpoint<O extends Float32Array | Float32Array[] = Float32Array> {
  /** The model, compiled as it was, with its optimizer's state. */
  readonly model: Model<O>;
  /** Path of the file. */
  readonly file: string;
  /** `initialEpoch` of the `fit` that continues: the number of epochs that are finished. */
  readonly initialEpoch: number;
  /** Logs of the moment at which it was written. */
  readonly logs: Readonly<Record<string, number>>;
  /** Newer files that are damaged, with the error that says so; none where all went well. */
  readonly skipped: readonly SkippedFile[];
}

/**
 * Finds the newest checkpoint of `modelCheckpoint` that is whole, and loads its model. A `fit` of that model with
 * `initialEpoch` and a `modelCheckpoint` among its callbacks continues as if training had not been interrupted, to the
 * bit: the callbacks go on from what they had seen. Callbacks that remember something must be of the same kinds, in the
 * same order, as before.
 *
 * Newest is the file with the largest epoch, then batch, in its name; where the path has no `{epoch}`, the one written
 * last.
 * @returns undefined if there is none, as in the first run.
 * @throws FormatError if there are files, and none can be read; ValueError for a path that `modelCheckpoint` refuses;
 * otherwise as `loadModel`.
 * @example
 * import { latestCheckpoint, modelCheckpoint } from 'wasm-mlp/node';
 * const path = 'xor-{epoch}.safetensors';
 * const found = await latestCheckpoint(path);
 * const network = found?.model ?? (await sequential({ layers: [dense({ units: 1, inputShape: [1] })] }));
 * if (found === undefined) network.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
 * const { initialEpoch = 0 } = found ?? {};
 * await network.fit([[1]], [[2]], { epochs: 5, initialEpoch, callbacks: [modelCheckpoint(path, { keep: 2 })] });
 * (await latestCheckpoint(path))?.initialEpoch; // 5
 * @category Checkpoints
 */
export async function latestCheckpoint<O extends Float32Array | Float32Array[] = Float32Array>(
  path: string,
  options?: LatestCheckpointOptions,
): Promise<Checkpoint<O> | undefined> {
  const template = readTemplate('latestCheckpoint', path);
  const skipped: SkippedFile[] = [];
  for (const file of storedFiles('latestCheckpoint', template)) {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(file);
    } catch (error) {
      // Another process has removed it meanwhile, since it keeps only the newest.
      if (fieldOf(error, 'code') === 'ENOENT') continue;
      throw fileError('latestCheckpoint', 'files that can be read', error);
    }
    try {
      const position = readPosition(bytes);
      const model = await loadModel<O>(bytes, options);
      resumed.set(model, {
        file: resolve(file),
        updates: model.stepCount,
        callbacks: position?.callbacks ?? [],
      });
      const { epoch = model.epochCount, logs = {} } = position ?? {};
      return { model, file, initialEpoch: epoch, logs, skipped };
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      skipped.push({ file, error });
    }
  }
  if (skipped.length > 0) throw skipped[0].error;
  return undefined;
}
