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
import type { Logs } from '../training/execution-context.js';
import type { Trainer } from '../training/trainer.js';
import { shapeFor } from './model-data.js';
import type { EvaluateOptions } from './model-options.js';

interface Read {
  readonly batchSize: number;
  readonly sampleWeight: SampleWeight | undefined;
  readonly batches: number | undefined;
}

const read = (options: EvaluateOptions | undefined): Read =>
  readOptions<Read>('evaluate', options, {
    batchSize: BATCH_SIZE,
    sampleWeight: { check: unchecked, or: undefined },
    batches: { check: optional(integer(1)), or: undefined },
  });

/** Reads the options for rows in memory. */
export function readEvaluateOptions(options: EvaluateOptions | undefined): Omit<Read, 'batches'> {
  const { batchSize, sampleWeight, batches } = read(options);
  if (batches !== undefined) {
    throw new ValueError('evaluate: batches expected only with a source of batches, got it with rows in memory.');
  }
  return { batchSize, sampleWeight };
}

/** Reads the options for a source, and returns the most batches of it. */
function readSourceOptions(options: EvaluateOptions | undefined, third: unknown): number | undefined {
  if (third !== undefined) {
    throw new ValueError('evaluate: options expected in second place, behind a source of batches, got them in third.');
  }
  const { batches } = read(options);
  for (const name of ['batchSize', 'sampleWeight'] as const) {
    if (fieldOf(options, name) !== undefined) {
      throw new ValueError(`evaluate: ${name} expected only with rows in memory, got it with a source of batches.`);
    }
  }
  return batches;
}

/**
 * Evaluates a source. Calls `confirm` at the start and after each wait: it returns the trainer, the given one if there
 * is one, and throws if the model cannot go on with it.
 */
export async function evaluateSource(
  confirm: (trainer?: Trainer) => Trainer,
  source: BatchSource,
  options: EvaluateOptions | undefined,
  third: unknown,
): Promise<Logs> {
  const trainer = confirm();
  const most = readSourceOptions(options, third);
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
    return await evaluation.run(pauses, '');
  } finally {
    evaluation.free();
  }
}
