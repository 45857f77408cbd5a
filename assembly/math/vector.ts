import { paddedBytes } from '../simd/lanes';
import { exp4 } from './exp';
import { log4 } from './log';

/** y = e^x. */
export function f32_exp(n: i32, x: usize, y: usize): void {
  if (n <= 0) return;
  const end = x + paddedBytes(n);
  do {
    v128.store(y, exp4(v128.load(x)));
    x += 16;
    y += 16;
  } while (x < end);
}

/** y = ln x. */
export function f32_log(n: i32, x: usize, y: usize): void {
  if (n <= 0) return;
  const end = x + paddedBytes(n);
  do {
    v128.store(y, log4(v128.load(x)));
    x += 16;
    y += 16;
  } while (x < end);
}
