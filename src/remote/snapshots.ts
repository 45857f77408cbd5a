/**
 * States of a training in a worker, in memory that both sides share: three buffers, one being written, one being read,
 * and the newest complete one between them. Each side exchanges its own buffer for that one atomically, so neither
 * waits, and a worker that ends in the middle of writing leaves the other buffers intact. training/state.ts has the
 * layout of one state.
 */
import { CollectorPressure } from '../runtime/model-allocator.js';
import { TrainingState } from '../training/state.js';

const BUFFERS = 3;

/** Words in front of the buffers; indices of the two in use: the buffer between both sides, and the abort flag. */
const WORDS = 16;
const BETWEEN = 0;
const ABORT = 1;

/** Bit of the first word: the buffer has not been read. The bits below are its index. */
const FRESH = 4;
const INDEX = 3;

/** Memory for the snapshots of one fit at a time. */
export class SnapshotMemory {
  readonly buffer: SharedArrayBuffer;
  private readonly pressure = new CollectorPressure();

  private constructor(bytes: number) {
    this.buffer = new SharedArrayBuffer(bytes);
    this.pressure.set(bytes);
  }

  /** Returns memory for states of `floats` floats: that of an earlier fit if there is one of about that size. */
  static take(floats: number): SnapshotMemory {
    const bytes = 4 * WORDS + BUFFERS * TrainingState.bytes(floats);
    for (let index = spare.length - 1; index >= 0; index--) {
      const memory = spare[index].deref();
      const length = memory?.buffer.byteLength ?? 0;
      if (memory !== undefined && (length < bytes || length > 2 * bytes)) continue;
      spare.splice(index, 1);
      if (memory !== undefined) return memory;
    }
    return new SnapshotMemory(bytes);
  }

  /**
   * Returns the memory to the spares for the next fit. Only for a worker that has posted its last message: one that was
   * terminated may still be writing.
   */
  give(): void {
    spare.push(new WeakRef(this));
    if (spare.length > MOST_SPARE) spare.shift();
  }
}

/** Most spares: as many fits as a program is likely to run at a time. */
const MOST_SPARE = 4;

/** Memory that no fit uses now. Held weakly, so that the collector frees it unless another fit takes it first. */
const spare: WeakRef<SnapshotMemory>[] = [];

/** One side's view of the snapshots. */
export class Snapshots {
  private readonly words: Int32Array;
  private readonly states: readonly TrainingState[];
  private own: number;

  /** The writer begins with the first buffer, the reader with the last; the second is between them. */
  constructor(memory: SharedArrayBuffer, floats: number, side: 'writer' | 'reader') {
    this.words = new Int32Array(memory, 0, WORDS);
    const bytes = TrainingState.bytes(floats);
    this.states = Array.from(
      { length: BUFFERS },
      (_, index) => new TrainingState(memory, 4 * WORDS + index * bytes, floats),
    );
    this.own = side === 'writer' ? 0 : 2;
    if (side === 'writer') return;
    Atomics.store(this.words, BETWEEN, 1);
    Atomics.store(this.words, ABORT, 0);
  }

  /** The writer's own buffer. */
  get draft(): TrainingState {
    return this.states[this.own];
  }

  /** Exchanges the draft for the buffer in between, which makes it the newest state. */
  publish(): void {
    this.own = Atomics.exchange(this.words, BETWEEN, this.own | FRESH) & INDEX;
  }

  /** Returns the newest state that has not been read yet, if any. It does not change until the next call. */
  newest(): TrainingState | undefined {
    if ((Atomics.load(this.words, BETWEEN) & FRESH) === 0) return undefined;
    this.own = Atomics.exchange(this.words, BETWEEN, this.own) & INDEX;
    return this.states[this.own];
  }

  /** Tells the worker to stop after the current batch. */
  abort(): void {
    Atomics.store(this.words, ABORT, 1);
  }

  /** Whether the worker must stop. */
  get aborted(): boolean {
    return Atomics.load(this.words, ABORT) === 1;
  }
}
