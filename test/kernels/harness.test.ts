/** Tests the fixture of the other kernel tests: guard bytes and the count of ULP. */
import { expect, test } from 'vitest';
import { runtimeOf, onFixture, ulpOf, ulps } from './harness.js';

test.each([
  ['past the end', 0],
  ['before the start', -16],
])('a write %s of a buffer is noticed', (_, offset) => {
  onFixture(runtimeOf(), (fixture) => {
    const x = fixture.room(4);
    fixture.call('f32_fill', 4, x.address, 1);
    const values = offset === 0 ? 5 : 4;
    expect(() => fixture.call('f32_fill', values, x.address + offset, 1)).toThrow(/guard/);
  });
});

test('ulpOf and ulps count units in the last place', () => {
  expect([1, 1.5, 2, 0, 2 ** -149].map(ulpOf)).toEqual([2 ** -23, 2 ** -23, 2 ** -22, 2 ** -149, 2 ** -149]);
  expect(ulps(1 + 2 ** -23, 1)).toBe(1);
  expect(ulps(1, 1 + 2 ** -25)).toBe(0.25);
  expect([ulps(NaN, NaN), ulps(Infinity, 1e39), ulps(-Infinity, -Infinity)]).toEqual([0, 0, 0]);
  for (const [actual, expected] of [
    [NaN, 1],
    [1, NaN],
    [3e38, Infinity],
    [-Infinity, Infinity],
    [Infinity, 1],
  ]) {
    expect(ulps(actual, expected)).toBe(Infinity);
  }
});
