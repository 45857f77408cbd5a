/** Initializers through the public API: their distributions, what their values depend on, and what is refused. */
import { afterAll, describe, expect, test } from 'vitest';
import { TILE_NAMES } from '../../src/runtime/tile.js';
import {
  constant,
  createEngineSync,
  dense,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  identity,
  lecunNormal,
  lecunUniform,
  maxout,
  orthogonal,
  randomNormal,
  randomUniform,
  ShapeError,
  truncatedNormal,
  ValueError,
  varianceScaling,
  xavier,
  type Engine,
  type InitializerContext,
  type InitializerLike,
} from '../../src/index.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

const engine = createEngineSync();
afterAll(() => engine.dispose());

/**
 * Returns the first weights of a dense layer, (units, inputs), and of more such layers where `layers` asks for them.
 */
function weightsOf(
  kernelInitializer: InitializerLike,
  {
    units = 300,
    inputs = 400,
    seed = 1,
    layers = 1,
    on = engine,
  }: Partial<Record<'units' | 'inputs' | 'seed' | 'layers', number>> & { on?: Engine } = {},
): Float32Array[] {
  const one = (index: number) =>
    dense({ units, kernelInitializer, useBias: false, ...(index === 0 && { inputShape: [inputs] }) });
  const model = on.sequential({ seed, layers: Array.from({ length: layers }, (_, index) => one(index)) });
  const weights = model.getWeights().map(({ data }) => data);
  model.dispose();
  return weights;
}

/** The standard normal distribution function, by its series. */
function normalShare(z: number): number {
  let [term, sum] = [z, z];
  for (let odd = 3; Math.abs(term) > 1e-17; odd += 2) sum += term *= (z * z) / odd;
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

/** Properties of a distribution of mean 0: distribution function, standard deviation, kurtosis, and bounds. */
interface Distribution {
  readonly share: (x: number) => number;
  readonly stddev: number;
  readonly kurtosis: number;
  readonly limit: number;
}

// The radius of Box and Muller's draw is at most √(48 ln 2).
const gaussian = (stddev: number): Distribution => ({
  share: (x) => normalShare(x / stddev),
  stddev,
  kurtosis: 3,
  limit: stddev * Math.sqrt(48 * Math.LN2),
});

const uniform = (limit: number): Distribution => ({
  share: (x) => (x + limit) / (2 * limit),
  stddev: limit / Math.sqrt(3),
  kurtosis: 9 / 5,
  limit,
});

/**
 * The standard normal distribution cut off at ±2: moments by parts, E z² = 1 − 2·2φ(2)/P, E z⁴ = 3·E z² − 2·8φ(2)/P.
 */
const TAIL = Math.exp(-2) / Math.sqrt(2 * Math.PI) / (2 * normalShare(2) - 1);
const SECOND = 1 - 4 * TAIL;
const truncated = (stddev: number): Distribution => ({
  share: (x) => (normalShare(x / stddev) - normalShare(-2)) / (2 * normalShare(2) - 1),
  stddev: stddev * Math.sqrt(SECOND),
  kurtosis: (3 * SECOND - 16 * TAIL) / SECOND ** 2,
  limit: 2 * stddev,
});

describe('distributions of initial weights', () => {
  // n_in = 400, n_out = 300.
  test.each<[string, InitializerLike, Distribution, number?]>([
    ['randomNormal', randomNormal(), gaussian(0.05)],
    ['randomNormal with options', randomNormal({ mean: 2, stddev: 0.5 }), gaussian(0.5), 2],
    ['randomUniform', randomUniform(), uniform(0.05)],
    ['randomUniform with options', randomUniform({ minval: -1, maxval: 3 }), uniform(2), 1],
    ['truncatedNormal', truncatedNormal(), truncated(0.05)],
    ['truncatedNormal with options', truncatedNormal({ mean: -1, stddev: 0.2 }), truncated(0.2), -1],
    ['xavier', xavier(), gaussian(Math.sqrt(1 / 400))],
    ['lecunNormal', lecunNormal(), gaussian(Math.sqrt(1 / 400))],
    ['lecunUniform', lecunUniform(), uniform(Math.sqrt(3 / 400))],
    ['heNormal', heNormal(), gaussian(Math.sqrt(2 / 400))],
    ['heUniform', heUniform(), uniform(Math.sqrt(6 / 400))],
    ['glorotNormal', glorotNormal(), gaussian(Math.sqrt(2 / 700))],
    ['glorotUniform', glorotUniform(), uniform(Math.sqrt(6 / 700))],
    ['varianceScaling', varianceScaling(), truncated(Math.sqrt(1 / 400) / 0.87962566103423978)],
    [
      'varianceScaling of the mean width',
      varianceScaling({ scale: 3, mode: 'fanAvg' }),
      truncated(Math.sqrt(6 / 700) / 0.87962566103423978),
    ],
    [
      'varianceScaling of the outputs, uniform',
      varianceScaling({ mode: 'fanOut', distribution: 'uniform' }),
      uniform(Math.sqrt(3 / 300)),
    ],
    ['lecunNormal by name', 'lecunNormal', gaussian(Math.sqrt(1 / 400))],
  ])('%s', (_, initializer, { share, stddev, kurtosis, limit }, mean = 0) => {
    const values = Float64Array.from(weightsOf(initializer)[0], (value) => value - mean);
    const n = values.length;
    expect(n).toBe(120_000);
    // Five standard errors each.
    const average = values.reduce((sum, x) => sum + x, 0) / n;
    expect(Math.abs(average)).toBeLessThan((5 * stddev) / Math.sqrt(n));
    const variance = values.reduce((sum, x) => sum + x * x, 0) / n;
    expect(Math.abs(variance / stddev ** 2 - 1)).toBeLessThan(5 * Math.sqrt((kurtosis - 1) / n));
    // Rounded to float32 together with the mean.
    expect(values.every((x) => Math.abs(x) <= limit * (1 + 2 ** -22) + Math.abs(mean) * 2 ** -23)).toBe(true);
    // Kolmogorov and Smirnov: the largest distance between the two distribution functions; 1.95/√n is exceeded once in
    // a thousand draws.
    const distance = values.sort().reduce((largest, x, i) => {
      const expected = share(x);
      return Math.max(largest, Math.abs(expected - i / n), Math.abs(expected - (i + 1) / n));
    }, 0);
    expect(distance).toBeLessThan(1.95 / Math.sqrt(n));
  });

  test('variances depend on n_in and n_out, not on the shape alone', () => {
    const variance = (initializer: InitializerLike, units: number, inputs: number): number => {
      const [values] = weightsOf(initializer, { units, inputs });
      return values.reduce((sum, x) => sum + x * x, 0) / values.length;
    };
    for (const [units, inputs] of [
      [1000, 100],
      [100, 1000],
    ]) {
      expect(variance('heUniform', units, inputs) * inputs).toBeCloseTo(2, 1);
      expect(variance('lecunUniform', units, inputs) * inputs).toBeCloseTo(1, 1);
      expect(variance('glorotNormal', units, inputs) * (units + inputs)).toBeCloseTo(2, 1);
    }
  });

  test('randomUniform with equal bounds gives the bound', () => {
    expect(new Set(weightsOf(randomUniform({ minval: 0.1, maxval: 0.1 }))[0])).toEqual(new Set([Math.fround(0.1)]));
  });

  test('randomUniform stays within its bounds where few numbers lie between them', () => {
    const values = weightsOf(randomUniform({ minval: 1, maxval: 1 + 3 * 2 ** -23 }))[0];
    expect([...new Set(values)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3].map((k) => 1 + k * 2 ** -23));
  });
});

describe('truncatedNormal', () => {
  const within = (z: number): boolean => Math.abs(z) <= 2;

  test('equals the normal values within two standard deviations, and draws again beyond them', () => {
    const [all] = weightsOf(randomNormal({ stddev: 1 }));
    const [cut] = weightsOf(truncatedNormal({ stddev: 1 }));
    expect(all.filter(within).length).toBeLessThan(all.length);
    all.forEach((z, i) => expect(cut[i] === z, `value ${i}`).toBe(within(z)));
    expect(cut.every(within)).toBe(true);
    // Drawn again one by one: hardly any two are equal.
    const again = cut.filter((_, i) => !within(all[i]));
    expect(new Set(again).size).toBeGreaterThan(0.99 * again.length);
  });

  test('gives values that depend on their position alone, not on how many are drawn', () => {
    const [many] = weightsOf(truncatedNormal());
    for (const [units, inputs] of [
      [1, 7],
      [3, 11],
      [50, 33],
    ]) {
      expect(weightsOf(truncatedNormal(), { units, inputs })[0]).toEqual(many.slice(0, units * inputs));
    }
  });
});

describe('varianceScaling', () => {
  test.each<[InitializerLike, Parameters<typeof varianceScaling>[0]]>([
    ['xavier', { distribution: 'untruncatedNormal' }],
    ['lecunNormal', { distribution: 'untruncatedNormal' }],
    ['lecunUniform', { distribution: 'uniform' }],
    ['heNormal', { scale: 2, distribution: 'untruncatedNormal' }],
    ['heUniform', { scale: 2, distribution: 'uniform' }],
    ['glorotNormal', { mode: 'fanAvg', distribution: 'untruncatedNormal' }],
    ['glorotUniform', { mode: 'fanAvg', distribution: 'uniform' }],
  ])('gives the bits of %s with %o', (name, options) => {
    for (const [units, inputs] of [
      [300, 400],
      [7, 3],
      [1, 1],
      [10, 785],
    ]) {
      expect(weightsOf(varianceScaling(options), { units, inputs })).toEqual(weightsOf(name, { units, inputs }));
    }
  });

  test('takes the spelling of Keras, and saves its own', () => {
    const given = varianceScaling(any({ mode: 'fan_avg', distribution: 'truncated_normal' }));
    expect(given.config).toEqual({ scale: 1, mode: 'fanAvg', distribution: 'truncatedNormal' });
  });
});

describe('identity', () => {
  test.each([
    [3, 3],
    [2, 5],
    [5, 2],
    [1, 1],
  ])('has its gain on the diagonal of %i units and %i inputs', (units, inputs) => {
    for (const gain of [1, -0.1, 0]) {
      const expected = Array.from({ length: units * inputs }, (_, at) => {
        const [row, column] = [Math.floor(at / inputs), at % inputs];
        return row === column ? Math.fround(gain) : 0;
      });
      expect([...weightsOf(identity({ gain }), { units, inputs })[0]]).toEqual(expected);
    }
    expect(weightsOf('identity', { units, inputs })).toEqual(weightsOf(identity(), { units, inputs }));
  });

  test('passes inputs on', () => {
    const model = engine.sequential({ layers: [dense({ units: 3, kernelInitializer: 'identity', inputShape: [3] })] });
    expect([...model.predict([[0.5, -2, 3]])]).toEqual([0.5, -2, 3]);
    model.dispose();
  });
});

const drawn: [string, InitializerLike][] = [
  ['randomNormal', randomNormal()],
  ['randomUniform', randomUniform()],
  ['truncatedNormal', truncatedNormal()],
  ['xavier', xavier()],
  ['lecunNormal', lecunNormal()],
  ['lecunUniform', lecunUniform()],
  ['heNormal', heNormal()],
  ['heUniform', heUniform()],
  ['glorotNormal', glorotNormal()],
  ['glorotUniform', glorotUniform()],
  ['orthogonal', orthogonal()],
  ['varianceScaling', varianceScaling()],
];

describe.each(drawn)('%s', (_, initializer) => {
  const size = { units: 37, inputs: 37, layers: 2 };

  test('gives the same bits in panels of every width', () => {
    const expected = weightsOf(initializer, size);
    for (const tile of TILE_NAMES) {
      const on = createEngineSync({ tile });
      expect(weightsOf(initializer, { ...size, on })).toEqual(expected);
      on.dispose();
    }
  });

  test('gives other values for another seed or parameter, and the same for the same', () => {
    const [first, second] = weightsOf(initializer, size);
    const [other] = weightsOf(initializer, { ...size, seed: 2 });
    const same = (a: Float32Array, b: Float32Array): number => a.filter((value, i) => value === b[i]).length;
    expect(same(first, second)).toBeLessThan(3);
    expect(same(first, other)).toBeLessThan(3);
    expect(weightsOf(initializer, size)).toEqual([first, second]);
  });
});

describe('orthogonal', () => {
  /** Largest distance of the products of all rows, or of all columns, from the identity. */
  function distance(values: Float32Array, units: number, inputs: number, gain = 1): number {
    const byRows = units <= inputs;
    const [count, length] = byRows ? [units, inputs] : [inputs, units];
    const at = (vector: number, k: number): number =>
      byRows ? values[vector * inputs + k] : values[k * inputs + vector];
    let largest = 0;
    for (let a = 0; a < count; a++) {
      for (let b = 0; b <= a; b++) {
        let sum = 0;
        for (let k = 0; k < length; k++) sum += at(a, k) * at(b, k);
        largest = Math.max(largest, Math.abs(sum / gain ** 2 - (a === b ? 1 : 0)));
      }
    }
    return largest;
  }

  test.each([
    ['rows', 300, 400],
    ['columns', 400, 300],
    ['both', 200, 200],
    ['a single row', 1, 50],
    ['a single column', 50, 1],
    ['odd sizes', 13, 17],
  ])('makes %s orthonormal up to 1e-6', (_, units, inputs) => {
    for (const seed of [1, 2]) {
      const [values] = weightsOf(orthogonal(), { units, inputs, seed });
      expect(distance(values, units, inputs)).toBeLessThanOrEqual(1e-6);
    }
  });

  test('makes a single value 1 or −1, equally often', () => {
    const signs = Array.from(
      { length: 200 },
      (_, seed) => weightsOf('orthogonal', { units: 1, inputs: 1, seed })[0][0],
    );
    expect(signs.every((sign) => Math.abs(sign) === 1)).toBe(true);
    // Five standard deviations of a binomial share.
    expect(Math.abs(signs.filter((sign) => sign === 1).length - 100)).toBeLessThan(5 * Math.sqrt(50));
  });

  test('is scaled by gain', () => {
    const size = { units: 20, inputs: 30 };
    const [plain] = weightsOf(orthogonal(), size);
    const [scaled] = weightsOf(orthogonal({ gain: 3 }), size);
    expect(distance(scaled, 20, 30, 3)).toBeLessThanOrEqual(1e-6);
    scaled.forEach((value, i) => expect(Math.abs(value - 3 * plain[i])).toBeLessThanOrEqual(3 * 2 ** -24));
  });

  test.each([
    ['rows', 20, 30],
    ['columns', 30, 20],
    ['both', 25, 25],
  ])('is Q of the Gaussian matrix of the same draw, by %s, with a positive diagonal of R', (_, units, inputs) => {
    const [gaussianValues] = weightsOf(randomNormal({ stddev: 1 }), { units, inputs });
    const [values] = weightsOf(orthogonal(), { units, inputs });
    const byRows = units <= inputs;
    const [count, length] = byRows ? [units, inputs] : [inputs, units];
    const of = (matrix: Float32Array, vector: number, k: number): number =>
      byRows ? matrix[vector * inputs + k] : matrix[k * inputs + vector];
    // A = QR, so QᵀA = R.
    for (let q = 0; q < count; q++) {
      for (let a = 0; a < count; a++) {
        let r = 0;
        for (let k = 0; k < length; k++) r += of(values, q, k) * of(gaussianValues, a, k);
        if (a < q) expect(Math.abs(r)).toBeLessThan(1e-5);
        if (a === q) expect(r).toBeGreaterThan(0);
      }
    }
  });

  test('treats all pieces of a maxout layer as one matrix', () => {
    const layer = maxout({ units: 5, pieces: 3, kernelInitializer: orthogonal(), inputShape: [40] });
    const model = engine.sequential({ layers: [layer] });
    const [{ shape, data }] = model.getWeights();
    expect(shape).toEqual([15, 40]);
    expect(distance(data, 15, 40)).toBeLessThanOrEqual(1e-6);
    model.dispose();
  });
});

describe('custom initializers', () => {
  const layer = (initializer: unknown, bias: unknown = 'zeros') =>
    dense({ units: 3, inputShape: [4], kernelInitializer: any(initializer), biasInitializer: any(bias) });
  const build = (initializer: unknown, bias?: unknown, seed = 1) =>
    engine.sequential({ seed, layers: [layer(initializer, bias)] });

  test('receive shape, fans and a seed of their own, and give the weights', () => {
    const seen: InitializerContext[] = [];
    const own = {
      name: 'counting',
      values(context: InitializerContext) {
        expect(this).toBe(own);
        seen.push(context);
        const size = context.shape.reduce((product, extent) => product * extent, 1);
        return Float32Array.from({ length: size }, (_, i) => i);
      },
    };
    const model = build(own, own);
    const [weight, bias] = model.getWeights();
    expect([...weight.data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect([...bias.data]).toEqual([0, 1, 2]);
    expect(seen.map(({ seed: _, ...rest }) => rest)).toEqual([
      { shape: [3, 4], fanIn: 4, fanOut: 3 },
      { shape: [3], fanIn: 4, fanOut: 3 },
    ]);
    model.dispose();
    build(own, own).dispose();
    build(own, own, 2).dispose();
    const seeds = seen.map(({ seed }) => seed);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true);
    expect(seeds.slice(2, 4)).toEqual(seeds.slice(0, 2));
    expect(new Set(seeds).size).toBe(4);
  });

  const returning = (values: unknown) => ({ name: 'mine', values: () => values });
  test.each<[string, () => unknown, typeof ShapeError | typeof ValueError, string]>([
    [
      'too few values',
      () => build(returning(new Float32Array(11))),
      ShapeError,
      'initializer "mine": values expected 12 numbers for shape (3, 4), got 11.',
    ],
    [
      'too many values for a bias',
      () => build('zeros', returning(new Float32Array(12))),
      ShapeError,
      'initializer "mine": values expected 3 numbers for shape (3), got 12.',
    ],
    [
      'a value that is not finite',
      () => build(returning(new Float32Array(12).fill(NaN, 7))),
      ValueError,
      'initializer "mine": values expected finite numbers, got NaN at index 7.',
    ],
    [
      'values that are no Float32Array',
      () => build(returning([1, 2, 3])),
      ValueError,
      'initializer "mine": values expected a Float32Array, got [1,2,3].',
    ],
    [
      'an initializer without a function',
      () => build({ name: 'mine' }),
      ValueError,
      'dense: kernelInitializer expected "mine" to have a function values, got undefined.',
    ],
    [
      'an initializer without a name',
      () => build({ values: () => new Float32Array(12) }),
      ValueError,
      'dense: kernelInitializer expected an object with a name, got undefined as its name.',
    ],
    [
      'orthogonal for biases',
      () => build('zeros', 'orthogonal'),
      ValueError,
      'orthogonal: shape expected (units, inputs), got (3). It is for weights, not for biases.',
    ],
    [
      'an unknown name',
      () => build('lecunnormal'),
      ValueError,
      'dense: kernelInitializer is unknown: "lecunnormal". Did you mean "lecunNormal"?',
    ],
    [
      'identity for biases',
      () => build('zeros', 'identity'),
      ValueError,
      'identity: shape expected (units, inputs), got (3). It is for weights, not for biases.',
    ],
    [
      'an infinite gain',
      () => identity({ gain: Infinity }),
      ValueError,
      'identity: gain expected a finite number, got Infinity.',
    ],
    [
      'a scale of 0',
      () => varianceScaling({ scale: 0 }),
      ValueError,
      'varianceScaling: scale expected a number > 0, got 0.',
    ],
    [
      'an unknown mode',
      () => varianceScaling(any({ mode: 'fanins' })),
      ValueError,
      'varianceScaling: mode is unknown: "fanins". Did you mean "fanIn"?',
    ],
    [
      'a distribution that is truncated in one library and not in another',
      () => varianceScaling(any({ distribution: 'normal' })),
      ValueError,
      'varianceScaling: distribution is unknown: "normal". There are: truncatedNormal, untruncatedNormal, uniform.',
    ],
    ['a gain of 0', () => orthogonal({ gain: 0 }), ValueError, 'orthogonal: gain expected a number > 0, got 0.'],
    [
      'minval above maxval',
      () => randomUniform({ minval: 1, maxval: 0.5 }),
      ValueError,
      'randomUniform: minval expected at most maxval, 0.5, got 1.',
    ],
    [
      'bounds that are too far apart',
      () => randomUniform({ minval: -3e38, maxval: 3e38 }),
      ValueError,
      'randomUniform: maxval − minval expected a finite number, got 6e+38.',
    ],
    [
      'a negative stddev',
      () => truncatedNormal({ stddev: -1 }),
      ValueError,
      'truncatedNormal: stddev expected a number >= 0, got -1.',
    ],
    [
      'an infinite constant',
      () => constant({ value: Infinity }),
      ValueError,
      'constant: value expected a finite number, got Infinity.',
    ],
  ])('refuse %s', async (_, act, error, message) => {
    const before = engine.memory().used;
    expectError(await thrownBy(act), error, message);
    expect(engine.memory().used).toBe(before);
  });

  test('may throw: the error reaches the caller, and nothing is left behind', async () => {
    const before = engine.memory().used;
    const problem = new Error('out of ideas');
    const own = {
      name: 'mine',
      values() {
        throw problem;
      },
    };
    expect(await thrownBy(() => build(own))).toBe(problem);
    expect(engine.memory().used).toBe(before);
  });
});
