import { paddedBytes } from '../simd/lanes';

/** Maxout's maximum: y_u = max_j x_(u·pieces + j) for each of n units, over m rows; the padding of y is zero. */
export function f32_max_pieces(m: i32, n: i32, pieces: i32, x: usize, ldx: i32, y: usize, ldy: i32): void {
  const last = paddedBytes(n) - 16;
  for (; m > 0; --m, x += (<usize>ldx) << 2, y += (<usize>ldy) << 2) {
    v128.store(y + last, f32x4.splat(0));
    let p = x;
    for (let u: usize = 0; u < (<usize>n) << 2; u += 4) {
      let best = f32.load(p);
      p += 4;
      for (let j = 1; j < pieces; ++j, p += 4) best = f32.load(p) > best ? f32.load(p) : best;
      f32.store(y + u, best);
    }
  }
}

/** dx = dy at the piece that was largest, the first of equals, and 0 at the others and in the padding. */
export function f32_max_pieces_backward(
  m: i32,
  n: i32,
  pieces: i32,
  x: usize,
  ldx: i32,
  dy: usize,
  ldy: i32,
  dx: usize,
): void {
  memory.fill(dx, 0, (<usize>m * ldx) << 2);
  for (; m > 0; --m, x += (<usize>ldx) << 2, dx += (<usize>ldx) << 2, dy += (<usize>ldy) << 2) {
    for (let u = 0; u < n; ++u) {
      const first = <usize>u * pieces;
      let best = first;
      for (let j: usize = 1; j < <usize>pieces; ++j) {
        if (f32.load(x + ((first + j) << 2)) > f32.load(x + (best << 2))) best = first + j;
      }
      f32.store(dx + (best << 2), f32.load(dy + ((<usize>u) << 2)));
    }
  }
}
