/**
 * The area under the ROC curve, exact for any scores. Running sums cannot give it, so the scores are kept, separately
 * by target, and sorted when the area is computed. That takes four bytes for each row and output, and up to twice that
 * while the lists grow. The lists are reused, so from the second epoch on nothing is allocated.
 */
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { MetricDefinition } from './definition.js';

/** Scores in the order of arrival, of which the first `sorted` ones are sorted. */
class Scores {
  length = 0;
  private values = new Float32Array(0);
  private sorted = 0;

  clear(): void {
    this.length = 0;
    this.sorted = 0;
  }

  add(score: number): void {
    if (this.length === this.values.length) {
      const larger = new Float32Array(Math.max(64, 2 * this.length));
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = score;
  }

  /**
   * Returns all scores in ascending order. After each batch of an epoch only that batch is sorted, then merged into the
   * rest.
   */
  ascending(): Float32Array {
    const { values, sorted, length } = this;
    this.sorted = length;
    if (sorted === 0) return values.subarray(0, length).sort();
    const added = values.slice(sorted, length).sort();
    let before = sorted - 1;
    for (let last = added.length - 1, to = length - 1; last >= 0; to--) {
      const larger = before >= 0 && values[before] > added[last];
      values[to] = larger ? values[before--] : added[last--];
    }
    return values.subarray(0, length);
  }
}

/**
 * Returns the number of pairs of a positive and a negative in which the positive has the larger score; equal ones count
 * half.
 */
function orderedPairs(positives: Scores, negatives: Scores): number {
  const low = negatives.ascending();
  const high = positives.ascending();
  let below = 0;
  let upTo = 0;
  let twice = 0;
  for (let i = 0; i < high.length; i++) {
    const score = high[i];
    while (below < low.length && low[below] < score) below += 1;
    while (upTo < low.length && low[upTo] <= score) upTo += 1;
    twice += below + upTo;
  }
  return twice / 2;
}

/** Scores of one output, separated by target: up to 0, up to a half, and above. */
class Column {
  private readonly low = new Scores();
  private readonly middle = new Scores();
  private readonly high = new Scores();
  private hasNaN = false;

  clear(): void {
    this.low.clear();
    this.middle.clear();
    this.high.clear();
    this.hasNaN = false;
  }

  add(score: number, target: number): void {
    if (score !== score) this.hasNaN = true;
    (target > 0.5 ? this.high : target > 0 ? this.middle : this.low).add(score);
  }

  /**
   * Returns the area with targets above `cut`, 0 or a half, as positives; undefined without positives or without
   * negatives.
   */
  area(cut: number): number | undefined {
    const { low, middle, high } = this;
    const positives = high.length + (cut === 0 ? middle.length : 0);
    const negatives = low.length + middle.length + high.length - positives;
    if (positives === 0 || negatives === 0) return undefined;
    if (this.hasNaN) return NaN;
    const rest = cut === 0 ? orderedPairs(middle, low) : orderedPairs(high, middle);
    return (orderedPairs(high, low) + rest) / (positives * negatives);
  }
}

/**
 * Makes the metric. `cut` is the value above which a target is positive; if undefined, it follows from the targets: 0
 * if any is negative, else a half.
 */
export function auc(name: string, outputs: number, cut: number | undefined): MetricDefinition {
  const columns = Array.from({ length: outputs }, () => new Column());
  let signed = false;
  return {
    name,
    sums: 0,
    copy: () => auc(name, outputs, cut),
    clear() {
      for (const column of columns) column.clear();
      signed = false;
    },
    bind:
      ({ memory }: WasmRuntime, y, targets) =>
      (rows) => {
        const { f32 } = memory;
        for (let row = 0; row < rows; row++) {
          const score = y.address / 4 + row * y.ld;
          const target = targets.address / 4 + row * targets.ld;
          for (let j = 0; j < outputs; j++) {
            if (f32[target + j] < 0) signed = true;
            columns[j].add(f32[score + j], f32[target + j]);
          }
        }
      },
    value() {
      const areas = columns
        .map((column) => column.area(cut ?? (signed ? 0 : 0.5)))
        .filter((area) => area !== undefined);
      return areas.length === 0 ? 0.5 : areas.reduce((sum, area) => sum + area, 0) / areas.length;
    },
  };
}
