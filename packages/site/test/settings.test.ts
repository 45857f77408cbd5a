/**
 * What the playground offers, against the library's own tables; addresses, which hold all settings and refuse nothing;
 * points that are the same everywhere.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as library from 'wasm-mlp';
import { readPoints } from '../src/data/csv.js';
import { DATASETS, pointsOf, type DatasetName } from '../src/data/datasets.js';
import { FEATURES, type FeatureName } from '../src/data/features.js';
import { cos, sin } from '../src/exact/trigonometry.js';
import { addressOf, roundedPoint, settingsOf } from '../src/settings/address.js';
import { ACTIVATIONS, INITIALIZERS, LOSSES, OPTIMIZERS, REGULARIZERS, SCHEDULES } from '../src/settings/choices.js';
import { consistent, DEFAULTS, LIMITS, type Settings } from '../src/settings/settings.js';

/** Names in a message of the library that lists all of a kind. */
function namesOf(call: () => unknown): string[] {
  try {
    call();
  } catch (error) {
    return /There are: (.*)\.$/.exec((error as Error).message)?.[1].split(', ') ?? [];
  }
  return [];
}

const engine = await library.createEngine();
const compileWith = (part: object) => () =>
  engine
    .sequential({ layers: [library.dense({ units: 1, inputShape: [1] })] })
    .compile({ optimizer: 'sgd', loss: 'meanSquaredError', ...part });
const denseWith = (part: object) => () => library.dense({ units: 1, ...part });

describe('the playground offers', () => {
  test.each([
    ['activations', denseWith({ activation: '?' }), ACTIVATIONS],
    ['losses', compileWith({ loss: '?' }), Object.keys(LOSSES)],
    ['optimizers', compileWith({ optimizer: '?' }), Object.keys(OPTIMIZERS)],
    ['initializers', denseWith({ kernelInitializer: '?' }), INITIALIZERS],
    ['penalties', denseWith({ kernelRegularizer: '?' }), REGULARIZERS.filter((name) => name !== 'none')],
  ])('all %s of the library', (_, call, offered) => {
    const names = namesOf(call);
    expect(names.length).toBeGreaterThan(2);
    expect([...offered].sort()).toEqual([...names].sort());
  });

  test('all schedules of the library', () => {
    expect([...SCHEDULES].sort()).toEqual(Object.keys(library.schedules).sort());
  });
});

const anyOf = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const anyPoint = fc.record({ x: fc.integer({ min: -999, max: 999 }), y: fc.integer({ min: -999, max: 999 }), target: fc.integer({ min: 0, max: 5 }) }); // prettier-ignore
const anySettings: fc.Arbitrary<Settings> = fc
  .record({
    seed: fc.integer({ min: 0, max: LIMITS.seed }),
    dataset: anyOf([undefined, ...(Object.keys(DATASETS) as DatasetName[])]),
    task: anyOf(['classes', 'values'] as const),
    own: fc.array(anyPoint, { minLength: 2, maxLength: 20 }),
    points: fc.integer({ min: 20, max: LIMITS.points }),
    noise: fc.double({ min: 0, max: 1, noNaN: true }),
    testShare: fc.double({ min: 0, max: 0.8, noNaN: true }),
    features: fc.uniqueArray(anyOf(Object.keys(FEATURES) as FeatureName[]), { minLength: 1 }),
    layers: fc.array(fc.record({ units: fc.integer({ min: 1, max: LIMITS.units }), activation: anyOf(ACTIVATIONS) }), {
      maxLength: LIMITS.layers,
    }),
    normalization: anyOf(['none', 'batch', 'layer'] as const),
    dropout: fc.double({ min: 0, max: 0.9, noNaN: true }),
    initializer: anyOf<string>(INITIALIZERS),
    loss: anyOf(Object.keys(LOSSES) as Settings['loss'][]),
    optimizer: anyOf(Object.keys(OPTIMIZERS) as Settings['optimizer'][]),
    learningRate: fc.double({ min: LIMITS.leastRate, max: LIMITS.rate, noNaN: true }),
    momentum: fc.double({ min: 0, max: 0.999, noNaN: true }),
    schedule: anyOf(SCHEDULES),
    scheduleSteps: fc.integer({ min: 10, max: 1_000_000 }),
    regularizer: anyOf(REGULARIZERS),
    regularization: fc.double({ min: 0, max: 10, noNaN: true }),
    batchSize: fc.integer({ min: 1, max: LIMITS.points }),
  })
  .map(({ task, own, ...rest }) => {
    const points = own.map(({ x, y, target }) =>
      roundedPoint({ x: x / 1000, y: y / 1000, target: task === 'values' ? target / 7 : target }, task === 'values'),
    );
    return consistent({ ...rest, own: rest.dataset === undefined ? { task, points } : undefined });
  });

describe('an address', () => {
  test('holds all settings', () => {
    fc.assert(
      fc.property(anySettings, (settings) => {
        expect(settingsOf(`#${addressOf(settings)}`)).toEqual(settings);
      }),
      { numRuns: 500 },
    );
    expect(addressOf(DEFAULTS)).toBe('');
  });

  test('of any text gives settings that can be trained', () => {
    const names = [...Object.keys(DEFAULTS), 'data', 'classes', 'values', '__proto__', 'constructor'];
    const entry = fc.tuple(
      fc.oneof(anyOf(names), fc.string()),
      fc.oneof(fc.string(), anyOf(['-1', '1e9', 'NaN', '', '0x10', '9tanh-9', '1_2_3.4'])),
    );
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const text = entries
          .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
          .join('&');
        const settings = settingsOf(text);
        expect(settingsOf(addressOf(settings))).toEqual(settings);
        expect(Object.keys(settings).sort()).toEqual(Object.keys(DEFAULTS).sort());
      }),
      { numRuns: 500 },
    );
    expect(({} as { seed?: unknown }).seed).toBeUndefined();
  });
});

describe('points', () => {
  test('sine and cosine are right to 1e-9', () => {
    for (let i = -1000; i <= 1000; i++) {
      expect(Math.abs(sin(i / 10) - Math.sin(i / 10))).toBeLessThan(1e-9);
      expect(Math.abs(cos(i / 10) - Math.cos(i / 10))).toBeLessThan(1e-9);
    }
  });

  test('are the same for a seed, everywhere', () => {
    const hash = createHash('sha256');
    for (const name of Object.keys(DATASETS) as DatasetName[]) {
      const points = pointsOf(name, 100, 0.1, 7);
      expect(points).toHaveLength(100);
      const { classes } = DATASETS[name];
      if (classes > 0) expect(new Set(points.map(({ target }) => target)).size).toBe(classes);
      hash.update(Float64Array.from(points.flatMap(({ x, y, target }) => [x, y, target])));
    }
    // Computed in Node; the test of pages compares the weights that come of such points in three browsers.
    expect(hash.digest('hex')).toMatchInlineSnapshot(
      `"5fc35218fac7626a7d7246645200befe57ccf2c61e25f4fc026fae305444ae22"`,
    );
  });

  test('that are pasted are read, scaled, or refused with the line', () => {
    expect(readPoints('x,y,label\n0.5, -0.5, b\n0;1;a\n', 'classes')).toEqual({
      ok: true,
      points: [
        { x: 0.5, y: -0.5, target: 1 },
        { x: 0, y: 1, target: 0 },
      ],
      labels: ['a', 'b'],
      scaled: false,
    });
    const scaled = readPoints('0 0 10\n10 5 20', 'values');
    expect(scaled).toMatchObject({ ok: true, scaled: true, points: [{ x: -1, y: -1, target: -1 }, { x: 1, y: 1, target: 1 }] }); // prettier-ignore
    for (const [text, task, message] of [
      ['', 'classes', 'Paste lines of three columns'],
      ['1,2', 'classes', 'Line 1: three columns expected, got 2.'],
      ['a,b,c\n1,x,a', 'classes', 'Line 2: a number expected, got "x".'],
      ['1,2,a\n1,2,b', 'values', 'Line 1: a number expected, got "a".'],
      ['1,2,a\n1,2,a', 'classes', 'At least two classes, got one.'],
      ['1,2,1\n1,2,2\n1,2,3\n1,2,4\n1,2,5\n1,2,6\n1,2,7', 'classes', 'At most 6 classes, got 7.'],
    ] as const) {
      const read = readPoints(text, task);
      expect(read.ok ? '' : read.message).toContain(message);
    }
  });
});
