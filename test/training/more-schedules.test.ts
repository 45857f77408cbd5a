/**
 * Piecewise, cyclic and sequential schedules, schedules that move the momentum, and the adaptive rate, against values
 * of PyTorch and scikit-learn (golden/make_golden.py), and what they refuse.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  adaptiveLearningRate,
  dense,
  learningRateAt,
  lion,
  loadModel,
  momentumAt,
  nadam,
  rmsprop,
  schedules,
  sequential,
  sgd,
  StateError,
  ValueError,
  type LearningRate,
  type Schedule,
} from '../../src/index.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

interface Rates {
  learningRate: number[];
  momentum: number[];
}
interface Adaptive {
  patience: number;
  tol: number;
  first: number;
  losses: number[];
  rates: number[];
}
const golden = JSON.parse(readFileSync(new URL('../golden/schedules.json', import.meta.url), 'utf8')) as Record<
  string,
  unknown
>;

/** Expects equality up to 1e-12 of the largest number. PyTorch's chained products round once for each step. */
function close(actual: readonly (number | undefined)[], expected: readonly number[]): void {
  const scale = Math.max(...expected);
  expected.forEach((value, t) => expect(Math.abs(actual[t]! - value), `step ${t}`).toBeLessThan(1e-12 * scale));
}

const ratesOf = (schedule: LearningRate, steps: number): number[] =>
  Array.from({ length: steps }, (_, t) => learningRateAt(schedule, t));
const momentaOf = (schedule: Schedule, steps: number): (number | undefined)[] =>
  Array.from({ length: steps }, (_, t) => momentumAt(schedule, t));

const base = { baseLearningRate: 0.01, maxLearningRate: 0.1, stepSizeUp: 4, stepSizeDown: 7 };
const cycle = { maxLearningRate: 0.3, totalSteps: 30, cycleMomentum: true };

describe('schedules give the rates of PyTorch', () => {
  test.each<[string, Schedule]>([
    ['cyclic', schedules.cyclic(base)],
    ['cyclic triangular2', schedules.cyclic({ ...base, mode: 'triangular2' })],
    ['cyclic expRange', schedules.cyclic({ ...base, mode: any('exp_range'), gamma: 0.97 })],
    [
      'cyclic momentum',
      schedules.cyclic({ ...base, mode: 'triangular2', cycleMomentum: true, baseMomentum: 0.7, maxMomentum: 0.95 }),
    ],
    ['oneCycle momentum', schedules.oneCycle(cycle)],
    ['oneCycle momentum of Adam', schedules.oneCycle({ ...cycle, pctStart: 0.5, baseMomentum: 0.6, maxMomentum: 0.9 })],
  ])('%s', (name, schedule) => {
    const { learningRate, momentum } = golden[name] as Rates;
    close(ratesOf(schedule, learningRate.length), learningRate);
    if (name.includes('momentum')) close(momentaOf(schedule, momentum.length), momentum);
    else expect(momentumAt(schedule, 3)).toBeUndefined();
  });

  test('sequential', () => {
    const schedule = schedules.sequential({
      schedules: [
        schedules.step({ initialLearningRate: 0.1, dropEvery: 3 }),
        schedules.exponential({ initialLearningRate: 0.1, decaySteps: 1, decayRate: 0.9 }),
        schedules.cosine({ initialLearningRate: 0.1, decaySteps: 12 }),
      ],
      milestones: [10, 17],
    });
    const expected = golden.sequential as number[];
    close(ratesOf(schedule, expected.length), expected);
  });
});

describe('piecewiseConstant', () => {
  test("keeps a rate up to its boundary, as in Keras' test of PiecewiseConstantDecay", () => {
    const schedule = schedules.piecewiseConstant({ boundaries: [100, 110, 120], values: [1, 0.1, 0.01, 0.001] });
    const stated: [number, number][] = [
      [0, 1],
      [100, 1],
      [105, 0.1],
      [110, 0.1],
      [111, 0.01],
      [120, 0.01],
      [999, 0.001],
    ];
    for (const [t, rate] of stated) expect(learningRateAt(schedule, t)).toBe(rate);
  });

  test('finds its place in long lists, and may have no boundary', () => {
    const boundaries = Array.from({ length: 1000 }, (_, i) => 3 * i + 1);
    const schedule = schedules.piecewiseConstant({ boundaries, values: [...boundaries, 0].map((_, i) => i) });
    for (const t of [0, 1, 2, 4, 5, 1498, 1499, 2998, 2999, 1e9]) {
      expect(learningRateAt(schedule, t)).toBe(boundaries.filter((boundary) => boundary < t).length);
    }
    expect(learningRateAt(schedules.piecewiseConstant({ boundaries: [], values: [0.5] }), 7)).toBe(0.5);
  });
});

test('cyclic falls as long as it rises by default, and far out stays exact', () => {
  const schedule = schedules.cyclic({ baseLearningRate: 0, maxLearningRate: 1, stepSizeUp: 4, mode: 'triangular2' });
  expect(schedule.config.stepSizeDown).toBe(4);
  expect(ratesOf(schedule, 13)).toEqual([0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25, 0, 0.125, 0.25, 0.375, 0.5]);
  expect(learningRateAt(schedule, 8 * 40 + 4)).toBe(2 ** -40);
  expect(learningRateAt(schedule, Number.MAX_SAFE_INTEGER)).toBe(0);
});

test('a sequence takes numbers, functions and warm-ups, and moves the momentum where its part does', () => {
  const part = schedules.oneCycle({ ...cycle, totalSteps: 10 });
  const schedule = schedules.sequential({
    schedules: [0.5, (t) => 1 / (1 + t), schedules.warmUp({ schedule: part, steps: 4 })],
    milestones: [2, 4],
  });
  expect(ratesOf(schedule, 5)).toEqual([0.5, 0.5, 1, 0.5, 0]);
  expect(momentaOf(schedule, 4)).toEqual(Array.from({ length: 4 }));
  // The momentum of a warm-up is that at the start of what follows.
  for (const t of [4, 6, 8]) expect(momentumAt(schedule, t)).toBe(0.95);
  for (const t of [0, 1, 5]) expect(momentumAt(schedule, 8 + t)).toBe(momentumAt(part, t));
  expect(learningRateAt(schedule, 12)).toBe(learningRateAt(part, 4));
});

describe('a momentum that moves', () => {
  const moving = schedules.oneCycle(cycle);
  test('is refused by optimizers without one', () => {
    for (const make of [adagrad, adadelta, nadam]) {
      expect(() => make({ learningRate: moving })).toThrow(
        `${make.name}: learningRate expected a schedule without cycleMomentum, got one with it. ` +
          'Use sgd with a momentum, adam or adamw.',
      );
    }
    for (const make of [sgd, rmsprop]) {
      for (const learningRate of [moving, schedules.warmUp({ schedule: moving, steps: 2 })]) {
        expect(() => make({ learningRate })).toThrow('got one with it. Give a momentum > 0.');
      }
    }
  });

  const takers = [
    sgd({ learningRate: moving, momentum: 0.5 }),
    rmsprop({ learningRate: moving, momentum: 0.5 }),
    rmsprop({ learningRate: moving, momentum: 0.5, centered: true }),
    adam({ learningRate: moving }),
    adam({ learningRate: moving, amsgrad: true }),
    adamw({ learningRate: moving }),
    adamax({ learningRate: moving }),
    lion({ learningRate: moving }),
  ];
  test.each(takers.map((optimizer, i) => [optimizer.kind, i] as const))(
    'reaches %s (%d), and goes on in a saved model',
    async (_kind, index) => {
      const layers = [dense({ units: 2, inputShape: [3] })];
      const [one, still] = [await sequential({ seed: 1, layers }), await sequential({ seed: 1, layers })];
      const { kind, config } = takers[index];
      const fixed = schedules.oneCycle({ maxLearningRate: 0.3, totalSteps: 30 });
      one.compile({ optimizer: takers[index], loss: 'meanSquaredError' });
      still.compile({
        optimizer: { kind, config: { ...config, learningRate: fixed } } as never,
        loss: 'meanSquaredError',
      });
      const step = () =>
        one.trainOnBatch(
          [
            [1, 2, 3],
            [0, -1, 1],
          ],
          [
            [1, 2],
            [0, 1],
          ],
        );
      for (let t = 0; t < 20; t++) step();
      const loaded = await loadModel(one.save());
      for (const each of [one, loaded]) each.trainOnBatch([[1, 0, 3]], [[1, 1]]);
      expect(loaded.save()).toEqual(one.save());
      for (let t = 0; t < 20; t++)
        still.trainOnBatch(
          [
            [1, 2, 3],
            [0, -1, 1],
          ],
          [
            [1, 2],
            [0, 1],
          ],
        );
      still.trainOnBatch([[1, 0, 3]], [[1, 1]]);
      expect(still.getWeights()).not.toEqual(one.getWeights());
    },
  );
});

describe('adaptiveLearningRate', () => {
  test.each(golden.adaptive as Adaptive[])('gives the rates of scikit-learn, patience $patience', (data) => {
    const callback = adaptiveLearningRate({ patience: data.patience, minDelta: data.tol });
    const model = { learningRate: data.first, stopTraining: false, getWeights: () => [] };
    const rates = data.losses.map((loss, epoch) => {
      expect(model.stopTraining).toBe(false);
      void callback.onEpochEnd!(epoch, { loss }, model as never);
      return model.learningRate;
    });
    close(rates, data.rates);
    expect(model.stopTraining).toBe(true);
  });

  test('divides in a fit, and refuses a schedule', async () => {
    const network = await sequential({
      layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })],
    });
    network.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: 'meanSquaredError' });
    const callbacks = [adaptiveLearningRate({ divisor: 2, minLearningRate: 0.2 })];
    const { epoch } = await network.fit([[1]], [[1]], { epochs: 20, callbacks });
    // The first epoch improves; two that do not halve the rate, the next two as well, and the next stop.
    expect(network.learningRate).toBe(0.125);
    expect(epoch).toHaveLength(7);
    network.compile({ optimizer: sgd({ learningRate: () => 0.5 }), loss: 'meanSquaredError' });
    expectError(
      await thrownBy(() => network.fit([[1]], [[1]], { epochs: 20, callbacks })),
      StateError,
      'adaptiveLearningRate: an optimizer with a fixed learning rate expected, got one with a schedule.',
    );
  });
});

describe('refused', () => {
  const { piecewiseConstant, cyclic, oneCycle, sequential: sequence, warmUp } = schedules;
  const inner = sequence({ schedules: [0.1, 0.2], milestones: [3] });
  test.each<[string, () => unknown, string]>([
    [
      'boundaries that do not rise',
      () => piecewiseConstant({ boundaries: [3, 3], values: [1, 2, 3] }),
      'schedules.piecewiseConstant: boundaries[1] expected an integer > 3, got 3.',
    ],
    [
      'as many values as boundaries',
      () => piecewiseConstant({ boundaries: [3], values: [1] }),
      'schedules.piecewiseConstant: values expected 2 rates, one more than boundaries, got 1.',
    ],
    [
      'a negative value',
      () => piecewiseConstant({ boundaries: [], values: [-1] }),
      'schedules.piecewiseConstant: values[0] expected a number >= 0, got -1.',
    ],
    [
      'gamma without expRange',
      () => cyclic({ baseLearningRate: 0.1, maxLearningRate: 1, gamma: 0.5 }),
      'schedules.cyclic: mode expected "expRange" where gamma is given, got "triangular".',
    ],
    [
      'bounds of a momentum that stays',
      () => oneCycle({ maxLearningRate: 1, totalSteps: 3, baseMomentum: 0.5 }),
      'schedules.oneCycle: cycleMomentum expected true where baseMomentum or maxMomentum is given, got false.',
    ],
    [
      'a milestone too many',
      () => sequence({ schedules: [0.1], milestones: [3] }),
      'schedules.sequential: schedules expected 2 schedules, one more than milestones, got 1.',
    ],
    [
      'a milestone at 0',
      () => sequence({ schedules: [0.1, 0.2], milestones: [0] }),
      'schedules.sequential: milestones[0] expected an integer >= 1, got 0.',
    ],
    [
      'a sequence in a sequence',
      () => sequence({ schedules: [0.1, warmUp({ schedule: inner, steps: 3 })], milestones: [3] }),
      'schedules.sequential: schedules[1] expected a schedule without a sequence in it, got one with. Join their lists.',
    ],
  ])('%s', async (_, act, message) => expectError(await thrownBy(act), ValueError, message));

  test('warm-ups around a sequence are fine', () => {
    expect(learningRateAt(warmUp({ schedule: inner, steps: 2, from: 0.5 }), 6)).toBe(0.2);
    expect(learningRateAt(warmUp({ schedule: inner, steps: 2, from: 0.5 }), 0)).toBe(0.05);
  });
});
