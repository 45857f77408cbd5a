import { MemoryError, StateError } from '../common/errors.js';
import { FIRST_ADDRESS } from './constants.generated.js';

/** Every region starts on a cache line. */
export const ALIGNMENT = 64;

/**
 * Bytes behind each region that kernels may read, never write: half-used vectors and the rows of a tile that are past
 * an edge. At least what extents.ts states.
 */
export const SLACK = 64;

/** What hands out regions of linear memory and takes them back. */
export interface Allocator {
  /** Bytes in regions now. */
  readonly used: number;
  /** The address of a new region of at least so many bytes. */
  allocate(bytes: number): number;
  /** Gives a region back. */
  free(start: number): void;
}

interface Gap {
  start: number;
  end: number;
}

/**
 * Hands out regions of linear memory, first fit, and takes them back, merging neighbours. Models allocate a handful of
 * large regions each; nothing is allocated while they run. `reserve(start, size)` makes so many bytes exist at `start`
 * or, where others have taken them, at the higher multiple of 64 that it returns; or throws. Regions stand at `start`,
 * a multiple of 64, and above.
 */
export class Arena implements Allocator {
  /** Where the highest region ended that there ever was. */
  highest: number;
  private readonly gaps: Gap[] = [];
  private readonly regions = new Map<number, number>();
  private top: number;

  constructor(
    private readonly reserve: (start: number, size: number, leave: (from: number, to: number) => void) => number,
    start = FIRST_ADDRESS,
  ) {
    this.top = this.highest = start;
  }

  /** Bytes in regions now. */
  get used(): number {
    let total = 0;
    for (const bytes of this.regions.values()) total += bytes;
    return total;
  }

  /** The address of a new region of at least `bytes` bytes. Its contents are undefined. */
  allocate(bytes: number): number {
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      throw new MemoryError(`engine: a region expected a size in bytes, got ${bytes}.`);
    }
    const size = Math.ceil((bytes + SLACK) / ALIGNMENT) * ALIGNMENT;
    const index = this.gaps.findIndex((gap) => gap.end - gap.start >= size);
    const gap = this.gaps[index];
    let start: number;
    if (gap === undefined) {
      const left: Gap[] = [];
      start = this.reserve(this.top, size, (from, to) => left.push({ start: from, end: to }));
      this.top = start + size;
      if (this.top > this.highest) this.highest = this.top;
      for (const { start: from, end } of left) if (from < end) this.add(from, end);
    } else {
      start = gap.start;
      gap.start += size;
      if (gap.start === gap.end) this.gaps.splice(index, 1);
    }
    this.regions.set(start, size);
    return start;
  }

  /** Gives a region back. */
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
    // Gaps may lie above the top too, where memory was made out of order.
    const last = this.gaps.findIndex((gap) => gap.end === this.top);
    if (last !== -1) {
      this.top = this.gaps[last].start;
      this.gaps.splice(last, 1);
    }
  }
}

/** Regions that are had together or not at all, and given back together. */
export class RegionGroup {
  private readonly starts: number[] = [];

  constructor(private readonly arena: Allocator) {}

  /** As `Arena.allocate`; where that throws, the group's other regions are given back first. */
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
 * Frees `before` and makes in its place what needs more room; where there is none, `again` makes what was there, which
 * has it.
 */
export function inPlaceOf<B extends { free(): void }, T>(
  before: B | undefined,
  make: () => T,
  again: (before: B) => unknown,
): T {
  before?.free();
  try {
    return make();
  } catch (error) {
    if (before !== undefined) again(before);
    throw error;
  }
}
