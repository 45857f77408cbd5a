import { power } from '../common/power.js';
import type { Machine } from '../engine/machine.js';
import type { Optimizer } from './optimizers.js';

/** Parameters, gradients and moments as flat vectors of one layout: an update is one kernel call over them. */
export interface UpdateVectors {
  /** Floats in each vector. */
  readonly size: number;
  readonly weights: number;
  readonly gradients: number;
  /** Addresses, in the order of `slotNames`. */
  readonly slots: readonly number[];
}

/** Applies update number `step` (from 1) with the learning rate of that step. */
export type Update = (step: number, learningRate: number) => void;

/** Names of the vectors that an optimizer remembers between steps; they start at 0. */
export function slotNames(optimizer: Optimizer): readonly string[] {
  switch (optimizer.kind) {
    case 'sgd':
      return optimizer.config.momentum > 0 ? ['momentum'] : [];
    case 'adam':
      return ['firstMoment', 'secondMoment'];
  }
}

/** The update as kernel calls: assembly/optimizer. Scalars are float64 here and rounded once, at the call. */
export function bindUpdate(machine: Machine, optimizer: Optimizer, vectors: UpdateVectors): Update {
  const { kernels } = machine;
  const { size, weights, gradients, slots } = vectors;
  switch (optimizer.kind) {
    case 'sgd': {
      const { momentum, nesterov } = optimizer.config;
      if (momentum === 0) return (_step, rate) => kernels.f32_sgd(size, gradients, weights, rate);
      const velocity = slots[0];
      const lookAhead = nesterov ? 1 : 0;
      return (_step, rate) => kernels.f32_sgd_momentum(size, gradients, weights, velocity, rate, momentum, lookAhead);
    }
    case 'adam': {
      const { beta1, beta2, epsilon } = optimizer.config;
      const [first, second] = slots as [number, number];
      return (step, rate) => {
        const stepSize = rate / (1 - power(beta1, step));
        const rootScale = 1 / Math.sqrt(1 - power(beta2, step));
        kernels.f32_adam(
          size,
          gradients,
          weights,
          first,
          second,
          stepSize,
          rootScale,
          beta1,
          1 - beta1,
          beta2,
          1 - beta2,
          epsilon,
        );
      };
    }
  }
}
