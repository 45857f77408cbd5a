import { argmax } from './matches';

/** Adds `by`, 0 or 1, to the float64 at an address. */
// @ts-ignore: decorator
@inline
function increment(at: usize, by: bool): void {
  f64.store(at, f64.load(at) + <f64>by);
}

/**
 * For each of the n classes, adds three counts in float64: rows where it is both answer and target, where it is the
 * answer, where it is the target. Answer and target are the columns of the largest value. counts (n, 3) += those of m
 * rows.
 */
export function f32_class_counts(m: i32, n: i32, y: usize, t: usize, ld: i32, counts: usize): void {
  for (; m > 0; --m, y += (<usize>ld) << 2, t += (<usize>ld) << 2) {
    const answer = argmax(n, y);
    const target = argmax(n, t);
    // A row of outputs with a NaN has no answer. Targets are finite; the test keeps the address valid for any memory.
    if (target < 0) continue;
    increment(counts + <usize>target * 24, answer == target);
    if (answer >= 0) increment(counts + <usize>answer * 24 + 8, true);
    increment(counts + <usize>target * 24 + 16, true);
  }
}

/**
 * Adds the same three counts for each of n independent outputs: the answer is yes where the value is above the
 * threshold, the target where it is above the target's.
 */
export function f32_threshold_counts(
  m: i32,
  n: i32,
  y: usize,
  t: usize,
  ld: i32,
  counts: usize,
  threshold: f32,
  targetThreshold: f32,
): void {
  for (; m > 0; --m, y += (<usize>ld) << 2, t += (<usize>ld) << 2) {
    let at = counts;
    for (let j: usize = 0; j < (<usize>n) << 2; j += 4, at += 24) {
      const answer = f32.load(y + j) > threshold;
      const target = f32.load(t + j) > targetThreshold;
      increment(at, answer && target);
      increment(at + 8, answer);
      increment(at + 16, target);
    }
  }
}
