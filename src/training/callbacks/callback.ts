/**
 * Callbacks of `fit`: the interface that users implement, and the session through which the library's own callbacks see
 * more of a training. fit.ts calls the hooks; each callback of the library is a file of this folder.
 */
import { describe } from '../../common/describe.js';
import { ValueError } from '../../common/errors.js';
import { isRecord } from '../../common/options.js';
import { fieldOf, isFunction, isThenable } from '../../common/objects.js';
import type { NamedTensor } from '../../common/tensors.js';
import type { Diagnosis, NonFinite } from '../diagnosis/diagnosis.js';
import type { Logs } from '../execution-context.js';

/**
 * The part of the trained model that callbacks may read and change. They are given the model itself.
 * @category Training and callbacks
 */
export interface TrainedModel {
  /** Learning rate of the next update. It cannot be set if the optimizer has a schedule. */
  learningRate: number;
  /** Set to true to end `fit` after the current batch, or in `onEpochEnd` after that epoch. */
  stopTraining: boolean;
  /** Returns copies of all weights. */
  getWeights(): NamedTensor[];
  /** Replaces all weights. */
  setWeights(tensors: readonly NamedTensor[]): void;
  /** Returns copies of all weights, with the moving averages of those that have one (`ema` of the optimizer). */
  getAveragedWeights(): NamedTensor[];
}

/**
 * Functions that `fit` calls around training. Each may return a promise, which `fit` waits for. An exception ends
 * `fit`, which rejects with it; the weights are then those of the last finished step.
 * @example
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
 * network.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
 * const epochs: number[] = [];
 * await network.fit([[1]], [[2]], { epochs: 3, callbacks: [{ onEpochEnd: (epoch) => epochs.push(epoch) }] });
 * epochs; // [0, 1, 2]
 * @category Training and callbacks
 */
export interface Callback {
  /** Called before the first epoch. `index`: that epoch. Logs: none. */
  onTrainBegin?(index: number, logs: Logs, model: TrainedModel): unknown;
  /** Called before each epoch. `index`: the epoch, from `initialEpoch`. Logs: none. */
  onEpochBegin?(index: number, logs: Logs, model: TrainedModel): unknown;
  /** Called before each update. `index`: the batch within its epoch. Logs: `size` of the batch. */
  onBatchBegin?(index: number, logs: Logs, model: TrainedModel): unknown;
  /**
   * Called after each update. `index`: the batch within its epoch. Logs: `size` of the batch, loss and metrics as means
   * of the epoch so far.
   */
  onBatchEnd?(index: number, logs: Logs, model: TrainedModel): unknown;
  /**
   * Called after each epoch. `index`: the epoch. Logs: loss and metrics of the epoch; with validation data valLoss and
   * the like; where a schedule, `reduceLROnPlateau` or `learningRateScheduler` changes the learning rate, that of the
   * last update.
   */
  onEpochEnd?(index: number, logs: Logs, model: TrainedModel): unknown;
  /** Called once after the last epoch. `index`: the last epoch that ran. Logs: those of that epoch. */
  onTrainEnd?(index: number, logs: Logs, model: TrainedModel): unknown;
  /**
   * Called before each validation of `fit`, and before `evaluate` with this callback. `index`: the epoch; 0. Logs:
   * none.
   */
  onEvaluateBegin?(index: number, logs: Logs, model: TrainedModel): unknown;
  /** Called after it. `index` as above. Logs: loss and metrics, without `val` in their names. */
  onEvaluateEnd?(index: number, logs: Logs, model: TrainedModel): unknown;
  /** Called before `predict` with this callback. `index`: 0. Logs: none. */
  onPredictBegin?(index: number, logs: Logs, model: TrainedModel): unknown;
  /** Called after it. `index`: 0. Logs: none. */
  onPredictEnd?(index: number, logs: Logs, model: TrainedModel): unknown;
}

export type Hook = keyof Callback;

export const HOOKS = [
  'onTrainBegin',
  'onEpochBegin',
  'onBatchBegin',
  'onBatchEnd',
  'onEpochEnd',
  'onTrainEnd',
  'onEvaluateBegin',
  'onEvaluateEnd',
  'onPredictBegin',
  'onPredictEnd',
] as const satisfies readonly Hook[];

/** Receives what `fit` measures for a callback. */
export interface Inspection {
  /**
   * Takes the diagnosis of an epoch's last batch, with the weights after it. Called before the epoch's `onEpochEnd`.
   */
  diagnosed(epoch: number, diagnosis: Diagnosis): void;
  /** Takes the first NaN or infinity of the training, found in gradients or what they are computed from. */
  nonFinite(found: FoundNonFinite): void;
}

/**
 * A NaN or an infinity with the batch in which it appeared.
 * @category Diagnosis
 */
export type FoundNonFinite = NonFinite & {
  /** Index of the epoch. */
  readonly epoch: number;
  /** Index of the batch within it. */
  readonly batch: number;
};

/** What a callback remembers from one epoch to the next, as files hold it. */
export interface CallbackState {
  /** Name of the function that makes the callback. */
  readonly kind: string;
  readonly numbers: Readonly<Record<string, number | undefined>>;
  readonly tensors?: readonly NamedTensor[] | undefined;
  /** Whether the callback has ended training. */
  readonly stopped?: boolean;
}

/** View of a `fit` that the library's own callbacks are given. */
export interface Session {
  /** The model that is trained. */
  readonly model: TrainedModel;
  /** All callbacks, in the order in which they are called. */
  readonly callbacks: readonly Callback[];
  /** Keys that the logs of an epoch will have. */
  readonly keys: readonly string[];
  /** Expected and given optimizer, for messages, where the learning rate cannot be set; undefined where it can. */
  readonly rateRefusal: string | undefined;
  /** Names of the weights that are trained. */
  readonly trained: readonly string[];
  /**
   * Requests a diagnosis of each `every`-th epoch and a search for the first NaN or infinity. Training is unaffected.
   */
  inspect(every: number, inspection: Inspection): void;
}

/**
 * Key of the method that gives a callback of the library the session. This one and the next two are also used by
 * wasm-mlp/node, which is a bundle of its own.
 */
export const ATTACH: unique symbol = /* @__PURE__ */ Symbol.for('wasm-mlp.attach');

/** Key of the method that returns what a callback remembers, after replacing it where it is given. */
export const STATE: unique symbol = /* @__PURE__ */ Symbol.for('wasm-mlp.state');

/** Key of the property that marks callbacks which are called after all others: they save what the others decide. */
export const LAST: unique symbol = /* @__PURE__ */ Symbol.for('wasm-mlp.last');

/** Key of the property that marks callbacks which change the learning rate. */
export const CHANGES_RATE = Symbol('changesRate');

export interface AttachedCallback extends Callback {
  /** @internal */
  readonly [CHANGES_RATE]?: true;
  /** @internal */
  readonly [LAST]?: true;
  /** @internal */
  [ATTACH](session: Session): void;
  /** @internal */
  [STATE]?(saved?: CallbackState): CallbackState;
}

/** Returns a callback's function for a hook, its own or its class's; undefined if it has none. */
export function hookOf(callback: Callback, hook: Hook): Callback[Hook] {
  const method = fieldOf(callback, hook);
  return isFunction(method) ? method : undefined;
}

/** Checks the logs that a hook is called with. */
export function requireLogs(where: string, logs: unknown): void {
  if (!isRecord(logs)) throw new ValueError(`${where}: logs expected an object, got ${describe(logs)}.`);
}

/**
 * Checks the arguments of a hook of the library's own callbacks: users may wrap a callback in one of theirs, which may
 * pass on anything.
 * @throws ValueError for logs that are no object, or a model without `getWeights`.
 */
export function requireHook(where: string, logs: unknown, model: unknown): void {
  requireLogs(where, logs);
  if (!isFunction(fieldOf(model, 'getWeights'))) {
    throw new ValueError(`${where}: model expected the model that is trained, got ${describe(model)}.`);
  }
}

/** Returns callbacks in the order in which they are called. */
export function inOrder(callbacks: readonly Callback[]): readonly Callback[] {
  const isLast = (callback: Callback): boolean => fieldOf(callback, LAST) === true;
  return [...callbacks.filter((one) => !isLast(one)), ...callbacks.filter(isLast)];
}

/** Calls one hook of all callbacks, one after another. */
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

/**
 * Calls one hook of all callbacks around a call that returns at once.
 * @throws ValueError for a hook that returns a promise, which nothing would wait for.
 */
export function callNow(
  where: string,
  callbacks: readonly Callback[],
  hook: Hook,
  logs: Logs,
  model: TrainedModel,
): void {
  for (const callback of callbacks) {
    const result = hookOf(callback, hook)?.call(callback, 0, logs, model);
    if (!isThenable(result)) continue;
    Promise.resolve(result).catch(() => undefined);
    throw new ValueError(`${where}: ${hook} expected to return at once, got a promise. fit waits for promises.`);
  }
}
