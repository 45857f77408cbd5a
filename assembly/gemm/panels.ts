/**
 * Writes one panel (k, n) from n rows of k values, the layout in which users see weights. Rows of the panel are padded
 * with zeros to whole vectors.
 */
export function f32_pack_panel(k: i32, n: i32, rows: usize, panel: usize): void {
  const width = (n + 3) & ~3;
  for (let i = 0; i < k; ++i, rows += 4) {
    let from = rows;
    for (let j = 0; j < n; ++j, from += (<usize>k) << 2, panel += 4) f32.store(panel, f32.load(from));
    for (let j = n; j < width; ++j, panel += 4) f32.store(panel, 0);
  }
}

/** Writes the n rows of k values of a panel, the layout in which users see weights. */
export function f32_unpack_panel(k: i32, n: i32, panel: usize, rows: usize): void {
  const step = (<usize>((n + 3) & ~3)) << 2;
  for (let i = 0; i < k; ++i, rows += 4, panel += step) {
    let to = rows;
    for (let j = 0; j < n; ++j, to += (<usize>k) << 2) f32.store(to, f32.load(panel + ((<usize>j) << 2)));
  }
}
