/**
 * The only module that touches `memory.buffer`: typed-array views of linear memory, and its growth, which several
 * threads may do at once. arena.ts divides the memory into regions. Views are renewed after growth, so take them from
 * here at each use and never keep one across a call that may allocate.
 */
import { MemoryError } from '../common/errors.js';
import { PAGE } from './constants.generated.js';

/** A linear memory, as one thread sees it. */
export class LinearMemory {
  readonly memory: WebAssembly.Memory;
  readonly maximumBytes: number;
  f32!: Float32Array;
  f64!: Float64Array;
  i32!: Int32Array;
  u8!: Uint8Array;
  /** End of the memory that this thread has made or found, without what other threads have made since. */
  private end: number;
  /** End of the memory that existed when this object was made; up to here it need not be grown. */
  private readonly initialEnd: number;
  /** Stretches, from address to address, that this thread has made, or taken over from other threads. */
  readonly ownedRanges: { readonly start: number; readonly end: number }[] = [];
  /**
   * Takes over `bytes` bytes that another thread has released. Set on threads that share their models or attach to
   * those of others.
   */
  take: ((bytes: number) => { readonly start: number; readonly end: number } | undefined) | undefined;

  /** Starts with `initialBytes` of a memory that may be longer, and uses the rest of it before it grows the memory. */
  constructor(memory: WebAssembly.Memory, maximumBytes: number, initialBytes = memory.buffer.byteLength) {
    this.memory = memory;
    this.maximumBytes = maximumBytes;
    this.renewViews();
    this.initialEnd = memory.buffer.byteLength;
    this.end = initialBytes;
  }

  /** Size of the memory now, including growth by other threads. */
  get bytes(): number {
    return this.memory.buffer.byteLength - Math.max(0, this.initialEnd - this.end);
  }

  /** Takes possession of the whole memory before other threads see it: they begin behind it. */
  claimAll(): void {
    this.end = Math.max(this.end, this.initialEnd);
  }

  /**
   * Makes room for `size` bytes at `start` and returns their address: `start`, or a higher one where other threads have
   * taken the memory that follows. In that case `skip` is called with the range in between that stays unused. Throws a
   * MemoryError, and changes nothing, if there is no room.
   */
  reserve(start: number, size: number, skip?: (from: number, to: number) => void): number {
    while (start + size > this.end) {
      const released = this.take?.(size);
      if (released !== undefined) {
        skip?.(start, this.end);
        this.end = released.end;
        this.ownedRanges.push(released);
        // Another thread may have grown the memory to make it.
        this.renewViews();
        return released.start;
      }
      const end = start + size;
      if (end > this.maximumBytes) throw this.refusal(end);
      const pages = Math.ceil((end - this.end) / PAGE);
      if (this.end < this.initialEnd) {
        const from = this.end;
        this.end = Math.min(this.initialEnd, from + pages * PAGE);
        this.ownedRanges.push({ start: from, end: this.end });
        continue;
      }
      let before: number;
      try {
        before = this.memory.grow(pages) * PAGE;
      } catch {
        throw this.failure(end);
      }
      if (before !== this.end) {
        skip?.(start, this.end);
        start = before;
      }
      this.end = before + pages * PAGE;
      this.ownedRanges.push({ start: before, end: this.end });
      this.renewViews();
    }
    return start;
  }

  /** Returns a copy of `count` floats at `address`. `slice` takes V8 ten times as long on shared memory. */
  copy(address: number, count: number): Float32Array {
    const copy = new Float32Array(count);
    copy.set(this.f32.subarray(address / 4, address / 4 + count));
    return copy;
  }

  /**
   * Returns a view of `count` 32-bit words at `address`, for communication between threads. It stays valid: shared
   * memory does not move.
   */
  words(address: number, count: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, count);
  }

  /** Returns a view of exactly `count` floats at `address`. It stays valid, like that of `words`. */
  floats(address: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, count);
  }

  /** Returns a view of `count` float64 numbers at `address`. It stays valid, like that of `words`. */
  doubles(address: number, count: number): Float64Array {
    return new Float64Array(this.memory.buffer, address, count);
  }

  private refusal(end: number): MemoryError {
    return new MemoryError(
      `engine: linear memory expected to hold at most ${this.maximumBytes} bytes, got a need of ${end}. ` +
        `Use smaller batches or less data at a time, dispose models, or raise maximumMemory.`,
    );
  }

  /** For growth that the limit allows but the platform refuses. */
  private failure(end: number): MemoryError {
    return new MemoryError(
      `engine: linear memory expected to grow from ${this.end} to ${end} bytes, but the platform refused; its limit is ${this.maximumBytes}. ` +
        `Use smaller batches or less data at a time, dispose models and engines, or create engines with a smaller maximumMemory, which reserves less.`,
    );
  }

  private renewViews(): void {
    const { buffer } = this.memory;
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u8 = new Uint8Array(buffer);
  }
}
