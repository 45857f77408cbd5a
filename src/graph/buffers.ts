/**
 * Lays the buffers of a run out in one region, from the moments at which each must keep its contents. Pure: no memory
 * is touched. The work grows as n log n for n buffers, whatever their lives, since a file may describe any number of
 * them.
 */

/** A buffer that must keep its contents from one moment of a run to another, both included. */
export interface BufferRequest {
  /** All that kernels may write there, which is whole vectors of 16 bytes: see runtime/extents.ts. */
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

/**
 * Looks into lists of ranges before buffers are no longer put into gaps but above what lives beside them. Networks of
 * thousands of layers stay far below it; lives that are chosen to leave countless gaps would take time that grows with
 * the square of their number.
 */
const MOST_LOOKS = 8_000_000;

const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Addresses in use: the start and the end of each range, ascending, with a gap between two ranges. */
type Ranges = number[];

/** Index of the first range that ends at `address` or above, times two. */
function firstEndingAt(ranges: Ranges, address: number): number {
  let low = 0;
  let high = ranges.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[2 * middle + 1] < address) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}

/** Adds a range, joined with those that it meets. Returns how many numbers were moved for that. */
function addRange(ranges: Ranges, start: number, end: number): number {
  const first = firstEndingAt(ranges, start);
  let next = first;
  while (next < ranges.length && ranges[next] <= end) next += 2;
  if (next === first) {
    ranges.splice(first, 0, start, end);
    return ranges.length - first;
  }
  ranges[first] = Math.min(ranges[first], start);
  ranges[first + 1] = Math.max(ranges[next - 1], end);
  if (next === first + 2) return 0;
  ranges.splice(first + 2, next - first - 2);
  return ranges.length - first;
}

/**
 * Which addresses are in use at which moments: a segment tree over the moments. A buffer is entered in the few nodes
 * that its life is made up of (`whole`), and in the nodes above both ends of its life (`partly`).
 */
class Occupancy {
  private readonly whole: (Ranges | undefined)[] = [];
  private readonly partly: (Ranges | undefined)[] = [];
  private looks = 0;

  constructor(private readonly moments: number) {}

  /** The lowest address from which `size` bytes are free from moment `from` to `to`; they are in use from then on. */
  take(size: number, from: number, to: number): number {
    const nodes = this.nodesOf(from, to);
    const above = this.nodesAbove(from, to);
    const lists: Ranges[] = [];
    const look = (list: Ranges | undefined): void => {
      if (list !== undefined) lists.push(list);
    };
    for (const node of nodes) look(this.partly[node]);
    for (const node of nodes) look(this.whole[node]);
    for (const node of above) look(this.whole[node]);
    const gaps = this.looks < MOST_LOOKS;
    const start = gaps ? this.lowest(lists, size) : topOf(lists);
    if (size > 0) {
      // Where gaps are not looked for, all that lies below counts as taken.
      const first = gaps ? start : 0;
      for (const node of nodes) this.looks += addRange((this.whole[node] ??= []), first, start + size) >> 4;
      for (const node of above) this.looks += addRange((this.partly[node] ??= []), first, start + size) >> 4;
    }
    return start;
  }

  private lowest(lists: readonly Ranges[], size: number): number {
    let start = 0;
    // In how many lists, one after the other, nothing was in the way.
    let free = 0;
    for (let i = 0; free < lists.length; i = i + 1 === lists.length ? 0 : i + 1) {
      const list = lists[i];
      this.looks += 1;
      let at = list[list.length - 1] <= start ? list.length : firstEndingAt(list, start);
      // One that ends where the buffer would start is not in its way.
      if (at < list.length && list[at + 1] === start) at += 2;
      if (at < list.length && list[at] < start + size) {
        start = list[at + 1];
        free = 0;
        i -= 1;
      } else free += 1;
    }
    return start;
  }

  /** The nodes that the moments from `from` to `to` are made up of. */
  private nodesOf(from: number, to: number): number[] {
    const nodes: number[] = [];
    let low = from + this.moments;
    let high = to + this.moments + 1;
    for (; low < high; low >>= 1, high >>= 1) {
      if (low % 2 === 1) nodes.push(low++);
      if (high % 2 === 1) nodes.push(--high);
    }
    return nodes;
  }

  /** The nodes that hold the first moment or the last. */
  private nodesAbove(from: number, to: number): number[] {
    const nodes: number[] = [];
    let low = from + this.moments;
    let high = to + this.moments;
    for (; low >= 1; low >>= 1, high >>= 1) {
      nodes.push(low);
      if (high !== low) nodes.push(high);
    }
    return nodes;
  }
}

const topOf = (lists: readonly Ranges[]): number =>
  lists.reduce((top, list) => Math.max(top, list[list.length - 1]), 0);

/** Buffers up to which each is held against all others: a fresh process has that done before the tree is compiled. */
const FEW = 64;

/** Where a buffer of `size` bytes starts in the lowest gap between ranges that are taken, in any order. */
function lowestGap(taken: { readonly start: number; readonly end: number }[], size: number): number {
  taken.sort((a, b) => a.start - b.start);
  let start = 0;
  for (const other of taken) {
    if (other.start - start >= size) break;
    start = Math.max(start, other.end);
  }
  return start;
}

/**
 * Places buffers so that those alive at the same moment do not overlap: the largest first, each in the lowest gap that
 * is free for its whole life (the order of XNNPACK's memory planner).
 */
export function planBuffers(requests: readonly BufferRequest[]): BufferPlan {
  const order = requests.map((_, index) => index).sort((a, b) => requests[b].bytes - requests[a].bytes || a - b);
  const offsets = new Array<number>(requests.length).fill(0);
  const place = requests.length <= FEW ? placeFew(requests, offsets) : placeMany(requests);
  let total = 0;
  for (const index of order) {
    const size = align(requests[index].bytes);
    offsets[index] = place(index, size);
    total = Math.max(total, offsets[index] + size);
  }
  return { offsets, bytes: total };
}

function placeFew(requests: readonly BufferRequest[], offsets: readonly number[]) {
  const placed: number[] = [];
  return (index: number, size: number): number => {
    const { from, to } = requests[index];
    const taken = placed
      .filter((other) => requests[other].from <= to && from <= requests[other].to)
      .map((other) => ({ start: offsets[other], end: offsets[other] + align(requests[other].bytes) }));
    placed.push(index);
    return lowestGap(taken, size);
  };
}

function placeMany(requests: readonly BufferRequest[]) {
  // The moments at which buffers begin: two lives meet exactly if they meet at one of these.
  const times = [...new Set(requests.map(({ from }) => from))].sort((a, b) => a - b);
  const moment = new Map(times.map((time, index) => [time, index]));
  let moments = 1;
  while (moments < times.length) moments *= 2;
  const occupancy = new Occupancy(moments);
  return (index: number, size: number): number => {
    const { from, to } = requests[index];
    return occupancy.take(size, moment.get(from)!, lastBefore(times, to));
  };
}

/** Index of the last of ascending times that is not after `time`. */
function lastBefore(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
