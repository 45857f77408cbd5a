import { describe } from '../../common/describe.js';
import { ValueError } from '../../common/errors.js';
import { isRecord } from '../../common/options.js';
import { fieldOf, isFunction, isThenable } from '../../common/objects.js';
import type { NamedTensor } from '../../common/tensors.js';
import type { Diagnosis, NonFinite } from '../diagnosis/diagnosis.js';
import type { Logs } from '../execution-context.js';

/** What callbacks may read and change of the model that is trained: the model itself. */
export interface TrainedModel {
  /** Learning rate of the next update; a schedule's cannot be set. */
  learningRate: number;
  /** Set to true to end `fit` after the batch at hand, or at an epoch's end after that epoch. */
  stopTraining: boolean;
  /** Copies of all weights. */
  getWeights(): NamedTensor[];
  /** Replaces all weights. */
  setWeights(tensors: readonly NamedTensor[]): void;
}

/**
 * What happens around training. Every method may return a promise, which `fit` waits for. An exception ends `fit`,
 * which rejects with it; the weights are then those of the last finished step.
 * @example
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
 * network.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
 * const epochs: number[] = [];
 * await network.fit([[1]], [[2]], { epochs: 3, callbacks: [{ onEpochEnd: (epoch) => epochs.push(epoch) }] });
 * epochs; // [0, 1, 2]
 */
export interface Callback {
  /** Before the first epoch. `index`: that epoch. Logs: none. */
  onTrainBegin?(index: number, logs: Logs, model: TrainedModel): unknown;
  /** `index`: the epoch, from `initialEpoch`. Logs: none. */
  onEpochBegin?(index: number, logs: Logs, model: TrainedModel): unknown;
  /** `index`: the batch within its epoch. Logs: `size` of the batch, loss and metrics as means of the epoch so far. */
  onBatchEnd?(index: number, logs: Logs, model: TrainedModel): unknown;
  /** Logs: loss and metrics of the epoch, and with validation data valLoss and the like. */
  onEpochEnd?(index: number, logs: Logs, model: TrainedModel): unknown;
  /** `index`: the last epoch that ran. Logs: those of that epoch. */
  onTrainEnd?(index: number, logs: Logs, model: TrainedModel): unknown;
}

export type Hook = keyof Callback;

export const HOOKS = [
  'onTrainBegin',
  'onEpochBegin',
  'onBatchEnd',
  'onEpochEnd',
  'onTrainEnd',
] as const satisfies readonly Hook[];

/** What is measured for a callback during `fit`. */
export interface Inspection {
  /** The last batch of an epoch, with the weights after it. Comes before the epoch's `onEpochEnd`. */
  diagnosed(epoch: number, diagnosis: Diagnosis): void;
  /** The first NaN or infinity of the training, in gradients or before. */
  nonFinite(found: FoundNonFinite): void;
}

/** A NaN or an infinity with the batch at which it came up. */
export type FoundNonFinite = NonFinite & {
  /** Index of the epoch. */
  readonly epoch: number;
  /** Index of the batch within it. */
  readonly batch: number;
};

/** What a `fit` shows to callbacks of the library's own. */
export interface Session {
  /** Keys that the logs of an epoch will have. */
  readonly keys: readonly string[];
  /** Whether the learning rate follows a schedule. */
  readonly scheduled: boolean;
  /** Has each `every`-th epoch diagnosed and the first NaN or infinity looked for. Changes nothing of the training. */
  inspect(every: number, inspection: Inspection): void;
}

/** Method by which a callback of the library's own is given the session. */
export const ATTACH = Symbol('attach');

export interface AttachedCallback extends Callback {
  /** @internal */
  [ATTACH](session: Session): void;
}

/** The function that a callback has as a hook, its own or of its class. */
export function hookOf(callback: Callback, hook: Hook): Callback[Hook] {
  const method = fieldOf(callback, hook);
  return isFunction(method) ? method : undefined;
}

/** Checks the logs that a hook is called with. */
export function requireLogs(where: string, logs: unknown): void {
  if (!isRecord(logs)) throw new ValueError(`${where}: logs expected an object, got ${describe(logs)}.`);
}

/**
 * Checks what a hook of the library's own callbacks is called with: callbacks may be wrapped in others, which hand on
 * what they like.
 * @throws ValueError for logs that are no object, or a model that is none.
 */
export function requireHook(where: string, logs: unknown, model: unknown): void {
  requireLogs(where, logs);
  if (!isFunction(fieldOf(model, 'getWeights'))) {
    throw new ValueError(`${where}: model expected the model that is trained, got ${describe(model)}.`);
  }
}

/** Calls one hook of all callbacks in turn. */
export async function callAll(
  callbacks: readonly Callback[],
  hook: Hook,
  index: number,
  logs: Logs,
  model: TrainedModel,
): Promise<void> {
  for (const callback of callbacks) {
    const result = hookOf(callback, hook)?.call(callback, index, logs, model);
    await (isThenable(result) ? result : undefined);
  }
}
