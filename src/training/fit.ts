/**
 * The training loop of `fit`: epochs, batches, validation, callbacks and inspections, on this thread. trainer.ts makes
 * the updates, data/batches.ts delivers the batches, and fit-options.ts reads the options.
 */
import { counted } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { setField } from '../common/options.js';
import { fieldOf } from '../common/objects.js';
import { wideVectors } from '../runtime/wide-vectors.js';
import { StepYielder } from '../runtime/step-yielder.js';
import {
  ATTACH,
  CHANGES_RATE,
  callAll,
  hookOf,
  type AttachedCallback,
  type Callback,
  type Hook,
  type TrainedModel,
} from './callbacks/callback.js';
import { usesBatchStatistics } from '../operations/backward.js';
import { abortable } from './abortable.js';
import { validationKey } from './compiled.js';
import { tail } from './data/dataset.js';
import type { Dataset } from './data/shape.js';
import type { NetworkPlan } from '../graph/plan.js';
import type { BatchIterator } from './data/batches.js';
import type { StopReason } from './full-batch/algorithm.js';
import type { ReadFitOptions } from './fit-options.js';
import type { Evaluation, Pauses } from './evaluation.js';
import type { ExecutionContext, Logs } from './execution-context.js';
import { Inspector, type Inspected } from './inspector.js';
import type { TrainingLayout } from './layout.js';
import { ProgressReporter, type Progress } from './progress.js';
import type { Trainer } from './trainer.js';

/**
 * Result of `fit`: one number per epoch for the loss and for each metric; with validation data also valLoss and so on.
 * @category Training and callbacks
 */
export interface History {
  /** Indices of the epochs that ran. */
  readonly epoch: number[];
  /** By key of the logs: one number per epoch. */
  readonly history: Record<string, number[]>;
  /**
   * Why `lbfgs` or `levenbergMarquardt` ended training; absent where the last epoch or a callback did, and with other
   * optimizers.
   */
  stopReason?: StopReason;
}

/** A model in training, with its trainer. */
export interface FitTarget {
  readonly trainer: Trainer;
  /** The model that callbacks get. */
  readonly model: TrainedModel;
  /** Throws a StateError if the model has been disposed, a WorkerError if a thread was lost. */
  requireRunning(where: string): void;
}

/**
 * Bound on the rounding error, per row, of a fraction and of its difference to 1: some units in the last place of 1.
 */
const ROUNDING = 4 * Number.EPSILON;

/**
 * Returns how many of `all` rows are for training. The last rows are for validation, as in Keras, before any shuffling.
 */
export function rowsToTrain(all: number, share: number): number {
  if (share === 0) return all;
  // A share of 0.8 of ten rows leaves two, although in float64 1 − 0.8 is a little less than 0.2.
  const rows = Math.floor(all * (1 - share) + ROUNDING * all);
  if (rows === 0 || rows === all) {
    throw new ValueError(
      `fit: validationSplit expected to leave rows on both sides, got ${share} of ${counted(all, 'row')}.`,
    );
  }
  return rows;
}

/** Splits off the rows for validation. */
export function splitData(
  data: Dataset,
  share: number,
  validation: Dataset | undefined,
): { readonly rows: number; readonly validation: Dataset | undefined } {
  const rows = rowsToTrain(data.rows, share);
  return { rows, validation: share === 0 ? validation : tail(data, rows) };
}

/**
 * Throws if every batch would have one row although a layer takes statistics over the rows of a batch. A last batch of
 * one row after larger ones is allowed: it is normalized by the running statistics.
 */
export function requireBatchStatistics(
  { graph, nodes }: NetworkPlan,
  { frozen }: TrainingLayout,
  all: number,
  { batchSize, validationSplit }: { readonly batchSize: number; readonly validationSplit: number },
): void {
  const user = nodes.find(({ operation, layer }) => usesBatchStatistics(operation, frozen.has(layer)));
  if (user === undefined) return;
  const rows = rowsToTrain(all, validationSplit);
  if (batchSize > 1 && rows > 1) return;
  const [what, hint] =
    batchSize === 1
      ? ['batchSize expected at least 2 rows', 'Use a batchSize of 16 or more']
      : ['x expected at least 2 rows to train on', 'Give more rows'];
  throw new ValueError(
    `fit: ${what} in a model with "${graph.names[user.layer]}", which normalizes by the statistics of a batch, got 1. ` +
      `${hint}, or use layerNormalization, which works on one row.`,
  );
}

/** Throws if all rows would be left out, because no batch is whole. */
export function requireWholeBatch(
  all: number,
  { batchSize, validationSplit, dropLast }: Pick<ReadFitOptions, 'batchSize' | 'validationSplit' | 'dropLast'>,
): void {
  const rows = rowsToTrain(all, validationSplit);
  if (!dropLast || rows >= batchSize) return;
  throw new ValueError(
    `fit: dropLast expected at least ${counted(batchSize, 'row')}, a whole batch, got ${rows}. Use a smaller batchSize.`,
  );
}

function addValidation(logs: Logs, validation: Logs): void {
  for (const [name, value] of Object.entries(validation)) setField(logs, validationKey(name), value);
}

/**
 * The training loop. It yields to the event loop by time, not after each batch, so that small networks run at full
 * speed and pages stay responsive.
 */
export async function fit(
  target: FitTarget,
  batches: BatchIterator,
  validation: Evaluation | undefined,
  options: ReadFitOptions,
  report?: (progress: Progress) => void,
): Promise<History> {
  const { trainer, model } = target;
  const state = trainer.model;
  const { callbacks, signal } = options;
  const having = (hook: Hook): readonly Callback[] =>
    callbacks.filter((callback) => hookOf(callback, hook) !== undefined);
  const beginning = having('onBatchBegin');
  const observing = having('onBatchEnd');
  const result: History = { epoch: [], history: {} };
  const yielder = new StepYielder();
  const proceed = (): void => {
    target.requireRunning('fit');
    signal?.throwIfAborted();
  };
  const pauses: Pauses = {
    async pause() {
      if (yielder.shouldYield) await yielder.yield();
      proceed();
    },
    async wait(promise) {
      const result = await abortable(signal, promise);
      proceed();
      return result;
    },
  };
  const progress = report && new ProgressReporter(report);
  const at: Place = { epoch: options.initialEpoch, batch: 0, rows: 0, seen: 0 };
  const quiet = beginning.length === 0 && observing.length === 0 && progress === undefined;
  const call = (hook: Hook, index: number, values: Logs, list = callbacks): Promise<void> =>
    abortable(signal, callAll(list, hook, index, values, model));
  const reload = (context: ExecutionContext): void => batches.reload(context);
  let logs: Logs = {};
  try {
    const inspector = new Inspector(attach(callbacks, target, validation !== undefined), trainer, batches, at);
    proceed();
    model.stopTraining = false;
    trainer.beginGroups((count) => batches.rowsAhead?.(count));
    await call('onTrainBegin', options.initialEpoch, {});
    for (let epoch = options.initialEpoch; epoch < options.epochs; epoch++) {
      at.epoch = epoch;
      await call('onEpochBegin', epoch, {});
      proceed();
      batches.begin(state.epochCount, epoch);
      batches.context.accumulator.reset();
      at.batch = -1;
      at.seen = 0;
      while (!model.stopTraining) {
        const next = quiet ? trainAtOnce(target, batches, at, yielder, proceed, reload) : batches.next();
        if (next === undefined) {
          await yielder.yield();
          proceed();
          continue;
        }
        const count = typeof next === 'number' ? next : await abortable(signal, next);
        if (count === 0) break;
        at.batch += 1;
        at.rows = count;
        at.seen += count;
        if (beginning.length > 0) {
          await call('onBatchBegin', at.batch, { size: count }, beginning);
          proceed();
        }
        trainer.step(batches.context, count, reload);
        if (observing.length > 0) {
          const means = batches.context.accumulator.means(at.seen);
          await call('onBatchEnd', at.batch, { ...means, size: count }, observing);
        }
        progress?.during(() => progressOf(at, batches, batches.context.accumulator.means(at.seen)));
        if (yielder.shouldYield) await yielder.yield();
        proceed();
      }
      const rows = at.seen;
      // Stopped before the first batch: nothing to report.
      if (rows === 0) break;
      wideVectors.look?.();
      trainer.endEpoch();
      // As with updates, the count stays at the largest safe integer.
      if (state.epochCount < Number.MAX_SAFE_INTEGER) state.epochCount += 1;
      logs = batches.context.accumulator.means(rows);
      if (validation !== undefined && (epoch + 1) % options.validationFrequency === 0) {
        await call('onEvaluateBegin', epoch, {});
        proceed();
        const found = await validation.run(pauses, ` after epoch ${epoch}`);
        await call('onEvaluateEnd', epoch, { ...found });
        proceed();
        addValidation(logs, found);
      }
      if (reportsRate(trainer, callbacks)) logs.learningRate = trainer.lastRate;
      result.epoch.push(epoch);
      for (const [name, value] of Object.entries(logs)) {
        // The name of a metric may be that of a method of all objects.
        if (!Object.hasOwn(result.history, name)) setField(result.history, name, []);
        result.history[name].push(value);
      }
      progress?.after(progressOf(at, batches, logs));
      inspector.diagnose();
      await call('onEpochEnd', epoch, logs);
      proceed();
      if (trainer.stopReason !== undefined) result.stopReason = trainer.stopReason;
      if (model.stopTraining || trainer.stopReason !== undefined) break;
    }
    trainer.endTraining();
    await call('onTrainEnd', result.epoch.at(-1) ?? options.initialEpoch, logs);
    target.requireRunning('fit');
    return result;
  } finally {
    trainer.beforeUpdate = undefined;
    trainer.beginGroups(undefined);
  }
}

/** Where a training is. */
interface Place {
  epoch: number;
  /** Index of the batch in its epoch, its rows, and the rows of the epoch with them. */
  batch: number;
  rows: number;
  seen: number;
}

/**
 * Trains on batches in memory, one after another, until the event loop is due or training is stopped: returns
 * undefined then, 0 at the end of an epoch, and a batch that has to be waited for as a promise. A function of its own,
 * since engines run the loop of an async function slowly after each wait.
 */
function trainAtOnce(
  { trainer, model }: FitTarget,
  batches: BatchIterator,
  at: Place,
  yielder: StepYielder,
  proceed: () => void,
  reload: (context: ExecutionContext) => void,
): number | Promise<number> | undefined {
  while (!model.stopTraining) {
    const count = batches.next();
    if (typeof count !== 'number' || count === 0) return count;
    at.batch += 1;
    at.rows = count;
    at.seen += count;
    trainer.step(batches.context, count, reload);
    if (yielder.shouldYieldAfterStep) return undefined;
    proceed();
  }
  return undefined;
}

/** Returns the progress after the batch that `at` is at. */
const progressOf = (
  { epoch, batch }: { readonly epoch: number; readonly batch: number },
  { batchesPerEpoch }: BatchIterator,
  logs: Logs,
): Omit<Progress, 'done'> => ({ epoch, batches: batch + 1, of: batchesPerEpoch, logs });

/** Returns the keys of the logs of an epoch. */
function epochKeys(trainer: Trainer, validates: boolean, withRate: boolean): string[] {
  const own = trainer.compiled.keys.flat();
  const keys = own.includes('loss') ? own : ['loss', ...own];
  if (trainer.updater.reportsPenalties) keys.push('regularization');
  return [...keys, ...(validates ? keys.map(validationKey) : []), ...(withRate ? ['learningRate'] : [])];
}

/** Whether logs have the learning rate: where a schedule or a callback of the library changes it. */
export const reportsRate = (trainer: Trainer, callbacks: readonly Callback[]): boolean =>
  trainer.rate.scheduled || callbacks.some((callback) => fieldOf(callback, CHANGES_RATE) === true);

/** Attaches callbacks of the library to the session; returns the inspections that they request. */
export function attach(
  callbacks: readonly Callback[],
  { trainer, model }: Pick<FitTarget, 'trainer' | 'model'>,
  validates: boolean,
): Inspected[] {
  const inspections: Inspected[] = [];
  for (const callback of callbacks) {
    const own = fieldOf(callback, ATTACH) as AttachedCallback[typeof ATTACH] | undefined;
    own?.call(callback as AttachedCallback, {
      model,
      callbacks,
      keys: epochKeys(trainer, validates, reportsRate(trainer, callbacks)),
      rateRefusal: trainer.rate.refusal,
      trained: trainer.layout.trained.map(({ name }) => name),
      inspect: (every, inspection) => void inspections.push({ every, inspection }),
    });
  }
  return inspections;
}
