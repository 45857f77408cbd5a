/**
 * Limits on the Euclidean norm r of each of m rows of n values, one after another: r moves by the share `rate` of its
 * way to c = min(max(r, least), most), w ← w·(rate·c + (1 − rate)·r)/r. Rows with r = c keep their bits, and so do
 * those with r = 0, which have no direction; a row with a NaN becomes NaN. Norm, factor and product are float64, values
 * in order, and a value is rounded once more, to float32. constraint.ts does the same for weights in panels.
 */
export function f32_limit_norm_rows(m: i32, n: i32, w: usize, least: f32, most: f32, rate: f32): void {
  const bytes = (<usize>n) << 2;
  for (; m > 0; --m, w += bytes) {
    let sum: f64 = 0;
    for (let i: usize = 0; i < bytes; i += 4) {
      const value = <f64>f32.load(w + i);
      sum += value * value;
    }
    const norm = Math.sqrt(sum);
    const limit = min(max(norm, <f64>least), <f64>most);
    if (norm == limit || norm == 0) continue;
    const factor = (<f64>rate * limit + (1 - <f64>rate) * norm) / norm;
    for (let i: usize = 0; i < bytes; i += 4) f32.store(w + i, <f32>(<f64>f32.load(w + i) * factor));
  }
}
