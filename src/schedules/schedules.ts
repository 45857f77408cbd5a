/**
 * Learning-rate schedules as descriptors: their options, factories and checks. `rate.ts` computes the rates.
 */
import { fieldOf, fieldsOf, isFunction, isObject } from '../common/objects.js';
import { readCustom, type Custom } from '../common/custom.js';
import { counted, describe } from '../common/describe.js';
import { resolve, type Descriptor } from '../common/descriptor.js';
import { ValueError } from '../common/errors.js';
import {
  flag,
  fraction,
  integer,
  listOf,
  nameOf,
  nonNegative,
  optional,
  positive,
  readOptions,
  type Check,
} from '../common/options.js';
import type {
  ScheduleFunction,
  CustomSchedule,
  ConstantScheduleOptions,
  StepScheduleOptions,
  DecayScheduleOptions,
  PolynomialScheduleOptions,
  CosineScheduleOptions,
  CyclicScheduleOptions,
  MomentumCycleOptions,
  OneCycleScheduleOptions,
  PiecewiseConstantScheduleOptions,
  SequentialConfig,
  SequentialScheduleOptions,
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

/** Returns the options of a cycling momentum with these bounds as defaults. */
const momentumOptions = (baseMomentum: number, maxMomentum: number) =>
  ({
    cycleMomentum: { check: flag, or: false },
    baseMomentum: { check: fraction, or: baseMomentum },
    maxMomentum: { check: fraction, or: maxMomentum },
  }) as const;

/** Throws for bounds of a momentum that does not cycle. */
function requireCycle(
  where: string,
  { cycleMomentum, baseMomentum, maxMomentum }: Required<MomentumCycleOptions>,
  table: ReturnType<typeof momentumOptions>,
): void {
  if (cycleMomentum || (baseMomentum === table.baseMomentum.or && maxMomentum === table.maxMomentum.or)) return;
  throw new ValueError(`${where}: cycleMomentum expected true where baseMomentum or maxMomentum is given, got false.`);
}

const CYCLIC_MOMENTUM = /* @__PURE__ */ momentumOptions(0.8, 0.9);
const ONE_CYCLE_MOMENTUM = /* @__PURE__ */ momentumOptions(0.85, 0.95);

/** Makes a check of a list of integers that rise, the first at least `least`. */
const rising =
  (least: number): Check<number[]> =>
  (path, value) =>
    listOf('a list of integers that rise', integer(least))(path, value).map((one, i, all) => {
      if (i === 0 || one > all[i - 1]) return one;
      throw new ValueError(`${path}[${i}] expected an integer > ${all[i - 1]}, got ${one}.`);
    });

function piecewiseConstant(options: PiecewiseConstantScheduleOptions): ScheduleOf<'piecewiseConstant'> {
  const config = readOptions<Required<PiecewiseConstantScheduleOptions>>('schedules.piecewiseConstant', options, {
    boundaries: { check: rising(0) },
    values: { check: listOf('a list of rates', nonNegative) },
  });
  const { boundaries, values } = config;
  if (values.length !== boundaries.length + 1) {
    throw new ValueError(
      `schedules.piecewiseConstant: values expected ${counted(boundaries.length + 1, 'rate')}, ` +
        `one more than boundaries, got ${values.length}.`,
    );
  }
  return { kind: 'piecewiseConstant', config };
}

function cyclic(options: CyclicScheduleOptions): ScheduleOf<'cyclic'> {
  const { stepSizeDown, ...read } = readOptions<
    Omit<Required<CyclicScheduleOptions>, 'stepSizeDown'> & { stepSizeDown: number | undefined }
  >('schedules.cyclic', options, {
    baseLearningRate: { check: nonNegative },
    maxLearningRate: { check: positive },
    stepSizeUp: { check: updates, or: 2000 },
    stepSizeDown: { check: optional(updates), or: undefined },
    mode: { check: nameOf(['triangular', 'triangular2', 'expRange']), or: 'triangular' },
    gamma: { check: positive, or: 1 },
    ...CYCLIC_MOMENTUM,
  });
  if (read.gamma !== 1 && read.mode !== 'expRange') {
    throw new ValueError(`schedules.cyclic: mode expected "expRange" where gamma is given, got "${read.mode}".`);
  }
  requireCycle('schedules.cyclic', read, CYCLIC_MOMENTUM);
  return { kind: 'cyclic', config: { ...read, stepSizeDown: stepSizeDown ?? read.stepSizeUp } };
}

function sequential(options: SequentialScheduleOptions): ScheduleOf<'sequential'> {
  const config = readOptions<SequentialConfig>('schedules.sequential', options, {
    schedules: { check: listOf('a list of rates and schedules', withinSequence) },
    milestones: { check: rising(1) },
  });
  const { schedules: parts, milestones } = config;
  if (parts.length !== milestones.length + 1) {
    throw new ValueError(
      `schedules.sequential: schedules expected ${counted(milestones.length + 1, 'schedule')}, ` +
        `one more than milestones, got ${parts.length}.`,
    );
  }
  return { kind: 'sequential', config };
}

function oneCycle(options: OneCycleScheduleOptions): ScheduleOf<'oneCycle'> {
  const config = readOptions<Required<OneCycleScheduleOptions>>('schedules.oneCycle', options, {
    maxLearningRate: { check: positive },
    totalSteps: { check: updates },
    pctStart: { check: fraction, or: 0.3 },
    divFactor: { check: positive, or: 25 },
    finalDivFactor: { check: positive, or: 1e4 },
    ...ONE_CYCLE_MOMENTUM,
  });
  requireCycle('schedules.oneCycle', config, ONE_CYCLE_MOMENTUM);
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
   * t = 0 to η_max at t = pctStart·T − 1, then to η_max/(divFactor·finalDivFactor) at t = T − 1, where it stays. With
   * `cycleMomentum` the momentum goes from maxMomentum to baseMomentum and back, along the same half cosines.
   * @throws ValueError for an unknown option or a number out of range.
   * @example schedules.oneCycle({ maxLearningRate: 0.01, totalSteps: 5000 });
   */
  oneCycle,
  /**
   * Piecewise constant: values[i] for t up to boundaries[i], after the last boundary the last value. Keras'
   * PiecewiseConstantDecay.
   * @throws ValueError for an unknown option, a number out of range, boundaries that fall, or lists that do not fit.
   * @example schedules.piecewiseConstant({ boundaries: [1000, 5000], values: [0.1, 0.01, 0.001] });
   */
  piecewiseConstant,
  /**
   * Cyclic: straight lines from η_base up to a peak in stepSizeUp updates and down again in stepSizeDown (Smith 2017;
   * PyTorch's CyclicLR), with peaks by `mode`. With `cycleMomentum` the momentum goes from maxMomentum down towards
   * baseMomentum and back at the same time.
   * @throws ValueError for an unknown option or a number out of range.
   * @example schedules.cyclic({ baseLearningRate: 0.001, maxLearningRate: 0.01, stepSizeUp: 500 });
   */
  cyclic,
  /**
   * Sequence: one rate or schedule after the other, the next at each milestone, from its step 0 (PyTorch's
   * SequentialLR).
   * @throws ValueError for an unknown option, milestones that do not rise, lists whose lengths do not fit, or a
   * sequence within a sequence.
   * @example schedules.sequential({ schedules: [0.1, schedules.step({ initialLearningRate: 0.01, dropEvery: 100 })], milestones: [50] });
   */
  sequential,
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

/** Throws for more warm-ups within each other than `most`, and for a sequence behind them where none may be. */
function requireShallow(path: string, value: unknown, most: number, sequences: boolean): void {
  let { kind, config } = fieldsOf(value, 'kind', 'config');
  for (let level = 0; kind === 'warmUp'; level++) {
    if (level === most) {
      throw new ValueError(`${path} expected at most ${most} warm-ups within each other, got more.`);
    }
    ({ kind, config } = fieldsOf(fieldOf(config, 'schedule'), 'kind', 'config'));
  }
  if (kind === 'sequential' && !sequences) {
    throw new ValueError(`${path} expected a schedule without a sequence in it, got one with. Join their lists.`);
  }
}

/** Reads the schedule after a warm-up, which may have one warm-up less within it. */
const withinWarmUp: Check<number | Schedule> = (path, value) => {
  requireShallow(path, value, MOST_WARM_UPS - 1, true);
  return learningRateCheck(path, value);
};

/**
 * Reads a part of a sequence, which has no sequence within it: so reading ends, and takes no more time than its data.
 */
const withinSequence: Check<number | Schedule> = (path, value) => {
  requireShallow(path, value, MOST_WARM_UPS, false);
  return learningRateCheck(path, value);
};

/** Reads a learning rate: a number stays a number, everything else becomes a descriptor. */
export const learningRateCheck: Check<number | Schedule> = (path, value) => {
  if (typeof value === 'number') return positive(path, value);
  if (isFunction(value)) return ofFunction(value as ScheduleFunction);
  if (!isObject(value)) {
    throw new ValueError(`${path} expected a number > 0 or a schedule, got ${describe(value)}.`);
  }
  requireShallow(path, value, MOST_WARM_UPS, true);
  return readCustom<CustomSchedule>(path, value, ['rate']) ?? resolve<Schedule>(path, value, schedules);
};

/** Makes a schedule of a function, by its name, or "schedule" if it has none. */
function ofFunction(rate: ScheduleFunction): Custom<CustomSchedule> {
  const given: unknown = rate.name;
  const name = typeof given === 'string' && given !== '' ? given : 'schedule';
  return { kind: 'custom', config: { name }, custom: { name, rate } };
}
