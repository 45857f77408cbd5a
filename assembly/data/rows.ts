/**
 * Copies of rows between dense and padded layouts: padding, packing, gathering by index and one-hot encoding.
 * columns.ts copies parts of rows, arithmetic.ts computes with whole ones.
 */
import { lastLanes, paddedBytes } from '../simd/lanes';

/**
 * Copies one row of n values and sets its padding to zero: writes whole vectors, and reads up to three floats past the
 * source row.
 */
// @ts-ignore: decorator
@inline
export function copyRow(n: i32, source: usize, target: usize, lanes: v128): void {
  const last = source + paddedBytes(n) - 16;
  if (n > 16) {
    const fours = last - 48;
    do {
      const a = v128.load(source);
      const b = v128.load(source, 16);
      const c = v128.load(source, 32);
      const d = v128.load(source, 48);
      v128.store(target, a);
      v128.store(target, b, 16);
      v128.store(target, c, 32);
      v128.store(target, d, 48);
      source += 64;
      target += 64;
    } while (source < fours);
  }
  for (; source < last; source += 16, target += 16) v128.store(target, v128.load(source));
  v128.store(target, v128.and(v128.load(source), lanes));
}

/** Copies m rows of n values, from rows n apart to padded rows ld apart, ld at least n in whole vectors. */
export function f32_pad_rows(m: i32, n: i32, source: usize, target: usize, ld: i32): void {
  const lanes = lastLanes(n);
  for (; m > 0; --m, source += (<usize>n) << 2, target += (<usize>ld) << 2) copyRow(n, source, target, lanes);
}

/**
 * Row i of the target = row indices[i] of the source, which has `rows` rows n apart; padded to rows ld apart, ld at
 * least n in whole vectors. An index that is too large selects the last row: no data may make a kernel read outside the
 * source.
 */
export function f32_gather_rows(
  m: i32,
  n: i32,
  rows: i32,
  source: usize,
  indices: usize,
  target: usize,
  ld: i32,
): void {
  const lanes = lastLanes(n);
  for (; m > 0; --m, indices += 4, target += (<usize>ld) << 2) {
    const row = min<u32>(load<u32>(indices), rows - 1);
    copyRow(n, source + ((<usize>row * n) << 2), target, lanes);
  }
}

/**
 * target_i = source[indices_i] of `rows` values of 32 bits. Exactly n are written; an index that is too large selects
 * the last value.
 */
export function u32_gather(n: i32, rows: i32, source: usize, indices: usize, target: usize): void {
  for (; n > 0; --n, indices += 4, target += 4) {
    i32.store(target, i32.load(source + ((<usize>min<u32>(load<u32>(indices), rows - 1)) << 2)));
  }
}

/** Copies m rows of n values, from padded rows ld apart to rows n apart. */
export function f32_pack_rows(m: i32, n: i32, source: usize, ld: i32, target: usize): void {
  for (; m > 0; --m, source += (<usize>ld) << 2, target += (<usize>n) << 2)
    memory.copy(target, source, (<usize>n) << 2);
}

/**
 * Row i of the target = 1 at column labels[i], 0 elsewhere; rows of n columns, ld apart. A label without a column gives
 * a row of zeros.
 */
export function f32_one_hot(m: i32, n: i32, labels: usize, target: usize, ld: i32): void {
  memory.fill(target, 0, (<usize>m * ld) << 2);
  for (; m > 0; --m, labels += 4, target += (<usize>ld) << 2) {
    const label = load<u32>(labels);
    if (label < <u32>n) f32.store(target + ((<usize>label) << 2), 1);
  }
}

/** x_i = value. */
export function f32_fill(n: i32, x: usize, value: f32): void {
  if (n <= 0) return;
  const v = f32x4.splat(value);
  const end = x + paddedBytes(n);
  do {
    v128.store(x, v);
    x += 16;
  } while (x < end);
}
