/**
 * Learning-rate schedules as descriptors: their options, factories and checks. `rate.ts` computes the rates.
 */
import { fieldOf, fieldsOf, isFunction, isObject } from '../common/objects.js';
import { readCustom, type Custom } from '../common/custom.js';
import { describe } from '../common/describe.js';
import { resolve, type Descriptor } from '../common/descriptor.js';
import { ValueError } from '../common/errors.js';
import { flag, fraction, integer, nonNegative, positive, readOptions, type Check } from '../common/options.js';
import type {
  ScheduleFunction,
  CustomSchedule,
  ConstantScheduleOptions,
  StepScheduleOptions,
  DecayScheduleOptions,
  PolynomialScheduleOptions,
  CosineScheduleOptions,
  OneCycleScheduleOptions,
  WarmUpScheduleOptions,
  WarmUpConfig,
  Schedule,
} from './schedule-types.js';

type ScheduleOf<K extends Schedule['kind']> = Extract<Schedule, { kind: K }>;

/** Check of the length of cycles and warm-ups, which are counted in updates. */
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

/**
 * Smallest factor above 1 between periods. Periods are counted one by one: with this factor there are some 300,000 up
 * to the largest number of updates.
 */
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
 * schedules have no other state. They are computed in float64 by + − × ÷ alone, so that rates have the same bits on
 * every engine. Each factory throws a ValueError for a missing or unknown option or a number out of range.
 * @example
 * const optimizer = adam({ learningRate: schedules.cosine({ initialLearningRate: 0.001, decaySteps: 10_000 }) });
 * @category Learning-rate schedules
 */
export const schedules = {
  /**
   * Constant: η for all t.
   * @throws ValueError for an unknown option or a number out of range.
   * @example schedules.constant({ learningRate: 0.01 });
   */
  constant,
  /**
   * Step decay: η₀·factor^⌊t/dropEvery⌋; factor 0.5 by default. PyTorch's StepLR, in updates.
   * @throws ValueError for an unknown option or a number out of range.
   * @example schedules.step({ initialLearningRate: 0.1, dropEvery: 1000, factor: 0.1 });
   */
  step,
  /**
   * Exponential decay: η₀·γ^(t/D); with `staircase` η₀·γ^⌊t/D⌋. Keras' ExponentialDecay.
   * @throws ValueError for an unknown option or a number out of range, also when a rate that grows by γ > 1 exceeds
   * float32.
   * @example schedules.exponential({ initialLearningRate: 0.1, decaySteps: 1000, decayRate: 0.96 });
   */
  exponential: (options: DecayScheduleOptions): ScheduleOf<'exponential'> => decay('exponential', options),
  /**
   * Inverse time decay: η₀/(1 + γ·t/D); with `staircase` η₀/(1 + γ·⌊t/D⌋). Keras' InverseTimeDecay.
   * @throws ValueError for an unknown option or a number out of range.
   * @example schedules.inverseTime({ initialLearningRate: 0.1, decaySteps: 1000, decayRate: 0.5 });
   */
  inverseTime: (options: DecayScheduleOptions): ScheduleOf<'inverseTime'> => decay('inverseTime', options),
  /**
   * Polynomial decay: (η₀ − η_end)·(1 − t/D)^p + η_end, from t = D on η_end; p = 1 and η_end = 0 by default. Keras'
   * PolynomialDecay, whose η_end is 0.0001.
   * @throws ValueError for an unknown option or a number out of range.
   * @example schedules.polynomial({ initialLearningRate: 0.1, decaySteps: 1000, endLearningRate: 0.001, power: 2 });
   */
  polynomial,
  /**
   * Cosine decay: η₀·(α + (1 − α)·½(1 + cos(π·t/D))), from t = D on η₀·α (Loshchilov & Hutter 2017; Keras'
   * CosineDecay). With `restarts`, period i = 0, 1, … is D·periodFactor^i updates long and the cosine's share is
   * multiplied by peakFactor^i (Keras' CosineDecayRestarts).
   * @throws ValueError for an unknown option or a number out of range.
   * @example schedules.cosine({ initialLearningRate: 0.001, decaySteps: 1000, restarts: true });
   */
  cosine,
  /**
   * One cycle, up and down once along half cosines (Smith & Topin 2018; PyTorch's OneCycleLR): from η_max/divFactor at
   * t = 0 to η_max at t = pctStart·T − 1, then to η_max/(divFactor·finalDivFactor) at t = T − 1, where it stays.
   * @throws ValueError for an unknown option or a number out of range.
   * @example schedules.oneCycle({ maxLearningRate: 0.01, totalSteps: 5000 });
   */
  oneCycle,
  /**
   * Warm-up: a straight line from from·η₀ at t = 0 to η₀ at t = steps, η₀ the schedule's rate at 0; from then on the
   * schedule at t − steps. With `from` 0, the default, the first update does not change the weights.
   * @throws ValueError for an unknown option or a number out of range.
   * @example schedules.warmUp({ schedule: 0.001, steps: 500 });
   */
  warmUp,
} as const;

/** Most warm-ups within each other: reading them recurses once for each. */
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

/** Reads the schedule after a warm-up, which may have one warm-up less within it. */
const withinWarmUp: Check<number | Schedule> = (path, value) => {
  requireShallow(path, value, MOST_WARM_UPS - 1);
  return learningRateCheck(path, value);
};

/** Reads a learning rate: a number stays a number, everything else becomes a descriptor. */
export const learningRateCheck: Check<number | Schedule> = (path, value) => {
  if (typeof value === 'number') return positive(path, value);
  if (isFunction(value)) return ofFunction(value as ScheduleFunction);
  if (!isObject(value)) {
    throw new ValueError(`${path} expected a number > 0 or a schedule, got ${describe(value)}.`);
  }
  requireShallow(path, value, MOST_WARM_UPS);
  return readCustom<CustomSchedule>(path, value, ['rate']) ?? resolve<Schedule>(path, value, schedules);
};

/** Makes a schedule of a function, by its name, or "schedule" if it has none. */
function ofFunction(rate: ScheduleFunction): Custom<CustomSchedule> {
  const given: unknown = rate.name;
  const name = typeof given === 'string' && given !== '' ? given : 'schedule';
  return { kind: 'custom', config: { name }, custom: { name, rate } };
}
