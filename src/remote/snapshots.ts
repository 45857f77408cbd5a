/**
 * The state of a training that goes on in a worker, in memory that both sides share: three places, one being written,
 * one being read, and between them the newest that is whole. Each side exchanges its own place for the one in between,
 * so nobody waits, and a worker that ends in the middle of writing leaves the others intact.
 */
import { Weight } from '../runtime/holding.js';
import { TrainingState } from '../training/state.js';

const PLACES = 3;

/** Words in front of the places. */
const WORDS = 16;
const BETWEEN = 0;
const ABORT = 1;

/** Marks a place in between that has not been read. */
const FRESH = 4;
const PLACE = 3;

/** Memory for snapshots, which one fit has at a time. */
export class SnapshotMemory {
  readonly buffer: SharedArrayBuffer;
  private readonly weight = new Weight();

  private constructor(bytes: number) {
    this.buffer = new SharedArrayBuffer(bytes);
    this.weight.set(bytes);
  }

  /** Memory for so many floats: that of an earlier fit where there is one of about that size. */
  static take(floats: number): SnapshotMemory {
    const bytes = 4 * WORDS + PLACES * TrainingState.bytes(floats);
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
   * Gives it to the next fit. Only where the worker has said its last word: one that was ended may be writing still.
   */
  give(): void {
    spare.push(new WeakRef(this));
    if (spare.length > MOST_SPARE) spare.shift();
  }
}

/** As many fits as a program will have at a time. */
const MOST_SPARE = 4;

/** What no fit has now. Held weakly: the collector frees it, unless another fit comes before. */
const spare: WeakRef<SnapshotMemory>[] = [];

/** What both sides have. */
export class Snapshots {
  private readonly words: Int32Array;
  private readonly states: readonly TrainingState[];
  private own: number;

  /** The worker begins with the first place, the reader with the last; the second stands between. */
  constructor(memory: SharedArrayBuffer, floats: number, side: 'writer' | 'reader') {
    this.words = new Int32Array(memory, 0, WORDS);
    const bytes = TrainingState.bytes(floats);
    this.states = Array.from(
      { length: PLACES },
      (_, place) => new TrainingState(memory, 4 * WORDS + place * bytes, floats),
    );
    this.own = side === 'writer' ? 0 : 2;
    if (side === 'writer') return;
    Atomics.store(this.words, BETWEEN, 1);
    Atomics.store(this.words, ABORT, 0);
  }

  /** The writer's own place. */
  get draft(): TrainingState {
    return this.states[this.own];
  }

  /** Hands the draft over. */
  publish(): void {
    this.own = Atomics.exchange(this.words, BETWEEN, this.own | FRESH) & PLACE;
  }

  /** The newest that has not been read yet, if there is one; it stays as it is until the next call. */
  newest(): TrainingState | undefined {
    if ((Atomics.load(this.words, BETWEEN) & FRESH) === 0) return undefined;
    this.own = Atomics.exchange(this.words, BETWEEN, this.own) & PLACE;
    return this.states[this.own];
  }

  /** Has the worker stop after the batch in flight. */
  abort(): void {
    Atomics.store(this.words, ABORT, 1);
  }

  /** Whether it shall. */
  get aborted(): boolean {
    return Atomics.load(this.words, ABORT) === 1;
  }
}
