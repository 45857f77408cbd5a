import type { Logs } from './measure.js';

/**
 * What happens around training. Every method may return a promise, which `fit` waits for. An exception ends `fit`, which rejects with
 * it; the weights are then those of the last finished step.
 */
export interface Callback {
  onTrainBegin?(index: number, logs: Logs): unknown;
  /** `index`: the epoch, from `initialEpoch`. */
  onEpochBegin?(index: number, logs: Logs): unknown;
  /** `index`: the batch within its epoch. Logs: `size` of the batch, loss and metrics as means of the epoch so far. */
  onBatchEnd?(index: number, logs: Logs): unknown;
  /** Logs: loss and metrics of the epoch, and with validation data valLoss and the like. */
  onEpochEnd?(index: number, logs: Logs): unknown;
  onTrainEnd?(index: number, logs: Logs): unknown;
}

export type Hook = keyof Callback;

export const HOOKS = [
  'onTrainBegin',
  'onEpochBegin',
  'onBatchEnd',
  'onEpochEnd',
  'onTrainEnd',
] as const satisfies readonly Hook[];

/** Calls one hook of all callbacks in turn. */
export async function callAll(callbacks: readonly Callback[], hook: Hook, index: number, logs: Logs): Promise<void> {
  for (const callback of callbacks) await callback[hook]?.(index, logs);
}
