/**
 * Training of the network: calls `fit`, measures it, and keeps the finished epochs after an interrupt. `job.ts` decides
 * what happens before and after.
 */
import type { Callback, Model } from '../index.js';
import type { Digits } from './mnist.js';
import type { JobOptions } from './options.js';

export interface Training {
  /** One number per finished epoch under each of `loss` and `accuracy`. */
  readonly history: Record<string, number[]>;
  /** Time inside `fit`, from call to return, without loading and evaluation. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** Number of steps. After an interrupt it is less than `epochs` times the batches of an epoch. */
  readonly steps: number;
  readonly aborted: boolean;
}

/** Fits a compiled model until the epochs are done or `signal` aborts; either way the model keeps what it learned. */
export async function train(
  model: Model,
  digits: Digits,
  { epochs, batchSize }: Pick<JobOptions, 'epochs' | 'batchSize'>,
  progress: Callback,
  signal: AbortSignal,
): Promise<Training> {
  const { history, callback } = recordHistory();
  const start = performance.now();
  let aborted = false;
  try {
    await model.fit(digits.images, digits.labels, { epochs, batchSize, callbacks: [callback, progress], signal });
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    aborted = true;
  }
  const seconds = (performance.now() - start) / 1000;
  const steps = model.stepCount;
  return {
    history,
    seconds,
    samplesPerSecond: samplesSeen(steps, digits.labels.length, batchSize) / seconds,
    steps,
    aborted,
  };
}

/** Makes a callback that records the finished epochs, since `fit` returns no history when it is aborted. */
function recordHistory(): { history: Record<string, number[]>; callback: Callback } {
  const history: Record<string, number[]> = { loss: [], accuracy: [] };
  const callback: Callback = {
    onEpochEnd(_epoch, logs) {
      for (const measure of Object.keys(history)) history[measure].push(logs[measure]);
    },
  };
  return { history, callback };
}

/**
 * Returns the number of samples in `steps` steps. The last batch of an epoch is smaller, so whole epochs are counted
 * first.
 */
function samplesSeen(steps: number, samples: number, batchSize: number): number {
  const stepsPerEpoch = Math.ceil(samples / batchSize);
  const epochs = Math.floor(steps / stepsPerEpoch);
  return epochs * samples + (steps % stepsPerEpoch) * batchSize;
}
