/**
 * The loops of the elementwise kernels. The operation on a vector is the method `of` of a class F without fields,
 * called on null: a function value would need a table and a data segment. Scalars are passed as vectors a and b.
 *
 * Two habits of V8 11.3 (Node 20) explain their form:
 *
 * - It moves constants that only the body reads into a loop that tests at its start, three instructions each. A loop
 *   that tests at its end finds them in registers.
 * - It places instructions where they are first needed. If four vectors are stored after all four are computed, their
 *   chains interleave, and none waits for itself.
 *
 * | ns per float, 1,024 floats | before | after |
 * | -------------------------- | ------ | ----- |
 * | sigmoid                    | 3.6    | 1.4   |
 * | tanh                       | 5.2    | 2.3   |
 * | ReLU                       | 0.22   | 0.13  |
 *
 * Pairs take 20 to 35 % longer than fours. At 8 floats nothing is gained; at 4 the more expensive functions lose a
 * tenth to a fifth. For engines that keep the order of the binary, scripts/kernels/schedule-loops.mjs writes the chains
 * in alternation.
 */
import { paddedBytes } from './lanes';

/** y = F(x, a, b) over n values, whole vectors; y may be x. */
// @ts-ignore: decorator
@inline
export function map<F>(n: i32, x: usize, y: usize, a: v128 = f32x4.splat(0), b: v128 = f32x4.splat(0)): void {
  if (n <= 0) return;
  const f = changetype<F>(0);
  const end = x + paddedBytes(n);
  // @ts-ignore: an integer of asconfig.json, 1 where size counts more than speed
  if (CHAINS > 1 && n > 12) {
    const last = end - 64;
    do {
      const y0 = f.of(v128.load(x), a, b);
      const y1 = f.of(v128.load(x, 16), a, b);
      const y2 = f.of(v128.load(x, 32), a, b);
      const y3 = f.of(v128.load(x, 48), a, b);
      v128.store(y, y0);
      v128.store(y, y1, 16);
      v128.store(y, y2, 32);
      v128.store(y, y3, 48);
      x += 64;
      y += 64;
    } while (x <= last);
    if (x == end) return;
  }
  do {
    v128.store(y, f.of(v128.load(x), a, b));
    x += 16;
    y += 16;
  } while (x < end);
}

/**
 * z = F(x, y, a, b) over n values, whole vectors; z may be x or y. Works by pairs where F needs too many registers for
 * four.
 */
// @ts-ignore: decorator
@inline
export function map2<F>(
  n: i32,
  x: usize,
  y: usize,
  z: usize,
  a: v128 = f32x4.splat(0),
  b: v128 = f32x4.splat(0),
  four: bool = true,
): void {
  if (n <= 0) return;
  const f = changetype<F>(0);
  const end = x + paddedBytes(n);
  const step: usize = four ? 64 : 32;
  // @ts-ignore: see map
  if (CHAINS > 1 && n > (four ? 12 : 4)) {
    const last = end - step;
    do {
      const z0 = f.of(v128.load(x), v128.load(y), a, b);
      const z1 = f.of(v128.load(x, 16), v128.load(y, 16), a, b);
      if (four) {
        const z2 = f.of(v128.load(x, 32), v128.load(y, 32), a, b);
        const z3 = f.of(v128.load(x, 48), v128.load(y, 48), a, b);
        v128.store(z, z2, 32);
        v128.store(z, z3, 48);
      }
      v128.store(z, z0);
      v128.store(z, z1, 16);
      x += step;
      y += step;
      z += step;
    } while (x <= last);
    if (x == end) return;
  }
  do {
    v128.store(z, f.of(v128.load(x), v128.load(y), a, b));
    x += 16;
    y += 16;
    z += 16;
  } while (x < end);
}
