import { sigmoid4 } from '../math/sigmoid';
import { map, map2 } from '../simd/map';

// @ts-ignore: decorator
@unmanaged
class Sigmoid {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    return sigmoid4(x);
  }
}

/** y = 1 / (1 + e^−x). In place allowed. */
export function f32_sigmoid(n: i32, x: usize, y: usize): void {
  map<Sigmoid>(n, x, y);
}

// @ts-ignore: decorator
@unmanaged
class SigmoidBackward {
  // @ts-ignore: decorator
  @inline
  of(y: v128, dy: v128, a: v128, b: v128): v128 {
    return f32x4.mul(dy, f32x4.mul(y, f32x4.sub(f32x4.splat(1), y)));
  }
}

/** BP2's ⊙σ'(z) from the output: dx = dy · y(1 − y). In place allowed. */
export function f32_sigmoid_backward(n: i32, y: usize, dy: usize, dx: usize): void {
  map2<SigmoidBackward>(n, y, dy, dx);
}
