/**
 * Division of rows into two parts, drawn from a seed: for training, and for tests or validation. Classes may keep their
 * shares in both.
 */
import { typedKind, type NumberArray } from './arrays.js';
import { permutation, type Draw } from './philox.js';

/** Bound on the rounding error, per row, of a share of rows. */
const ROUNDING = 4 * Number.EPSILON;

/** Returns how many of `rows` are a share of them, rounded up, without the rounding error of the product. */
export const rowsOfShare = (rows: number, share: number): number => Math.ceil(rows * share - ROUNDING * rows);

/** Rows of two parts, by their numbers. */
export interface Parts {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/**
 * Divides `rows` rows, of which `count` go to the second part. Rows come in the order in which they were drawn; without
 * `draw` the last ones are the second part. `classes` has a class from 0 for each row: of each class the second part
 * gets its share, rounded by the largest remainders, and the first at least one row.
 */
export function holdOut(rows: number, count: number, draw: Draw | undefined, classes?: ArrayLike<number>): Parts {
  const test = new Int32Array(count);
  const train = new Int32Array(rows - count);
  const order = draw && permutation(rows, draw);
  const quota = classes === undefined ? undefined : quotas(classes, count);
  for (let i = 0, tested = 0; i < rows; i++) {
    const row = order === undefined ? rows - 1 - i : order[i];
    const of = classes?.[row] ?? 0;
    const tests = quota === undefined ? tested < count : quota[of]-- > 0;
    if (tests) test[tested++] = row;
    else train[i - tested] = row;
  }
  return order === undefined ? { train: train.reverse(), test: test.reverse() } : { train, test };
}

/** Copies rows of `width` numbers. */
export function gatherRows<T extends NumberArray>(data: T, indices: ArrayLike<number>, width: number): T {
  const kinds = globalThis as unknown as Record<string, Float64ArrayConstructor>;
  const taken = new kinds[typedKind(data)!](indices.length * width);
  for (let i = 0, at = 0; i < indices.length; i++) {
    for (let j = indices[i] * width; j < (indices[i] + 1) * width; j++) taken[at++] = data[j];
  }
  return taken as unknown as T;
}

/** Returns how many rows of each class the second part gets. */
function quotas(classes: ArrayLike<number>, count: number): number[] {
  const sizes: number[] = [];
  for (let i = 0; i < classes.length; i++) sizes[classes[i]] = (sizes[classes[i]] ?? 0) + 1;
  const exact = Array.from(sizes, (size) => ((size ?? 0) * count) / classes.length);
  const whole = exact.map(Math.floor);
  let left = count - whole.reduce((sum, one) => sum + one, 0);
  const byRest = [...whole.keys()].sort((a, b) => exact[b] - whole[b] - (exact[a] - whole[a]) || a - b);
  // At least one row of each class stays in the first part while others have rows to spare.
  for (let least = 1; left > 0;) {
    const before = left;
    for (const one of byRest) {
      if (left === 0 || whole[one] >= (sizes[one] ?? 0) - least) continue;
      whole[one] += 1;
      left -= 1;
    }
    if (left === before) least = 0;
  }
  return whole;
}
