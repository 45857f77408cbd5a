import { lastLanes, paddedBytes } from '../simd/lanes';

/** dy + (l1·sign(x) + l2·x), with 0 for the sign of 0. */
// @ts-ignore: decorator
@inline
function pulled(x: v128, dy: v128, l1: v128, l2: v128): v128 {
  const sign = v128.and(x, i32x4.splat(0x80000000));
  const pull = v128.and(v128.or(l1, sign), f32x4.ne(x, f32x4.splat(0)));
  return f32x4.add(dy, f32x4.add(pull, f32x4.mul(l2, x)));
}

/**
 * The gradient of a penalty on the outputs x of a layer, the mean over count rows of l1·Σ|x_j| + l2/2·Σx_j²: dx = dy +
 * (l1/count·sign(x) + l2/count·x), without fusing. In place allowed; zero in the padding.
 */
export function f32_activity_penalty(
  m: i32,
  n: i32,
  x: usize,
  dy: usize,
  dx: usize,
  ld: i32,
  count: f32,
  l1: f32,
  l2: f32,
): void {
  const a = f32x4.splat(l1 / count);
  const b = f32x4.splat(l2 / count);
  const last = paddedBytes(n) - 16;
  const valid = lastLanes(n);
  const stride = (<usize>ld) << 2;
  for (; m > 0; --m, x += stride, dy += stride, dx += stride) {
    for (let i: usize = 0; i < last; i += 16) {
      v128.store(dx + i, pulled(v128.load(x + i), v128.load(dy + i), a, b));
    }
    v128.store(dx + last, v128.and(pulled(v128.load(x + last), v128.load(dy + last), a, b), valid));
  }
}
