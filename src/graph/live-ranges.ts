/**
 * The timeline of a run, and the live ranges of values or deltas on it: which buffers a run needs, and for how long.
 * buffers.ts then lays out the requested buffers in one region.
 */
import { BYTES, type DType, type MatrixView } from '../runtime/matrix-view.js';
import { padded } from '../runtime/panels.js';
import type { BufferRequest } from './buffers.js';

/**
 * Returns the leading dimension of a matrix: floats from one row to the next. Rows whose length is a multiple of 1 KiB
 * map to few sets of the caches: the weight gradient, which walks down columns, ran at 17 instead of 30 GFLOP/s on 512
 * columns. One more cache line per row spreads them.
 */
const leadingDimension = (width: number): number => (padded(width) % 256 === 0 ? padded(width) + 16 : padded(width));

/** Data type of all values and deltas. */
const DTYPE: DType = 'float32';

/** Bytes of a matrix with `rows` rows. */
export const matrixBytes = (rows: number, width: number): number => BYTES[DTYPE] * rows * leadingDimension(width);

/** Returns the matrix of values or deltas at an address, or, during planning, at an offset. */
export const matrixAt = (address: number, width: number): MatrixView => ({
  address,
  width,
  ld: leadingDimension(width),
  dtype: DTYPE,
});

/** Times of a run over `count` nodes: inputs are written, nodes run forward, then the loss, then nodes run backward. */
export class Timeline {
  readonly start = -1;
  readonly loss: number;
  readonly end: number;

  constructor(private readonly count: number) {
    this.loss = count;
    this.end = 2 * count + 1;
  }

  forward(index: number): number {
    return index;
  }

  backward(index: number): number {
    return 2 * this.count - index;
  }
}

/**
 * Live ranges of values or deltas. Those that share a buffer form a group, which is live from its first to its last
 * use.
 */
export class LiveRanges {
  private readonly root: number[];
  private readonly from: number[];
  private readonly to: number[];

  constructor(private readonly widths: readonly number[]) {
    this.root = widths.map((_, index) => index);
    this.from = widths.map(() => Infinity);
    this.to = widths.map(() => -Infinity);
  }

  /** Puts `a` into the buffer of `b`. Both have the same width. */
  share(a: number, b: number): void {
    this.root[a] = this.root[b];
  }

  use(index: number, time: number): void {
    const root = this.root[index];
    this.from[root] = Math.min(this.from[root], time);
    this.to[root] = Math.max(this.to[root], time);
  }

  /** Requests a buffer for each group that is used; returns the index of the request of each member. */
  request(requests: BufferRequest[], capacity: number): (number | undefined)[] {
    const own = this.widths.map((width, index) => {
      if (this.root[index] !== index || this.from[index] > this.to[index]) return undefined;
      const bytes = matrixBytes(capacity, width);
      return requests.push({ bytes, from: this.from[index], to: this.to[index] }) - 1;
    });
    return this.root.map((root) => own[root]);
  }
}
