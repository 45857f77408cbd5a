/** Rows with a NaN have no largest value: they match no class. */
import { expect, test } from 'vitest';
import { padded } from '../../src/runtime/panels.js';
import { runtimeOf, onFixture } from './harness.js';

const runtime = runtimeOf();

/** Counts the matching rows. The padding, which must not count, is NaN. */
const matches = (y: readonly number[][], t: readonly number[][]): number =>
  onFixture(runtime, (fixture) => {
    const n = y[0].length;
    const laid = (values: readonly number[][]): number[] =>
      values.flatMap((row) => [...row, ...new Array<number>(padded(n) - n).fill(NaN)]);
    const total = fixture.use([0, 0]);
    const [ys, ts] = [fixture.use(laid(y)), fixture.use(laid(t))];
    fixture.call('f32_categorical_matches', y.length, n, ys.address, ts.address, padded(n), total.address);
    return fixture.readF64(total);
  });

test.each([1, 2, 3, 4, 5, 17])('a NaN in any of %i columns makes a row match no class', (n) => {
  for (let at = 0; at < n; at++) {
    for (let label = 0; label < n; label++) {
      const t = Array.from({ length: n }, (_, j) => +(j === label));
      const y = t.map((value) => 3 * value);
      expect(matches([y], [t])).toBe(1);
      const spoiled = y.map((value, j) => (j === at ? NaN : value));
      expect(matches([spoiled], [t])).toBe(0);
      expect(matches([t], [spoiled])).toBe(0);
      expect(matches([spoiled], [spoiled])).toBe(0);
      // The rows around it count as before.
      expect(matches([y, spoiled, y], [t, t, t])).toBe(2);
    }
  }
});

test('infinities have a class', () => {
  expect(matches([[-Infinity, -Infinity, -Infinity]], [[1, 0, 0]])).toBe(1);
  expect(matches([[-Infinity, -1, -Infinity]], [[0, 1, 0]])).toBe(1);
  expect(matches([[1, Infinity, Infinity]], [[0, 1, 0]])).toBe(1);
});
