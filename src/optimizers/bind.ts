/**
 * Updates of optimizers, bound to kernels and addresses (kernels: assembly/optimizer), and the names of the optimizer
 * state. `optimizers.ts` declares the optimizers; the trainer computes gradients, clips them and takes the learning
 * rate of each step.
 */
import { power } from '../common/power.js';
import type { Kernels } from '../runtime/abi.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import { fullBatchState, isFullBatch } from './full-batch.js';
import type { BatchOptimizer, Optimizer } from './optimizers.js';
import type { UpdateVectors } from './update-vectors.js';
import { bindDecay } from './weight-decay.js';

/**
 * Applies update number `step` (from 1) with the learning rate of that step, and with its momentum (β1) where a
 * schedule moves it.
 */
export type Update = (step: number, learningRate: number, momentum?: number) => void;

/** Names, among the optimizer state, of the moving average of weights and of the gradient that batches accumulate. */
export const AVERAGE = 'average';
export const GRADIENT = 'gradient';

/** Returns the names of the vectors that an optimizer keeps between steps; they start at 0. */
export function stateNames(optimizer: Optimizer): readonly string[] {
  if (isFullBatch(optimizer)) return fullBatchState(optimizer);
  const { accumulate = 1, ema } = optimizer.config;
  return [...namesOfRule(optimizer), ...(ema === undefined ? [] : [AVERAGE]), ...(accumulate === 1 ? [] : [GRADIENT])];
}

/** Returns the names of the vectors of an optimizer's rule. */
function namesOfRule(optimizer: BatchOptimizer): readonly string[] {
  switch (optimizer.kind) {
    case 'sgd':
      return optimizer.config.momentum > 0 ? ['momentum'] : [];
    case 'adagrad':
      return ['squareSum'];
    case 'rmsprop': {
      const { centered, momentum } = optimizer.config;
      return ['squareMean', ...(centered ? ['gradientMean'] : []), ...(momentum > 0 ? ['momentum'] : [])];
    }
    case 'adadelta':
      return ['squareMean', 'updateMean'];
    case 'adam':
    case 'adamw':
      return ['firstMoment', 'secondMoment', ...(optimizer.config.amsgrad ? ['largestMoment'] : [])];
    case 'adamax':
      return ['firstMoment', 'largestGradient'];
    case 'lion':
      return ['momentum'];
    case 'nadam':
      return ['firstMoment', 'secondMoment'];
  }
}

/** Binds the update to kernel calls: assembly/optimizer. Scalars are float64 here and rounded once, at the call. */
export function bindUpdate({ kernels }: WasmRuntime, optimizer: Optimizer, vectors: UpdateVectors): Update {
  // Its iterations need more than a gradient: training/full-batch.
  if (isFullBatch(optimizer)) return () => undefined;
  const { size, weights, gradients } = vectors;
  const [first, second, third] = vectors.optimizerState;
  switch (optimizer.kind) {
    case 'sgd': {
      const { momentum, nesterov } = optimizer.config;
      const decay = bindDecay(kernels, optimizer.config, vectors);
      const lookAhead = nesterov ? 1 : 0;
      return (_step, rate, moved = momentum) => {
        decay?.(rate);
        if (momentum === 0) kernels.f32_sgd(size, gradients, weights, rate);
        else kernels.f32_sgd_momentum(size, gradients, weights, first, rate, moved, lookAhead);
      };
    }
    case 'adagrad': {
      const { epsilon } = optimizer.config;
      return (_step, rate) => kernels.f32_adagrad(size, gradients, weights, first, rate, epsilon);
    }
    case 'rmsprop': {
      const { rho, momentum, epsilon, centered } = optimizer.config;
      if (centered) {
        const at = momentum > 0 ? third : 0;
        return (_step, rate, moved = momentum) =>
          kernels.f32_rmsprop_centered(size, gradients, weights, first, second, at, rate, rho, 1 - rho, epsilon, moved);
      }
      // A null velocity means no momentum.
      const velocity = momentum > 0 ? second : 0;
      return (_step, rate, moved = momentum) =>
        kernels.f32_rmsprop(size, gradients, weights, first, velocity, rate, rho, 1 - rho, epsilon, moved);
    }
    case 'adadelta': {
      const { rho, epsilon } = optimizer.config;
      return (_step, rate) =>
        kernels.f32_adadelta(size, gradients, weights, first, second, rate, rho, 1 - rho, epsilon);
    }
    case 'adam':
    case 'adamw': {
      const { beta1, amsgrad } = optimizer.config;
      const step = amsgrad
        ? bindAmsgrad(kernels, optimizer.config, vectors)
        : bindAdam(kernels, optimizer.config, vectors);
      const decay = optimizer.kind === 'adamw' ? bindDecay(kernels, optimizer.config, vectors) : undefined;
      return (t, rate, moved = beta1) => {
        decay?.(rate);
        step(t, rate / (1 - power(moved, t)), 0, moved);
      };
    }
    case 'adamax': {
      const { beta1, beta2, epsilon } = optimizer.config;
      return (t, rate, moved = beta1) => {
        const stepSize = rate / (1 - power(moved, t));
        kernels.f32_adamax(size, gradients, weights, first, second, stepSize, moved, 1 - moved, beta2, epsilon);
      };
    }
    case 'lion': {
      const { beta1, beta2 } = optimizer.config;
      const decay = bindDecay(kernels, optimizer.config, vectors);
      return (_step, rate, moved = beta1) => {
        decay?.(rate);
        kernels.f32_lion(size, gradients, weights, first, rate, moved, 1 - moved, beta2, 1 - beta2);
      };
    }
    case 'nadam':
      return bindNadam(bindAdam(kernels, optimizer.config, vectors), optimizer.config.beta1);
  }
}

type AdamStep = (t: number, stepSize: number, gradientStep: number, beta1: number) => void;

interface Moments {
  readonly beta2: number;
  readonly epsilon: number;
}

/** Binds w −= (stepSize·m + gradientStep·g)/(√v̂ + ε), with the moments m and v updated by g first. */
function bindAdam(
  kernels: Kernels,
  { beta2, epsilon }: Moments,
  { size, weights, gradients, optimizerState: [first, second] }: UpdateVectors,
): AdamStep {
  return (t, stepSize, gradientStep, beta1) => {
    const rootScale = 1 / Math.sqrt(1 - power(beta2, t));
    kernels.f32_adam(
      size,
      gradients,
      weights,
      first,
      second,
      stepSize,
      gradientStep,
      rootScale,
      beta1,
      1 - beta1,
      beta2,
      1 - beta2,
      epsilon,
    );
  };
}

/** Binds Adam's step with the largest v so far in the place of v, without a share of the gradient. */
function bindAmsgrad(
  kernels: Kernels,
  { beta2, epsilon }: Moments,
  { size, weights, gradients, optimizerState: [first, second, largest] }: UpdateVectors,
): AdamStep {
  return (t, stepSize, _gradientStep, beta1) => {
    const rootScale = 1 / Math.sqrt(1 - power(beta2, t));
    kernels.f32_amsgrad(
      size,
      gradients,
      weights,
      first,
      second,
      largest,
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

/** 0.96^0.004: PyTorch's momentum decay ψ = 0.004, in μ_t = β1 (1 − ½·0.96^(t·ψ)), as the base of t. */
const NADAM_DECAY = 0.9998367253526753;

/** Bound below which adding to 1 changes nothing in float64: half a unit in its last place is 1.1e-16. */
const NEGLIGIBLE = 1e-18;

/**
 * Computes Nadam's two step sizes from μ_t and the product of μ up to t, which is a function of t alone. The divisor of
 * the look-ahead takes that product up to t + 1, as in Dozat's paper and in PyTorch 2.
 */
function bindNadam(step: AdamStep, beta1: number): Update {
  const momentum = (t: number): number => beta1 * (1 - 0.5 * power(NADAM_DECAY, t));
  let reached = 0;
  let product = 1;
  return (t, rate) => {
    if (t <= reached) {
      reached = 0;
      product = 1;
    }
    // A smaller product no longer changes 1 − product, so the loop stops, however many updates a file claims.
    while (reached < t && product > NEGLIGIBLE) product *= momentum(++reached);
    reached = t;
    const now = momentum(t);
    const next = momentum(t + 1);
    step(t, (rate * next) / (1 - product * next), (rate * (1 - now)) / (1 - product), beta1);
  };
}
