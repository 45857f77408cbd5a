import { argmax } from './matches';

/**
 * total (float64) += number of the m rows in which fewer than k values of y are larger than the one in the column where
 * t is largest. A row with a NaN is not counted.
 */
export function f32_top_k_matches(m: i32, n: i32, y: usize, t: usize, ld: i32, total: usize, k: i32): void {
  let count = 0;
  for (; m > 0; --m, y += (<usize>ld) << 2, t += (<usize>ld) << 2) {
    const target = argmax(n, t);
    if (target < 0) continue;
    const own = f32.load(y + ((<usize>target) << 2));
    let larger = 0;
    let clean = true;
    for (let j: usize = 0; j < (<usize>n) << 2; j += 4) {
      const value = f32.load(y + j);
      larger += i32(value > own);
      clean = clean && value == value;
    }
    count += i32(clean && larger < k);
  }
  f64.store(total, f64.load(total) + <f64>count);
}
