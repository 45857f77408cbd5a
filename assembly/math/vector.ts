import { map } from '../simd/map';
import { log4 } from './log';

// @ts-ignore: decorator
@unmanaged
class Log {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    return log4(x);
  }
}

/** y = ln x. In place allowed. */
export function f32_log(n: i32, x: usize, y: usize): void {
  map<Log>(n, x, y);
}
