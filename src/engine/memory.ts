import { MemoryError } from '../common/errors.js';

/** Bytes of a WebAssembly page. */
const PAGE = 65536;

/**
 * The one module that touches `memory.buffer`. Views are renewed after growth, so take them from here at each use and never keep
 * one across a call that may allocate.
 */
export class LinearMemory {
  readonly memory: WebAssembly.Memory;
  readonly maximumBytes: number;
  f32!: Float32Array;
  f64!: Float64Array;
  i32!: Int32Array;
  u8!: Uint8Array;

  constructor(memory: WebAssembly.Memory, maximumBytes: number) {
    this.memory = memory;
    this.maximumBytes = maximumBytes;
    this.renewViews();
  }

  get bytes(): number {
    return this.u8.length;
  }

  /** Grows so that addresses below `end` exist. Throws a MemoryError, and changes nothing, where that is not possible. */
  ensure(end: number): void {
    if (end <= this.bytes) return;
    const pages = Math.ceil((end - this.bytes) / PAGE);
    if (end > this.maximumBytes) throw this.refusal(end);
    try {
      this.memory.grow(pages);
    } catch {
      throw this.refusal(end);
    }
    this.renewViews();
  }

  private refusal(end: number): MemoryError {
    return new MemoryError(
      `engine: linear memory expected to hold at most ${this.maximumBytes} bytes, got a need of ${end}. ` +
        `Use smaller batches or less data at a time, dispose models, or raise maximumMemory.`,
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
