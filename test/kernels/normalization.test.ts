/**
 * Batch and layer normalization against their formulas in float64, and against the roundings that their documentation
 * promises.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { FIRST_ADDRESS, ROW_BLOCK } from '../../src/runtime/constants.generated.js';
import { padded } from '../../src/runtime/panels.js';
import { runtimeOf, numbers, onFixture, type KernelFixture, type Buffer } from './harness.js';

const runtime = runtimeOf();
const { fround } = Math;
const widths = [1, 3, 4, 5, 16, 17, 33];
const shapes = [1, 2, 7, 32].flatMap((m) => widths.map((n) => [m, n] as const));
const EPSILON = fround(1e-3);
type Matrix = readonly (readonly number[])[];

/** Fills the columns between the padding and the next row, which kernels must not touch. */
const MARK = 7;
const stride = (n: number): number => padded(n) + 4;

/**
 * Lays rows out as kernels take them. Activations may hold any number in the padding, deltas and parameters hold zero.
 */
function laid(values: Matrix, padding: number): Float32Array {
  const n = values[0].length;
  const ld = stride(n);
  const out = new Float32Array(values.length * ld).fill(MARK);
  values.forEach((row, i) => {
    out.fill(padding, i * ld + n, i * ld + padded(n));
    out.set(row, i * ld);
  });
  return out;
}

const column = (values: readonly number[]): number[] => [
  ...values,
  ...new Array<number>(padded(values.length) - values.length).fill(0),
];

/** Returns the values of a matrix after a check of its padding and of the columns behind it. */
function rowsOf(got: Float32Array, m: number, n: number, padding: 'zero' | 'finite'): number[][] {
  const ld = stride(n);
  return Array.from({ length: m }, (_, i) => {
    const row = [...got.subarray(i * ld, (i + 1) * ld)];
    const gap = row.slice(n, padded(n));
    expect(gap.every((value) => (padding === 'zero' ? value === 0 : Number.isFinite(value)))).toBe(true);
    expect(row.slice(padded(n))).toEqual([MARK, MARK, MARK, MARK]);
    return row.slice(0, n);
  });
}

function columnOf(got: Float32Array, n: number): number[] {
  expect([...got.subarray(n)].every((value) => value === 0)).toBe(true);
  return [...got.subarray(0, n)];
}

/** Allocates rows to be written: NaN that must be overwritten, and marks that must stay. */
const roomFor = (fixture: KernelFixture, m: number, n: number): Buffer =>
  fixture.use(
    laid(
      Array.from({ length: m }, () => new Array<number>(n).fill(NaN)),
      NaN,
    ),
  );

const worst = new Map<string, number>();
afterAll(() => {
  const lines = [...worst].map(([what, error]) => `  ${what}: ${(error * 2 ** 24).toFixed(2)}`);
  console.log(['worst error seen, in 2^−24 of the size of what was summed', ...lines].join('\n'));
});

/** Expects |got − expected| ≤ bound·2^−24·size. */
function close(what: string, got: number, expected: number, size: number, bound: number): void {
  const error = Math.abs(got - expected) / size;
  worst.set(what, Math.max(worst.get(what) ?? 0, error));
  expect(error, what).toBeLessThanOrEqual(bound * 2 ** -24);
}

const matrix = (m: number, n: number, seed: number, scale = 1, shift = 0): Matrix => {
  const values = numbers(m * n, seed);
  return Array.from({ length: m }, (_, i) =>
    [...values.subarray(i * n, (i + 1) * n)].map((v) => fround(v * scale + shift)),
  );
};
const vector = (n: number, seed: number): number[] => [...numbers(n, seed)];
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const columnsOf = (values: Matrix): number[][] => values[0].map((_, j) => values.map((row) => row[j]));
const largest = (values: readonly number[]): number => Math.max(...values.map(Math.abs));

/** Mean and biased variance. */
function moments(values: readonly number[]): [mean: number, variance: number] {
  const center = mean(values);
  return [center, mean(values.map((value) => (value - center) ** 2))];
}

const inverse = (variance: number, epsilon = EPSILON): number =>
  variance + epsilon === 0 ? 1 : 1 / Math.sqrt(variance + epsilon);

/** The sum of float32 numbers in blocks of rows, each in ascending order, as the kernels add them. */
function summed(values: readonly number[]): number {
  let total = 0;
  for (let first = 0; first < values.length; first += ROW_BLOCK) {
    const block = values.slice(first, first + ROW_BLOCK);
    total = fround(total + block.reduce((sum, value) => fround(sum + value), 0));
  }
  return total;
}

/** Expects the roundings of the moments: rows ascending in blocks, and the correction of the rounded mean. */
function expectMoments(values: readonly number[], [gotMean, gotRest, gotVariance]: readonly number[]): void {
  const m = values.length;
  const rounded = fround(summed(values) / m);
  const away = values.map((value) => fround(value - rounded));
  const s = summed(away);
  const off = fround(s / m);
  const squares = fround(summed(away.map((value) => fround(value ** 2))) - fround(s * off));
  expect(gotMean).toBe(fround(rounded + off));
  expect(gotRest).toBe(fround(fround(rounded - gotMean) + off));
  expect(gotVariance).toBe(Math.max(0, fround(squares / m)));
}

/** The derivatives of β and γ of a column in the roundings of the kernel: rows ascending in blocks, r at the end. */
function expectedSums(
  x: readonly number[],
  dy: readonly number[],
  [center, rest, variance]: readonly number[],
): [dgamma: number, dbeta: number] {
  const dbeta = summed(dy);
  const products = summed(x.map((value, i) => fround(dy[i] * fround(value - center))));
  const r = fround(1 / fround(Math.sqrt(fround(variance + EPSILON))));
  return [fround(fround(products - fround(dbeta * rest)) * r), dbeta];
}

describe.each(shapes)('columns of %i rows of %i', (m, n) => {
  const ld = stride(n);
  const x = matrix(m, n, 100 * m + n, 2, 3);
  const dy = matrix(m, n, 100 * m + n + 1);
  const [gamma, beta] = [vector(n, 1), vector(n, 2)];
  // Statistics rounded to float32, as a kernel takes them.
  const given = columnsOf(x).map((values) => moments(values).map(fround));
  const [means, variances] = [given.map(([value]) => value), given.map(([, value]) => value)];
  const rests = columnsOf(x).map((values, j) => fround(mean(values) - means[j]));

  test('moments match the float64 formula', () => {
    onFixture(runtime, (fixture) => {
      const places = [fixture.room(padded(n)), fixture.room(padded(n)), fixture.room(padded(n))] as const;
      const [center, rest, variance] = places.map(({ address }) => address);
      fixture.call('f32_column_moments', m, n, fixture.use(laid(x, 1e30)).address, ld, center, rest, variance);
      const [gotMean, gotRest, gotVariance] = places.map((place) => columnOf(fixture.read(place), n));
      columnsOf(x).forEach((values, j) => {
        const [expectedMean, expectedVariance] = moments(values);
        close('mean', gotMean[j], expectedMean, largest(values), 1);
        close('mean and rest', gotMean[j] + gotRest[j], expectedMean, Math.sqrt(expectedVariance) || 1, 2);
        close('variance', gotVariance[j], expectedVariance, 1, 12);
        expectMoments(values, [gotMean[j], gotRest[j], gotVariance[j]]);
      });
    });
  });

  const normalize = (
    { gammas, betas, inPlace = false }: { gammas: number[] | null; betas: number[] | null; inPlace?: boolean },
    epsilon = EPSILON,
    spread = variances,
  ): number[][] =>
    onFixture(runtime, (fixture) => {
      const from = fixture.use(laid(x, 1e30));
      const to = inPlace ? from : roomFor(fixture, m, n);
      const statistics = [fixture.use(column(means)).address, fixture.use(column(spread)).address] as const;
      const at = (values: number[] | null): number => (values ? fixture.use(column(values)).address : 0);
      const places = [from.address, ...statistics, at(gammas), at(betas), to.address] as const;
      fixture.call('f32_normalize_columns', m, n, ...places, ld, epsilon);
      return rowsOf(fixture.read(to), m, n, 'zero');
    });

  test('normalized values are (x − mean)·(γ/√(variance + ε)) + β in the documented roundings', () => {
    const y = normalize({ gammas: gamma, betas: beta });
    y.forEach((row, i) => {
      row.forEach((value, j) => {
        const expected = (x[i][j] - means[j]) * inverse(variances[j]) * gamma[j] + beta[j];
        close('normalized columns', value, expected, 4, 2);
        const r = fround(1 / fround(Math.sqrt(fround(variances[j] + EPSILON))));
        expect(value).toBe(fround(fround(fround(x[i][j] - means[j]) * fround(gamma[j] * r)) + beta[j]));
      });
    });
    expect(normalize({ gammas: gamma, betas: beta, inPlace: true })).toEqual(y);
  });

  test('without gamma and beta the bits are those of γ = 1 and β = 0', () => {
    const [ones, zeros] = [new Array<number>(n).fill(1), new Array<number>(n).fill(0)];
    expect(normalize({ gammas: null, betas: beta })).toEqual(normalize({ gammas: ones, betas: beta }));
    expect(normalize({ gammas: gamma, betas: null })).toEqual(normalize({ gammas: gamma, betas: zeros }));
    expect(normalize({ gammas: null, betas: null })).toEqual(normalize({ gammas: ones, betas: zeros }));
  });

  test('variance 0 and ε 0 only shift', () => {
    const zeros = new Array<number>(n).fill(0);
    const y = normalize({ gammas: gamma, betas: null }, 0, zeros);
    y.forEach((row, i) => {
      row.forEach((value, j) => {
        expect(value).toBe(fround(fround(x[i][j] - means[j]) * gamma[j]) + 0);
      });
    });
  });

  interface Backward {
    readonly gammas?: number[] | null;
    /** Buffer that dx overwrites; null where dx is not wanted. */
    readonly onto?: 'dy' | 'x' | null;
    readonly wanted?: boolean;
  }

  const backward = ({ gammas = gamma, onto, wanted = true }: Backward = {}) =>
    onFixture(runtime, (fixture) => {
      const [from, delta] = [fixture.use(laid(x, 1e30)), fixture.use(laid(dy, 0))];
      const to = onto === 'dy' ? delta : onto === 'x' ? from : onto === null ? null : roomFor(fixture, m, n);
      const [dgamma, dbeta] = [fixture.room(padded(n)), fixture.room(padded(n))];
      const [center, rest, variance] = [means, rests, variances].map((values) => fixture.use(column(values)).address);
      const gammaAt = gammas ? fixture.use(column(gammas)).address : 0;
      const results = [to?.address ?? 0, wanted ? dgamma.address : 0, wanted ? dbeta.address : 0] as const;
      const foot = runtime.memory.f32.slice(0, FIRST_ADDRESS / 4);
      const places = [from.address, center, rest, variance, gammaAt, delta.address, ...results] as const;
      fixture.call('f32_normalize_columns_backward', m, n, ...places, ld, EPSILON);
      // An unwanted result is not written: what lies below the first address stays unchanged.
      expect(runtime.memory.f32.slice(0, FIRST_ADDRESS / 4)).toEqual(foot);
      if (to !== delta) expect(fixture.read(delta)).toEqual(laid(dy, 0));
      if (to !== from) expect(fixture.read(from)).toEqual(laid(x, 1e30));
      return {
        dx: to ? rowsOf(fixture.read(to), m, n, 'zero') : null,
        dgamma: wanted ? columnOf(fixture.read(dgamma), n) : [...fixture.read(dgamma)],
        dbeta: wanted ? columnOf(fixture.read(dbeta), n) : [...fixture.read(dbeta)],
      };
    });

  test('the derivative is γ·r/m·(m·dy − Σ dy − x̂·Σ dy·x̂)', () => {
    const { dx, dgamma, dbeta } = backward();
    for (let j = 0; j < n; j++) {
      const r = inverse(variances[j]);
      const hat = x.map((row) => (row[j] - means[j] - rests[j]) * r);
      const d = dy.map((row) => row[j]);
      const [sumD, dot] = [sum(d), sum(d.map((value, i) => value * hat[i]))];
      close('dbeta of columns', dbeta[j], sumD, m, 2);
      close('dgamma of columns', dgamma[j], dot, m, 3);
      const size = Math.abs(gamma[j] * r) * 2;
      d.forEach((value, i) => {
        close('dx of columns', dx![i][j], ((gamma[j] * r) / m) * (m * value - sumD - hat[i] * dot), size, 4);
      });
      expect([dgamma[j], dbeta[j]]).toEqual(expectedSums(columnsOf(x)[j], d, [means[j], rests[j], variances[j]]));
    }
    expect(backward({ onto: 'dy' })).toEqual({ dx, dgamma, dbeta });
    expect(backward({ onto: 'x' })).toEqual({ dx, dgamma, dbeta });
    expect(backward({ onto: null })).toEqual({ dx: null, dgamma, dbeta });
    const untouched = new Array<number>(padded(n)).fill(NaN);
    expect(backward({ wanted: false })).toEqual({ dx, dgamma: untouched, dbeta: untouched });
  });

  test('the derivative without gamma has the bits of γ = 1', () => {
    expect(backward({ gammas: null })).toEqual(backward({ gammas: new Array<number>(n).fill(1) }));
  });

  test.each([false, true])('rows are scaled by r, in place %s', (inPlace) => {
    onFixture(runtime, (fixture) => {
      const delta = fixture.use(laid(dy, 5));
      const to = inPlace ? delta : roomFor(fixture, m, n);
      const spread = fixture.use(column(variances));
      fixture.call('f32_scale_columns', m, n, delta.address, spread.address, to.address, ld, EPSILON);
      rowsOf(fixture.read(to), m, n, 'zero').forEach((row, i) => {
        row.forEach((value, j) => {
          close('scaled columns', value, dy[i][j] * inverse(variances[j]), inverse(variances[j]), 3);
        });
      });
      if (inPlace) return;
      fixture.call(
        'f32_scale_columns',
        m,
        n,
        delta.address,
        fixture.use(column(vector(n, 1).fill(0))).address,
        to.address,
        ld,
        0,
      );
      expect(rowsOf(fixture.read(to), m, n, 'zero')).toEqual(dy);
    });
  });
});

describe.each(shapes)('layer normalization of %i rows of %i', (m, n) => {
  const ld = stride(n);
  const x = matrix(m, n, 200 * m + n, 2, -3);
  const dy = matrix(m, n, 200 * m + n + 1);
  const [gamma, beta] = [vector(n, 3), vector(n, 4)];

  const normalize = (
    values: Matrix,
    gammas: number[] | null,
    betas: number[] | null,
    { inPlace = false, epsilon = EPSILON } = {},
  ): number[][] =>
    onFixture(runtime, (fixture) => {
      const from = fixture.use(laid(values, 1e30));
      const to = inPlace ? from : roomFor(fixture, values.length, n);
      const at = (parameters: number[] | null): number => (parameters ? fixture.use(column(parameters)).address : 0);
      const places = [from.address, at(gammas), at(betas), to.address] as const;
      fixture.call('f32_normalize_rows', values.length, n, ...places, ld, epsilon);
      return rowsOf(fixture.read(to), values.length, n, 'finite');
    });

  test('normalized values are (x − mean)·r·γ + β', () => {
    const y = normalize(x, gamma, beta);
    x.forEach((row, i) => {
      const [center, variance] = moments(row);
      row.forEach((value, j) => {
        const expected = (value - center) * inverse(variance) * gamma[j] + beta[j];
        // An error of the mean is multiplied by r.
        close('normalized rows', y[i][j], expected, 1 + Math.abs(gamma[j]) * inverse(variance) * largest(row), 4);
      });
    });
    expect(normalize(x, gamma, beta, { inPlace: true })).toEqual(y);
    // A row does not depend on the other rows.
    expect(x.flatMap((row) => normalize([row], gamma, beta))).toEqual(y);
  });

  test('sums are in the order of four lanes', () => {
    const lanes = (values: readonly number[]): number => {
      const part = [0, 0, 0, 0];
      values.forEach((value, j) => (part[j & 3] = fround(part[j & 3] + value)));
      return fround(fround(part[0] + part[1]) + fround(part[2] + part[3]));
    };
    const y = normalize(x, gamma, beta);
    x.forEach((row, i) => {
      const center = fround(lanes(row) / n);
      const variance = fround(lanes(row.map((value) => fround(fround(value - center) ** 2))) / n);
      const r = fround(1 / fround(Math.sqrt(fround(variance + EPSILON))));
      const expected = row.map((value, j) => fround(fround(fround(fround(value - center) * r) * gamma[j]) + beta[j]));
      expect(y[i]).toEqual(expected);
    });
  });

  test('without gamma and beta the bits are those of γ = 1 and β = 0', () => {
    const [ones, zeros] = [new Array<number>(n).fill(1), new Array<number>(n).fill(0)];
    expect(normalize(x, null, beta)).toEqual(normalize(x, ones, beta));
    expect(normalize(x, gamma, null)).toEqual(normalize(x, gamma, zeros));
  });

  test('a row of equal values gives β, also with ε 0', () => {
    // Multiples of 1/8: their sums are exact, and so is the mean.
    const equal = x.map((_, i) => new Array<number>(n).fill((i - 3) / 8));
    for (const epsilon of [0, EPSILON]) {
      for (const row of normalize(equal, gamma, beta, { epsilon })) expect(row).toEqual(beta);
    }
  });

  interface Backward {
    readonly gammas?: number[] | null;
    readonly onto?: 'dy' | 'x' | null;
    readonly wanted?: boolean;
  }

  const backward = ({ gammas = gamma, onto, wanted = true }: Backward = {}) =>
    onFixture(runtime, (fixture) => {
      const [from, delta] = [fixture.use(laid(x, 1e30)), fixture.use(laid(dy, 0))];
      const to = onto === 'dy' ? delta : onto === 'x' ? from : onto === null ? null : roomFor(fixture, m, n);
      const [dgamma, dbeta] = [fixture.room(padded(n)), fixture.room(padded(n))];
      const gammaAt = gammas ? fixture.use(column(gammas)).address : 0;
      const results = [to?.address ?? 0, wanted ? dgamma.address : 0, wanted ? dbeta.address : 0] as const;
      const foot = runtime.memory.f32.slice(0, FIRST_ADDRESS / 4);
      fixture.call(
        'f32_normalize_rows_backward',
        m,
        n,
        from.address,
        gammaAt,
        delta.address,
        ...results,
        ld,
        EPSILON,
        0,
      );
      // An unwanted result is not written: what lies below the first address stays unchanged.
      expect(runtime.memory.f32.slice(0, FIRST_ADDRESS / 4)).toEqual(foot);
      if (to !== delta) expect(fixture.read(delta)).toEqual(laid(dy, 0));
      if (to !== from) expect(fixture.read(from)).toEqual(laid(x, 1e30));
      return {
        dx: to ? rowsOf(fixture.read(to), m, n, 'zero') : null,
        dgamma: wanted ? columnOf(fixture.read(dgamma), n) : [...fixture.read(dgamma)],
        dbeta: wanted ? columnOf(fixture.read(dbeta), n) : [...fixture.read(dbeta)],
      };
    });

  test('the derivative is r·(g − mean(g) − x̂·mean(g·x̂)), g = dy·γ', () => {
    const { dx, dgamma, dbeta } = backward();
    const dots = new Array<number>(n).fill(0);
    let reach = 0;
    x.forEach((row, i) => {
      const [center, variance] = moments(row);
      const r = inverse(variance);
      const hat = row.map((value) => (value - center) * r);
      const g = dy[i].map((value, j) => value * gamma[j]);
      const [meanG, meanDot] = [mean(g), mean(g.map((value, j) => value * hat[j]))];
      const size = 1 + r * largest(row);
      reach = Math.max(reach, size);
      g.forEach((value, j) => {
        dots[j] += dy[i][j] * hat[j];
        close('dx of rows', dx![i][j], r * (value - meanG - hat[j] * meanDot), r * size, 2);
      });
    });
    for (let j = 0; j < n; j++) {
      close('dgamma of rows', dgamma[j], dots[j], m * reach, 2);
      expect(dbeta[j]).toBe(dy.reduce((total, row) => fround(total + row[j]), 0));
    }
    expect(backward({ onto: 'dy' })).toEqual({ dx, dgamma, dbeta });
    expect(backward({ onto: 'x' })).toEqual({ dx, dgamma, dbeta });
    expect(backward({ onto: null })).toEqual({ dx: null, dgamma, dbeta });
    const untouched = new Array<number>(padded(n)).fill(NaN);
    expect(backward({ wanted: false })).toEqual({ dx, dgamma: untouched, dbeta: untouched });
  });

  test('the derivative without gamma has the bits of γ = 1', () => {
    expect(backward({ gammas: null })).toEqual(backward({ gammas: new Array<number>(n).fill(1) }));
  });
});

describe.each(shapes)('root mean square normalization of %i rows of %i', (m, n) => {
  const ld = stride(n);
  const x = matrix(m, n, 300 * m + n, 2, 1);
  const dy = matrix(m, n, 300 * m + n + 1);
  const gamma = vector(n, 5);
  const square = (row: readonly number[]): number => mean(row.map((value) => value * value));

  const normalize = (values: Matrix, gammas: number[] | null, { inPlace = false, epsilon = EPSILON } = {}) =>
    onFixture(runtime, (fixture) => {
      const from = fixture.use(laid(values, 1e30));
      const to = inPlace ? from : roomFor(fixture, values.length, n);
      const gammaAt = gammas ? fixture.use(column(gammas)).address : 0;
      fixture.call('f32_rms_rows', values.length, n, from.address, gammaAt, to.address, ld, epsilon);
      return rowsOf(fixture.read(to), values.length, n, 'zero');
    });

  test('normalized values are x·r·γ in the documented roundings', () => {
    const y = normalize(x, gamma);
    x.forEach((row, i) => {
      const part = [0, 0, 0, 0];
      row.forEach((value, j) => (part[j & 3] = fround(part[j & 3] + fround(value * value))));
      const sum = fround(fround(part[0] + part[1]) + fround(part[2] + part[3]));
      const r = fround(1 / fround(Math.sqrt(fround(fround(sum / n) + EPSILON))));
      row.forEach((value, j) => {
        close('rms of rows', y[i][j], value * inverse(square(row)) * gamma[j], 1 + Math.abs(y[i][j]), 4);
        expect(y[i][j]).toBe(fround(fround(value * r) * gamma[j]));
      });
    });
    expect(normalize(x, gamma, { inPlace: true })).toEqual(y);
    expect(normalize(x, null)).toEqual(normalize(x, new Array<number>(n).fill(1)));
  });

  test('a row of zeros stays 0, also with ε 0, and one whose squares overflow becomes 0', () => {
    const rows = [new Array<number>(n).fill(0), new Array<number>(n).fill(3e38)];
    const zeros = new Array<number>(n).fill(0);
    for (const epsilon of [0, EPSILON]) expect(normalize(rows, null, { epsilon })).toEqual([zeros, zeros]);
  });

  const backward = ({
    gammas = gamma,
    onto,
    wanted = true,
  }: { gammas?: number[] | null; onto?: 'dy' | 'x' | null; wanted?: boolean } = {}) =>
    onFixture(runtime, (fixture) => {
      const [from, delta] = [fixture.use(laid(x, 1e30)), fixture.use(laid(dy, 0))];
      const to = onto === 'dy' ? delta : onto === 'x' ? from : onto === null ? null : roomFor(fixture, m, n);
      const dgamma = fixture.room(padded(n));
      const gammaAt = gammas ? fixture.use(column(gammas)).address : 0;
      const results = [to?.address ?? 0, wanted ? dgamma.address : 0] as const;
      fixture.call('f32_rms_rows_backward', m, n, from.address, gammaAt, delta.address, ...results, ld, EPSILON, 0);
      if (to !== delta) expect(fixture.read(delta)).toEqual(laid(dy, 0));
      if (to !== from) expect(fixture.read(from)).toEqual(laid(x, 1e30));
      return {
        dx: to ? rowsOf(fixture.read(to), m, n, 'zero') : null,
        dgamma: wanted ? columnOf(fixture.read(dgamma), n) : null,
      };
    });

  test('the derivative is r·(g − x̂·mean(g·x̂)), g = dy·γ', () => {
    const { dx, dgamma } = backward();
    const dots = new Array<number>(n).fill(0);
    x.forEach((row, i) => {
      const r = inverse(square(row));
      const hat = row.map((value) => value * r);
      const g = dy[i].map((value, j) => value * gamma[j]);
      const meanDot = mean(g.map((value, j) => value * hat[j]));
      g.forEach((value, j) => {
        dots[j] += dy[i][j] * hat[j];
        close('dx by rms', dx![i][j], r * (value - hat[j] * meanDot), r * (1 + hat[j] ** 2), 4);
      });
    });
    for (let j = 0; j < n; j++) close('dgamma by rms', dgamma![j], dots[j], 2 * m, 4);
    expect(backward({ onto: 'dy' })).toEqual({ dx, dgamma });
    expect(backward({ onto: 'x' })).toEqual({ dx, dgamma });
    expect(backward({ onto: null })).toEqual({ dx: null, dgamma });
    expect(backward({ wanted: false })).toEqual({ dx, dgamma: null });
    expect(backward({ gammas: null })).toEqual(backward({ gammas: new Array<number>(n).fill(1) }));
  });
});

test('a constant column with ε gives β, and a derivative of 0', () => {
  onFixture(runtime, (fixture) => {
    const x = fixture.use(
      laid(
        Array.from({ length: 4 }, () => [0.5]),
        0,
      ),
    );
    const [center, rest, variance] = [fixture.room(4), fixture.room(4), fixture.room(4)];
    const y = roomFor(fixture, 4, 1);
    fixture.call('f32_column_moments', 4, 1, x.address, 8, center.address, rest.address, variance.address);
    expect([center, rest, variance].map((place) => fixture.read(place)[0])).toEqual([0.5, 0, 0]);
    const beta = fixture.use([0.25, 0, 0, 0]);
    for (const epsilon of [EPSILON, 0]) {
      const places = [x.address, center.address, variance.address, 0, beta.address, y.address] as const;
      fixture.call('f32_normalize_columns', 4, 1, ...places, 8, epsilon);
      expect(rowsOf(fixture.read(y), 4, 1, 'zero')).toEqual([[0.25], [0.25], [0.25], [0.25]]);
    }
  });
});

describe('columns of two blocks of rows and a part of a third', () => {
  const [m, n] = [2 * ROW_BLOCK + 9, 21];
  const [x, dy] = [matrix(m, n, 1, 2, 3), matrix(m, n, 2)];

  test('have moments and derivatives of γ and β from sums of blocks, and a derivative that adds up to 0', () => {
    onFixture(runtime, (fixture) => {
      const [from, delta, to] = [fixture.use(laid(x, 1e30)), fixture.use(laid(dy, 0)), fixture.use(laid(x, NaN))];
      const places = Array.from({ length: 5 }, () => fixture.room(padded(n)));
      const [center, rest, variance, dgamma, dbeta] = places.map(({ address }) => address);
      const statistics = [center, rest, variance] as const;
      fixture.call('f32_column_moments', m, n, from.address, stride(n), ...statistics);
      const sums = [to.address, dgamma, dbeta] as const;
      const operands = [from.address, ...statistics, 0, delta.address] as const;
      fixture.call('f32_normalize_columns_backward', m, n, ...operands, ...sums, stride(n), EPSILON);
      const got = places.map((place) => columnOf(fixture.read(place), n));
      const dx = fixture.read(to);
      columnsOf(x).forEach((values, j) => {
        const moments = got.slice(0, 3).map((column) => column[j]);
        expectMoments(values, moments);
        const deltas = dy.map((row) => row[j]);
        expect([got[3][j], got[4][j]]).toEqual(expectedSums(values, deltas, moments));
        close('sum of dx', sum(deltas.map((_, i) => dx[i * stride(n) + j])), 0, 2 * Math.sqrt(m) + m / 16, 8);
      });
    });
  });
});

/** Rows whose values are far from 0, as those of a layer whose inputs are not centred. */
describe.each([2, 32, 512, 4096])('the derivative over %i rows whose mean is 50 deviations', (m) => {
  const n = 5;
  const x = matrix(m, n, 7 * m, 2, 100);
  // Deltas with a mean as large as their deviation.
  const dy = matrix(m, n, 7 * m + 1, 1, 0.6);
  const ld = stride(n);

  test('has sums over the rows, and products with x, that are 0 but for the rounding of each row', () => {
    onFixture(runtime, (fixture) => {
      const [from, delta, to] = [fixture.use(laid(x, 0)), fixture.use(laid(dy, 0)), roomFor(fixture, m, n)];
      const statistics = [fixture.room(padded(n)), fixture.room(padded(n)), fixture.room(padded(n))];
      const [center, rest, variance] = statistics.map(({ address }) => address);
      fixture.call('f32_column_moments', m, n, from.address, ld, center, rest, variance);
      const places = [from.address, center, rest, variance, 0, delta.address, to.address, 0, 0] as const;
      fixture.call('f32_normalize_columns_backward', m, n, ...places, ld, 0);
      const columns = columnsOf(x);
      columnsOf(rowsOf(fixture.read(to), m, n, 'zero')).forEach((dx, j) => {
        const [, spread] = moments(columns[j]);
        // Values are up to 2·r, and rounded as often up as down; the sums that are corrected for are rounded
        // themselves.
        const size = (2 * Math.sqrt(m) + m / 16) / Math.sqrt(spread);
        close('sum of dx', sum(dx), 0, size, 4);
        close('sum of dx·x', sum(dx.map((value, i) => value * columns[j][i])), 0, 100 * size, 3);
      });
    });
  });
});
