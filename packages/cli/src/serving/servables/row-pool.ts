/**
 * Arrays for single rows, which most requests have, used again and again. A new array for each request is memory
 * outside of V8's heap, for which V8 collects all of that heap, some ten milliseconds at a time.
 */

/** Most arrays that are kept: those of more requests at a time are made anew. */
const MOST = 256;

export class RowPool {
  readonly type = 'FP32';
  private readonly free: Float32Array[] = [];

  constructor(private readonly width: number) {}

  /** Returns an array of `count` values, which may be anything. */
  take(count: number): Float32Array {
    return (count === this.width ? this.free.pop() : undefined) ?? new Float32Array(count);
  }

  /** Takes an array back that nothing uses any more. */
  give(values: Float32Array): void {
    if (values.length === this.width && this.free.length < MOST) this.free.push(values);
  }
}
