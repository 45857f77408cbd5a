import { paddedBytes } from '../simd/lanes';
import { exp4 } from './exp';
import { log4 } from './log';

/** y = e^x. */
export function f32_exp(n: i32, x: usize, y: usize): void {
  for (const end = x + paddedBytes(n); x < end; x += 16, y += 16) v128.store(y, exp4(v128.load(x)));
}

/** y = ln x. */
export function f32_log(n: i32, x: usize, y: usize): void {
  for (const end = x + paddedBytes(n); x < end; x += 16, y += 16) v128.store(y, log4(v128.load(x)));
}
