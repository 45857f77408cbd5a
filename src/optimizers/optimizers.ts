/**
 * Optimizers as descriptors: factories, options and checks. `bind.ts` binds their updates to kernels.
 */
import type { Descriptor } from '../common/descriptor.js';
import { ValueError } from '../common/errors.js';
import {
  flag,
  fraction,
  nonNegative,
  optional,
  positive,
  readOptions,
  type Option,
  type OptionTable,
} from '../common/options.js';
import { FULL_BATCH } from './full-batch.js';
import type { LearningRate, Schedule } from '../schedules/schedule-types.js';
import { learningRateCheck } from '../schedules/schedules.js';

/**
 * Options of every optimizer. Clipping acts on the whole gradient, penalties included; at most one kind may be given.
 * @category Optimizers
 */
export interface GradientOptions {
  /** Largest norm of the gradient of all parameters together, which is scaled down to it. Default no limit. */
  clipNorm?: number | undefined;
  /** Bound on each value of the gradient, which is clamped to ±this. Default no limit. */
  clipValue?: number | undefined;
}

/**
 * Options of `sgd`.
 * @category Optimizers
 */
export interface SgdOptions extends GradientOptions {
  /** η: a number > 0, or a schedule. Default 0.01. */
  learningRate?: LearningRate;
  /** μ in [0, 1). Default 0: plain gradient descent. */
  momentum?: number;
  /** Whether to use Nesterov's look-ahead along the momentum. Default false. */
  nesterov?: boolean;
}

/**
 * Options of `adagrad`.
 * @category Optimizers
 */
export interface AdagradOptions extends GradientOptions {
  /** η: a number > 0, or a schedule. Default 0.01. */
  learningRate?: LearningRate;
  /** ε, added to the root. Default 1e-10. */
  epsilon?: number;
}

/**
 * Options of `rmsprop`.
 * @category Optimizers
 */
export interface RmspropOptions extends GradientOptions {
  /** η: a number > 0, or a schedule. Default 0.01. */
  learningRate?: LearningRate;
  /** Decay of the mean squared gradient. Default 0.99. */
  rho?: number;
  /** μ in [0, 1). Default 0. */
  momentum?: number;
  /** ε, added to the root. Default 1e-8. */
  epsilon?: number;
}

/**
 * Options of `adadelta`.
 * @category Optimizers
 */
export interface AdadeltaOptions extends GradientOptions {
  /** η: a number > 0, or a schedule. Default 1. */
  learningRate?: LearningRate;
  /** Decay of both means. Default 0.9. */
  rho?: number;
  /** ε, under the roots. Default 1e-6. */
  epsilon?: number;
}

/**
 * Options of `adam` and `nadam`.
 * @category Optimizers
 */
export interface AdamOptions extends GradientOptions {
  /** η: a number > 0, or a schedule. Default 0.001, for `nadam` 0.002. */
  learningRate?: LearningRate;
  /** Decay of the mean gradient. Default 0.9. */
  beta1?: number;
  /** Decay of the mean squared gradient. Default 0.999. */
  beta2?: number;
  /** ε, added to the root as in PyTorch. Default 1e-8. */
  epsilon?: number;
}

/**
 * Options of `adamw`.
 * @category Optimizers
 */
export interface AdamwOptions extends AdamOptions {
  /** Share of η by which every parameter shrinks at each step, independently of the gradient. Default 0.01. */
  weightDecay?: number;
}

/** All options settled: the learning rate a number or a schedule's descriptor. */
type Own<O> = Required<Omit<O, keyof GradientOptions | 'learningRate'>> & { learningRate: number | Schedule };

/**
 * Settled options of an optimizer: the learning rate is a number or a schedule's descriptor, and only the clips may be
 * absent.
 * @category Optimizers
 */
export type Settled<O> = Own<O> & GradientOptions;

const rate = (or: number): Option<number | Schedule> => ({ check: learningRateCheck, or });

const clips = {
  clipNorm: { check: optional(positive), or: undefined },
  clipValue: { check: optional(positive), or: undefined },
} as const;

function settle<K extends string, O extends GradientOptions>(
  kind: K,
  options: O | undefined,
  table: OptionTable<Own<O>>,
): Descriptor<K, Settled<O>> {
  const config = readOptions<Settled<O>>(kind, options, { ...table, ...clips } as unknown as OptionTable<Settled<O>>);
  if (config.clipNorm !== undefined && config.clipValue !== undefined) {
    throw new ValueError(`${kind}: clipNorm expected alone, got clipValue as well.`);
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
 * RMSprop (Hinton 2012): s = ρ·s + (1 − ρ)·g²; v = μ·v + g/(√s + ε); w −= η·v. PyTorch's update rule.
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
 * @throws ValueError for a number out of range or an unknown option.
 * @example adam({ learningRate: schedules.exponential({ initialLearningRate: 0.001, decaySteps: 1000, decayRate: 0.9 }) });
 * @category Optimizers
 */
export function adam(options?: AdamOptions): Descriptor<'adam', Settled<AdamOptions>> {
  return settle('adam', options, moments);
}

/**
 * AdamW (Loshchilov & Hutter 2019): w = (1 − η·weightDecay)·w, then Adam. All parameters decay, as in PyTorch.
 * @throws ValueError for a number out of range or an unknown option.
 * @example adamw({ learningRate: 0.001, weightDecay: 0.05 });
 * @category Optimizers
 */
export function adamw(options?: AdamwOptions): Descriptor<'adamw', Settled<AdamwOptions>> {
  return settle('adamw', options, { ...moments, weightDecay: { check: nonNegative, or: 0.01 } });
}

/**
 * Nadam (Dozat 2016), Adam with Nesterov's look-ahead, by PyTorch 2's update rule with its momentum decay of 0.004.
 * @throws ValueError for a number out of range or an unknown option.
 * @example nadam({ learningRate: 0.001, clipNorm: 1 });
 * @category Optimizers
 */
export function nadam(options?: AdamOptions): Descriptor<'nadam', Settled<AdamOptions>> {
  return settle('nadam', options, { ...moments, learningRate: rate(0.002) });
}

/** Factories by the names that users and saved models may give. */
export const OPTIMIZERS = { sgd, adagrad, rmsprop, adadelta, adam, adamw, nadam, ...FULL_BATCH } as const;

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
