/**
 * The state of a training as one flat block of memory, which threads send to each other: counters, then weights and
 * optimizer state, in panels. remote/snapshots.ts shares such blocks; checkpoint files have their own format in
 * model/checkpoint.ts.
 */
import { changeWeights } from '../graph/model-state.js';
import type { Trainer } from './trainer.js';

/** Bytes of the counters at the start, float64 each. */
const HEADER_BYTES = 64;

const COUNTER = { stepCount: 0, epochCount: 1, learningRate: 2, weightEdits: 3, rateEdits: 4 } as const;

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
    const { runtime, epochCount } = trainer.model;
    header[COUNTER.stepCount] = trainer.stepCount;
    header[COUNTER.epochCount] = epochCount;
    header[COUNTER.learningRate] = trainer.savedRate;
    header[COUNTER.weightEdits] = edits.weights;
    header[COUNTER.rateEdits] = edits.rate;
    let at = 0;
    for (const { address, count } of vectorsOf(trainer)) {
      floats.set(runtime.memory.f32.subarray(address / 4, address / 4 + count), at);
      at += count;
    }
  }

  /** Copies counters and weights to a trainer, except what would undo one of the `edits` made so far. */
  giveWeights(trainer: Trainer, edits: Edits): void {
    const { model } = trainer;
    const [{ address, count }] = vectorsOf(trainer);
    if (this.edits.weights === edits.weights) {
      changeWeights(model, () => model.runtime.memory.f32.set(this.floats.subarray(0, count), address / 4));
    }
    this.giveCounters(trainer, edits);
  }

  /** Copies counters and optimizer state to a trainer. */
  giveOptimizerState(trainer: Trainer, edits: Edits): void {
    let at = 0;
    const { f32 } = trainer.model.runtime.memory;
    vectorsOf(trainer).forEach(({ address, count }, index) => {
      if (index > 0) f32.set(this.floats.subarray(at, at + count), address / 4);
      at += count;
    });
    this.giveCounters(trainer, edits);
  }

  private giveCounters(trainer: Trainer, edits: Edits): void {
    const { header } = this;
    const rate = this.edits.rate === edits.rate ? header[COUNTER.learningRate] : trainer.savedRate;
    trainer.resume(header[COUNTER.stepCount], rate);
    trainer.model.epochCount = header[COUNTER.epochCount];
  }
}

/** Returns the flat vectors of a training: first all weights, then the optimizer state. */
function vectorsOf({ vectors, model }: Trainer): { readonly address: number; readonly count: number }[] {
  return [
    { address: vectors.weights, count: model.plan.parameterFloats },
    ...vectors.optimizerState.map((address) => ({ address, count: vectors.size })),
  ];
}

/** Returns the number of floats in the state of a training. */
export const stateFloats = (trainer: Trainer): number =>
  vectorsOf(trainer).reduce((total, { count }) => total + count, 0);

/** Returns a copy of the current state of a training. */
export function copyState(trainer: Trainer, edits: Edits): ArrayBuffer {
  const floats = stateFloats(trainer);
  const buffer = new ArrayBuffer(TrainingState.bytes(floats));
  new TrainingState(buffer, 0, floats).take(trainer, edits);
  return buffer;
}
