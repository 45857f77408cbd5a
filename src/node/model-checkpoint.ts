/**
 * `modelCheckpoint`: the callback that writes the model while it is trained. checkpoint-file.ts says what a file holds,
 * durable-file.ts how it is written, and latest-checkpoint.ts reads it.
 */
import { resolve } from 'node:path';
import { describe } from '../common/describe.js';
import { FormatError, StateError, ValueError } from '../common/errors.js';
import { fieldOf, isFunction } from '../common/objects.js';
import { finite, flag, integer, isRecord, oneOf, optional, readFields, text, type Check } from '../common/options.js';
import {
  ATTACH,
  LAST,
  requireHook,
  STATE,
  type AttachedCallback,
  type Callback,
  type CallbackState,
  type Session,
  type TrainedModel,
} from '../training/callbacks/callback.js';
import { MODES, Monitor, type Mode } from '../training/callbacks/monitor.js';
import type { Model } from '../index.js';
import { checkpointParts } from './checkpoint-file.js';
import { prepareFolder, removeFile, requireShort, writeDurably } from './durable-file.js';
import { resumed, type Resumed } from './resumed.js';
import { statOf, storedFiles } from './stored-files.js';
import { readTemplate, requireNames } from './template.js';

/**
 * A number of epochs, for `saveFreq`.
 * @category Checkpoints
 */
export interface EveryEpochs {
  /** Epochs from one file to the next. */
  readonly epochs: number;
}

/**
 * Options of `modelCheckpoint`.
 * @category Checkpoints
 */
export interface ModelCheckpointOptions {
  /** Key of the logs to follow where `saveBestOnly` is set. Default 'valLoss'. */
  monitor?: string;
  /** Whether smaller ('min') or larger ('max') values are better. Default 'auto', as in `earlyStopping`. */
  mode?: Mode;
  /** Whether to write only after an epoch that improved on all before it. Default false. */
  saveBestOnly?: boolean;
  /** Value of the monitor that the first file must improve on, with `saveBestOnly`. Default none. */
  initialValueThreshold?: number;
  /** Whether to leave out the optimizer's state: such a file cannot continue a training to the bit. Default false. */
  saveWeightsOnly?: boolean;
  /**
   * When to write: after each epoch ('epoch', the default), after a number of epochs ({ epochs: 5 }), or, as in Keras,
   * after a number of batches (1000).
   */
  saveFreq?: 'epoch' | number | EveryEpochs;
  /**
   * Most files to keep: the last ones written, which with `saveBestOnly` are the best ones. An older file is removed
   * after the newer one is complete. Default all.
   */
  keep?: number;
}

/**
 * The callback that `modelCheckpoint` makes.
 * @category Checkpoints
 */
export interface ModelCheckpoint extends Callback {
  /** Path of the last file written in the current or last training; undefined before there is one. */
  readonly file: string | undefined;
  /** The best value of the monitor, with `saveBestOnly`; undefined before there is one. */
  readonly best: number | undefined;
}

const frequency: Check<{ readonly epochs?: number; readonly batches?: number }> = (path, value) => {
  if (value === 'epoch') return { epochs: 1 };
  if (typeof value === 'number') return { batches: integer(1)(path, value) };
  if (isRecord(value) && Object.keys(value).join() === 'epochs') {
    return { epochs: integer(1)(`${path}.epochs`, fieldOf(value, 'epochs')) };
  }
  throw new ValueError(`${path} expected 'epoch', a number of batches or { epochs }, got ${describe(value)}.`);
};

/** What callbacks are given, as far as this one needs it: a `Model`. */
type SavedModel = TrainedModel & Pick<Model, 'save' | 'stepCount'>;

type Remembering = AttachedCallback & Required<Pick<AttachedCallback, typeof STATE>>;

/** A number of a usual length for a placeholder: counts are short, values of the logs have all their digits. */
const usualNumber = (name: string): number => (name === 'epoch' || name === 'batch' ? 1 : 0.1234567890123456);

/** The callbacks that remember something. */
const remembering = (callbacks: readonly Callback[]): Remembering[] =>
  callbacks.filter((callback): callback is Remembering => isFunction(fieldOf(callback, STATE)));

/** What was found for a model that has not been trained since. */
function resumedWith(model: TrainedModel): Resumed | undefined {
  const found = resumed.get(model);
  return found?.updates === (model as SavedModel).stepCount ? found : undefined;
}

/** Gives callbacks what those of the same kinds remembered. Returns whether one of them had ended the training. */
function restore(callbacks: readonly Callback[], states: readonly CallbackState[]): boolean {
  const owners = remembering(callbacks);
  const kinds = owners.map((callback) => callback[STATE]().kind);
  if (kinds.join() !== states.map(({ kind }) => kind).join()) {
    const list = (names: readonly string[]): string => `[${names.join(', ')}]`;
    throw new StateError(
      `modelCheckpoint: callbacks expected as in the checkpoint, ${list(states.map(({ kind }) => kind))}, got ${list(kinds)}. ` +
        `To begin with others, load the file with loadModel.`,
    );
  }
  try {
    owners.forEach((callback, index) => callback[STATE](states[index]));
  } catch (error) {
    throw new FormatError('modelCheckpoint: state expected as callbacks write it, got another.', { cause: error });
  }
  return states.some(({ stopped }) => stopped);
}

/**
 * Writes the model to a file after each epoch, or now and then, so that training can continue in another process:
 * `latestCheckpoint` finds the newest file. The name of the file may have `{epoch}`, counted from 1 as in Keras, with
 * `saveFreq` in batches also `{batch}`, and keys of the logs, with formats: `{epoch:03d}`, `{valLoss:.2f}`.
 *
 * A file is written under another name in the same folder, synced and renamed, so a process that is killed leaves the
 * files before it as they are, and none that is cut off. It holds the weights, the optimizer's state, counters of
 * epochs and updates, and what the callbacks of the library remember; `fit` calls this callback after all others. It is
 * a file of `save`, which `loadModel` reads as well. A file of the middle of an epoch continues with that epoch, from
 * its first batch. Weights that are NaN or infinite are not written.
 * @throws ValueError for an unknown option or placeholder, before training for a folder that does not exist or cannot
 * be written to; WasmMlpError where the disk is full, which ends `fit`.
 * @example
 * import { modelCheckpoint } from 'wasm-mlp/node';
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
 * network.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
 * const saving = modelCheckpoint('model-{epoch:02d}.safetensors', { keep: 1 });
 * await network.fit([[1]], [[2]], { epochs: 3, callbacks: [saving] });
 * saving.file; // 'model-03.safetensors'
 * @category Checkpoints
 */
export function modelCheckpoint(path: string, options?: ModelCheckpointOptions): ModelCheckpoint {
  const where = 'modelCheckpoint';
  const template = readTemplate(where, path);
  const read = readFields<
    {
      [K in Exclude<keyof ModelCheckpointOptions, 'saveFreq'>]-?: ModelCheckpointOptions[K] | undefined;
    } & { saveFreq: { readonly epochs?: number; readonly batches?: number } }
  >(where, options, {
    monitor: { check: text, or: 'valLoss' },
    mode: { check: oneOf(MODES), or: 'auto' },
    saveBestOnly: { check: flag, or: false },
    initialValueThreshold: { check: optional(finite), or: undefined },
    saveWeightsOnly: { check: flag, or: false },
    saveFreq: { check: frequency, or: { epochs: 1 } },
    keep: { check: optional(integer(1)), or: undefined },
  });
  const { saveFreq, saveBestOnly, keep } = read;
  const followed = new Monitor(where, read.monitor!, read.mode!, 0);
  let session: Session | undefined;
  let file: string | undefined;
  let epoch = 0;
  let batches = 0;
  let restoredStop = false;
  /** Files of this training, oldest first. */
  let files: string[] = [];

  const save = async (batch: number, logs: Readonly<Record<string, number>>, model: TrainedModel): Promise<void> => {
    if (saveBestOnly && (followed.skips(logs) || !followed.improved(logs))) return;
    const values = { ...logs, epoch: epoch + 1, batch };
    const bytes = (model as SavedModel).save({ includeOptimizer: !read.saveWeightsOnly });
    const callbacks = remembering(session?.callbacks ?? []).map((callback) => callback[STATE]());
    const position = { epoch: saveFreq.batches === undefined ? epoch + 1 : epoch, batch, logs, callbacks };
    const parts = checkpointParts(bytes, position);
    if (parts === undefined) return;
    const target = template.path(values);
    await writeDurably(where, target, parts);
    file = target;
    files = [...files.filter((one) => resolve(one) !== resolve(target)), target];
    while (keep !== undefined && files.length > keep) await removeFile(where, files.shift()!);
  };

  const requireArguments = (index: unknown, logs: unknown, model: unknown): void => {
    integer(0)(`${where}: index`, index);
    requireHook(where, logs, model);
    if (isFunction(fieldOf(model, 'save'))) return;
    throw new ValueError(`${where}: model expected the model that is trained, got ${describe(model)}.`);
  };

  const callback: AttachedCallback & ModelCheckpoint = {
    [LAST]: true,
    get file() {
      return file;
    },
    get best() {
      return followed.best;
    },
    [ATTACH](given) {
      session = given;
      const { keys, model, callbacks } = given;
      requireNames(where, template, [...keys, 'epoch', ...(saveFreq.batches === undefined ? [] : ['batch'])]);
      prepareFolder(where, template.folder, (name) => template.matches(name));
      requireShort(where, template.path(Object.fromEntries(template.names.map((name) => [name, usualNumber(name)]))));
      if (template.names.length === 0 && statOf(path)?.isDirectory()) {
        throw new ValueError(`${where}: path expected a file, got the folder ${describe(path)}.`);
      }
      if (saveBestOnly) followed.reset(keys);
      followed.best = read.initialValueThreshold;
      file = undefined;
      epoch = batches = 0;
      files = [];
      const before = resumedWith(model);
      restoredStop = before !== undefined && restore(callbacks, before.callbacks);
      if (before === undefined) return;
      // Files that are newer than the one that training continues from are of another training, or damaged.
      const stored = storedFiles(where, template);
      const from = stored.findIndex((one) => resolve(one) === before.file);
      files = from === -1 ? [] : stored.slice(from).reverse();
    },
    [STATE](saved) {
      if (saved !== undefined) followed.best = saved.numbers.best;
      return { kind: where, numbers: { best: followed.best } };
    },
    onTrainBegin(_epoch, _logs, model) {
      resumed.delete(model);
      if (restoredStop) model.stopTraining = true;
    },
    ...(saveFreq.batches !== undefined && {
      onEpochBegin(index) {
        epoch = index;
      },
      async onBatchEnd(batch, logs, model) {
        requireArguments(batch, logs, model);
        batches += 1;
        if (batches % (saveFreq.batches ?? 1) === 0) await save(batch + 1, logs, model);
      },
    }),
    ...(saveFreq.epochs !== undefined && {
      async onEpochEnd(index, logs, model) {
        requireArguments(index, logs, model);
        epoch = index;
        if ((index + 1) % (saveFreq.epochs ?? 1) === 0) await save(0, logs, model);
      },
    }),
  };
  return callback;
}
