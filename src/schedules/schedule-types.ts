/** Types of learning-rate schedules: what their factories take, and their descriptions. */
import type { Custom, Named } from '../common/custom.js';
import type { Descriptor } from '../common/descriptor.js';

/**
 * A function from the number of updates already made, `step` from 0, to the learning rate of the next update. A file
 * keeps the function's name only; `loadModel` takes the function as `{ name, rate }`.
 * @category Learning-rate schedules
 */
export type ScheduleFunction = (step: number) => number;

/**
 * A custom schedule. It is as reproducible as its `rate`.
 * @category Learning-rate schedules
 */
export interface CustomSchedule extends Named {
  /**
   * Returns a number ≥ 0, finite in float32. It should depend on `step` alone, so that training which is saved and
   * loaded continues with the same rates.
   */
  rate(step: number): number;
}

/**
 * Options of `schedules.constant`.
 * @category Learning-rate schedules
 */
export interface ConstantScheduleOptions {
  /** η > 0. */
  learningRate: number;
}

/**
 * Options of `schedules.step`.
 * @category Learning-rate schedules
 */
export interface StepScheduleOptions {
  /** η₀ > 0. */
  initialLearningRate: number;
  /** Updates between two drops, at least 1. */
  dropEvery: number;
  /** Factor by which the rate is multiplied at each drop, > 0. Default 0.5. */
  factor?: number;
}

/**
 * Options of `schedules.exponential` and `schedules.inverseTime`.
 * @category Learning-rate schedules
 */
export interface DecayScheduleOptions {
  /** η₀ > 0. */
  initialLearningRate: number;
  /** D: updates in which the rate decays by `decayRate` once, at least 1. */
  decaySteps: number;
  /** γ > 0. */
  decayRate: number;
  /** Whether the rate changes every `decaySteps` updates only. Default false. */
  staircase?: boolean;
}

/**
 * Options of `schedules.polynomial`.
 * @category Learning-rate schedules
 */
export interface PolynomialScheduleOptions {
  /** η₀ > 0. */
  initialLearningRate: number;
  /** D: updates until the end, at least 1. */
  decaySteps: number;
  /** η_end ≥ 0, kept after the end. Default 0. */
  endLearningRate?: number;
  /** p > 0. Default 1: a straight line. */
  power?: number;
}

/**
 * Options of `schedules.cosine`.
 * @category Learning-rate schedules
 */
export interface CosineScheduleOptions {
  /** η₀ > 0. */
  initialLearningRate: number;
  /** D: updates of the (first) period, at least 1. */
  decaySteps: number;
  /** α in [0, 1): smallest rate as a share of the initial rate. Default 0. */
  alpha?: number;
  /** Whether a new period begins where one ends. Default false: the rate stays at its smallest value. */
  restarts?: boolean;
  /** Length of a period as a multiple of the one before: 1, or at least 1.0001. Default 2. Keras: t_mul. */
  periodFactor?: number;
  /** Rate at a period's start as a multiple of that of the one before, > 0. Default 1. Keras: m_mul. */
  peakFactor?: number;
}

/**
 * Options of `schedules.piecewiseConstant`.
 * @category Learning-rate schedules
 */
export interface PiecewiseConstantScheduleOptions {
  /** Last update, counted from 0, of each rate but the last: integers that rise. */
  boundaries: readonly number[];
  /** Rates ≥ 0, one more than boundaries. */
  values: readonly number[];
}

/**
 * Options of schedules that move the momentum against the rate: `momentum` of `sgd` and `rmsprop`, β1 of `adam`,
 * `adamw`, `adamax` and `lion`.
 * @category Learning-rate schedules
 */
export interface MomentumCycleOptions {
  /** Whether the momentum moves too. Default false: it stays what the optimizer's option says. */
  cycleMomentum?: boolean;
  /** Momentum in [0, 1) at the largest rate. Default 0.85 for `oneCycle`, 0.8 for `cyclic`. */
  baseMomentum?: number;
  /** Momentum in [0, 1) at the smallest rate. Default 0.95 for `oneCycle`, 0.9 for `cyclic`. */
  maxMomentum?: number;
}

/**
 * Options of `schedules.cyclic`.
 * @category Learning-rate schedules
 */
export interface CyclicScheduleOptions extends MomentumCycleOptions {
  /** η_base ≥ 0, where each cycle begins and ends. */
  baseLearningRate: number;
  /** η_max > 0, the peak of the first cycle. */
  maxLearningRate: number;
  /** Updates from base to peak, at least 1. Default 2,000. */
  stepSizeUp?: number;
  /** Updates from peak to base, at least 1. Default stepSizeUp. */
  stepSizeDown?: number;
  /**
   * Height of the peaks above the base:
   * - 'triangular': all the same
   * - 'triangular2': half of the one before
   * - 'expRange': times gamma^t at each update
   *
   * Default 'triangular'.
   */
  mode?: 'triangular' | 'triangular2' | 'expRange';
  /** γ > 0 of 'expRange'. Default 1. */
  gamma?: number;
}

/**
 * Options of `schedules.sequential`.
 * @category Learning-rate schedules
 */
export interface SequentialScheduleOptions {
  /** Rates and schedules, one after the other; each begins at its step 0. None may contain a sequence. */
  schedules: readonly LearningRate[];
  /** First update of each but the first: integers > 0 that rise. */
  milestones: readonly number[];
}

/**
 * Settled options of a sequence.
 * @category Learning-rate schedules
 */
export interface SequentialConfig {
  /** Rates and schedules, one after the other. */
  readonly schedules: readonly (number | Schedule)[];
  /** First update of each but the first. */
  readonly milestones: readonly number[];
}

/**
 * Options of `schedules.oneCycle`.
 * @category Learning-rate schedules
 */
export interface OneCycleScheduleOptions extends MomentumCycleOptions {
  /** η_max > 0, the peak. */
  maxLearningRate: number;
  /** T: updates of the cycle, at least 1. */
  totalSteps: number;
  /** Share of the cycle in which the rate rises, in [0, 1). Default 0.3. */
  pctStart?: number;
  /** Divisor of the first rate, which is maxLearningRate/divFactor. Default 25. */
  divFactor?: number;
  /** Divisor of the last rate, which is the first rate/finalDivFactor. Default 10,000. */
  finalDivFactor?: number;
}

/**
 * Options of `schedules.warmUp`.
 * @category Learning-rate schedules
 */
export interface WarmUpScheduleOptions {
  /** Rate or schedule after the warm-up. The schedule then begins at its step 0. */
  schedule: LearningRate;
  /** Updates of the warm-up, at least 1. */
  steps: number;
  /** First rate of the warm-up, as a share in [0, 1) of the schedule's first rate. Default 0. */
  from?: number;
}

/**
 * Settled options of a warm-up.
 * @category Learning-rate schedules
 */
export interface WarmUpConfig {
  /** Rate or schedule after the warm-up. */
  readonly schedule: number | Schedule;
  /** Updates of the warm-up. */
  readonly steps: number;
  /** First rate of the warm-up, as a share of the schedule's first rate. */
  readonly from: number;
}

/**
 * A learning-rate schedule, a function of the number of updates made: a descriptor made by one of `schedules`, or a
 * custom schedule.
 * @category Learning-rate schedules
 */
export type Schedule =
  | Descriptor<'constant', Required<ConstantScheduleOptions>>
  | Descriptor<'step', Required<StepScheduleOptions>>
  | Descriptor<'exponential', Required<DecayScheduleOptions>>
  | Descriptor<'inverseTime', Required<DecayScheduleOptions>>
  | Descriptor<'polynomial', Required<PolynomialScheduleOptions>>
  | Descriptor<'cosine', Required<CosineScheduleOptions>>
  | Descriptor<'oneCycle', Required<OneCycleScheduleOptions>>
  | Descriptor<'piecewiseConstant', Required<PiecewiseConstantScheduleOptions>>
  | Descriptor<'cyclic', Required<CyclicScheduleOptions>>
  | Descriptor<'sequential', SequentialConfig>
  | Descriptor<'warmUp', WarmUpConfig>
  | Custom<CustomSchedule>;

/**
 * Values accepted as a learning rate: a number > 0, or a schedule.
 * @category Learning-rate schedules
 */
export type LearningRate = number | Schedule | ScheduleFunction | CustomSchedule;
