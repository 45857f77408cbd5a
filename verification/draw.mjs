/** Draws numbers from one seed, by integer arithmetic. */
export class Draw {
  /** @param {number} seed */
  constructor(seed) {
    this.state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  }

  /** An integer from `low` to `high`. @param {number} low @param {number} high */
  integer(low, high) {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return low + Math.floor(((this.state >>> 8) / 2 ** 24) * (high - low + 1));
  }

  /** True once in `times`. @param {number} times */
  once(times) {
    return this.integer(1, times) === 1;
  }

  /** @template T @param {readonly T[]} list */
  of(list) {
    return list[this.integer(0, list.length - 1)];
  }
}
