import { lastLanes } from '../simd/lanes';
import { copyRow } from './rows';

/**
 * Copies n columns of each of m rows, from rows lds apart to rows ldt apart, at any alignment. Exactly n values of a
 * row are read and written: neighbouring columns of the target are unchanged.
 */
export function f32_copy_columns(m: i32, n: i32, source: usize, lds: i32, target: usize, ldt: i32): void {
  const bytes = (<usize>n) << 2;
  const whole = bytes & ~15;
  for (; m > 0; --m, source += (<usize>lds) << 2, target += (<usize>ldt) << 2) {
    let i: usize = 0;
    for (; i < whole; i += 16) v128.store(target + i, v128.load(source + i));
    for (; i < bytes; i += 4) f32.store(target + i, f32.load(source + i));
  }
}

/**
 * Copies the same columns to whole vectors, the padding of the target zero. Reads up to three floats past the n of a
 * row.
 */
export function f32_take_columns(m: i32, n: i32, source: usize, lds: i32, target: usize, ldt: i32): void {
  const lanes = lastLanes(n);
  for (; m > 0; --m, source += (<usize>lds) << 2, target += (<usize>ldt) << 2) copyRow(n, source, target, lanes);
}
