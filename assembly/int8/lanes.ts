/** Helpers over the four integers of a vector. */
export { lastLanes } from '../simd/lanes';

/** The largest of four signed integers. */
// @ts-ignore: decorator
@inline
export function maxLanesS(x: v128): i32 {
  const pairs = i32x4.max_s(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
  return i32x4.extract_lane(i32x4.max_s(pairs, i32x4.shuffle(pairs, pairs, 1, 0, 3, 2)), 0);
}

/** The largest of four unsigned integers. */
// @ts-ignore: decorator
@inline
export function maxLanesU(x: v128): i32 {
  const pairs = i32x4.max_u(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
  return i32x4.extract_lane(i32x4.max_u(pairs, i32x4.shuffle(pairs, pairs, 1, 0, 3, 2)), 0);
}

/** The sums of neighbours: a₀ + a₁, a₂ + a₃, b₀ + b₁, b₂ + b₃. */
// @ts-ignore: decorator
@inline
export function addNeighbours(a: v128, b: v128): v128 {
  return i32x4.add(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7));
}
