/** r = 1/√(variance + ε), two roundings after the sum; 1 where the sum is 0, so that equal values are only shifted. */
// @ts-ignore: decorator
@inline
export function inverseDeviation4(variance: v128, epsilon: v128): v128 {
  const one = f32x4.splat(1);
  const square = f32x4.add(variance, epsilon);
  return v128.bitselect(one, f32x4.div(one, f32x4.sqrt(square)), f32x4.eq(square, f32x4.splat(0)));
}
