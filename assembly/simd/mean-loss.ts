import { lastLanes, paddedBytes, sumLanes } from './lanes';

/**
 * The loop of the losses that are a mean over the outputs of a row: loss = 1/n Σ F(y, t), dy = F'(y, t)/(n·count). The
 * method `of` of a class F without fields returns the losses of four outputs, and stores their derivatives times
 * `scale` at `dy`; `a` is a scalar of it. It is called on null: a function value would need a table and a data segment.
 * count: the rows that the loss is a mean over, of which these are m. Results in the padding are discarded, so F may be
 * anything there.
 */
// @ts-ignore: decorator
@inline
export function meanLoss<F>(
  m: i32,
  n: i32,
  y: usize,
  t: usize,
  dy: usize,
  ld: i32,
  loss: usize,
  count: f32,
  scalar: f32 = 0,
): void {
  if (m <= 0) return;
  const f = changetype<F>(0);
  const a = f32x4.splat(scalar);
  const scale = f32x4.splat(1 / (<f32>n * count));
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  do {
    let sum = f32x4.splat(0);
    let i: usize = 0;
    for (; i < last; i += 16) sum = f32x4.add(sum, f.of(v128.load(y + i), v128.load(t + i), a, scale, dy + i));
    sum = f32x4.add(sum, v128.and(f.of(v128.load(y + i), v128.load(t + i), a, scale, dy + i), lanes));
    v128.store(dy + i, v128.and(v128.load(dy + i), lanes));
    f32.store(loss, sumLanes(sum) / <f32>n);
    y += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    loss += 4;
  } while (--m > 0);
}
