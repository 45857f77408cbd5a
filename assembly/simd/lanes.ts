/**
 * Helpers over the four lanes of a vector. Horizontal orders are fixed: they are part of the promise of the same bits.
 */

/**
 * Mask of the valid lanes of a row's last vector: all ones in the lanes below n mod 4, or in every lane where n is a
 * multiple of 4.
 */
// @ts-ignore: decorator
@inline
export function lastLanes(n: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(((n - 1) & 3) + 1));
}

/** (lane0 + lane1) + (lane2 + lane3). */
// @ts-ignore: decorator
@inline
export function sumLanes(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

/** The largest lane; unspecified if a lane is NaN. */
// @ts-ignore: decorator
@inline
export function maxLanes(x: v128): f32 {
  const pairs = f32x4.pmax(x, f32x4.shuffle(x, x, 2, 3, 0, 1));
  const one = f32x4.pmax(pairs, f32x4.shuffle(pairs, pairs, 1, 0, 3, 2));
  return f32x4.extract_lane(one, 0);
}

/** The squares of lanes 0 and 1, in float64. */
// @ts-ignore: decorator
@inline
export function lowSquares(x: v128): v128 {
  const wide = f64x2.promote_low_f32x4(x);
  return f64x2.mul(wide, wide);
}

/** The squares of lanes 2 and 3, in float64. */
// @ts-ignore: decorator
@inline
export function highSquares(x: v128): v128 {
  return lowSquares(i64x2.shuffle(x, x, 1, 0));
}

/** Bytes of a row or vector of n floats, padded to whole vectors. */
// @ts-ignore: decorator
@inline
export function paddedBytes(n: i32): usize {
  return ((<usize>(n + 3)) & ~3) << 2;
}
