/**
 * Lays out the buffers of a run in one region, given the live range of each: the time from which to which it must keep
 * its contents. Pure: touches no memory. live-ranges.ts makes the requests. The work grows as n log n for n buffers,
 * whatever their live ranges, since a file may describe any number of them.
 */

/** A buffer and its live range: it must keep its contents from time `from` to time `to` of a run, both included. */
export interface BufferRequest {
  /** Everything that kernels may write there: whole vectors of 16 bytes, see runtime/extents.ts. */
  readonly bytes: number;
  readonly from: number;
  readonly to: number;
}

export interface BufferPlan {
  /** Start of each buffer in bytes, in the order of the requests. */
  readonly offsets: readonly number[];
  readonly bytes: number;
}

/** Buffers start on cache lines. */
const ALIGNMENT = 64;

/**
 * Work, in searches of a list, after which buffers no longer go into gaps but above everything that is live at the same
 * time. Networks of thousands of layers stay far below it. Without it, live ranges chosen to leave very many gaps would
 * take time that grows with the square of their number.
 */
const MOST_SEARCHES = 8_000_000;

const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Addresses in use: start and end of each range, in ascending order, with a gap between any two ranges. */
type Ranges = number[];

/** Returns the index in `ranges` of the first range that ends at `address` or above. */
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

/** Adds a range, merged with those that it touches. Returns the number of list elements that were moved. */
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
 * Addresses in use over time: a segment tree over the points in time. A buffer is recorded in the few nodes that
 * together cover its live range (`whole`), and in the ancestors of its first and its last point (`partly`).
 */
class Occupancy {
  private readonly whole: (Ranges | undefined)[] = [];
  private readonly partly: (Ranges | undefined)[] = [];
  private searches = 0;

  constructor(private readonly count: number) {}

  /** Reserves `size` bytes from time `from` to time `to`; returns the lowest address at which they are free. */
  take(size: number, from: number, to: number): number {
    const nodes = this.nodesOf(from, to);
    const above = this.nodesAbove(from, to);
    const lists: Ranges[] = [];
    const include = (list: Ranges | undefined): void => {
      if (list !== undefined) lists.push(list);
    };
    for (const node of nodes) include(this.partly[node]);
    for (const node of nodes) include(this.whole[node]);
    for (const node of above) include(this.whole[node]);
    const gaps = this.searches < MOST_SEARCHES;
    const start = gaps ? this.lowest(lists, size) : topOf(lists);
    if (size > 0) {
      // If gaps are no longer searched, everything below counts as in use.
      const first = gaps ? start : 0;
      for (const node of nodes) this.searches += addRange((this.whole[node] ??= []), first, start + size) >> 4;
      for (const node of above) this.searches += addRange((this.partly[node] ??= []), first, start + size) >> 4;
    }
    return start;
  }

  private lowest(lists: readonly Ranges[], size: number): number {
    let start = 0;
    // Number of consecutive lists without a conflict.
    let free = 0;
    for (let i = 0; free < lists.length; i = i + 1 === lists.length ? 0 : i + 1) {
      const list = lists[i];
      this.searches += 1;
      let at = list[list.length - 1] <= start ? list.length : firstEndingAt(list, start);
      // A range that ends where the buffer would start does not conflict.
      if (at < list.length && list[at + 1] === start) at += 2;
      if (at < list.length && list[at] < start + size) {
        start = list[at + 1];
        free = 0;
        i -= 1;
      } else free += 1;
    }
    return start;
  }

  /** Returns the nodes that together cover the times from `from` to `to`. */
  private nodesOf(from: number, to: number): number[] {
    const nodes: number[] = [];
    let low = from + this.count;
    let high = to + this.count + 1;
    for (; low < high; low >>= 1, high >>= 1) {
      if (low % 2 === 1) nodes.push(low++);
      if (high % 2 === 1) nodes.push(--high);
    }
    return nodes;
  }

  /** Returns the nodes that contain the first time or the last. */
  private nodesAbove(from: number, to: number): number[] {
    const nodes: number[] = [];
    let low = from + this.count;
    let high = to + this.count;
    for (; low >= 1; low >>= 1, high >>= 1) {
      nodes.push(low);
      if (high !== low) nodes.push(high);
    }
    return nodes;
  }
}

const topOf = (lists: readonly Ranges[]): number =>
  lists.reduce((top, list) => Math.max(top, list[list.length - 1]), 0);

/**
 * Number of buffers up to which each is compared with all others: faster in a new process, before V8 has compiled the
 * tree.
 */
const FEW = 64;

/** Returns the start of the lowest gap of `size` bytes between ranges in use, which come in any order. */
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
 * Places buffers so that those that are live at the same time do not overlap: the largest first, each in the lowest gap
 * that is free for its whole live range (the order of XNNPACK's memory planner).
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
  // The times at which live ranges begin: two ranges overlap exactly if they overlap at one of these.
  const times = [...new Set(requests.map(({ from }) => from))].sort((a, b) => a - b);
  const indexOf = new Map(times.map((time, index) => [time, index]));
  let count = 1;
  while (count < times.length) count *= 2;
  const occupancy = new Occupancy(count);
  return (index: number, size: number): number => {
    const { from, to } = requests[index];
    return occupancy.take(size, indexOf.get(from)!, lastBefore(times, to));
  };
}

/** Returns the index of the last of ascending times that is not after `time`. */
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
