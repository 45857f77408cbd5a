import type { Descriptor } from '../common/descriptor.js';
import { readOptions } from '../common/options.js';

/** What is minimized: a descriptor made by one of the factories below. Always the mean over the batch. */
export type Loss = Descriptor<LossName>;

const plain =
  <K extends string>(kind: K) =>
  (options?: object): Descriptor<K> => ({ kind, config: readOptions(kind, options, {}) });

/** The slides' quadratic cost, ½ Σ_j (t_j − y_j)², summed over outputs. */
export const halfSquaredError = /* @__PURE__ */ plain('halfSquaredError');

/** 1/n Σ_j (t_j − y_j)², the mean over the n outputs. */
export const meanSquaredError = /* @__PURE__ */ plain('meanSquaredError');

/**
 * −1/n Σ_j [t_j ln y_j + (1 − t_j) ln(1 − y_j)], the mean over the n outputs; targets in [0, 1]. On a sigmoid output it is computed
 * from the logits, with δ = y − t; on any other, y is clamped to [1e-7, 1 − 1e-7].
 */
export const binaryCrossentropy = /* @__PURE__ */ plain('binaryCrossentropy');

/**
 * −Σ_j t_j ln y_j, summed over classes; targets in [0, 1], one row per sample, usually one-hot. On a softmax output it is computed
 * from the logits, with δ = y − t; on any other, y is clamped to at least 1e-7.
 */
export const categoricalCrossentropy = /* @__PURE__ */ plain('categoricalCrossentropy');

/** `categoricalCrossentropy` whose targets are class indices, one integer per sample. */
export const sparseCategoricalCrossentropy = /* @__PURE__ */ plain('sparseCategoricalCrossentropy');

/** What a name or a saved model may call for. */
export const LOSSES = {
  halfSquaredError,
  meanSquaredError,
  binaryCrossentropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
} as const;

export type LossName = keyof typeof LOSSES;
