/**
 * Allocates regions of linear memory: the first-fit `Arena`, and `RegionGroup` for regions that belong together. How
 * memory grows is left to linear-memory.ts; model-allocator.ts frees the regions of a model that was collected.
 */
import { MemoryError, StateError } from '../common/errors.js';
import { FIRST_ADDRESS } from './constants.generated.js';

/** Every region starts on a cache line. */
export const ALIGNMENT = 64;

/**
 * Bytes behind each region that kernels may read but never write: half-used vectors, and the rows of a tile past an
 * edge. At least as many as extents.ts states.
 */
export const SLACK = 64;

/** Bytes that a region for `bytes` bytes takes. */
export const regionBytes = (bytes: number): number => Math.ceil((bytes + SLACK) / ALIGNMENT) * ALIGNMENT;

/** Allocates and frees regions of linear memory. */
export interface Allocator {
  /** Bytes in regions that are allocated now. */
  readonly used: number;
  /** Returns the address of a new region of at least `bytes` bytes. */
  allocate(bytes: number): number;
  /** Frees the region at `start`. */
  free(start: number): void;
}

interface Gap {
  start: number;
  end: number;
}

/**
 * Allocates regions of linear memory first fit, and merges free neighbours. A model allocates a handful of large
 * regions; nothing is allocated while it runs. Regions are at `start`, a multiple of 64, and above.
 *
 * `reserve(start, size)` makes `size` bytes available and returns their address: `start`, or a higher multiple of 64
 * where other threads have taken the memory from `start` on. It throws if there is no room.
 */
export class Arena implements Allocator {
  /** The highest end that any region has had. */
  highest: number;
  private readonly gaps: Gap[] = [];
  private readonly regions = new Map<number, number>();
  private top: number;

  constructor(
    private readonly reserve: (start: number, size: number, skip: (from: number, to: number) => void) => number,
    start = FIRST_ADDRESS,
  ) {
    this.top = this.highest = start;
  }

  /** Bytes in regions that are allocated now. */
  get used(): number {
    let total = 0;
    for (const bytes of this.regions.values()) total += bytes;
    return total;
  }

  /** Returns the address of a new region of at least `bytes` bytes. Its contents are undefined. */
  allocate(bytes: number): number {
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      throw new MemoryError(`engine: a region expected a size in bytes, got ${bytes}.`);
    }
    const size = regionBytes(bytes);
    const index = this.gaps.findIndex((gap) => gap.end - gap.start >= size);
    const gap = this.gaps[index];
    let start: number;
    if (gap === undefined) {
      const skipped: Gap[] = [];
      start = this.reserve(this.top, size, (from, to) => skipped.push({ start: from, end: to }));
      this.top = start + size;
      if (this.top > this.highest) this.highest = this.top;
      for (const { start: from, end } of skipped) if (from < end) this.add(from, end);
    } else {
      start = gap.start;
      gap.start += size;
      if (gap.start === gap.end) this.gaps.splice(index, 1);
    }
    this.regions.set(start, size);
    return start;
  }

  /** Frees the region at `start`. Throws a StateError if there is none. */
  free(start: number): void {
    const size = this.regions.get(start);
    if (size === undefined) throw new StateError(`engine: free expected the address of a region, got ${start}.`);
    this.regions.delete(start);
    this.add(start, start + size);
  }

  /** Adds a free stretch of memory. */
  add(start: number, end: number): void {
    const next = this.gaps.findIndex((other) => other.start > start);
    this.gaps.splice(next === -1 ? this.gaps.length : next, 0, { start, end });
    for (let i = this.gaps.length - 1; i > 0; i--) {
      const left = this.gaps[i - 1];
      const right = this.gaps[i];
      if (left.end === right.start) {
        left.end = right.end;
        this.gaps.splice(i, 1);
      }
    }
    // A gap may also be above the top, where regions were reserved out of order.
    const last = this.gaps.findIndex((gap) => gap.end === this.top);
    if (last !== -1) {
      this.top = this.gaps[last].start;
      this.gaps.splice(last, 1);
    }
  }
}

/** Regions that are allocated together or not at all, and freed together. */
export class RegionGroup {
  private readonly starts: number[] = [];

  constructor(private readonly arena: Allocator) {}

  /** Allocates like `Arena.allocate`. If that throws, frees the other regions of the group first. */
  allocate(bytes: number): number {
    try {
      const start = this.arena.allocate(bytes);
      this.starts.push(start);
      return start;
    } catch (error) {
      this.free();
      throw error;
    }
  }

  free(): void {
    for (const start of this.starts.splice(0)) this.arena.free(start);
  }
}

/**
 * Frees `before` and calls `make`, which may then use the memory of `before`. If `make` throws, `restore` makes the
 * former object again, for which there is room.
 */
export function replaceOrRestore<B extends { free(): void }, T>(
  before: B | undefined,
  make: () => T,
  restore: (before: B) => unknown,
): T {
  before?.free();
  try {
    return make();
  } catch (error) {
    if (before !== undefined) restore(before);
    throw error;
  }
}
