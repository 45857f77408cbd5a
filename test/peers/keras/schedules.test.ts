/** Cases of keras/src/optimizers/schedules/learning_rate_schedule_test.py (Keras at 3422977): piecewise constants. */
import { describe, expect, it } from 'vitest';
import { learningRateAt, schedules, sgd } from '../../../src/index.js';

const { piecewiseConstant } = schedules;

describe('schedules of Keras', () => {
  it.each([
    [
      'piecewise_values',
      { boundaries: [100, 110, 120], values: [1, 0.1, 0.01, 0.001] },
      [
        [0, 1],
        [100, 1],
        [105, 0.1],
        [110, 0.1],
        [120, 0.01],
        [999, 0.001],
      ],
    ],
    [
      'boundary_values',
      { boundaries: [1, 2, 3], values: [0.4, 0.5, 0.6, 0.7] },
      [
        [0, 0.4],
        [1, 0.4],
        [2, 0.5],
        [3, 0.6],
        [4, 0.7],
      ],
    ],
  ])('PiecewiseConstantDecay: %s', (_title, options, rates) => {
    for (const [step, rate] of rates) expect(learningRateAt(piecewiseConstant(options), step)).toBeCloseTo(rate, 6);
  });

  it('PiecewiseConstantDecay: config', () => {
    const schedule = piecewiseConstant({ boundaries: [10, 20], values: [1, 2, 3] });
    const copy = JSON.parse(JSON.stringify(schedule)) as typeof schedule;
    expect(sgd({ learningRate: copy }).config.learningRate).toEqual(schedule);
  });
});
