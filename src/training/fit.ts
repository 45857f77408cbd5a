import { ValueError } from '../common/errors.js';
import { RegionGroup } from '../engine/arena.js';
import type { Machine } from '../engine/machine.js';
import { STREAM } from '../engine/random.js';
import { Breath } from './breath.js';
import { callAll, type Callback } from './callbacks.js';
import type { Dataset } from './dataset.js';
import type { readFitOptions } from './fit-options.js';
import type { Logs } from './measure.js';
import type { Trainer } from './trainer.js';

/** What `fit` returns: one number per epoch for the loss and each metric, and with validation data valLoss and the like. */
export interface History {
  readonly epoch: number[];
  readonly history: Record<string, number[]>;
}

/** What `fit` works on. */
export interface FitSubject {
  readonly machine: Machine;
  readonly trainer: Trainer;
  readonly seed: number;
  /** Counts the epochs finished since the model was made, which decides the next shuffle; the model's own. */
  readonly progress: { epochCount: number };
  /** Throws a StateError where the model was disposed in the meantime. */
  requireLive(where: string): void;
}

/** The data of one fit: `rows` rows of `data` to train on, and what to validate on. */
export interface FitData {
  readonly data: Dataset;
  readonly rows: number;
  readonly validation: Dataset | undefined;
}

const VALIDATION_BATCH = 256;

/** The part of a dataset from row `first` on. */
function tail({ x, y }: Dataset, first: number): Dataset {
  const from = <R extends Dataset['x']>(part: R) => ({
    rows: part.rows - first,
    width: part.width,
    address: part.address + 4 * first * part.width,
  });
  return { x: from(x), y: from(y), free: () => undefined };
}

/** Cuts the last rows off for validation, as Keras does: before any shuffling. */
export function splitData(data: Dataset, share: number, validation: Dataset | undefined): FitData {
  const total = data.x.rows;
  if (share === 0) return { data, rows: total, validation };
  const rows = Math.floor(total * (1 - share));
  if (rows === 0 || rows === total) {
    throw new ValueError(`fit: validationSplit expected to leave rows on both sides, got ${share} of ${total} rows.`);
  }
  return { data, rows, validation: tail(data, rows) };
}

function addValidation(logs: Logs, validation: Logs): void {
  for (const [name, value] of Object.entries(validation)) logs[`val${name[0].toUpperCase()}${name.slice(1)}`] = value;
}

/**
 * The training loop. The order of the rows of epoch e is a function of (seed, e). The thread is given away by time, not by batch,
 * so small networks run at full speed and pages stay live.
 */
export async function fit(
  subject: FitSubject,
  { data, rows, validation }: FitData,
  options: ReturnType<typeof readFitOptions>,
): Promise<History> {
  const { machine, trainer, seed } = subject;
  const { batchSize, callbacks, signal } = options;
  const { kernels, arena } = machine;
  const station = trainer.stationFor(Math.min(batchSize, rows));
  const watched: readonly Callback[] = callbacks.filter((callback) => callback.onBatchEnd !== undefined);
  const result: History = { epoch: [], history: {} };
  const breath = new Breath();
  const proceed = (): void => {
    subject.requireLive('fit');
    signal?.throwIfAborted();
  };
  // One array of row numbers, and room for the sixteen words that the shuffle draws at a time.
  const regions = new RegionGroup(arena);
  const indices = regions.allocate(4 * rows);
  const words = regions.allocate(64);
  try {
    proceed();
    await callAll(callbacks, 'onTrainBegin', options.initialEpoch, {});
    for (let epoch = options.initialEpoch; epoch < options.epochs; epoch++) {
      await callAll(callbacks, 'onEpochBegin', epoch, {});
      proceed();
      if (options.shuffle)
        kernels.u32_shuffle(rows, indices, words, seed, STREAM.shuffle, subject.progress.epochCount, 0, 0);
      station.tally.reset();
      for (let first = 0, batch = 0; first < rows; first += batchSize, batch++) {
        const count = Math.min(batchSize, rows - first);
        if (options.shuffle) station.feeder.gather(data, indices + 4 * first, count);
        else station.feeder.take(data, first, count);
        trainer.step(station, count);
        if (watched.length > 0) {
          await callAll(watched, 'onBatchEnd', batch, { ...station.tally.means(first + count), size: count });
        }
        if (breath.due) await breath.take();
        proceed();
      }
      subject.progress.epochCount += 1;
      const logs = station.tally.means(rows);
      if (validation !== undefined) addValidation(logs, trainer.evaluate(validation, VALIDATION_BATCH));
      result.epoch.push(epoch);
      for (const [name, value] of Object.entries(logs)) (result.history[name] ??= []).push(value);
      await callAll(callbacks, 'onEpochEnd', epoch, logs);
      proceed();
    }
    await callAll(callbacks, 'onTrainEnd', options.epochs - 1, {});
    return result;
  } finally {
    regions.free();
  }
}
