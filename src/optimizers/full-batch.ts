/**
 * Optimizers that look at all rows at once, as descriptors: factories, options and checks. An iteration is one epoch,
 * and may compute the loss of all rows several times. src/training/full-batch runs them.
 */
import type { Descriptor } from '../common/descriptor.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { integer, nonNegative, positive, readOptions, type Check } from '../common/options.js';

/**
 * Options of `lbfgs`.
 * @category Optimizers
 */
export interface LbfgsOptions {
  /**
   * Number of the last steps from which the curvature is estimated; each takes two vectors of all weights. Default 10.
   */
  historySize?: number;
  /** Training ends when no derivative of the loss, penalties included, is larger than this. Default 1e-5. */
  gradientTolerance?: number;
  /** Training ends when an iteration lowers the loss by no more than this share of max(loss, 1). Default 1e-9. */
  changeTolerance?: number;
}

/**
 * L-BFGS (Liu & Nocedal 1989), a quasi-Newton method for small tables, with a line search that meets the strong Wolfe
 * conditions (c₁ 1e-4, c₂ 0.9). It needs no learning rate. Each epoch is one iteration over all rows: `fit` takes no
 * other `batchSize`, no source of batches, and leaves the rows in their order. The logs are those of the weights after
 * the iteration. Training ends before `epochs` when the loss has converged; `stopReason` of the history says why.
 * Layers that draw random numbers, `l1` and constraints are refused; `l2` is part of what is minimized.
 * `batchNormalization` normalizes by all rows, and its running statistics move once per iteration.
 * @throws ValueError for a number out of range or an unknown option.
 * @example
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
 * network.compile({ optimizer: lbfgs(), loss: 'meanSquaredError' });
 * const { stopReason } = await network.fit([[0], [1], [2]], [[1], [3], [5]], { epochs: 50 });
 * stopReason; // 'gradientTolerance'
 * @category Optimizers
 */
export function lbfgs(options?: LbfgsOptions): Descriptor<'lbfgs', Required<LbfgsOptions>> {
  const config = readOptions<Required<LbfgsOptions>>('lbfgs', options, {
    historySize: { check: integer(1, 1000), or: 10 },
    gradientTolerance: { check: nonNegative, or: 1e-5 },
    changeTolerance: { check: nonNegative, or: 1e-9 },
  });
  return { kind: 'lbfgs', config };
}

/**
 * Options of `levenbergMarquardt`. MATLAB's `trainlm` calls them mu, mu_dec, mu_inc, mu_max, min_grad and goal; its
 * defaults of the first three are 0.001, 0.1 and 10. Raising μ by small factors follows Transtrum & Sethna (2012), and
 * usually ends at a lower loss.
 * @category Optimizers
 */
export interface LevenbergMarquardtOptions {
  /** Damping μ of the first iteration. Default 0.1. */
  damping?: number;
  /** Factor of μ, above 0 and below 1, after a step that lowers the loss. Default 0.2. */
  dampingDecrease?: number;
  /** Factor of μ, at least 1.1, after a step that does not. Default 2. */
  dampingIncrease?: number;
  /** Training ends when no step up to this μ lowers the loss; at least `damping`. Default 1e10. */
  maxDamping?: number;
  /** Training ends when no derivative of the loss, penalties included, is larger than this. Default 1e-7. */
  gradientTolerance?: number;
  /** Training ends when the loss, penalties included, is at most this. Default 0. */
  goal?: number;
}

/**
 * Levenberg–Marquardt (Marquardt 1963; Hagan & Menhaj 1994), for least squares on small tables: the loss must be
 * `meanSquaredError` or `halfSquaredError`, and at most 5,000 weights are trained. Each epoch is one iteration, which
 * solves (H + μI)·Δw = −g, where H = JᵀJ, scaled as the loss, is the curvature that the Jacobian J of the outputs
 * implies; μ is raised until a step lowers the loss. An iteration with n weights and r outputs of all rows together
 * takes about n²·r/2 + n³/6 products in float64 and 8·n² bytes, on one thread; `runIn: 'worker'` keeps a page
 * responsive meanwhile.
 *
 * All rows are looked at together, as by `lbfgs`: `fit` takes no other `batchSize` and no source of batches. Weights of
 * rows and classes weigh the squares; `l2` is part of what is minimized. Layers that are trained must be dense or
 * maxout; others may be frozen. Layers that draw random numbers, `batchNormalization` that is trained, `l1` and
 * constraints are refused.
 * @throws ValueError for a number out of range or an unknown option.
 * @example
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
 * network.compile({ optimizer: levenbergMarquardt(), loss: 'meanSquaredError' });
 * const { history } = await network.fit([[0], [1], [2]], [[1], [3], [5]], { epochs: 10 });
 * history.loss.at(-1)! < 1e-12; // true
 * @category Optimizers
 */
export function levenbergMarquardt(
  options?: LevenbergMarquardtOptions,
): Descriptor<'levenbergMarquardt', Required<LevenbergMarquardtOptions>> {
  const config = readOptions<Required<LevenbergMarquardtOptions>>('levenbergMarquardt', options, {
    damping: { check: positive, or: 0.1 },
    dampingDecrease: { check: within('a number above 0 and below 1', (v) => v > 0 && v < 1), or: 0.2 },
    dampingIncrease: { check: within('a number >= 1.1', (v) => v >= 1.1 && v < Infinity), or: 2 },
    maxDamping: { check: positive, or: 1e10 },
    gradientTolerance: { check: nonNegative, or: 1e-7 },
    goal: { check: nonNegative, or: 0 },
  });
  const { damping, maxDamping } = config;
  if (maxDamping < damping) {
    throw new ValueError(
      `levenbergMarquardt: maxDamping expected a number >= damping, which is ${damping}, got ${maxDamping}.`,
    );
  }
  return { kind: 'levenbergMarquardt', config };
}

/** Makes a check of numbers. */
function within(expected: string, holds: (value: number) => boolean): Check<number> {
  return (path, value) => {
    if (typeof value === 'number' && holds(value)) return value;
    throw new ValueError(`${path} expected ${expected}, got ${describe(value)}.`);
  };
}

/** Factories of the optimizers that look at all rows at once. */
export const FULL_BATCH = { lbfgs, levenbergMarquardt } as const;

/** An optimizer that looks at all rows at once. */
export type FullBatchOptimizer = ReturnType<(typeof FULL_BATCH)[keyof typeof FULL_BATCH]>;

/** Whether an optimizer looks at all rows at once. */
export const isFullBatch = (optimizer: Descriptor): optimizer is FullBatchOptimizer =>
  Object.hasOwn(FULL_BATCH, optimizer.kind);

/** By kind: the names of the vectors, as large as the weights, that an optimizer keeps between iterations. */
const STATE: Readonly<Record<FullBatchOptimizer['kind'], (config: never) => string[]>> = {
  lbfgs: ({ historySize }: Required<LbfgsOptions>) =>
    ['step', 'change'].flatMap((name) => Array.from({ length: historySize }, (_, i) => `${name}${i}`)),
  // μ, the same for all weights.
  levenbergMarquardt: () => ['damping'],
};

/** Returns the names of the vectors that an optimizer keeps between iterations; they start at 0. */
export const fullBatchState = ({ kind, config }: FullBatchOptimizer): readonly string[] => STATE[kind](config as never);
