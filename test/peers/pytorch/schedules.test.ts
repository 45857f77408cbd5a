/**
 * Cases of test/optim/test_lrscheduler.py (PyTorch at 01f9ef3): milestones, sequences and cycles, of the first
 * parameter group where its groups differ in the rate alone. An epoch there is an update here. Momenta there, some
 * above 1, are in units of a hundredth here.
 */
import { describe, expect, it } from 'vitest';
import {
  adagrad,
  adam,
  learningRateAt,
  momentumAt,
  schedules,
  sgd,
  type CyclicScheduleOptions,
  type LearningRate,
  type Schedule,
} from '../../../src/index.js';

const { cyclic, exponential, oneCycle, piecewiseConstant, polynomial, sequential, step } = schedules;

const times = (count: number, value: number): number[] => Array.from({ length: count }, () => value);

function expectRates(schedule: Schedule, rates: readonly number[]): void {
  for (const [update, rate] of rates.entries()) expect(learningRateAt(schedule, update)).toBeCloseTo(rate, 6);
}

function expectMomenta(schedule: Schedule, momenta: readonly number[]): void {
  for (const [update, value] of momenta.entries()) {
    expect(momentumAt(schedule, update)).toBeCloseTo(value / 100, 6);
  }
}

const decay = (decayRate: number): LearningRate => exponential({ initialLearningRate: 0.05, decaySteps: 1, decayRate });
const drops = (dropEvery: number): LearningRate => step({ initialLearningRate: 0.05, dropEvery, factor: 0.1 });
const line = (from: number, to: number, steps: number): LearningRate =>
  polynomial({ initialLearningRate: from, endLearningRate: to, decaySteps: steps });

const rates: [title: string, schedule: Schedule, rates: number[]][] = [
  [
    'multi_step_lr',
    piecewiseConstant({ boundaries: [1, 4, 8], values: [0.05, 0.005, 0.0005, 0.00005] }),
    [...times(2, 0.05), ...times(3, 0.005), ...times(4, 0.0005), ...times(3, 0.00005)],
  ],
  ['constantlr', sequential({ schedules: [0.025, 0.05], milestones: [5] }), [...times(5, 0.025), ...times(5, 0.05)]],
  [
    'sequentiallr1',
    sequential({ schedules: [decay(0.8), drops(4)], milestones: [3] }),
    [0.05, 0.04, 0.032, ...times(4, 0.05), ...times(4, 0.005), ...times(4, 0.0005), ...times(4, 0.00005)],
  ],
  [
    'sequentiallr2',
    sequential({ schedules: [0.005, decay(0.9)], milestones: [3] }),
    [...times(3, 0.005), ...Array.from({ length: 10 }, (_, x) => 0.05 * 0.9 ** x)],
  ],
  [
    'sequentiallr3',
    sequential({ schedules: [0.005, decay(0.8), drops(2)], milestones: [3, 6] }),
    [...times(3, 0.005), 0.05, 0.04, 0.032, 0.05, 0.05, 0.005, 0.005, 0.0005, 0.0005],
  ],
  ['sequentiallr4', sequential({ schedules: [0.1, 0.01], milestones: [10] }), [0.1]],
  [
    'sequentiallr_does_not_alias_lr_and_initial_lr',
    sequential({ schedules: [line(0.2, 1.6, 4), line(1.6, 0.2, 4)], milestones: [4] }),
    [0.2, 0.55, 0.9, 1.25, 1.6, 1.25, 0.9, 0.55],
  ],
];

const UP_DOWN = [1, 2, 3, 4, 5, 4, 3, 2, 1, 2, 3];
const DOWN_UP = UP_DOWN.map((x) => 6 - x);
const HALVES = [1, 2, 3, 4, 5, 4, 3, 2, 1, 1.5, 2, 2.5, 3, 2.5, 2, 1.5, 1, 1.25, 1.5, 1.75, 2, 1.75];
const SHARES = [0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25, 0, 0.25, 0.5, 0.75, 1];
const LOPSIDED = [0, 3, 6, 5, 4, 3, 2, 1, 0, 3, 6, 5, 4].map((x) => x / 6);
const thirds = (values: number[]): number[] => values.map((x) => x / 3);
/** Peaks that shrink at each update, above the base and below the largest momentum. */
const shrinking = (shares: number[], base: number, height: number): number[] =>
  shares.map((x, i) => base + x * height * 0.9 ** i);

type Cycle = [title: string, options: Partial<CyclicScheduleOptions>, rates: number[], momenta: number[] | undefined];
const between = (low: number, high: number): Partial<CyclicScheduleOptions> => ({
  baseLearningRate: low,
  maxLearningRate: high,
  cycleMomentum: true,
  baseMomentum: low / 100,
  maxMomentum: high / 100,
});
const plus = (values: number[], delta: number): number[] => values.map((x) => x + delta);
const LONG_DOWN = thirds([3, 9, 15, 13, 11, 9, 7, 5, 3, 6, 9, 8, 7, 6, 5, 4, 3, 4.5, 6, 5.5, 5, 4.5, 4, 3.5]);

const cycles: Cycle[] = [
  ['triangular_mode_one_lr', between(1, 5), UP_DOWN, DOWN_UP],
  ['triangular_mode_one_lr_no_momentum', {}, UP_DOWN, undefined],
  ['triangular2_mode_one_lr', { ...between(1, 5), mode: 'triangular2' }, HALVES, HALVES.map((x) => 6 - x)],
  [
    'exp_range_mode_one_lr',
    { ...between(1, 5), mode: 'expRange', gamma: 0.9 },
    shrinking(SHARES, 1, 4),
    shrinking(SHARES, 5, -4),
  ],
  ['triangular_mode, second group', between(2, 6), plus(UP_DOWN, 1), plus(DOWN_UP, 1)],
  [
    'triangular2_mode, second group',
    { ...between(3, 7), mode: 'triangular2' },
    plus(HALVES, 2),
    HALVES.map((x) => 8 - x),
  ],
  [
    'exp_range_mode, second group',
    { ...between(5, 12), mode: 'expRange', gamma: 0.9 },
    shrinking(SHARES, 5, 7),
    shrinking(SHARES, 12, -7),
  ],
  [
    'triangular_mode_step_size_up_down',
    { ...between(1, 5), stepSizeDown: 6 },
    thirds([3, 6, 9, 12, 15, 13, 11, 9, 7, 5, 3]),
    thirds([15, 12, 9, 6, 3, 5, 7, 9, 11, 13, 15]),
  ],
  [
    'triangular2_mode_step_size_up_down',
    { ...between(1, 5), mode: 'triangular2', stepSizeUp: 2, stepSizeDown: 6 },
    LONG_DOWN,
    LONG_DOWN.map((x) => 6 - x),
  ],
  [
    'exp_range_mode_step_size_up_down',
    { ...between(1, 5), mode: 'expRange', gamma: 0.9, stepSizeUp: 2, stepSizeDown: 6 },
    shrinking(LOPSIDED, 1, 4),
    shrinking(LOPSIDED, 5, -4),
  ],
];

const annealed = (from: number, to: number, share: number): number =>
  to + ((from - to) / 2) * (Math.cos(Math.PI * share) + 1);
const SEVENTHS = Array.from({ length: 6 }, (_, i) => (i + 1) / 7);

describe('schedules of PyTorch', () => {
  it.each(rates)('%s', (_title, schedule, expected) => {
    expectRates(schedule, expected);
  });

  it.each(cycles)('cycle_lr: %s', (_title, options, expected, momenta) => {
    const schedule = cyclic({ baseLearningRate: 1, maxLearningRate: 5, stepSizeUp: 4, ...options });
    expectRates(schedule, expected);
    if (momenta) expectMomenta(schedule, momenta);
    else expect(momentumAt(schedule, 0)).toBeUndefined();
  });

  it('cycle_lr: invalid_mode', () => {
    expect(() => cyclic({ baseLearningRate: 0, maxLearningRate: 1, mode: 'CATS' as 'triangular' })).toThrow(/mode/);
  });

  const moving = cyclic({ baseLearningRate: 1, maxLearningRate: 5, cycleMomentum: true });

  it('cycle_lr: with_momentumless_optimizer', () => {
    const schedule = cyclic({ baseLearningRate: 1, maxLearningRate: 5, stepSizeUp: 4 });
    expect(adagrad({ learningRate: schedule }).config.learningRate).toEqual(schedule);
    expectRates(schedule, UP_DOWN);
  });

  it('cycle_lr: cycle_momentum_fail_with_momentumless_optimizer', () => {
    expect(() => adagrad({ learningRate: moving })).toThrow(/cycleMomentum/);
  });

  it('cycle_lr: cycle_momentum_with_beta1_optimizer', () => {
    expect(adam({ learningRate: moving }).config.learningRate).toEqual(moving);
  });

  it('cycle_lr: scale_fn_restored_from_state_dict', () => {
    const schedule = cyclic({ baseLearningRate: 1, maxLearningRate: 5, stepSizeUp: 4, mode: 'triangular2' });
    const copy = JSON.parse(JSON.stringify(schedule)) as Schedule;
    expectRates(sgd({ learningRate: copy }).config.learningRate as Schedule, HALVES);
  });

  it('onecycle_lr_cosine_annealing: momentum', () => {
    const schedule = oneCycle({
      maxLearningRate: 25,
      totalSteps: 10,
      finalDivFactor: 2,
      cycleMomentum: true,
      baseMomentum: 0.01,
      maxMomentum: 0.22,
    });
    expectRates(schedule, [1, 13, 25, ...SEVENTHS.map((share) => annealed(25, 0.5, share)), 0.5]);
    expectMomenta(schedule, [22, 11.5, 1, ...SEVENTHS.map((share) => annealed(1, 22, share)), 22]);
  });
});
