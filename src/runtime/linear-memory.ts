import { MemoryError } from '../common/errors.js';
import { PAGE } from './constants.generated.js';

/**
 * The one module that touches `memory.buffer`. Views are renewed after growth, so take them from here at each use and
 * never keep one across a call that may allocate.
 */
export class LinearMemory {
  readonly memory: WebAssembly.Memory;
  readonly maximumBytes: number;
  f32!: Float32Array;
  f64!: Float64Array;
  i32!: Int32Array;
  u8!: Uint8Array;
  /** Where memory ends that this thread has made or found, without what others have made since. */
  private end: number;
  /** Where memory ended that was there before this object, and is nobody else's. */
  private readonly ready: number;
  /** What this thread has made, or taken from what others left, from address to address. */
  readonly made: { readonly start: number; readonly end: number }[] = [];
  /** Looks for so many bytes that others left. Whoever shares its models, or attaches to those of others, sets it. */
  take: ((bytes: number) => { readonly start: number; readonly end: number } | undefined) | undefined;

  /** Begins with `initialBytes` of a memory that may be longer: it then takes what is there before it makes more. */
  constructor(memory: WebAssembly.Memory, maximumBytes: number, initialBytes = memory.buffer.byteLength) {
    this.memory = memory;
    this.maximumBytes = maximumBytes;
    this.renewViews();
    this.ready = memory.buffer.byteLength;
    this.end = initialBytes;
  }

  /** Its size now, also where another thread has made it larger. */
  get bytes(): number {
    return this.memory.buffer.byteLength - Math.max(0, this.ready - this.end);
  }

  /** Takes all that there is, before other threads see the memory: they begin behind it. */
  takeAll(): void {
    this.end = Math.max(this.end, this.ready);
  }

  /**
   * Makes room for `size` bytes at `start`, and returns where it is: at `start`, or further up where other threads have
   * made what follows for themselves; `leave` is told then what stays unused in between. Throws a MemoryError, and
   * changes nothing, where that is not possible.
   */
  reserve(start: number, size: number, leave?: (from: number, to: number) => void): number {
    while (start + size > this.end) {
      const left = this.take?.(size);
      if (left !== undefined) {
        leave?.(start, this.end);
        this.end = left.end;
        this.made.push(left);
        // Another thread may have made it.
        this.renewViews();
        return left.start;
      }
      const end = start + size;
      if (end > this.maximumBytes) throw this.refusal(end);
      const pages = Math.ceil((end - this.end) / PAGE);
      if (this.end < this.ready) {
        const from = this.end;
        this.end = Math.min(this.ready, from + pages * PAGE);
        this.made.push({ start: from, end: this.end });
        continue;
      }
      let before: number;
      try {
        before = this.memory.grow(pages) * PAGE;
      } catch {
        throw this.failure(end);
      }
      if (before !== this.end) {
        leave?.(start, this.end);
        start = before;
      }
      this.end = before + pages * PAGE;
      this.made.push({ start: before, end: this.end });
      this.renewViews();
    }
    return start;
  }

  /** A copy of `count` floats at `address`. `slice` takes V8 ten times as long on shared memory. */
  copy(address: number, count: number): Float32Array {
    const copy = new Float32Array(count);
    copy.set(this.f32.subarray(address / 4, address / 4 + count));
    return copy;
  }

  /**
   * `count` words of 32 bits at `address`, for what threads tell each other. Valid for good: shared memory does not
   * move.
   */
  words(address: number, count: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, count);
  }

  /** `count` floats at `address`, past which nothing is written by way of them. Valid for good, as `words`. */
  floats(address: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, count);
  }

  private refusal(end: number): MemoryError {
    return new MemoryError(
      `engine: linear memory expected to hold at most ${this.maximumBytes} bytes, got a need of ${end}. ` +
        `Use smaller batches or less data at a time, dispose models, or raise maximumMemory.`,
    );
  }

  /** The platform does not grow the memory, though the limit would allow it. */
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
