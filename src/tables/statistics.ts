/**
 * Statistics of a stream of numbers, taken in the order of the rows with + − × ÷ and square roots alone: the same bits
 * on every engine, and however the stream is cut.
 */

/**
 * Mean and biased variance of numbers that come one at a time (Welford 1962), less the first of them, so that large
 * numbers that differ little, such as times, keep their digits.
 */
export class Moments {
  first = 0;
  private count = 0;
  private shifted = 0;
  private squares = 0;

  add(value: number): void {
    if (this.count === 0) this.first = value;
    this.count += 1;
    const shifted = value - this.first;
    const before = shifted - this.shifted;
    this.shifted += before / this.count;
    this.squares += before * (shifted - this.shifted);
  }

  get mean(): number {
    return this.first + this.shifted;
  }

  /** Standard deviation of all numbers so far; infinite where a double does not hold the variance. */
  get deviation(): number {
    return Math.sqrt(this.squares / this.count);
  }
}

/** Most numbers that a median keeps: 2 MB for a column. */
const MOST_KEPT = 262_144;

/**
 * Median of numbers that come one at a time. It is exact up to 262,144 of them. Of more it keeps every second, then
 * every fourth and so on, counted from the first, and is the median of these.
 */
export class Median {
  private kept = new Float64Array(64);
  private length = 0;
  private seen = 0;
  /** Distance of the numbers that are kept. */
  private stride = 1;

  add(value: number): void {
    if (this.seen++ % this.stride !== 0) return;
    if (this.length === MOST_KEPT) {
      for (let i = 0; 2 * i < MOST_KEPT; i++) this.kept[i] = this.kept[2 * i];
      this.length = MOST_KEPT / 2;
      this.stride *= 2;
      // MOST_KEPT is even, so this number has its place among those that remain.
    }
    if (this.length === this.kept.length) {
      const longer = new Float64Array(2 * this.length);
      longer.set(this.kept);
      this.kept = longer;
    }
    this.kept[this.length++] = value;
  }

  /** Returns the middle number, or the mean of the two in the middle. */
  value(): number {
    const sorted = this.kept.slice(0, this.length).sort();
    const low = sorted[(this.length - 1) >> 1];
    const high = sorted[this.length >> 1];
    // Halves first: the sum of two large numbers may be infinite.
    return low === high ? low + 0 : low / 2 + high / 2;
  }
}
