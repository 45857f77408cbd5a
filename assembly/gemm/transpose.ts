/**
 * Bᵀ (n, k) in panels of `width` from B (k, n) in panels of `width`: the copy of the weights that delta propagation
 * reads. Rows and columns past k and n are zero. k, n: rows and columns of B. Of the panels of Bᵀ the first `skipped`
 * are not written, and at most `panels` after them.
 */
export function f32_transpose_panels(k: i32, n: i32, width: i32, b: usize, bt: usize, skipped: i32, panels: i32): void {
  const zero = f32x4.splat(0);
  const columns = (n + 3) & ~3;
  const last = (k + 3) & ~3;
  const end = min(k, (skipped + panels) * width);
  for (let t0 = skipped * width; t0 < end; t0 += width) {
    const tw = min(width, last - t0);
    const target = bt + ((<usize>t0 * n) << 2);
    const step = (<usize>tw) << 2;
    for (let j0 = 0; j0 < n; j0 += width) {
      const w = min(width, columns - j0);
      const stride = (<usize>w) << 2;
      const panel = b + ((<usize>j0 * k) << 2);
      // Rows i … i + 3 of B are columns of Bᵀ, all in one panel, since panels are whole steps of four.
      for (let i = t0; i < t0 + tw; i += 4) {
        for (let j = 0; j < w; j += 4) {
          const p = panel + ((<usize>i * w + j) << 2);
          const r0 = v128.load(p);
          const r1 = i + 1 < k ? v128.load(p + stride) : zero;
          const r2 = i + 2 < k ? v128.load(p + 2 * stride) : zero;
          const r3 = i + 3 < k ? v128.load(p + 3 * stride) : zero;
          const a = i32x4.shuffle(r0, r1, 0, 4, 1, 5);
          const c = i32x4.shuffle(r0, r1, 2, 6, 3, 7);
          const d = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
          const e = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
          const column = j0 + j;
          const q = target + ((<usize>column * tw + (i - t0)) << 2);
          v128.store(q, i64x2.shuffle(a, d, 0, 2));
          if (column + 1 < n) v128.store(q + step, i64x2.shuffle(a, d, 1, 3));
          if (column + 2 < n) v128.store(q + 2 * step, i64x2.shuffle(c, e, 0, 2));
          if (column + 3 < n) v128.store(q + 3 * step, i64x2.shuffle(c, e, 1, 3));
        }
      }
    }
  }
}
