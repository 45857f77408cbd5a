/**
 * Embeddings: a table of `rows` vectors of n values each, one after another, looked up by the indices in a column of x,
 * whose rows are ldx floats apart. Indices are checked where data comes in. Whatever they are, no kernel touches memory
 * outside of its table: an index below 0 or NaN counts as 0, one of `rows` or more as the last, a fraction is dropped.
 */

/** Offset in bytes of the vector that an index selects. */
// @ts-ignore: decorator
@inline
function vectorAt(x: usize, n: i32, rows: i32): usize {
  const value = f32.load(x);
  // Neither comparison holds for NaN.
  const row = value > 0 ? (value < <f32>rows ? <i32>value : rows - 1) : 0;
  return (<usize>min(row, rows - 1) * n) << 2;
}

/** y_i = the vector of index x_i, for m rows. Exactly n values of a row of y are written, ldy floats apart. */
export function f32_embed(m: i32, n: i32, rows: i32, x: usize, ldx: i32, table: usize, y: usize, ldy: i32): void {
  const bytes = (<usize>n) << 2;
  const whole = bytes & ~15;
  for (; m > 0; --m, x += (<usize>ldx) << 2, y += (<usize>ldy) << 2) {
    const source = table + vectorAt(x, n, rows);
    let i: usize = 0;
    for (; i < whole; i += 16) v128.store(y + i, v128.load(source + i));
    for (; i < bytes; i += 4) f32.store(y + i, f32.load(source + i));
  }
}

/**
 * The derivative, added to what dtable holds, for m rows with `columns` indices each, whose vectors stand side by side
 * in dy: rows ascending, and columns ascending within a row. So a batch in parts adds in the order of the whole batch.
 * Vectors that no index selects are not touched.
 */
export function f32_embed_backward(
  m: i32,
  n: i32,
  rows: i32,
  columns: i32,
  x: usize,
  ldx: i32,
  dy: usize,
  ldy: i32,
  dtable: usize,
): void {
  const bytes = (<usize>n) << 2;
  const whole = bytes & ~15;
  for (; m > 0; --m, x += (<usize>ldx) << 2, dy += (<usize>ldy) << 2) {
    let from = dy;
    for (let column = 0; column < columns; ++column, from += bytes) {
      const target = dtable + vectorAt(x + ((<usize>column) << 2), n, rows);
      let i: usize = 0;
      for (; i < whole; i += 16) v128.store(target + i, f32x4.add(v128.load(target + i), v128.load(from + i)));
      for (; i < bytes; i += 4) f32.store(target + i, f32.load(target + i) + f32.load(from + i));
    }
  }
}

/**
 * Adds to dtable what f32_embed_backward has added for these m rows to `sums`, a table of zeros before, and makes that
 * zero again: vectors in the order of the rows, each by the first row that selects it, since later ones add 0.
 */
export function f32_embed_move(m: i32, n: i32, rows: i32, x: usize, ldx: i32, sums: usize, dtable: usize): void {
  const bytes = (<usize>n) << 2;
  const whole = bytes & ~15;
  for (; m > 0; --m, x += (<usize>ldx) << 2) {
    const at = vectorAt(x, n, rows);
    const source = sums + at;
    const target = dtable + at;
    let i: usize = 0;
    for (; i < whole; i += 16) {
      v128.store(target + i, f32x4.add(v128.load(target + i), v128.load(source + i)));
      v128.store(source + i, f32x4.splat(0));
    }
    for (; i < bytes; i += 4) {
      f32.store(target + i, f32.load(target + i) + f32.load(source + i));
      f32.store(source + i, 0);
    }
  }
}

/** index = the first row of a column of x whose value is not an integer in [0, limit), or −1. */
export function f32_first_no_index(m: i32, x: usize, ldx: i32, index: usize, limit: f32): void {
  for (let i = 0; i < m; ++i, x += (<usize>ldx) << 2) {
    const value = f32.load(x);
    if (value >= 0 && value < limit && f32.floor(value) == value) continue;
    i32.store(index, i);
    return;
  }
  i32.store(index, -1);
}
