import type { Descriptor } from '../common/descriptor.js';
import { flag, fraction, nonNegative, positive, readOptions } from '../common/options.js';
import { ValueError } from '../common/errors.js';

export interface SgdOptions {
  /** η. Default 0.01. */
  learningRate?: number;
  /** μ in [0, 1). Default 0: plain gradient descent. */
  momentum?: number;
  /** Look ahead along the momentum. Default false. */
  nesterov?: boolean;
}

export interface AdamOptions {
  /** η. Default 0.001. */
  learningRate?: number;
  /** Decay of the mean gradient. Default 0.9. */
  beta1?: number;
  /** Decay of the mean squared gradient. Default 0.999. */
  beta2?: number;
  /** ε, added to the root as in PyTorch. Default 1e-8. */
  epsilon?: number;
}

/** How weights follow their gradient: a descriptor made by one of the factories below. */
export type Optimizer = Descriptor<'sgd', Required<SgdOptions>> | Descriptor<'adam', Required<AdamOptions>>;

/**
 * Gradient descent: w −= η·g; with momentum v = μ·v + g, w −= η·v; with Nesterov w −= η·(g + μ·v). PyTorch's update rule.
 * @throws ValueError for a number out of range, an unknown option, or Nesterov without momentum.
 */
export function sgd(options?: SgdOptions): Descriptor<'sgd', Required<SgdOptions>> {
  const config = readOptions<Required<SgdOptions>>('sgd', options, {
    learningRate: { check: positive, or: 0.01 },
    momentum: { check: fraction, or: 0 },
    nesterov: { check: flag, or: false },
  });
  if (config.nesterov && config.momentum === 0) {
    throw new ValueError('sgd: nesterov expected a momentum > 0, got 0.');
  }
  return { kind: 'sgd', config };
}

/**
 * Adam (Kingma & Ba 2015) by PyTorch's update rule: m̂ = m/(1 − β1^t), v̂ = v/(1 − β2^t), w −= η·m̂/(√v̂ + ε).
 * @throws ValueError for a number out of range or an unknown option.
 */
export function adam(options?: AdamOptions): Descriptor<'adam', Required<AdamOptions>> {
  const config = readOptions<Required<AdamOptions>>('adam', options, {
    learningRate: { check: positive, or: 0.001 },
    beta1: { check: fraction, or: 0.9 },
    beta2: { check: fraction, or: 0.999 },
    epsilon: { check: nonNegative, or: 1e-8 },
  });
  return { kind: 'adam', config };
}

/** What a name or a saved model may call for. */
export const OPTIMIZERS = { sgd, adam } as const;

export type OptimizerName = keyof typeof OPTIMIZERS;
