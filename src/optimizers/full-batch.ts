/**
 * Optimizers that look at all rows at once, as descriptors: factories, options and checks. An iteration is one epoch,
 * and may compute the loss of all rows several times. src/training/full-batch runs them.
 */
import type { Descriptor } from '../common/descriptor.js';
import { integer, nonNegative, readOptions } from '../common/options.js';

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

/** Factories of the optimizers that look at all rows at once. */
export const FULL_BATCH = { lbfgs } as const;

/** An optimizer that looks at all rows at once. */
export type FullBatchOptimizer = ReturnType<(typeof FULL_BATCH)[keyof typeof FULL_BATCH]>;

/** Whether an optimizer looks at all rows at once. */
export const isFullBatch = (optimizer: Descriptor): optimizer is FullBatchOptimizer =>
  Object.hasOwn(FULL_BATCH, optimizer.kind);

/** By kind: the names of the vectors, as large as the weights, that an optimizer keeps between iterations. */
const STATE: Readonly<Record<FullBatchOptimizer['kind'], (config: never) => string[]>> = {
  lbfgs: ({ historySize }: Required<LbfgsOptions>) =>
    ['step', 'change'].flatMap((name) => Array.from({ length: historySize }, (_, i) => `${name}${i}`)),
};

/** Returns the names of the vectors that an optimizer keeps between iterations; they start at 0. */
export const fullBatchState = ({ kind, config }: FullBatchOptimizer): readonly string[] => STATE[kind](config as never);
