/**
 * Weights that one thread changes while others predict from them: a sequence lock. The version is odd while they
 * change. A reader notes it, reads, and looks again: where it has moved, what was read may be of two versions and is
 * read anew. A reader that was too slow several times asks the writer to hold.
 */
import { StateError, WorkerError } from '../../common/errors.js';
import { mayWait } from './host.js';
import { countable } from './patience.js';

const VERSION = 0;
/** Number of the reader that asked the writer to hold, or 0. */
const HOLD = 1;
/** Numbers readers. */
const READERS = 2;

/** Which model has the words: they are used again. */
const GENERATION = 3;

/** Words that they share. */
export const SEQLOCK_WORDS = 4;

/** The version of what is gone. Even, and never reached by counting: writers count up from 0, 2³¹ changes at most. */
const RETIRED = -2;

/** Readings that may come to nothing before the writer is asked to hold. */
const TRIES = 4;

/**
 * Milliseconds that a writer holds for a reader, which may have ended meanwhile; and that a reader waits for a writer.
 */
const HOLD_MS = 100;
const WRITE_MS = 1000;

/** Lets up to a millisecond pass, less where `word` is changed from `value` and its thread is told. */
function pause(words: Int32Array, word: number, value: number): void {
  if (mayWait()) Atomics.wait(words, word, value, 1);
}

/** The side that changes. */
export class SeqlockWriter {
  /** Tells this use of the words from those before. */
  readonly generation: number;

  constructor(private readonly words: Int32Array) {
    // The generation first: readers of the one before find out by it.
    this.generation = Atomics.add(words, GENERATION, 1) + 1;
    Atomics.store(words, HOLD, 0);
    Atomics.store(words, VERSION, 0);
  }

  /** Before a change. Waits for a reader that asked for it, but not long. */
  begin(): void {
    const { words } = this;
    const holder = Atomics.load(words, HOLD);
    if (holder !== 0) {
      const start = performance.now();
      while (Atomics.load(words, HOLD) === holder && performance.now() - start < HOLD_MS) pause(words, HOLD, holder);
      // One that has ended gives nothing back.
      Atomics.compareExchange(words, HOLD, holder, 0);
    }
    Atomics.add(words, VERSION, 1);
  }

  /** After a change. */
  end(): void {
    Atomics.add(this.words, VERSION, 1);
    Atomics.notify(this.words, VERSION);
  }

  /** There will be no more, and nothing to read. */
  retire(): void {
    Atomics.store(this.words, VERSION, RETIRED);
    Atomics.notify(this.words, VERSION);
  }
}

/** The side that reads. */
export class SeqlockReader {
  private readonly number: number;
  private tries = 0;

  constructor(
    private readonly words: Int32Array,
    private readonly generation: number,
  ) {
    this.number = Atomics.add(words, READERS, 1) + 1;
  }

  /** Throws a StateError where the weights are gone. */
  requireLive(where: string): void {
    const { words, generation } = this;
    if (Atomics.load(words, GENERATION) !== generation || Atomics.load(words, VERSION) === RETIRED) {
      throw new StateError(`${where}: a live model expected, got one that its owner disposed.`);
    }
  }

  /** The version to read: waits until none is in the making. */
  begin(where: string): number {
    const { words } = this;
    if (this.tries >= TRIES) Atomics.compareExchange(words, HOLD, 0, this.number);
    let last = performance.now();
    let waited = 0;
    for (;;) {
      this.requireLive(where);
      const version = Atomics.load(words, VERSION);
      if (version % 2 === 0) return version;
      const now = performance.now();
      waited += countable(now - last);
      last = now;
      if (waited > WRITE_MS) {
        throw new WorkerError(`${where}: the weights have been in the middle of a change for ${WRITE_MS / 1000} s.`);
      }
      pause(words, VERSION, version);
    }
  }

  /** Whether what was read since `begin` is of that version alone. Where it is not, it is to be read anew. */
  end(where: string, version: number): boolean {
    // A change of nothing, since a load alone would not keep what was read before it from being read after it.
    const now = Atomics.add(this.words, VERSION, 0);
    this.requireLive(where);
    if (now !== version) {
      this.tries += 1;
      return false;
    }
    this.release();
    return true;
  }

  /** Lets the writer go on. */
  release(): void {
    this.tries = 0;
    if (Atomics.compareExchange(this.words, HOLD, this.number, 0) === this.number) Atomics.notify(this.words, HOLD);
  }
}
