/**
 * Optimizers as descriptors: factories, options and checks. `bind.ts` binds their updates to kernels.
 */
import type { Descriptor } from '../common/descriptor.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { fieldOf } from '../common/objects.js';
import {
  flag,
  fraction,
  integer,
  isRecord,
  optional,
  positive,
  readOptions,
  type Check,
  type Option,
  type OptionTable,
} from '../common/options.js';
import { FULL_BATCH, type FullBatchOptimizer } from './full-batch.js';
import type { Schedule } from '../schedules/schedule-types.js';
import { movesMomentum } from '../schedules/rate.js';
import { learningRateCheck } from '../schedules/schedules.js';
import type {
  AdadeltaOptions,
  AdagradOptions,
  AdamaxOptions,
  AdamOptions,
  AdamwOptions,
  EmaConfig,
  GradientOptions,
  LionOptions,
  NadamOptions,
  Own,
  RmspropOptions,
  Settled,
  SgdOptions,
} from './optimizer-types.js';
import { decayOptions } from './weight-decay.js';

const rate = (or: number): Option<number | Schedule> => ({ check: learningRateCheck, or });

const emaCheck: Check<EmaConfig> = (path, value) => {
  if (!isRecord(value)) {
    throw new ValueError(`${path} expected an object, got ${describe(value)}. Write { momentum: 0.99 }.`);
  }
  const { momentum, overwriteFrequency } = readOptions<EmaConfig>(path, value, {
    momentum: { check: fraction, or: 0.99 },
    overwriteFrequency: { check: optional(integer(1)), or: undefined },
  });
  return { momentum, ...(overwriteFrequency !== undefined && { overwriteFrequency }) };
};

/**
 * Most batches of an update: files keep the rows that all of them would have as an exact integer, and the share of a
 * batch must not make small deltas denormal.
 */
const MOST_ACCUMULATED = 1_000_000;

const clips = {
  clipNorm: { check: optional(positive), or: undefined },
  clipValue: { check: optional(positive), or: undefined },
  accumulate: { check: optional(integer(1, MOST_ACCUMULATED)), or: undefined },
  ema: { check: optional(emaCheck), or: undefined },
} as const;

/** Optimizers whose momentum is an option that may be 0. */
const MOMENTUM_OPTION = { sgd: true, rmsprop: true } as const;

/** Whether a schedule can move the momentum of an optimizer. That of nadam is a function of the number of updates. */
const takesMomentum = (kind: string, config: object): boolean =>
  Object.hasOwn(MOMENTUM_OPTION, kind)
    ? fieldOf(config, 'momentum') !== 0
    : Object.hasOwn(config, 'beta1') && kind !== 'nadam';

function settle<K extends string, O extends GradientOptions>(
  kind: K,
  options: O | undefined,
  table: OptionTable<Own<O>>,
): Descriptor<K, Settled<O>> {
  const config = readOptions<Settled<O>>(kind, options, { ...table, ...clips } as unknown as OptionTable<Settled<O>>);
  if (config.clipNorm !== undefined && config.clipValue !== undefined) {
    throw new ValueError(`${kind}: clipNorm expected alone, got clipValue as well.`);
  }
  if (movesMomentum(config.learningRate) && !takesMomentum(kind, config)) {
    throw new ValueError(
      `${kind}: learningRate expected a schedule without cycleMomentum, got one with it. ` +
        (Object.hasOwn(MOMENTUM_OPTION, kind) ? 'Give a momentum > 0.' : 'Use sgd with a momentum, adam or adamw.'),
    );
  }
  return { kind, config };
}

/**
 * Gradient descent: w −= η·g; with momentum v = μ·v + g, w −= η·v; with Nesterov w −= η·(g + μ·v). PyTorch's update
 * rule.
 * @throws ValueError for a number out of range, an unknown option, or Nesterov without momentum.
 * @example sgd({ learningRate: 0.1, momentum: 0.9 });
 * @category Optimizers
 */
export function sgd(options?: SgdOptions): Descriptor<'sgd', Settled<SgdOptions>> {
  const result = settle('sgd', options, {
    learningRate: rate(0.01),
    momentum: { check: fraction, or: 0 },
    nesterov: { check: flag, or: false },
    ...decayOptions(0),
  });
  if (result.config.nesterov && result.config.momentum === 0) {
    throw new ValueError('sgd: nesterov expected a momentum > 0, got 0.');
  }
  return result;
}

/**
 * Adagrad (Duchi et al. 2011): s += g²; w −= η·g/(√s + ε).
 * @throws ValueError for a number out of range or an unknown option.
 * @example adagrad({ learningRate: 0.05 });
 * @category Optimizers
 */
export function adagrad(options?: AdagradOptions): Descriptor<'adagrad', Settled<AdagradOptions>> {
  return settle('adagrad', options, {
    learningRate: rate(0.01),
    epsilon: { check: positive, or: 1e-10 },
  });
}

/**
 * RMSprop (Hinton 2012): s = ρ·s + (1 − ρ)·g²; v = μ·v + g/(√s + ε); w −= η·v. With `centered` s − a² is under the
 * root, a = ρ·a + (1 − ρ)·g (Graves 2013). PyTorch's update rule.
 * @throws ValueError for a number out of range or an unknown option.
 * @example rmsprop({ learningRate: 0.001, rho: 0.9 });
 * @category Optimizers
 */
export function rmsprop(options?: RmspropOptions): Descriptor<'rmsprop', Settled<RmspropOptions>> {
  return settle('rmsprop', options, {
    learningRate: rate(0.01),
    rho: { check: fraction, or: 0.99 },
    momentum: { check: fraction, or: 0 },
    epsilon: { check: positive, or: 1e-8 },
    centered: { check: flag, or: false },
  });
}

/**
 * Adadelta (Zeiler 2012): s = ρ·s + (1 − ρ)·g²; d = √(u + ε)/√(s + ε)·g; u = ρ·u + (1 − ρ)·d²; w −= η·d. PyTorch's
 * update rule.
 * @throws ValueError for a number out of range or an unknown option.
 * @example adadelta({ rho: 0.95 });
 * @category Optimizers
 */
export function adadelta(options?: AdadeltaOptions): Descriptor<'adadelta', Settled<AdadeltaOptions>> {
  return settle('adadelta', options, {
    learningRate: rate(1),
    rho: { check: fraction, or: 0.9 },
    epsilon: { check: positive, or: 1e-6 },
  });
}

const moments = {
  learningRate: /* @__PURE__ */ rate(0.001),
  beta1: { check: fraction, or: 0.9 },
  beta2: { check: fraction, or: 0.999 },
  epsilon: { check: positive, or: 1e-8 },
} as const;

/**
 * Adam (Kingma & Ba 2015) by PyTorch's update rule: m̂ = m/(1 − β1^t), v̂ = v/(1 − β2^t), w −= η·m̂/(√v̂ + ε).
 * With `amsgrad` the largest v so far is in the place of v (Reddi et al. 2018).
 * @throws ValueError for a number out of range or an unknown option.
 * @example adam({ learningRate: schedules.exponential({ initialLearningRate: 0.001, decaySteps: 1000, decayRate: 0.9 }) });
 * @category Optimizers
 */
export function adam(options?: AdamOptions): Descriptor<'adam', Settled<AdamOptions>> {
  return settle('adam', options, { ...moments, amsgrad: { check: flag, or: false } });
}

/**
 * Adamax (Kingma & Ba 2015) by PyTorch's update rule: m as in `adam`, u = max(β2·u, |g| + ε), w −= η/(1 − β1^t)·m/u.
 * @throws ValueError for a number out of range or an unknown option.
 * @example adamax({ learningRate: 0.002 });
 * @category Optimizers
 */
export function adamax(options?: AdamaxOptions): Descriptor<'adamax', Settled<AdamaxOptions>> {
  return settle('adamax', options, { ...moments, learningRate: rate(0.002) });
}

/**
 * AdamW (Loshchilov & Hutter 2019): w = (1 − η·weightDecay)·w, then Adam. All parameters decay, as in PyTorch, except
 * those of `excludeFromWeightDecay`.
 * @throws ValueError for a number out of range, an unknown option, or an entry that is no regular expression.
 * @example adamw({ learningRate: 0.001, weightDecay: 0.05, excludeFromWeightDecay: [/bias$/] });
 * @category Optimizers
 */
export function adamw(options?: AdamwOptions): Descriptor<'adamw', Settled<AdamwOptions>> {
  return settle('adamw', options, { ...moments, amsgrad: { check: flag, or: false }, ...decayOptions(0.01) });
}

/**
 * Lion (Chen et al. 2023): w = (1 − η·weightDecay)·w; w −= η·sign(β1·m + (1 − β1)·g); m = β2·m + (1 − β2)·g. Each step
 * changes each weight by η, so η must be smaller than for Adam, and weightDecay larger.
 * @throws ValueError for a number out of range, an unknown option, or an entry that is no regular expression.
 * @example lion({ learningRate: 1e-4, weightDecay: 0.1, excludeFromWeightDecay: [/bias$/] });
 * @category Optimizers
 */
export function lion(options?: LionOptions): Descriptor<'lion', Settled<LionOptions>> {
  return settle('lion', options, {
    learningRate: rate(0.001),
    beta1: moments.beta1,
    beta2: { check: fraction, or: 0.99 },
    ...decayOptions(0),
  });
}

/**
 * Nadam (Dozat 2016), Adam with Nesterov's look-ahead, by PyTorch 2's update rule with its momentum decay of 0.004.
 * @throws ValueError for a number out of range or an unknown option.
 * @example nadam({ learningRate: 0.001, clipNorm: 1 });
 * @category Optimizers
 */
export function nadam(options?: NadamOptions): Descriptor<'nadam', Settled<NadamOptions>> {
  return settle('nadam', options, { ...moments, learningRate: rate(0.002) });
}

/** Factories by the names that users and saved models may give. */
export const OPTIMIZERS = { sgd, adagrad, rmsprop, adadelta, adam, adamax, adamw, lion, nadam, ...FULL_BATCH } as const;

/**
 * Names of the optimizers. Each name means its factory with the default options.
 * @category Optimizers
 */
export type OptimizerName = keyof typeof OPTIMIZERS;

/**
 * An optimizer, which updates weights from their gradient: a descriptor made by one of the factories above.
 * @category Optimizers
 */
export type Optimizer = ReturnType<(typeof OPTIMIZERS)[OptimizerName]>;

/** An optimizer that updates weights from the gradient of a batch. */
export type BatchOptimizer = Exclude<Optimizer, FullBatchOptimizer>;
