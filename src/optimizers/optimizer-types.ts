/** Types of optimizers: what their factories take, and their settled options. `optimizers.ts` has the factories. */
import type { LearningRate, Schedule } from '../schedules/schedule-types.js';

/**
 * Options of a moving average of weights (Polyak & Juditsky 1992; Keras' use_ema): after each update
 * average = momentum·average + (1 − momentum)·weights, after the first one the weights themselves.
 * @category Optimizers
 */
export interface EmaOptions {
  /** Share of the average that stays, in [0, 1). Default 0.99. */
  momentum?: number;
  /** Updates after which the weights are replaced by their average, again and again. Default never during training. */
  overwriteFrequency?: number;
}

/**
 * Settled options of a moving average of weights.
 * @category Optimizers
 */
export interface EmaConfig {
  /** Share of the average that stays. */
  readonly momentum: number;
  /** Updates after which the weights are replaced by their average. */
  readonly overwriteFrequency?: number | undefined;
}

/**
 * Options of every optimizer. Clipping acts on the whole gradient, penalties included; at most one kind may be given.
 * @category Optimizers
 */
export interface GradientOptions {
  /** Largest norm of the gradient of all parameters together, which is scaled down to it. Default no limit. */
  clipNorm?: number | undefined;
  /** Bound on each value of the gradient, which is clamped to ±this. Default no limit. */
  clipValue?: number | undefined;
  /**
   * Batches that make one update together, as if they were one batch of all their rows, in the memory of one of them
   * (Keras' gradient_accumulation_steps). The weights have the bits of training with that batch, except where a layer
   * looks across rows (`batchNormalization`), where one table of an `embedding` serves several columns, and where rows
   * come that were not expected. The last update of an epoch may have fewer. At most 1,000,000. Default 1.
   */
  accumulate?: number | undefined;
  /** A moving average of the trained weights, which they are replaced by at the end of `fit`. Default none. */
  ema?: EmaOptions | undefined;
}

/**
 * A regular expression as plain data, in which form files keep it.
 * @category Optimizers
 */
export interface WeightPattern {
  /** Text of the expression. */
  readonly source: string;
  /** Its flags; default none. */
  readonly flags?: string;
}

/**
 * Options of optimizers with decoupled weight decay (Loshchilov & Hutter 2019): before each step
 * w = (1 − η·weightDecay)·w.
 * @category Optimizers
 */
export interface WeightDecayOptions {
  /** Share of η by which parameters shrink at each step, independently of the gradient. Default 0. */
  weightDecay?: number;
  /**
   * Weights that do not decay: those whose name, as in `getWeights`, one of these expressions matches anywhere. Names
   * end with `weight` or `bias`, so `[/bias$/]` exempts biases, and all learned shifts with them. Default none.
   */
  excludeFromWeightDecay?: readonly (RegExp | WeightPattern)[];
}

/**
 * Options of `sgd`.
 * @category Optimizers
 */
export interface SgdOptions extends GradientOptions, WeightDecayOptions {
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
  /** Whether to divide by the deviation of the gradient instead of the root of its mean square. Default false. */
  centered?: boolean;
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
 * Options of `nadam`, and the common ones of `adam` and `adamw`.
 * @category Optimizers
 */
export interface NadamOptions extends GradientOptions {
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
 * Options of `adam`.
 * @category Optimizers
 */
export interface AdamOptions extends NadamOptions {
  /** Whether to divide by the root of the largest mean square so far. Default false. */
  amsgrad?: boolean;
}

/**
 * Options of `adamax`.
 * @category Optimizers
 */
export interface AdamaxOptions extends GradientOptions {
  /** η: a number > 0, or a schedule. Default 0.002. */
  learningRate?: LearningRate;
  /** Decay of the mean gradient. Default 0.9. */
  beta1?: number;
  /** Decay of the largest gradient. Default 0.999. */
  beta2?: number;
  /** ε, added to the size of each gradient. Default 1e-8. */
  epsilon?: number;
}

/**
 * Options of `adamw`.
 * @category Optimizers
 */
export interface AdamwOptions extends AdamOptions, WeightDecayOptions {
  /** Share of η by which parameters shrink at each step, independently of the gradient. Default 0.01. */
  weightDecay?: number;
}

/**
 * Options of `lion`.
 * @category Optimizers
 */
export interface LionOptions extends GradientOptions, WeightDecayOptions {
  /** η: a number > 0, or a schedule; a third to a tenth of what `adamw` needs. Default 0.001. */
  learningRate?: LearningRate;
  /** Weight of the momentum in the direction of a step. Default 0.9. */
  beta1?: number;
  /** Decay of the momentum. Default 0.99. */
  beta2?: number;
}

/**
 * Settled options of weight decay.
 * @category Optimizers
 */
export interface SettledDecay {
  /** Share of η by which parameters shrink at each step. */
  readonly weightDecay: number;
  /** Names that do not decay, as regular expressions. */
  readonly excludeFromWeightDecay: readonly Required<WeightPattern>[];
}

/** All options settled: the learning rate a number or a schedule's descriptor. */
export type Own<O> = Required<Omit<O, keyof GradientOptions | keyof WeightDecayOptions | 'learningRate'>> & {
  learningRate: number | Schedule;
} & (O extends WeightDecayOptions ? SettledDecay : unknown);

/**
 * Settled options of an optimizer: the learning rate is a number or a schedule's descriptor, and only the options of
 * every optimizer may be absent.
 * @category Optimizers
 */
export type Settled<O> = Own<O> &
  Omit<GradientOptions, 'ema'> & {
    /** The moving average of the weights, if there is one. */
    ema?: EmaConfig | undefined;
  };
