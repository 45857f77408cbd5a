/**
 * A random stream from a seed whose numbers are the same bits in every browser: 32-bit integers and one division. The
 * mixing is Mulberry32, whose constants are those of its author, Tommy Ettinger.
 */
export class RandomStream {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Returns a number in [0, 1), a multiple of 2⁻³². */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /** Returns a number in [from, to). */
  between(from: number, to: number): number {
    return from + (to - from) * this.next();
  }

  /**
   * Returns a number with mean 0 and standard deviation 1, nearly normal: the sum of twelve uniform numbers, which needs
   * no logarithm. Engines differ in the last bits of logarithms.
   */
  normal(): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.next();
    return sum;
  }

  /** Returns 0 … count − 1 in random order. */
  order(count: number): Int32Array {
    const order = Int32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const other = Math.floor(this.next() * (i + 1));
      [order[i], order[other]] = [order[other], order[i]];
    }
    return order;
  }
}
