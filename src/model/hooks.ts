/** Hooks around `evaluate` and `predict`: the options that take them, and the calls between them. */
import { readOptions } from '../common/options.js';
import { BATCH_SIZE, type BatchOptions } from '../inference/inference-model.js';
import { callNow, type Callback, type TrainedModel } from '../training/callbacks/callback.js';
import type { Dataset } from '../training/data/shape.js';
import type { Logs } from '../training/execution-context.js';
import { callbackList } from '../training/fit-options.js';
import type { Trainer } from '../training/trainer.js';

/**
 * Options of `predict`.
 * @category Models
 */
export interface PredictOptions extends BatchOptions {
  /**
   * Callbacks, of which `onPredictBegin` and `onPredictEnd` are called. They must not return promises. Default none.
   */
  callbacks?: readonly Callback[];
}

/** Evaluates rows in memory between the hooks. `confirm` throws if a hook has left a model that cannot go on. */
export function evaluateRows(
  model: TrainedModel,
  confirm: () => Trainer,
  data: Dataset,
  { batchSize, callbacks }: { readonly batchSize: number; readonly callbacks: readonly Callback[] },
): Logs {
  callNow('evaluate', callbacks, 'onEvaluateBegin', {}, model);
  const logs = confirm().evaluate(data, Math.min(batchSize, data.rows));
  callNow('evaluate', callbacks, 'onEvaluateEnd', logs, model);
  return logs;
}

/** Predicts between the hooks. */
export function predictBetween<O>(
  model: TrainedModel,
  options: PredictOptions | undefined,
  predict: (options: BatchOptions | undefined) => O,
): O {
  if (options === undefined) return predict(options);
  const { batchSize, callbacks } = readOptions<Required<PredictOptions>>('predict', options, {
    batchSize: BATCH_SIZE,
    callbacks: { check: callbackList, or: [] },
  });
  callNow('predict', callbacks, 'onPredictBegin', {}, model);
  const result = predict({ batchSize });
  callNow('predict', callbacks, 'onPredictEnd', {}, model);
  return result;
}
