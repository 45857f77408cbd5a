import { lastLanes, paddedBytes } from '../simd/lanes';

/** One row of n values, its padding to whole vectors zero. Reads up to three floats past the source row. */
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

/** m rows of n values, from rows n apart to padded rows ld apart. */
export function f32_pad_rows(m: i32, n: i32, source: usize, target: usize, ld: i32): void {
  const lanes = lastLanes(n);
  for (; m > 0; --m, source += (<usize>n) << 2, target += (<usize>ld) << 2) copyRow(n, source, target, lanes);
}

/** Row i of the target = row indices[i] of the source (rows n apart), padded. */
export function f32_gather_rows(m: i32, n: i32, source: usize, indices: usize, target: usize, ld: i32): void {
  const lanes = lastLanes(n);
  for (; m > 0; --m, indices += 4, target += (<usize>ld) << 2) {
    copyRow(n, source + ((<usize>load<u32>(indices) * n) << 2), target, lanes);
  }
}

/** m rows of n values, from padded rows ld apart to rows n apart. */
export function f32_pack_rows(m: i32, n: i32, source: usize, ld: i32, target: usize): void {
  for (; m > 0; --m, source += (<usize>ld) << 2, target += (<usize>n) << 2)
    memory.copy(target, source, (<usize>n) << 2);
}

/** Row i of the target = 1 at column labels[i], 0 elsewhere; rows of n columns, ld apart. */
export function f32_one_hot(m: i32, n: i32, labels: usize, target: usize, ld: i32): void {
  memory.fill(target, 0, (<usize>m * ld) << 2);
  for (; m > 0; --m, labels += 4, target += (<usize>ld) << 2) f32.store(target + ((<usize>load<u32>(labels)) << 2), 1);
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
