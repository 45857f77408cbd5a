/**
 * The state of a training as one flat block of memory, which threads send to each other: counters, then weights and
 * optimizer state, in panels. remote/snapshots.ts shares such blocks; checkpoint files have their own format in
 * model/checkpoint.ts.
 */
import { changeWeights } from '../graph/model-state.js';
import type { FloatRange } from '../graph/shared-weights.js';
import type { Trainer } from './trainer.js';

/** Bytes of the counters at the start, float64 each. */
const HEADER_BYTES = 64;

const COUNTER = {
  stepCount: 0,
  epochCount: 1,
  learningRate: 2,
  weightEdits: 3,
  rateEdits: 4,
  groupBatches: 5,
  groupRows: 6,
  groupExpected: 7,
} as const;

/** Numbers of user edits that a state contains, by what they change. A state from before an edit would undo it. */
export interface Edits {
  readonly weights: number;
  readonly rate: number;
}

/** A view on such a block. */
export class TrainingState {
  private readonly header: Float64Array;
  private readonly floats: Float32Array;

  constructor(buffer: ArrayBufferLike, offset: number, floats: number) {
    this.header = new Float64Array(buffer, offset, HEADER_BYTES / 8);
    this.floats = new Float32Array(buffer, offset + HEADER_BYTES, floats);
  }

  /** Returns the bytes of a state with this many floats, a multiple of 64. */
  static bytes(floats: number): number {
    return HEADER_BYTES + Math.ceil((4 * floats) / 64) * 64;
  }

  /** Numbers of user edits that this state contains. */
  get edits(): Edits {
    return { weights: this.header[COUNTER.weightEdits], rate: this.header[COUNTER.rateEdits] };
  }

  /** Copies the state of a training into this block. */
  take(trainer: Trainer, edits: Edits): void {
    const { header, floats } = this;
    const { epochCount } = trainer.model;
    header[COUNTER.stepCount] = trainer.stepCount;
    header[COUNTER.epochCount] = epochCount;
    header[COUNTER.learningRate] = trainer.rate.saved;
    header[COUNTER.weightEdits] = edits.weights;
    header[COUNTER.rateEdits] = edits.rate;
    const { batches, rows, expected } = trainer.groupCounters;
    header[COUNTER.groupBatches] = batches;
    header[COUNTER.groupRows] = rows;
    header[COUNTER.groupExpected] = expected;
    trainer.updater.reading(() => {
      const { f32 } = trainer.model.runtime.memory;
      let at = 0;
      for (const { address, floats: count } of [...trainer.model.ranges, ...statesOf(trainer)]) {
        floats.set(f32.subarray(address / 4, address / 4 + count), at);
        at += count;
      }
    });
  }

  /** Copies counters and weights to a trainer, except what would undo one of the `edits` made so far. */
  giveWeights(trainer: Trainer, edits: Edits): void {
    const { model } = trainer;
    if (this.edits.weights === edits.weights) {
      changeWeights(model, () => this.give(trainer, 0, model.ranges));
    }
    this.giveCounters(trainer, edits);
  }

  /** Copies counters and optimizer state to a trainer. */
  giveOptimizerState(trainer: Trainer, edits: Edits): void {
    this.give(trainer, countFloats(trainer.model.ranges), statesOf(trainer));
    this.giveCounters(trainer, edits);
  }

  /** Copies the floats from `at` on to these ranges. */
  private give(trainer: Trainer, at: number, ranges: readonly FloatRange[]): void {
    const { f32 } = trainer.model.runtime.memory;
    for (const { address, floats } of ranges) {
      f32.set(this.floats.subarray(at, at + floats), address / 4);
      at += floats;
    }
  }

  private giveCounters(trainer: Trainer, edits: Edits): void {
    const { header } = this;
    const learningRate = this.edits.rate === edits.rate ? header[COUNTER.learningRate] : trainer.rate.saved;
    const group = {
      batches: header[COUNTER.groupBatches],
      rows: header[COUNTER.groupRows],
      expected: header[COUNTER.groupExpected],
    };
    trainer.resume({ stepCount: header[COUNTER.stepCount], learningRate, group });
    trainer.model.epochCount = header[COUNTER.epochCount];
  }
}

/** Returns the vectors of optimizer state. */
const statesOf = ({ vectors: { size, optimizerState } }: Trainer): FloatRange[] =>
  optimizerState.map((address) => ({ address, floats: size }));

const countFloats = (ranges: readonly FloatRange[]): number => ranges.reduce((total, { floats }) => total + floats, 0);

/** Returns the number of floats in the state of a training. */
export const stateFloats = (trainer: Trainer): number => countFloats([...trainer.model.ranges, ...statesOf(trainer)]);

/** Returns a copy of the current state of a training. */
export function copyState(trainer: Trainer, edits: Edits): ArrayBuffer {
  const floats = stateFloats(trainer);
  const buffer = new ArrayBuffer(TrainingState.bytes(floats));
  new TrainingState(buffer, 0, floats).take(trainer, edits);
  return buffer;
}
