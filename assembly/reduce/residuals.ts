/** total (float64) += Σ (y − t)² over m rows of n values, in their order. */
export function f32_squared_residuals(m: i32, n: i32, y: usize, t: usize, ld: i32, total: usize): void {
  let sum = f64.load(total);
  for (; m > 0; --m, y += (<usize>ld) << 2, t += (<usize>ld) << 2) {
    for (let j: usize = 0; j < (<usize>n) << 2; j += 4) {
      const d = <f64>f32.load(y + j) - <f64>f32.load(t + j);
      sum += d * d;
    }
  }
  f64.store(total, sum);
}

/** total (float64) += Σ |y − t| over m rows of n values, in their order. */
export function f32_absolute_residuals(m: i32, n: i32, y: usize, t: usize, ld: i32, total: usize): void {
  let sum = f64.load(total);
  for (; m > 0; --m, y += (<usize>ld) << 2, t += (<usize>ld) << 2) {
    for (let j: usize = 0; j < (<usize>n) << 2; j += 4) {
      sum += abs(<f64>f32.load(y + j) - <f64>f32.load(t + j));
    }
  }
  f64.store(total, sum);
}

/**
 * Updates the sums for R², in float64, with m rows: the number of rows so far, then for each of n outputs the mean of
 * the targets, Σ (t − mean)² and Σ (t − y)². The mean is updated row by row (Welford 1962), so nothing cancels and
 * equal targets give exactly 0.
 */
export function f32_residual_moments(m: i32, n: i32, y: usize, t: usize, ld: i32, moments: usize): void {
  let rows = f64.load(moments);
  for (; m > 0; --m, y += (<usize>ld) << 2, t += (<usize>ld) << 2) {
    rows += 1;
    let at = moments + 8;
    for (let j: usize = 0; j < (<usize>n) << 2; j += 4, at += 24) {
      const target = <f64>f32.load(t + j);
      const residual = target - <f64>f32.load(y + j);
      const before = target - f64.load(at);
      const mean = f64.load(at) + before / rows;
      f64.store(at, mean);
      f64.store(at + 8, f64.load(at + 8) + before * (target - mean));
      f64.store(at + 16, f64.load(at + 16) + residual * residual);
    }
  }
  f64.store(moments, rows);
}
