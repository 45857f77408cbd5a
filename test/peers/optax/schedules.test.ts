/** Cases of optax/schedules/_schedule_test.py and _join_test.py (Optax at 2edbcbe): pieces and sequences. */
import { describe, expect, it } from 'vitest';
import { learningRateAt, schedules, type LearningRate, type Schedule } from '../../../src/index.js';

const { cosine, piecewiseConstant, polynomial, sequential, warmUp } = schedules;

const line = (from: number, to: number, steps: number): LearningRate =>
  polynomial({ initialLearningRate: from, endLearningRate: to, decaySteps: steps });

/** A period of SGDR: up along a straight line for 500 updates, then down to 0 along a cosine. */
const period = (peak: number, steps: number): LearningRate =>
  warmUp({ steps: 500, schedule: cosine({ initialLearningRate: peak, decaySteps: steps - 500 }) });
const sgdr = (peaks: readonly [number, number, number]): Schedule =>
  sequential({
    schedules: [period(peaks[0], 2000), period(peaks[1], 3000), period(peaks[2], 5000)],
    milestones: [2000, 5000],
  });

const cases: [title: string, schedule: Schedule, rates: [step: number, rate: number][]][] = [
  [
    'PiecewiseConstant: positive',
    piecewiseConstant({ boundaries: [2, 5], values: [0.1, 0.2, 0.1] }),
    [0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1].map((rate, step) => [step, rate]),
  ],
  [
    'Join: join_schedules',
    sequential({ schedules: [1, 2, 1], milestones: [3, 6] }),
    [1, 1, 1, 2, 2, 2, 1].map((rate, step) => [step, rate]),
  ],
  [
    'PiecewiseInterpolate: linear_piecewise',
    sequential({ schedules: [line(200, 300, 5), line(300, 75, 5)], milestones: [5] }),
    [200, 220, 240, 260, 280, 300, 255, 210, 165, 120, 75, 75, 75].map((rate, step) => [step, rate]),
  ],
  [
    'OneCycle: linear',
    sequential({ schedules: [line(100, 1000, 3), line(1000, 100, 4), line(100, 1, 3)], milestones: [3, 7] }),
    [100, 400, 700, 1000, 775, 550, 325, 100, 67, 34, 1, 1].map((rate, step) => [step, rate]),
  ],
  [
    'Polynomial: with_decay_begin',
    sequential({
      schedules: [30, polynomial({ initialLearningRate: 30, endLearningRate: 10, decaySteps: 10, power: 2 })],
      milestones: [4],
    }),
    [
      ...Array.from({ length: 4 }, () => 30),
      ...Array.from({ length: 10 }, (_, n) => 10 + 20 * (1 - n / 10) ** 2),
      10,
    ].map((rate, step) => [step, rate]),
  ],
  [
    'SGDR: limits, with step decay',
    sgdr([1.6, 0.8, 0.4]),
    [
      [500, 1.6],
      [2500, 0.8],
      [5500, 0.4],
    ],
  ],
  [
    'SGDR: limits, without step decay',
    sgdr([1.6, 1.6, 1.6]),
    [
      [500, 1.6],
      [2500, 1.6],
      [5500, 1.6],
    ],
  ],
];

describe('schedules of Optax', () => {
  it.each(cases)('%s', (_title, schedule, rates) => {
    for (const [step, rate] of rates) expect(learningRateAt(schedule, step)).toBeCloseTo(rate, 4);
  });
});
