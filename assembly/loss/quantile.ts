/**
 * The pinball loss of one quantile with its derivative, added to the losses of the rows: per row, with d = t − y, loss
 * = [loss +] 1/outputs Σ (quantile·d where d > 0, else (quantile − 1)·d); dy = −quantile/(outputs·count) where d > 0,
 * (1 − quantile)/(outputs·count) where d < 0, 0 where they are equal, NaN where d is. Several quantiles are one call
 * each, on blocks of n of the `outputs` columns: hence nothing but the n values of a row is written.
 */
export function f32_quantile(
  m: i32,
  n: i32,
  outputs: i32,
  y: usize,
  t: usize,
  dy: usize,
  ld: i32,
  loss: usize,
  count: f32,
  accumulate: i32,
  quantile: f32,
): void {
  const scale: f32 = 1 / (<f32>outputs * count);
  for (; m > 0; --m) {
    let sum: f32 = 0;
    for (let j: usize = 0; j < (<usize>n) << 2; j += 4) {
      const d = f32.load(t + j) - f32.load(y + j);
      sum += (d > 0 ? quantile : quantile - <f32>1) * d;
      f32.store(dy + j, d > 0 ? -quantile * scale : d < 0 ? (<f32>1 - quantile) * scale : d);
    }
    const before: f32 = accumulate != 0 ? f32.load(loss) : <f32>0;
    f32.store(loss, before + sum / <f32>outputs);
    y += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    loss += 4;
  }
}
