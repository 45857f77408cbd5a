/**
 * Values of learning-rate schedules: the formula of each kind, and the rate at a given step. `schedules.ts` declares
 * the factories, their options and their checks.
 */
import { describe } from '../common/describe.js';
import { cos, realPower } from '../common/elementary.js';
import { ValueError } from '../common/errors.js';
import { integer } from '../common/options.js';
import type { LearningRate, Schedule } from './schedule-types.js';
import { learningRateCheck } from './schedules.js';

type ConfigOf<K extends Schedule['kind']> = Extract<Schedule, { kind: K }>['config'];

/**
 * Returns the learning rate of the next update after `step` updates: a function of its arguments alone. The schedule
 * must come from `learningRateCheck`, and the step must be an integer ≥ 0.
 * @throws ValueError, naming schedule and step, if the rate is not a number ≥ 0 that float32 can hold.
 */
export function rateAt(schedule: Schedule, step: number): number {
  const rate: unknown = formula(schedule, step);
  if (typeof rate === 'number' && rate >= 0 && Math.fround(rate) < Infinity) return rate;
  const name = schedule.kind === 'custom' ? schedule.config.name : schedule.kind;
  throw new ValueError(
    `schedule ${describe(name)}: rate at step ${step} expected a finite number >= 0, got ${describe(rate)}.`,
  );
}

/**
 * Returns the rate that an optimizer with this `learningRate` uses after `step` updates, `step` from 0. Use it to
 * inspect or plot a schedule.
 * @throws ValueError for a learningRate that is neither a number > 0 nor a schedule, for a step that is no count, and,
 * naming schedule and step, if the rate is not a number ≥ 0 that float32 can hold.
 * @example learningRateAt(schedules.step({ initialLearningRate: 0.1, dropEvery: 100 }), 250); // 0.025
 * @category Learning-rate schedules
 */
export function learningRateAt(learningRate: LearningRate, step: number): number {
  const read = learningRateCheck('learningRateAt: learningRate', learningRate);
  return numberAt(read, integer(0)('learningRateAt: step', step));
}

const numberAt = (rate: number | Schedule, step: number): number =>
  typeof rate === 'number' ? rate : rateAt(rate, step);

function formula(schedule: Schedule, t: number): number {
  switch (schedule.kind) {
    case 'constant':
      return schedule.config.learningRate;
    case 'step': {
      const { initialLearningRate, dropEvery, factor } = schedule.config;
      return initialLearningRate * realPower(factor, Math.floor(t / dropEvery));
    }
    case 'exponential': {
      const { initialLearningRate, decayRate } = schedule.config;
      return initialLearningRate * realPower(decayRate, decays(schedule.config, t));
    }
    case 'inverseTime': {
      const { initialLearningRate, decayRate } = schedule.config;
      return initialLearningRate / (1 + decayRate * decays(schedule.config, t));
    }
    case 'polynomial': {
      const { initialLearningRate, decaySteps, endLearningRate, power } = schedule.config;
      const left = 1 - Math.min(t, decaySteps) / decaySteps;
      return (initialLearningRate - endLearningRate) * realPower(left, power) + endLearningRate;
    }
    case 'cosine':
      return cosineRate(schedule.config, t);
    case 'oneCycle':
      return oneCycleRate(schedule.config, t);
    case 'warmUp': {
      const { schedule: then, steps, from } = schedule.config;
      if (t >= steps) return numberAt(then, t - steps);
      return numberAt(then, 0) * (from + ((1 - from) * t) / steps);
    }
    case 'custom':
      return schedule.custom.rate(t);
  }
}

/** Returns the number of decays so far, whole or fractional. */
function decays({ decaySteps, staircase }: ConfigOf<'exponential'>, t: number): number {
  const times = t / decaySteps;
  return staircase ? Math.floor(times) : times;
}

/** Returns the value of half a cosine wave from 1 at 0 to 0 at 1. */
const descent = (share: number): number => 0.5 * (1 + cos(Math.PI * share));

function cosineRate(config: ConfigOf<'cosine'>, t: number): number {
  const { initialLearningRate, decaySteps, alpha, restarts, periodFactor, peakFactor } = config;
  let period = decaySteps;
  let since = t;
  let finished = 0;
  if (!restarts) since = Math.min(t, decaySteps);
  else if (periodFactor === 1) {
    finished = Math.floor(t / decaySteps);
    since = t % decaySteps;
  } else {
    for (; since >= period; finished++) {
      since -= period;
      period *= periodFactor;
    }
  }
  const share = realPower(peakFactor, finished) * descent(since / period);
  return initialLearningRate * (alpha + (1 - alpha) * share);
}

function oneCycleRate(config: ConfigOf<'oneCycle'>, t: number): number {
  const { maxLearningRate, totalSteps, pctStart, divFactor, finalDivFactor } = config;
  const start = maxLearningRate / divFactor;
  const end = start / finalDivFactor;
  const peak = pctStart * totalSteps - 1;
  // A rise of length 0 is at its end.
  if (t <= peak) return maxLearningRate + (start - maxLearningRate) * (peak === 0 ? 0 : descent(t / peak));
  const share = (Math.min(t, totalSteps - 1) - peak) / (totalSteps - 1 - peak);
  return end + (maxLearningRate - end) * descent(share);
}
