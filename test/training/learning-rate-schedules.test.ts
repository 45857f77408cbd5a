/**
 * Learning-rate schedules against their published formulas, computed by Math in float64, and against values that Keras
 * and PyTorch state. Also custom schedules, schedules in optimizers, and refused options.
 */
import { afterAll, describe, expect, test } from 'vitest';
import {
  adadelta,
  adagrad,
  adam,
  adamw,
  createEngineSync,
  dense,
  learningRateAt,
  nadam,
  rmsprop,
  schedules,
  sgd,
  ValueError,
  type CustomSchedule,
  type LearningRate,
} from '../../src/index.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

const { constant, step, exponential, inverseTime, polynomial, cosine, oneCycle, warmUp } = schedules;

/** Expects equality up to 1e-12 of `scale`. */
function close(actual: number, expected: number, scale = expected): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-12 * scale);
}

/**
 * Compares the schedule with its formula at these steps, up to 1e-12 of the rate, or of `scale` where the formula
 * itself cancels.
 */
function follows(
  schedule: LearningRate,
  steps: readonly number[],
  formula: (t: number) => number,
  scale?: number,
): void {
  for (const t of steps) close(learningRateAt(schedule, t), formula(t), scale);
}

const upTo = (last: number): number[] => Array.from({ length: last + 1 }, (_, t) => t);

describe('schedules follow their formulas', () => {
  test('constant keeps its rate', () => {
    for (const t of [0, 1, 1e9]) expect(learningRateAt(constant({ learningRate: 0.3 }), t)).toBe(0.3);
    expect(learningRateAt(0.3, 7)).toBe(0.3);
  });

  test('step is η₀·factor^⌊t/dropEvery⌋', () => {
    const schedule = step({ initialLearningRate: 0.3, dropEvery: 7, factor: 0.9 });
    follows(schedule, upTo(500), (t) => 0.3 * 0.9 ** Math.floor(t / 7));
    expect(learningRateAt(step({ initialLearningRate: 0.4, dropEvery: 10 }), 9)).toBe(0.4);
    expect(learningRateAt(step({ initialLearningRate: 0.4, dropEvery: 10 }), 10)).toBe(0.2);
    expect(learningRateAt(step({ initialLearningRate: 0.4, dropEvery: 10 }), 39)).toBe(0.05);
  });

  test('exponential is η₀·γ^(t/D), or decays in whole steps', () => {
    const options = { initialLearningRate: 0.05, decaySteps: 10, decayRate: 0.96 };
    follows(exponential(options), upTo(2000), (t) => 0.05 * 0.96 ** (t / 10));
    follows(exponential({ ...options, staircase: true }), upTo(2000), (t) => 0.05 * 0.96 ** Math.floor(t / 10));
    follows(exponential({ ...options, decayRate: 1.01 }), upTo(2000), (t) => 0.05 * 1.01 ** (t / 10));
  });

  test('inverseTime is η₀/(1 + γ·t/D), or decays in whole steps', () => {
    const options = { initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.96 };
    follows(inverseTime(options), upTo(500), (t) => 0.1 / (1 + (0.96 * t) / 10));
    follows(inverseTime({ ...options, staircase: true }), upTo(500), (t) => 0.1 / (1 + 0.96 * Math.floor(t / 10)));
  });

  test.each([0.5, 1, 2, 3.7])('polynomial of power %f is (η₀ − η_end)·(1 − t/D)^p + η_end', (power) => {
    const options = { initialLearningRate: 0.1, decaySteps: 100, power };
    const ended = polynomial({ ...options, endLearningRate: 0.01 });
    follows(ended, upTo(150), (t) => (0.1 - 0.01) * (1 - Math.min(t, 100) / 100) ** power + 0.01);
    expect(learningRateAt(polynomial(options), 0)).toBe(0.1);
    expect(learningRateAt(polynomial(options), 99)).toBeGreaterThan(0);
    // At the end nothing is added: the rate is 0, and stays 0.
    for (const t of [100, 101, 1e9]) expect(learningRateAt(polynomial(options), t)).toBe(0);
  });

  test('polynomial may end above its start', () => {
    const rising = polynomial({ initialLearningRate: 0.1, decaySteps: 4, endLearningRate: 0.3 });
    follows(rising, upTo(9), (t) => 0.1 + 0.05 * Math.min(t, 4));
  });

  test('cosine is η₀·(α + (1 − α)·½(1 + cos(π·t/D)))', () => {
    const wave = (t: number, alpha: number): number =>
      0.2 * (alpha + (1 - alpha) * 0.5 * (1 + Math.cos((Math.PI * Math.min(t, 1000)) / 1000)));
    const options = { initialLearningRate: 0.2, decaySteps: 1000 };
    follows(cosine(options), upTo(1100), (t) => wave(t, 0), 0.2);
    follows(cosine({ ...options, alpha: 0.1 }), upTo(1100), (t) => wave(t, 0.1), 0.2);
    expect(learningRateAt(cosine(options), 0)).toBe(0.2);
    close(learningRateAt(cosine(options), 500), 0.1);
    expect(learningRateAt(cosine(options), 999)).toBeGreaterThan(0);
    for (const t of [1000, 1001, 1e9]) {
      expect(learningRateAt(cosine(options), t)).toBe(0);
      expect(learningRateAt(cosine({ ...options, alpha: 0.125 }), t)).toBe(0.025);
    }
  });

  test.each([
    [2, 1],
    [1, 1],
    [1, 0.5],
    [1.5, 0.9],
    [3, 4],
  ])('cosine restarts, periods times %f, peaks times %f', (periodFactor, peakFactor) => {
    const options = { initialLearningRate: 0.2, decaySteps: 12, alpha: 0.05, restarts: true, periodFactor, peakFactor };
    const schedule = cosine(options);
    // Period i begins at D·(1 + f + … + f^(i−1)).
    let [start, length, peak] = [0, 12, 1];
    for (let i = 0; i < 6; i++) {
      const steps = upTo(400).filter((t) => t >= start && t < start + length);
      expect(steps.length).toBeGreaterThan(0);
      follows(
        schedule,
        steps,
        (t) => 0.2 * (0.05 + 0.95 * peak * 0.5 * (1 + Math.cos((Math.PI * (t - start)) / length))),
        0.2 * Math.max(1, peak),
      );
      start += length;
      length *= periodFactor;
      peak *= peakFactor;
      if (start + length > 400) break;
    }
  });

  test('cosine restarts at D, 3D, 7D, … with doubled periods, as in the paper', () => {
    const schedule = cosine({ initialLearningRate: 0.05, decaySteps: 10, restarts: true });
    for (const t of [0, 10, 30, 70, 150]) expect(learningRateAt(schedule, t)).toBe(0.05);
    for (const t of [9, 29, 69, 149]) expect(learningRateAt(schedule, t)).toBeLessThan(0.002);
    // Far out, by a closed form: period 20 starts at (2^20 − 1)·D.
    expect(learningRateAt(schedule, (2 ** 20 - 1) * 10)).toBe(0.05);
    close(learningRateAt(schedule, (2 ** 20 - 1) * 10 + 2 ** 20 * 5), 0.025);
  });

  test('oneCycle rises to the peak at pctStart·T − 1, falls until T − 1, then stays level', () => {
    const options = { maxLearningRate: 0.3, totalSteps: 100, pctStart: 0.25, divFactor: 10, finalDivFactor: 50 };
    const between = (from: number, to: number, share: number): number =>
      to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share));
    const formula = (t: number): number =>
      t <= 24 ? between(0.03, 0.3, t / 24) : between(0.3, 0.0006, (Math.min(t, 99) - 24) / 75);
    follows(oneCycle(options), upTo(120), formula, 0.3);
    expect(learningRateAt(oneCycle(options), 24)).toBe(0.3);
    close(learningRateAt(oneCycle(options), 0), 0.03);
    for (const t of [99, 100, 1e9]) close(learningRateAt(oneCycle(options), t), 0.0006);
  });

  test('oneCycle has defaults', () => {
    const schedule = oneCycle({ maxLearningRate: 1, totalSteps: 1000 });
    close(learningRateAt(schedule, 0), 1 / 25);
    expect(learningRateAt(schedule, 299)).toBe(1);
    close(learningRateAt(schedule, 999), 1 / 25 / 1e4);
  });

  test('oneCycle may have no room for the rise', () => {
    // The peak is at step 0 …
    expect(learningRateAt(oneCycle({ maxLearningRate: 1, totalSteps: 4, pctStart: 0.25 }), 0)).toBe(1);
    // … or before it, where PyTorch's formula is already falling.
    const falling = oneCycle({ maxLearningRate: 1, totalSteps: 4, pctStart: 0 });
    follows(falling, upTo(3), (t) => 4e-6 + (1 - 4e-6) * 0.5 * (1 + Math.cos((Math.PI * (t + 1)) / 4)), 1);
    close(learningRateAt(oneCycle({ maxLearningRate: 1, totalSteps: 1 }), 0), 4e-6);
  });

  test('warmUp rises linearly to the schedule, then follows the schedule from its beginning', () => {
    const after = exponential({ initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.5 });
    follows(warmUp({ schedule: after, steps: 20 }), upTo(100), (t) =>
      t < 20 ? (0.1 * t) / 20 : 0.1 * 0.5 ** ((t - 20) / 10),
    );
    follows(warmUp({ schedule: after, steps: 20, from: 0.3 }), upTo(100), (t) =>
      t < 20 ? 0.1 * (0.3 + (0.7 * t) / 20) : 0.1 * 0.5 ** ((t - 20) / 10),
    );
    expect(learningRateAt(warmUp({ schedule: 0.1, steps: 3 }), 0)).toBe(0);
    for (const t of [3, 4, 1e9]) expect(learningRateAt(warmUp({ schedule: 0.1, steps: 3 }), t)).toBe(0.1);
    // A warm-up of a warm-up starts from the inner one's first rate.
    const inner = warmUp({ schedule: 0.8, steps: 4, from: 0.5 });
    expect(upTo(7).map((t) => learningRateAt(warmUp({ schedule: inner, steps: 2, from: 0.5 }), t))).toEqual(
      [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.8].map((rate) => expect.closeTo(rate, 14)),
    );
  });
});

describe('schedules give the values that frameworks state', () => {
  test("in PyTorch's documentation of StepLR(step_size=30, gamma=0.1), lr = 0.05", () => {
    const schedule = step({ initialLearningRate: 0.05, dropEvery: 30, factor: 0.1 });
    for (const t of [0, 29]) close(learningRateAt(schedule, t), 0.05);
    for (const t of [30, 59]) close(learningRateAt(schedule, t), 0.005);
    for (const t of [60, 89]) close(learningRateAt(schedule, t), 0.0005);
  });

  test("in PyTorch's documentation of LinearLR(start_factor=0.5, total_iters=4), lr = 0.05", () => {
    const schedule = warmUp({ schedule: 0.05, steps: 4, from: 0.5 });
    const stated = [0.025, 0.03125, 0.0375, 0.04375, 0.05, 0.05];
    stated.forEach((rate, t) => close(learningRateAt(schedule, t), rate));
  });

  test("in PyTorch's test of OneCycleLR(max_lr=25, final_div_factor=2, total_steps=10)", () => {
    const schedule = oneCycle({ maxLearningRate: 25, finalDivFactor: 2, totalSteps: 10 });
    const falling = (share: number): number => 0.5 + ((25 - 0.5) / 2) * (Math.cos(Math.PI * share) + 1);
    const stated = [1, 13, 25, ...[1, 2, 3, 4, 5, 6].map((k) => falling(k / 7)), 0.5];
    stated.forEach((rate, t) => close(learningRateAt(schedule, t), rate));
  });

  test("in Keras' tests of ExponentialDecay and PolynomialDecay", () => {
    const continuous = exponential({ initialLearningRate: 0.05, decaySteps: 10, decayRate: 0.96 });
    close(learningRateAt(continuous, 5), 0.05 * Math.sqrt(0.96));
    const stairs = exponential({ initialLearningRate: 0.1, decaySteps: 3, decayRate: 0.96, staircase: true });
    expect([1, 2].map((t) => learningRateAt(stairs, t))).toEqual([0.1, 0.1]);
    close(learningRateAt(stairs, 100), 0.1 * 0.96 ** 33);
    const halfway = { initialLearningRate: 0.05, decaySteps: 10 };
    close(learningRateAt(polynomial(halfway), 5), 0.025);
    close(learningRateAt(polynomial({ ...halfway, endLearningRate: 0.001 }), 5), 0.0255);
    close(learningRateAt(polynomial({ ...halfway, power: 0.5 }), 5), 0.05 * Math.SQRT1_2);
  });

  test("in Keras' test of CosineDecay(0, 1000, warmup_target=10, warmup_steps=2000)", () => {
    const schedule = warmUp({ schedule: cosine({ initialLearningRate: 10, decaySteps: 1000 }), steps: 2000 });
    const stated = [0, 1.25, 2.5, 3.75, 5, 6.25, 7.5, 8.75, 10, 5 + 2.5 * Math.SQRT2, 5, 5 - 2.5 * Math.SQRT2, 0];
    stated.forEach((rate, i) => close(learningRateAt(schedule, 250 * i), rate, 10));
  });
});

describe('a custom schedule', () => {
  test('is a function, or an object with its own this', () => {
    expect(learningRateAt((t) => 1 / (1 + t), 4)).toBe(0.2);
    const own = { name: 'mine', start: 8, rate: (t: number) => own.start / 2 ** t };
    class Halving {
      readonly name = 'halving';
      private readonly start = 8;
      rate(t: number): number {
        return this.start / 2 ** t;
      }
    }
    expect(learningRateAt(own, 3)).toBe(1);
    expect(learningRateAt(new Halving(), 3)).toBe(1);
    expect(learningRateAt(warmUp({ schedule: new Halving(), steps: 2, from: 0.5 }), 1)).toBe(6);
    // The last rate may be 0.
    expect(learningRateAt(() => 0, 3)).toBe(0);
  });

  test('becomes a descriptor with its name', () => {
    const own = { name: 'mine', rate: () => 0.1 };
    expect(sgd({ learningRate: own }).config.learningRate).toEqual({
      kind: 'custom',
      config: { name: 'mine' },
      custom: own,
    });
    function halve(): number {
      return 0.5;
    }
    expect(sgd({ learningRate: halve }).config.learningRate).toMatchObject({
      kind: 'custom',
      config: { name: 'halve' },
    });
    expect(
      sgd({
        learningRate: (
          () => () =>
            0.5
        )(),
      }).config.learningRate,
    ).toMatchObject({
      config: { name: 'schedule' },
    });
  });

  test.each([
    ['NaN', NaN],
    ['infinite', Infinity],
    ['more than float32 holds', 1e39],
    ['negative', -1e-9],
    ['text', '0.1'],
    ['nothing', undefined],
  ])('with a rate that is %s is refused by name and step', async (_, rate) => {
    const own = { name: 'mine', rate: (t: number) => (t < 5 ? 0.1 : any(rate)) };
    expect(learningRateAt(own, 4)).toBe(0.1);
    const got = typeof rate === 'string' ? JSON.stringify(rate) : String(rate);
    const message = `schedule "mine": rate at step 5 expected a finite number >= 0, got ${got}.`;
    expectError(await thrownBy(() => learningRateAt(own, 5)), ValueError, message);
  });
});

describe('a schedule in an optimizer', () => {
  const factories = { sgd, adagrad, rmsprop, adadelta, adam, adamw, nadam };

  test.each(Object.entries(factories))('%s accepts numbers and schedules, and reads both back from JSON', (_, make) => {
    expect(make({ learningRate: 0.5 }).config.learningRate).toBe(0.5);
    expect(typeof make().config.learningRate).toBe('number');
    const schedule = warmUp({ schedule: cosine({ initialLearningRate: 0.1, decaySteps: 10 }), steps: 5 });
    const { config } = make({ learningRate: schedule });
    expect(config.learningRate).toEqual(schedule);
    expect(make(JSON.parse(JSON.stringify(config))).config).toEqual(config);
    expect(make({ learningRate: (t) => 1 / (1 + t) }).config.learningRate).toMatchObject({ kind: 'custom' });
  });

  const engine = createEngineSync();
  afterAll(() => engine.dispose());
  const x = [[0.5, -1]];
  const y = [[0.25]];
  const made = (learningRate: LearningRate) => {
    const model = engine.sequential({ seed: 3, layers: [dense({ units: 1, useBias: false, inputShape: [2] })] });
    model.compile({ optimizer: sgd({ learningRate }), loss: 'meanSquaredError' });
    return model;
  };

  test('gives update number t the rate of step t, in float32', () => {
    const schedule = polynomial({ initialLearningRate: 0.3, decaySteps: 6, power: 2 });
    const model = made(schedule);
    for (let t = 0; t < 8; t++) {
      const [before] = model.getWeights();
      const [gradient] = model.gradients(x, y);
      model.trainOnBatch(x, y);
      const rate = Math.fround(learningRateAt(schedule, t));
      const expected = before.data.map((w, i) => w - Math.fround(rate * gradient.data[i]));
      expect(model.getWeights()[0].data, `update ${t}`).toEqual(expected);
    }
    model.dispose();
  });

  test('continues in a saved model', () => {
    const model = made(exponential({ initialLearningRate: 0.3, decaySteps: 2, decayRate: 0.5 }));
    for (let t = 0; t < 3; t++) model.trainOnBatch(x, y);
    const loaded = engine.loadModel(model.save());
    for (let t = 0; t < 3; t++) for (const one of [model, loaded]) one.trainOnBatch(x, y);
    expect(loaded.getWeights()).toEqual(model.getWeights());
    model.dispose();
    loaded.dispose();
  });

  test('is given again by its name where it is custom', () => {
    function halving(t: number): number {
      return 0.3 / 2 ** t;
    }
    const model = made(halving);
    for (let t = 0; t < 3; t++) model.trainOnBatch(x, y);
    const loaded = engine.loadModel(model.save(), { custom: [{ name: 'halving', rate: halving } as CustomSchedule] });
    for (let t = 0; t < 3; t++) for (const one of [model, loaded]) one.trainOnBatch(x, y);
    expect(loaded.getWeights()).toEqual(model.getWeights());
    model.dispose();
    loaded.dispose();
  });

  test('changes nothing where it refuses a rate', async () => {
    const model = made({ name: 'mine', rate: (t) => (t === 2 ? NaN : 0.1) });
    for (let t = 0; t < 2; t++) model.trainOnBatch(x, y);
    const before = model.getWeights();
    const message = 'schedule "mine": rate at step 2 expected a finite number >= 0, got NaN.';
    expectError(await thrownBy(() => model.trainOnBatch(x, y)), ValueError, message);
    expect(model.getWeights()).toEqual(before);
    expect(model.stepCount).toBe(2);
    model.dispose();
  });
});

describe('schedules refuse', () => {
  const decay = { initialLearningRate: 0.1, decaySteps: 10 };
  test.each<[string, () => unknown, string]>([
    [
      'constant without a rate',
      () => constant(any(undefined)),
      'schedules.constant: learningRate expected a number > 0, got undefined.',
    ],
    [
      'a rate of 0',
      () => constant({ learningRate: 0 }),
      'schedules.constant: learningRate expected a number > 0, got 0.',
    ],
    [
      'an unknown option',
      () => step(any({ initialLearningRate: 0.1, dropEvry: 3 })),
      'schedules.step: unknown option "dropEvry". Did you mean "dropEvery"?',
    ],
    [
      'a drop every 0 updates',
      () => step({ initialLearningRate: 0.1, dropEvery: 0 }),
      'schedules.step: dropEvery expected an integer >= 1, got 0.',
    ],
    [
      'a factor of 0',
      () => step({ initialLearningRate: 0.1, dropEvery: 1, factor: 0 }),
      'schedules.step: factor expected a number > 0, got 0.',
    ],
    [
      'exponential without a decay rate',
      () => exponential(any(decay)),
      'schedules.exponential: decayRate expected a number > 0, got undefined.',
    ],
    [
      'half a step',
      () => inverseTime({ ...decay, decaySteps: 0.5, decayRate: 0.5 }),
      'schedules.inverseTime: decaySteps expected an integer >= 1, got 0.5.',
    ],
    [
      'staircase that is no boolean',
      () => inverseTime({ ...decay, decayRate: 0.5, staircase: any(1) }),
      'schedules.inverseTime: staircase expected true or false, got 1.',
    ],
    [
      'a negative end',
      () => polynomial({ ...decay, endLearningRate: -0.1 }),
      'schedules.polynomial: endLearningRate expected a number >= 0, got -0.1.',
    ],
    [
      'a power of 0',
      () => polynomial({ ...decay, power: 0 }),
      'schedules.polynomial: power expected a number > 0, got 0.',
    ],
    ['alpha of 1', () => cosine({ ...decay, alpha: 1 }), 'schedules.cosine: alpha expected a number in [0, 1), got 1.'],
    [
      'shrinking periods',
      () => cosine({ ...decay, restarts: true, periodFactor: 0.5 }),
      'schedules.cosine: periodFactor expected 1 or a number >= 1.0001, got 0.5.',
    ],
    [
      'periods without restarts',
      () => cosine({ ...decay, periodFactor: 3 }),
      'schedules.cosine: restarts expected true where periodFactor or peakFactor is given, got false.',
    ],
    [
      'a cycle of no steps',
      () => oneCycle({ maxLearningRate: 1, totalSteps: 0 }),
      'schedules.oneCycle: totalSteps expected an integer >= 1, got 0.',
    ],
    [
      'a rise over the whole cycle',
      () => oneCycle({ maxLearningRate: 1, totalSteps: 10, pctStart: 1 }),
      'schedules.oneCycle: pctStart expected a number in [0, 1), got 1.',
    ],
    [
      'a warm-up without a schedule',
      () => warmUp(any({ steps: 5 })),
      'schedules.warmUp: schedule expected a number > 0 or a schedule, got undefined.',
    ],
    [
      'a warm-up to a rate of 0',
      () => warmUp({ schedule: 0, steps: 5 }),
      'schedules.warmUp: schedule expected a number > 0, got 0.',
    ],
    [
      'a warm-up of no updates',
      () => warmUp({ schedule: 0.1, steps: 0 }),
      'schedules.warmUp: steps expected an integer >= 1, got 0.',
    ],
    [
      'an unknown kind',
      () => adam({ learningRate: any({ kind: 'cosin', config: {} }) }),
      'adam: learningRate is unknown: "cosin". Did you mean "cosine"?',
    ],
    [
      'the name of a schedule',
      () => adam({ learningRate: any('cosine') }),
      'adam: learningRate expected a number > 0 or a schedule, got "cosine".',
    ],
    ['a rate of -1', () => adam({ learningRate: -1 }), 'adam: learningRate expected a number > 0, got -1.'],
    [
      'an object without a name',
      () => adam({ learningRate: any({ rate: () => 1 }) }),
      'adam: learningRate expected an object with a name, got undefined as its name.',
    ],
    [
      'an object without a rate',
      () => adam({ learningRate: any({ name: 'mine' }) }),
      'adam: learningRate expected "mine" to have a function rate, got undefined.',
    ],
    [
      'the name of a custom schedule from a file',
      () => adam({ learningRate: any({ kind: 'custom', config: { name: 'mine' } }) }),
      'adam: learningRate expected the object "mine" with its functions, got its name alone. ' +
        'Pass it in custom, an option of loadModel and attachModel.',
    ],
    ['a negative step', () => learningRateAt(0.1, -1), 'learningRateAt: step expected an integer >= 0, got -1.'],
    [
      'null as schedule',
      () => learningRateAt(any(null), 0),
      'learningRateAt: learningRate expected a number > 0 or a schedule, got null.',
    ],
    [
      'a rate that grows beyond float32',
      () => learningRateAt(exponential({ ...decay, decayRate: 2 }), 20_000),
      'schedule "exponential": rate at step 20000 expected a finite number >= 0, got Infinity.',
    ],
  ])('%s', async (_, act, message) => {
    expectError(await thrownBy(act), ValueError, message);
  });
});
