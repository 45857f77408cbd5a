/** Embedding kernels: which vectors they read and add to, whatever the indices are, and what they leave untouched. */
import { describe, expect, test } from 'vitest';
import { runtimeOf, numbers, onFixture } from './harness.js';

const runtime = runtimeOf();
const { fround } = Math;
const ROWS = 5;
const MARK = 7;

/** What counts as which row: fractions are dropped, everything else goes to the nearest end, NaN to the first. */
const INDICES: readonly (readonly [index: number, row: number])[] = [
  [0, 0],
  [4, 4],
  [2, 2],
  [2, 2],
  [-0, 0],
  [3.9, 3],
  [5, 4],
  [-1, 0],
  [NaN, 0],
  [Infinity, 4],
  [-Infinity, 0],
  [3e38, 4],
  [1e-45, 0],
];

describe.each([1, 2, 3, 4, 5, 8, 17])('vectors of %i values', (n) => {
  const m = INDICES.length;
  const [ldx, ldy] = [3, n + 2];
  const x = Float32Array.from({ length: m * ldx }, (_, i) => (i % ldx === 0 ? INDICES[i / ldx][0] : MARK));
  const table = numbers(ROWS * n, n);

  test('f32_embed copies the vector of each index', () => {
    onFixture(runtime, (fixture) => {
      const to = fixture.use(new Float32Array(m * ldy).fill(MARK));
      const places = [fixture.use(x).address, ldx, fixture.use(table).address, to.address, ldy] as const;
      fixture.call('f32_embed', m, n, ROWS, ...places);
      const expected = INDICES.flatMap(([, row]) => [...table.subarray(row * n, (row + 1) * n), MARK, MARK]);
      expect([...fixture.read(to)]).toEqual(expected);
    });
  });

  test('f32_embed_backward adds to the vectors that were read, rows ascending', () => {
    onFixture(runtime, (fixture) => {
      const dy = numbers(m * ldy, n + 1);
      const to = fixture.use(table);
      const places = [fixture.use(x).address, ldx, fixture.use(dy).address, ldy, to.address] as const;
      fixture.call('f32_embed_backward', m, n, ROWS, 1, ...places);
      const expected = [...table];
      INDICES.forEach(([, row], i) => {
        for (let j = 0; j < n; j++) expected[row * n + j] = fround(expected[row * n + j] + dy[i * ldy + j]);
      });
      const got = [...fixture.read(to)];
      expect(got).toEqual(expected);
      // Nothing reads vector 1.
      expect(got.slice(n, 2 * n)).toEqual([...table.subarray(n, 2 * n)]);
    });
  });

  test('f32_embed_backward adds the columns of a row one after another, so rows in two calls give the same bits', () => {
    onFixture(runtime, (fixture) => {
      const [columns, ld] = [3, 3 * n + 2];
      const indices = Float32Array.from({ length: m * ldx }, (_, i) => INDICES[(5 * i) % m][0]);
      const dy = numbers(m * ld, n + 3);
      const [from, deltas] = [fixture.use(indices).address, fixture.use(dy).address];
      const [whole, parts] = [fixture.use(table), fixture.use(table)];
      fixture.call('f32_embed_backward', m, n, ROWS, columns, from, ldx, deltas, ld, whole.address);
      fixture.call('f32_embed_backward', 4, n, ROWS, columns, from, ldx, deltas, ld, parts.address);
      const [later, rest] = [from + 4 * 4 * ldx, deltas + 4 * 4 * ld];
      fixture.call('f32_embed_backward', m - 4, n, ROWS, columns, later, ldx, rest, ld, parts.address);

      const expected = [...table];
      for (let i = 0; i < m; i++) {
        for (let column = 0; column < columns; column++) {
          const row = INDICES[(5 * (i * ldx + column)) % m][1];
          for (let j = 0; j < n; j++)
            expected[row * n + j] = fround(expected[row * n + j] + dy[i * ld + column * n + j]);
        }
      }
      expect([...fixture.read(whole)]).toEqual(expected);
      expect(fixture.read(parts)).toEqual(fixture.read(whole));
    });
  });

  test('f32_embed_move adds what the rows have added to a table of zeros, and leaves zeros', () => {
    onFixture(runtime, (fixture) => {
      const sums = numbers(ROWS * n, n + 2).fill(0, n, 2 * n);
      const [from, to] = [fixture.use(sums), fixture.use(table)];
      fixture.call('f32_embed_move', m, n, ROWS, fixture.use(x).address, ldx, from.address, to.address);
      expect([...fixture.read(to)]).toEqual([...table].map((value, i) => fround(value + sums[i])));
      expect(fixture.read(from)).toEqual(new Float32Array(ROWS * n));
    });
  });
});

test.each([
  [[0, 1, 2, 4, -0], -1],
  [[0, 5, 1], 1],
  [[0, 1, -1], 2],
  [[0.5], 0],
  [[1, NaN], 1],
  [[1, Infinity, NaN], 1],
  [[1, -1e-45], 1],
  [[], -1],
])('f32_first_no_index of %j is %i', (values, expected) => {
  onFixture(runtime, (fixture) => {
    const x = fixture.use(values.flatMap((value) => [value, NaN]));
    const index = fixture.use([0]);
    fixture.call('f32_first_no_index', values.length, x.address, 2, index.address, ROWS);
    expect(runtime.memory.i32[index.address / 4]).toBe(expected);
  });
});

describe.each([1, 3, 4, 17])('norms of rows of %i values', (n) => {
  const limited = (rows: readonly (readonly number[])[], least: number, most: number, rate: number): number[][] =>
    onFixture(runtime, (fixture) => {
      const w = fixture.use(rows.flat());
      fixture.call('f32_limit_norm_rows', rows.length, n, w.address, least, most, rate);
      const got = [...fixture.read(w)];
      return rows.map((_, i) => got.slice(i * n, (i + 1) * n));
    });
  const rows = [0.01, 1, 30].map((size, i) => [...numbers(n, n + i)].map((value) => fround(size * value)));
  const normOf = (row: readonly number[]): number => Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));

  test.each([
    [0, 2, 1],
    [1, 1, 1],
    [0.5, 2, 0.25],
  ])('move into %d … %d by the share %d', (least, most, rate) => {
    limited(rows, least, most, rate).forEach((got, i) => {
      const norm = normOf(rows[i]);
      const limit = Math.min(Math.max(norm, least), most);
      const factor = norm === limit ? 1 : (rate * limit + (1 - rate) * norm) / norm;
      expect(got).toEqual(rows[i].map((value) => fround(value * factor)));
    });
  });

  test('rows of zeros keep their bits, the largest and the smallest numbers are scaled, NaN stays in its row', () => {
    const of = (value: number): number[] => new Array<number>(n).fill(value);
    const [zeros, large, small, none, last] = limited([of(-0), of(3e38), of(1e-45), of(NaN), of(0)], 1, 1, 1);
    expect(zeros).toEqual(of(-0));
    for (const row of [large, small]) for (const value of row) expect(value).toBeCloseTo(1 / Math.sqrt(n), 6);
    expect(none).toEqual(of(NaN));
    expect(last).toEqual(of(0));
  });
});
