/**
 * `evaluate`: its options, and the evaluation of a source of batches, which may wait. trainable-model.ts evaluates rows
 * in memory; training/evaluation.ts does the work.
 */
import { ValueError } from '../common/errors.js';
import { integer, optional, readOptions, unchecked } from '../common/options.js';
import { fieldOf } from '../common/objects.js';
import { BATCH_SIZE } from '../inference/inference-model.js';
import { EventLoopYielder } from '../runtime/event-loop.js';
import type { SampleWeight } from '../training/data/shape.js';
import { SourceReader, type BatchSource } from '../training/data/source.js';
import { sourceEvaluation, type Pauses } from '../training/evaluation.js';
import { callAll, type Callback, type TrainedModel } from '../training/callbacks/callback.js';
import { callbackList } from '../training/fit-options.js';
import type { Logs } from '../training/execution-context.js';
import type { Trainer } from '../training/trainer.js';
import { shapeFor } from './model-data.js';
import type { EvaluateOptions } from './model-options.js';

interface Read {
  readonly batchSize: number;
  readonly sampleWeight: SampleWeight | undefined;
  readonly batches: number | undefined;
  readonly callbacks: readonly Callback[];
}

const read = (options: EvaluateOptions | undefined): Read =>
  readOptions<Read>('evaluate', options, {
    batchSize: BATCH_SIZE,
    sampleWeight: { check: unchecked, or: undefined },
    batches: { check: optional(integer(1)), or: undefined },
    callbacks: { check: callbackList, or: [] },
  });

/** Reads the options for rows in memory. */
export function readEvaluateOptions(options: EvaluateOptions | undefined): Omit<Read, 'batches'> {
  const { batches, ...rest } = read(options);
  if (batches !== undefined) {
    throw new ValueError('evaluate: batches expected only with a source of batches, got it with rows in memory.');
  }
  return rest;
}

/** Reads the options for a source. */
function readSourceOptions(options: EvaluateOptions | undefined, third: unknown): Pick<Read, 'batches' | 'callbacks'> {
  if (third !== undefined) {
    throw new ValueError('evaluate: options expected in second place, behind a source of batches, got them in third.');
  }
  const settled = read(options);
  for (const name of ['batchSize', 'sampleWeight'] as const) {
    if (fieldOf(options, name) !== undefined) {
      throw new ValueError(`evaluate: ${name} expected only with rows in memory, got it with a source of batches.`);
    }
  }
  return settled;
}

/**
 * Evaluates a source. Calls `confirm` at the start and after each wait: it returns the trainer, the given one if there
 * is one, and throws if the model cannot go on with it.
 */
export async function evaluateSource(
  model: TrainedModel,
  confirm: (trainer?: Trainer) => Trainer,
  source: BatchSource,
  options: EvaluateOptions | undefined,
  third: unknown,
): Promise<Logs> {
  const trainer = confirm();
  const { batches: most, callbacks } = readSourceOptions(options, third);
  confirm(trainer);
  const yielder = new EventLoopYielder();
  const evaluation = sourceEvaluation(trainer, {
    reader: new SourceReader(source, 'evaluate'),
    where: 'evaluate: batch',
    shape: shapeFor(trainer.model, trainer),
    most,
  });
  const pauses: Pauses = {
    pause: async () => {
      if (yielder.shouldYield) await yielder.yield();
      confirm(trainer);
    },
    wait: async (promise) => {
      const result = await promise;
      confirm(trainer);
      return result;
    },
  };
  try {
    await pauses.wait(callAll(callbacks, 'onEvaluateBegin', 0, {}, model));
    const logs = await evaluation.run(pauses, '');
    await pauses.wait(callAll(callbacks, 'onEvaluateEnd', 0, logs, model));
    return logs;
  } finally {
    evaluation.free();
  }
}
