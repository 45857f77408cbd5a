/**
 * Of each of n outputs a histogram of its values over [0, 1], apart for rows whose target is above the threshold and for the others:
 * counts (n, bins, 2) in float64, [others, above], += those of m rows. Values outside go to the ends, NaN to the first bin.
 */
export function f32_score_histogram(
  m: i32,
  n: i32,
  y: usize,
  t: usize,
  ld: i32,
  counts: usize,
  bins: i32,
  threshold: f32,
): void {
  const size = (<usize>bins) << 4;
  for (; m > 0; --m, y += (<usize>ld) << 2, t += (<usize>ld) << 2) {
    let histogram = counts;
    for (let j: usize = 0; j < (<usize>n) << 2; j += 4, histogram += size) {
      const score = f32.load(y + j);
      let bin = 0;
      if (score >= 1) bin = bins - 1;
      else if (score > 0) bin = min(bins - 1, i32(score * <f32>bins));
      const at = histogram + ((<usize>bin) << 4) + ((<usize>(f32.load(t + j) > threshold)) << 3);
      f64.store(at, f64.load(at) + 1);
    }
  }
}
