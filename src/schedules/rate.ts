/**
 * Values of learning-rate schedules: the formula of each kind, and rate and momentum at a given step. `schedules.ts`
 * declares the factories, their options and their checks.
 */
import { describe } from '../common/describe.js';
import { cos, realPower } from '../common/elementary.js';
import { ValueError } from '../common/errors.js';
import { power } from '../common/power.js';
import { integer } from '../common/options.js';
import type { LearningRate, MomentumCycleOptions, Schedule } from './schedule-types.js';
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

/**
 * Returns the momentum (β1 of Adam and its kin) that an optimizer with this `learningRate` uses after `step` updates,
 * `step` from 0; undefined where the schedule does not move it, so that the optimizer's option holds.
 * @throws ValueError for a learningRate that is neither a number > 0 nor a schedule, and for a step that is no count.
 * @example
 * const cycle = schedules.oneCycle({ maxLearningRate: 0.1, totalSteps: 100, cycleMomentum: true });
 * momentumAt(cycle, 0); // 0.95
 * @category Learning-rate schedules
 */
export function momentumAt(learningRate: LearningRate, step: number): number | undefined {
  const read = learningRateCheck('momentumAt: learningRate', learningRate);
  return movedMomentum(read, integer(0)('momentumAt: step', step));
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
    case 'piecewiseConstant': {
      const { boundaries, values } = schedule.config;
      return values[countWhere(boundaries, (boundary) => boundary < t)];
    }
    case 'cyclic': {
      const { baseLearningRate, maxLearningRate } = schedule.config;
      return baseLearningRate + (maxLearningRate - baseLearningRate) * cyclicShare(schedule.config, t);
    }
    case 'sequential': {
      const { part, since } = partAt(schedule.config, t);
      return numberAt(part, since);
    }
    case 'warmUp': {
      const { schedule: then, steps, from } = schedule.config;
      if (t >= steps) return numberAt(then, t - steps);
      return numberAt(then, 0) * (from + ((1 - from) * t) / steps);
    }
    case 'custom':
      return schedule.custom.rate(t);
  }
}

/** Returns the momentum of the next update after `step` updates, where the schedule moves it. */
export function movedMomentum(schedule: number | Schedule, step: number): number | undefined {
  if (typeof schedule === 'number') return undefined;
  switch (schedule.kind) {
    case 'oneCycle': {
      const wave = oneCycleWave(schedule.config, step);
      return momentumBelow(schedule.config, step <= peakOf(schedule.config) ? 1 - wave : wave);
    }
    case 'cyclic':
      return momentumBelow(schedule.config, cyclicShare(schedule.config, step));
    case 'warmUp': {
      const { schedule: then, steps } = schedule.config;
      return movedMomentum(then, Math.max(0, step - steps));
    }
    case 'sequential': {
      const { part, since } = partAt(schedule.config, step);
      return movedMomentum(part, since);
    }
    default:
      return undefined;
  }
}

/** Whether a schedule ever moves the momentum. */
export function movesMomentum(schedule: number | Schedule): boolean {
  if (typeof schedule === 'number') return false;
  if (schedule.kind === 'warmUp') return movesMomentum(schedule.config.schedule);
  if (schedule.kind === 'sequential') return schedule.config.schedules.some(movesMomentum);
  return movedMomentum(schedule, 0) !== undefined;
}

/** Returns the largest momentum less a share of its range; undefined where the momentum does not move. */
const momentumBelow = (
  { cycleMomentum, baseMomentum, maxMomentum }: Required<MomentumCycleOptions>,
  share: number,
): number | undefined => (cycleMomentum ? maxMomentum - (maxMomentum - baseMomentum) * share : undefined);

/** Returns how many numbers of a rising list pass a test that those at its start pass. */
function countWhere(rising: readonly number[], passes: (value: number) => boolean): number {
  let [from, to] = [0, rising.length];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (passes(rising[middle])) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Returns which schedule of a sequence is next after t updates, and the number of updates since it began. */
function partAt(
  { schedules, milestones }: ConfigOf<'sequential'>,
  t: number,
): { part: number | Schedule; since: number } {
  const index = countWhere(milestones, (milestone) => milestone <= t);
  return { part: schedules[index], since: index === 0 ? t : t - milestones[index - 1] };
}

/** Returns the height of a cyclic schedule above its base, as a share of its first peak. */
function cyclicShare({ stepSizeUp, stepSizeDown, mode, gamma }: ConfigOf<'cyclic'>, t: number): number {
  const length = stepSizeUp + stepSizeDown;
  const since = t % length;
  const height = since <= stepSizeUp ? since / stepSizeUp : (length - since) / stepSizeDown;
  if (mode === 'triangular2') return height * power(0.5, Math.floor(t / length));
  return mode === 'expRange' ? height * realPower(gamma, t) : height;
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

/** Returns the update, from 0 and perhaps a fraction, at which a single cycle has its peak. */
const peakOf = ({ pctStart, totalSteps }: ConfigOf<'oneCycle'>): number => pctStart * totalSteps - 1;

/** Returns the value of the half cosine that a single cycle follows: from 1 to 0 before the peak and again after it. */
function oneCycleWave(config: ConfigOf<'oneCycle'>, t: number): number {
  const peak = peakOf(config);
  // A rise of length 0 is at its end.
  if (t <= peak) return peak === 0 ? 0 : descent(t / peak);
  const last = config.totalSteps - 1;
  return descent((Math.min(t, last) - peak) / (last - peak));
}

function oneCycleRate(config: ConfigOf<'oneCycle'>, t: number): number {
  const { maxLearningRate, divFactor, finalDivFactor } = config;
  const start = maxLearningRate / divFactor;
  const end = start / finalDivFactor;
  const wave = oneCycleWave(config, t);
  if (t <= peakOf(config)) return maxLearningRate + (start - maxLearningRate) * wave;
  return end + (maxLearningRate - end) * wave;
}
