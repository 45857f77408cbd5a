/** PReLU and Maxout, whose kernels distinguish columns. */
import { expect, test } from 'vitest';
import { padded } from '../../src/runtime/panels.js';
import { runtimeOf, numbers, onFixture } from './harness.js';

const runtime = runtimeOf();
const M = 4;
const { fround } = Math;

test.each([1, 3, 4, 5, 9])('prelu and its derivatives match the formula, %i columns', (n) => {
  onFixture(runtime, (fixture) => {
    const ld = padded(n) + 4;
    const [x, dy, slope] = [numbers(M * ld, 1), numbers(M * ld, 2), numbers(padded(n), 3)];
    const [xs, ds, ss, dslope] = [fixture.use(x), fixture.use(dy), fixture.use(slope), fixture.room(padded(n))];
    const y = fixture.room(M * ld);
    fixture.call('f32_prelu', M, n, xs.address, ss.address, y.address, ld);
    fixture.call('f32_prelu_backward', M, n, xs.address, ss.address, ds.address, ds.address, dslope.address, ld, 0);
    const [got, gotDx, gotSlope] = [fixture.read(y), fixture.read(ds), fixture.read(dslope)];
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let i = 0; i < M; i++) {
        const at = i * ld + j;
        expect(got[at]).toBe(x[at] > 0 ? x[at] : fround(slope[j] * x[at]));
        expect(gotDx[at]).toBe(x[at] > 0 ? dy[at] : fround(slope[j] * dy[at]));
        sum = fround(sum + (x[at] > 0 ? 0 : fround(dy[at] * x[at])));
      }
      expect(gotSlope[j]).toBe(sum);
    }
  });
});

test.each([
  [1, 1],
  [3, 2],
  [5, 3],
  [4, 7],
])('maxout takes the largest piece: %i units of %i', (units, pieces) => {
  onFixture(runtime, (fixture) => {
    const [ldx, ldy] = [padded(units * pieces), padded(units)];
    const x = numbers(M * ldx, 5);
    // A tie: the first piece of unit 0 wins.
    x.fill(2, 0, pieces);
    const dy = numbers(M * ldy, 6);
    const [xs, ys, dys, dxs] = [fixture.use(x), fixture.room(M * ldy), fixture.use(dy), fixture.room(M * ldx)];
    fixture.call('f32_max_pieces', M, units, pieces, xs.address, ldx, ys.address, ldy);
    fixture.call('f32_max_pieces_backward', M, units, pieces, xs.address, ldx, dys.address, ldy, dxs.address);
    const [y, dx] = [fixture.read(ys), fixture.read(dxs)];
    const expected = new Float32Array(M * ldx);
    for (let i = 0; i < M; i++) {
      for (let u = 0; u < units; u++) {
        const own = [...x.subarray(i * ldx + u * pieces, i * ldx + (u + 1) * pieces)];
        expect(y[i * ldy + u]).toBe(Math.max(...own));
        expected[i * ldx + u * pieces + own.indexOf(Math.max(...own))] = dy[i * ldy + u];
      }
    }
    expect(dx).toEqual(expected);
  });
});
