/**
 * Packed A: the rows of A (m, k) in groups of `height` rows, the height of the register tile. A group holds the values
 * of one k side by side, k after k; rows past m repeat row m − 1. Strides in bytes.
 *
 * Four rows are packed at a time, the last ones first. A store of fewer rows writes past them, which the store of the
 * next k or of the rows before overwrites. So up to three floats may be written past the last group.
 */
export function packA(height: i32, m: i32, k: i32, a: usize, lda: usize, to: usize): void {
  const step = (<usize>height) << 2;
  for (; m > 0; m -= height, a += <usize>height * lda, to += <usize>k * step) {
    for (let first = (height - 1) & ~3; first >= 0; first -= 4) {
      let p0 = a + <usize>min(first, m - 1) * lda;
      let p1 = first + 1 < min(m, height) ? p0 + lda : p0;
      let p2 = first + 2 < min(m, height) ? p1 + lda : p1;
      let p3 = first + 3 < min(m, height) ? p2 + lda : p2;
      let at = to + ((<usize>first) << 2);
      let rest = k;
      for (; rest >= 4; rest -= 4) {
        const r0 = v128.load(p0);
        const r1 = v128.load(p1);
        const r2 = v128.load(p2);
        const r3 = v128.load(p3);
        const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
        const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
        const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
        const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
        v128.store(at, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
        v128.store((at += step), v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
        v128.store((at += step), v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
        v128.store((at += step), v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
        at += step;
        p0 += 16;
        p1 += 16;
        p2 += 16;
        p3 += 16;
      }
      for (; rest > 0; --rest, at += step) {
        const r = f32x4.splat(f32.load(p0));
        const r1 = f32x4.replace_lane(r, 1, f32.load(p1));
        const r2 = f32x4.replace_lane(r1, 2, f32.load(p2));
        v128.store(at, f32x4.replace_lane(r2, 3, f32.load(p3)));
        p0 += 4;
        p1 += 4;
        p2 += 4;
        p3 += 4;
      }
    }
  }
}
