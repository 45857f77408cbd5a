/**
 * A sequence lock, for weights that one thread changes while others predict from them. The version is odd during a
 * change. A reader notes the version, reads, and checks it again: if it has changed, the data may mix two versions and
 * is read again. A reader that fails several times asks the writer to pause.
 */
import { StateError, WorkerError } from '../../common/errors.js';
import { mayWait } from './host.js';
import { countedWait } from './time-out.js';

const VERSION = 0;
/** Number of the reader that asked the writer to hold, or 0. */
const HOLD = 1;
/** Counter that numbers the readers. */
const READERS = 2;

/** Generation of the words, which are used for one model after another. */
const GENERATION = 3;

/** Checksum of the handle of the weights, against handles that were put together from several. */
const CHECKSUM = 4;

/** Words of a lock. */
export const SEQLOCK_WORDS = 5;

/**
 * The version of disposed weights: even, as no change is in progress. `end` skips it when the counter, which wraps,
 * comes to it.
 */
const RETIRED = -2;

/** Failed reads before a reader asks the writer to hold. */
const TRIES = 4;

/**
 * Milliseconds that a writer holds for a reader, which may have ended in the meantime, and that a reader waits for a
 * writer.
 */
const HOLD_MS = 100;
const WRITE_MS = 1000;

/** Waits up to a millisecond, or until another thread changes `word` from `value` and notifies. */
function pause(words: Int32Array, word: number, value: number): void {
  if (mayWait()) Atomics.wait(words, word, value, 1);
}

/** Throws a StateError if the weights of this generation of the words are disposed. */
export function requireLive(where: string, words: Int32Array, generation: number): void {
  if (Atomics.load(words, GENERATION) !== generation || Atomics.load(words, VERSION) === RETIRED) {
    throw new StateError(`${where}: a live model expected, got one that its owner disposed.`);
  }
}

/** Whether the words are those of a handle with this checksum. */
export const hasChecksum = (words: Int32Array, checksum: number): boolean => Atomics.load(words, CHECKSUM) === checksum;

/** The side that changes the weights. */
export class SeqlockWriter {
  /** Distinguishes this use of the words from earlier ones. */
  readonly generation: number;

  constructor(private readonly words: Int32Array) {
    // The generation first: readers of the previous use detect the end of it by this word.
    this.generation = Atomics.add(words, GENERATION, 1) + 1;
    Atomics.store(words, HOLD, 0);
    Atomics.store(words, VERSION, 0);
  }

  /** Notes the checksum of the handle, before there is one. */
  sign(checksum: number): void {
    Atomics.store(this.words, CHECKSUM, checksum);
  }

  /** Called before a change. Waits, but not long, for a reader that asked for it. */
  begin(): void {
    const { words } = this;
    const holder = Atomics.load(words, HOLD);
    if (holder !== 0) {
      const start = performance.now();
      while (Atomics.load(words, HOLD) === holder && performance.now() - start < HOLD_MS) pause(words, HOLD, holder);
      // A reader that has ended releases nothing.
      Atomics.compareExchange(words, HOLD, holder, 0);
    }
    Atomics.add(words, VERSION, 1);
  }

  /** Called after a change. */
  end(): void {
    const next = Atomics.load(this.words, VERSION) + 1;
    Atomics.store(this.words, VERSION, next === RETIRED ? next + 2 : next);
    Atomics.notify(this.words, VERSION);
  }

  /** Marks the weights as disposed: there will be no further change and nothing to read. */
  retire(): void {
    Atomics.store(this.words, VERSION, RETIRED);
    Atomics.notify(this.words, VERSION);
  }
}

/** The side that reads the weights. */
export class SeqlockReader {
  private readonly number: number;
  private tries = 0;

  constructor(
    private readonly words: Int32Array,
    private readonly generation: number,
  ) {
    this.number = Atomics.add(words, READERS, 1) + 1;
  }

  /** Throws a StateError if the weights are disposed. */
  requireLive(where: string): void {
    requireLive(where, this.words, this.generation);
  }

  /** Returns the version to read, after waiting until no change is in progress. */
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
      waited += countedWait(now - last);
      last = now;
      if (waited > WRITE_MS) {
        throw new WorkerError(`${where}: the weights have been in the middle of a change for ${WRITE_MS / 1000} s.`);
      }
      pause(words, VERSION, version);
    }
  }

  /** Whether the data read since `begin` is of that version alone. If not, it has to be read again. */
  end(where: string, version: number): boolean {
    // An atomic addition of zero: a load alone would not order the reads before it.
    const now = Atomics.add(this.words, VERSION, 0);
    this.requireLive(where);
    if (now !== version) {
      this.tries += 1;
      return false;
    }
    this.release();
    return true;
  }

  /** Releases the writer. */
  release(): void {
    this.tries = 0;
    if (Atomics.compareExchange(this.words, HOLD, this.number, 0) === this.number) Atomics.notify(this.words, HOLD);
  }
}
