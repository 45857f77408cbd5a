/**
 * Share of a vector's norm that must remain after a pass of projections. With less, rounding errors make the remainder
 * too far from orthogonal, and a further pass follows.
 */
const ENOUGH_LEFT = 0.1;

/** Share of its norm below which a vector counts as a combination of those before it. */
const NOTHING_LEFT = 1e-9;

/**
 * Returns the dot product of two rows. Four sums in fixed order are four times as fast as one, and the same on every
 * engine.
 */
function dot(matrix: Float64Array, a: number, b: number, length: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = length - (length % 4);
  for (let i = 0; i < whole; i += 4) {
    s0 += matrix[a + i] * matrix[b + i];
    s1 += matrix[a + i + 1] * matrix[b + i + 1];
    s2 += matrix[a + i + 2] * matrix[b + i + 2];
    s3 += matrix[a + i + 3] * matrix[b + i + 3];
  }
  for (let i = whole; i < length; i++) s0 += matrix[a + i] * matrix[b + i];
  return s0 + s1 + (s2 + s3);
}

/**
 * Makes the `count` rows of `length` values orthonormal, in place, by modified Gram & Schmidt: R's diagonal is
 * positive. A row that loses nine tenths of its norm goes through the projections again (Daniel et al. 1976), so that
 * rounding errors stay near those of float64 itself. Returns false if rows are linearly dependent.
 */
export function orthonormalize(matrix: Float64Array, count: number, length: number): boolean {
  for (let row = 0; row < count; row++) {
    const at = row * length;
    const first = Math.sqrt(dot(matrix, at, at, length));
    let before: number;
    let left = first;
    do {
      before = left;
      for (let other = 0; other < at; other += length) {
        const share = dot(matrix, other, at, length);
        for (let i = 0; i < length; i++) matrix[at + i] -= share * matrix[other + i];
      }
      left = Math.sqrt(dot(matrix, at, at, length));
      if (!(left > NOTHING_LEFT * first)) return false;
    } while (left < ENOUGH_LEFT * before);
    for (let i = 0; i < length; i++) matrix[at + i] /= left;
  }
  return true;
}
