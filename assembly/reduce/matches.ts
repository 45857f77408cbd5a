/** Returns the column of the largest of n values, the first where several are equal, or −1 where a value is NaN. */
// @ts-ignore: decorator
@inline
export function argmax(n: i32, x: usize): i32 {
  let best = 0;
  let top: f32 = f32.NEGATIVE_INFINITY;
  for (let j = 0; j < n; ++j) {
    const value = f32.load(x + ((<usize>j) << 2));
    if (value > top) {
      top = value;
      best = j;
    } else if (value != value) return -1;
  }
  return best;
}

/**
 * total (float64) += number of the m rows in which y and t are largest in the same column; a row with a NaN matches
 * nothing.
 */
export function f32_categorical_matches(m: i32, n: i32, y: usize, t: usize, ld: i32, total: usize): void {
  let count = 0;
  for (; m > 0; --m, y += (<usize>ld) << 2, t += (<usize>ld) << 2) {
    const best = argmax(n, y);
    count += i32(best >= 0 && best == argmax(n, t));
  }
  f64.store(total, f64.load(total) + <f64>count);
}

/**
 * total (float64) += Σ over the m rows of the share of the n outputs in which y is on the same side of its threshold as
 * t of its own; a NaN is on neither.
 */
export function f32_binary_matches(
  m: i32,
  n: i32,
  y: usize,
  t: usize,
  ld: i32,
  total: usize,
  threshold: f32,
  targetThreshold: f32,
): void {
  // Row by row, so that a sum over several batches does not depend on where they were cut.
  let sum = f64.load(total);
  for (; m > 0; --m, y += (<usize>ld) << 2, t += (<usize>ld) << 2) {
    let count = 0;
    for (let j: usize = 0; j < (<usize>n) << 2; j += 4) {
      const value = f32.load(y + j);
      count += i32(value == value && value > threshold == f32.load(t + j) > targetThreshold);
    }
    sum += <f64>count / <f64>n;
  }
  f64.store(total, sum);
}
