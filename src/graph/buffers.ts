/** A buffer that must keep its contents from one moment of a run to another, both included. */
export interface BufferRequest {
  /** All that kernels may write there, which is whole vectors of 16 bytes: see engine/extents.ts. */
  readonly bytes: number;
  readonly from: number;
  readonly to: number;
}

export interface BufferPlan {
  /** Where each request starts, in bytes, in the order of the requests. */
  readonly offsets: readonly number[];
  readonly bytes: number;
}

/** Buffers start on cache lines. */
const ALIGNMENT = 64;

const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/**
 * Places buffers so that those alive at the same moment do not overlap: the largest first, each in the lowest gap that is free for
 * its whole life (the order of XNNPACK's memory planner). Pure: no memory is touched.
 */
export function planBuffers(requests: readonly BufferRequest[]): BufferPlan {
  const order = requests.map((_, index) => index).sort((a, b) => requests[b].bytes - requests[a].bytes || a - b);
  const offsets = new Array<number>(requests.length).fill(0);
  const placed: number[] = [];
  let total = 0;
  for (const index of order) {
    const { bytes, from, to } = requests[index];
    const taken = placed
      .filter((other) => requests[other].from <= to && from <= requests[other].to)
      .map((other) => ({ start: offsets[other], end: offsets[other] + align(requests[other].bytes) }))
      .sort((a, b) => a.start - b.start);
    let start = 0;
    for (const other of taken) {
      if (other.start - start >= align(bytes)) break;
      start = Math.max(start, other.end);
    }
    offsets[index] = start;
    placed.push(index);
    total = Math.max(total, start + align(bytes));
  }
  return { offsets, bytes: total };
}
