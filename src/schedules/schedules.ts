import { fieldOf, fieldsOf, isFunction, isObject } from '../common/objects.js';
import { readCustom, type Custom, type Named } from '../common/custom.js';
import { describe } from '../common/describe.js';
import { resolve, type Descriptor } from '../common/descriptor.js';
import { ValueError } from '../common/errors.js';
import { flag, fraction, integer, nonNegative, positive, readOptions, type Check } from '../common/options.js';

/**
 * The learning rate of update number `step`, counted from 0: the number of updates already made. A file keeps the
 * function's name alone; `loadModel` takes it back as `{ name, rate }`.
 */
export type ScheduleFunction = (step: number) => number;

/** A schedule of the user's own. As reproducible as its author makes it. */
export interface CustomSchedule extends Named {
  /**
   * A number ≥ 0, finite in float32. It should depend on `step` alone: training that is saved and loaded goes on from
   * there.
   */
  rate(step: number): number;
}

/** What `schedules.constant` takes. */
export interface ConstantScheduleOptions {
  /** η > 0. */
  learningRate: number;
}

/** What `schedules.step` takes. */
export interface StepScheduleOptions {
  /** η₀ > 0. */
  initialLearningRate: number;
  /** Updates between two drops, at least 1. */
  dropEvery: number;
  /** What the rate is multiplied by at each drop, > 0. Default 0.5. */
  factor?: number;
}

/** What `schedules.exponential` and `schedules.inverseTime` take. */
export interface DecayScheduleOptions {
  /** η₀ > 0. */
  initialLearningRate: number;
  /** D: updates in which the rate decays once by `decayRate`, at least 1. */
  decaySteps: number;
  /** γ > 0. */
  decayRate: number;
  /** Whether the rate changes every `decaySteps` updates only. Default false. */
  staircase?: boolean;
}

/** What `schedules.polynomial` takes. */
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

/** What `schedules.cosine` takes. */
export interface CosineScheduleOptions {
  /** η₀ > 0. */
  initialLearningRate: number;
  /** D: updates of the (first) period, at least 1. */
  decaySteps: number;
  /** α in [0, 1): share of the initial rate that is never gone below. Default 0. */
  alpha?: number;
  /** Whether a new period begins where one ends. Default false: the rate stays at its smallest. */
  restarts?: boolean;
  /** Length of a period as a multiple of that before it: 1, or at least 1.0001. Default 2. Keras: t_mul. */
  periodFactor?: number;
  /** Height of a period's start as a multiple of that before it, > 0. Default 1. Keras: m_mul. */
  peakFactor?: number;
}

/** What `schedules.oneCycle` takes. */
export interface OneCycleScheduleOptions {
  /** η_max > 0, the peak. */
  maxLearningRate: number;
  /** T: updates of the cycle, at least 1. */
  totalSteps: number;
  /** Share of the cycle in which the rate rises, in [0, 1). Default 0.3. */
  pctStart?: number;
  /** The cycle starts at maxLearningRate/divFactor. Default 25. */
  divFactor?: number;
  /** The cycle ends at a `finalDivFactor`-th of its start. Default 10,000. */
  finalDivFactor?: number;
}

/** What `schedules.warmUp` takes. */
export interface WarmUpScheduleOptions {
  /** What comes after: a rate, or a schedule, which then begins at its step 0. */
  schedule: LearningRate;
  /** Updates of the warm-up, at least 1. */
  steps: number;
  /** Share of the schedule's first rate to start from, in [0, 1). Default 0. */
  from?: number;
}

/** A warm-up, settled. */
export interface WarmUpConfig {
  /** What comes after. */
  readonly schedule: number | Schedule;
  /** Updates of the warm-up. */
  readonly steps: number;
  /** Share of the schedule's first rate to start from. */
  readonly from: number;
}

/**
 * How the learning rate follows from the number of updates made: a descriptor made by one of `schedules`, or the user's
 * own.
 */
export type Schedule =
  | Descriptor<'constant', Required<ConstantScheduleOptions>>
  | Descriptor<'step', Required<StepScheduleOptions>>
  | Descriptor<'exponential', Required<DecayScheduleOptions>>
  | Descriptor<'inverseTime', Required<DecayScheduleOptions>>
  | Descriptor<'polynomial', Required<PolynomialScheduleOptions>>
  | Descriptor<'cosine', Required<CosineScheduleOptions>>
  | Descriptor<'oneCycle', Required<OneCycleScheduleOptions>>
  | Descriptor<'warmUp', WarmUpConfig>
  | Custom<CustomSchedule>;

/** What may stand where a learning rate is wanted: a number > 0, or a schedule. */
export type LearningRate = number | Schedule | ScheduleFunction | CustomSchedule;

type ScheduleOf<K extends Schedule['kind']> = Extract<Schedule, { kind: K }>;

/** Cycles and warm-ups are counted in updates. */
const updates = /* @__PURE__ */ integer(1);

function constant(options: ConstantScheduleOptions): ScheduleOf<'constant'> {
  return {
    kind: 'constant',
    config: readOptions('schedules.constant', options, { learningRate: { check: positive } }),
  };
}

function step(options: StepScheduleOptions): ScheduleOf<'step'> {
  const config = readOptions<Required<StepScheduleOptions>>('schedules.step', options, {
    initialLearningRate: { check: positive },
    dropEvery: { check: updates },
    factor: { check: positive, or: 0.5 },
  });
  return { kind: 'step', config };
}

const decay = <K extends 'exponential' | 'inverseTime'>(
  kind: K,
  options: DecayScheduleOptions,
): Descriptor<K, Required<DecayScheduleOptions>> => ({
  kind,
  config: readOptions<Required<DecayScheduleOptions>>(`schedules.${kind}`, options, {
    initialLearningRate: { check: positive },
    decaySteps: { check: updates },
    decayRate: { check: positive },
    staircase: { check: flag, or: false },
  }),
});

function polynomial(options: PolynomialScheduleOptions): ScheduleOf<'polynomial'> {
  const config = readOptions<Required<PolynomialScheduleOptions>>('schedules.polynomial', options, {
    initialLearningRate: { check: positive },
    decaySteps: { check: updates },
    endLearningRate: { check: nonNegative, or: 0 },
    power: { check: positive, or: 1 },
  });
  return { kind: 'polynomial', config };
}

/** Periods are counted one by one: at this growth there are some 300,000 up to the largest number of updates. */
const LEAST_GROWTH = 1.0001;

const growth: Check<number> = (path, value) => {
  const factor = positive(path, value);
  if (factor === 1 || factor >= LEAST_GROWTH) return factor;
  throw new ValueError(`${path} expected 1 or a number >= ${LEAST_GROWTH}, got ${describe(value)}.`);
};

function cosine(options: CosineScheduleOptions): ScheduleOf<'cosine'> {
  const config = readOptions<Required<CosineScheduleOptions>>('schedules.cosine', options, {
    initialLearningRate: { check: positive },
    decaySteps: { check: updates },
    alpha: { check: fraction, or: 0 },
    restarts: { check: flag, or: false },
    periodFactor: { check: growth, or: 2 },
    peakFactor: { check: positive, or: 1 },
  });
  if (!config.restarts && (config.periodFactor !== 2 || config.peakFactor !== 1)) {
    throw new ValueError(
      'schedules.cosine: restarts expected true where periodFactor or peakFactor is given, got false.',
    );
  }
  return { kind: 'cosine', config };
}

function oneCycle(options: OneCycleScheduleOptions): ScheduleOf<'oneCycle'> {
  const config = readOptions<Required<OneCycleScheduleOptions>>('schedules.oneCycle', options, {
    maxLearningRate: { check: positive },
    totalSteps: { check: updates },
    pctStart: { check: fraction, or: 0.3 },
    divFactor: { check: positive, or: 25 },
    finalDivFactor: { check: positive, or: 1e4 },
  });
  return { kind: 'oneCycle', config };
}

function warmUp(options: WarmUpScheduleOptions): ScheduleOf<'warmUp'> {
  const config = readOptions<WarmUpConfig>('schedules.warmUp', options, {
    schedule: { check: withinWarmUp },
    steps: { check: updates },
    from: { check: fraction, or: 0 },
  });
  return { kind: 'warmUp', config };
}

/**
 * Learning-rate schedules, for the `learningRate` of any optimizer. t is the number of updates already made, from 0;
 * nothing else is remembered. They are computed in float64 by + − × ÷ alone, so that rates have the same bits on every
 * engine. Each factory throws a ValueError for a missing or unknown option or a number out of range.
 * @example
 * const optimizer = adam({ learningRate: schedules.cosine({ initialLearningRate: 0.001, decaySteps: 10_000 }) });
 */
export const schedules = {
  /**
   * η for all t.
   * @throws ValueError for an unknown option or a number out of range.
   * @example schedules.constant({ learningRate: 0.01 });
   */
  constant,
  /**
   * η₀·factor^⌊t/dropEvery⌋; factor 0.5 unless given. PyTorch's StepLR, in updates.
   * @throws ValueError for an unknown option or a number out of range.
   * @example schedules.step({ initialLearningRate: 0.1, dropEvery: 1000, factor: 0.1 });
   */
  step,
  /**
   * η₀·γ^(t/D); with `staircase` η₀·γ^⌊t/D⌋. Keras' ExponentialDecay.
   * @throws ValueError for an unknown option or a number out of range, also once γ > 1 has left float32.
   * @example schedules.exponential({ initialLearningRate: 0.1, decaySteps: 1000, decayRate: 0.96 });
   */
  exponential: (options: DecayScheduleOptions): ScheduleOf<'exponential'> => decay('exponential', options),
  /**
   * η₀/(1 + γ·t/D); with `staircase` η₀/(1 + γ·⌊t/D⌋). Keras' InverseTimeDecay.
   * @throws ValueError for an unknown option or a number out of range.
   * @example schedules.inverseTime({ initialLearningRate: 0.1, decaySteps: 1000, decayRate: 0.5 });
   */
  inverseTime: (options: DecayScheduleOptions): ScheduleOf<'inverseTime'> => decay('inverseTime', options),
  /**
   * (η₀ − η_end)·(1 − t/D)^p + η_end, from t = D on η_end; p = 1, η_end = 0 unless given. Keras' PolynomialDecay, whose
   * η_end is 0.0001.
   * @throws ValueError for an unknown option or a number out of range.
   * @example schedules.polynomial({ initialLearningRate: 0.1, decaySteps: 1000, endLearningRate: 0.001, power: 2 });
   */
  polynomial,
  /**
   * η₀·(α + (1 − α)·½(1 + cos(π·t/D))), from t = D on η₀·α (Loshchilov & Hutter 2017; Keras' CosineDecay). With
   * `restarts`, period i = 0, 1, … is D·periodFactor^i updates long and the cosine's share is multiplied by
   * peakFactor^i (Keras' CosineDecayRestarts).
   * @throws ValueError for an unknown option or a number out of range.
   * @example schedules.cosine({ initialLearningRate: 0.001, decaySteps: 1000, restarts: true });
   */
  cosine,
  /**
   * Up and down once (Smith & Topin 2018), along half cosines, by PyTorch's OneCycleLR: from η_max/divFactor at t = 0
   * to η_max at t = pctStart·T − 1, then to η_max/(divFactor·finalDivFactor) at t = T − 1, where it stays.
   * @throws ValueError for an unknown option or a number out of range.
   * @example schedules.oneCycle({ maxLearningRate: 0.01, totalSteps: 5000 });
   */
  oneCycle,
  /**
   * A straight line from from·η₀ at t = 0 to η₀ at t = steps, η₀ the schedule's rate at 0; from then on the schedule at
   * t − steps. With `from` 0, the default, the first update leaves the weights as they are.
   * @throws ValueError for an unknown option or a number out of range.
   * @example schedules.warmUp({ schedule: 0.001, steps: 500 });
   */
  warmUp,
} as const;

/** Warm-ups within each other, at most: reading them goes as deep as they do. */
const MOST_WARM_UPS = 16;

function requireShallow(path: string, value: unknown, most: number): void {
  let { kind, config } = fieldsOf(value, 'kind', 'config');
  for (let level = 0; kind === 'warmUp'; level++) {
    if (level === most) {
      throw new ValueError(`${path} expected at most ${most} warm-ups within each other, got more.`);
    }
    ({ kind, config } = fieldsOf(fieldOf(config, 'schedule'), 'kind', 'config'));
  }
}

/** What a warm-up leads to, with room for itself. */
const withinWarmUp: Check<number | Schedule> = (path, value) => {
  requireShallow(path, value, MOST_WARM_UPS - 1);
  return learningRateCheck(path, value);
};

/** Reads a learning rate: a number stays one, everything else becomes a descriptor. */
export const learningRateCheck: Check<number | Schedule> = (path, value) => {
  if (typeof value === 'number') return positive(path, value);
  if (isFunction(value)) return ofFunction(value as ScheduleFunction);
  if (!isObject(value)) {
    throw new ValueError(`${path} expected a number > 0 or a schedule, got ${describe(value)}.`);
  }
  requireShallow(path, value, MOST_WARM_UPS);
  return readCustom<CustomSchedule>(path, value, ['rate']) ?? resolve<Schedule>(path, value, schedules);
};

/** An unnamed function goes by "schedule". */
function ofFunction(rate: ScheduleFunction): Custom<CustomSchedule> {
  const given: unknown = rate.name;
  const name = typeof given === 'string' && given !== '' ? given : 'schedule';
  return { kind: 'custom', config: { name }, custom: { name, rate } };
}
