import type { Descriptor } from '../common/descriptor.js';
import { fraction, positive, readOptions } from '../common/options.js';

export interface SmoothingOptions {
  /** Share ε in [0, 1) of each target that is spread over all classes. Default 0. */
  labelSmoothing?: number;
}

const smoothed =
  <K extends string>(kind: K) =>
  (options?: SmoothingOptions): Descriptor<K, Required<SmoothingOptions>> => ({
    kind,
    config: readOptions(kind, options, { labelSmoothing: { check: fraction, or: 0 } }),
  });

/** What is minimized: a descriptor made by one of the factories below. Always the mean over the batch. */
export type Loss = ReturnType<(typeof LOSSES)[LossName]>;

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
export const binaryCrossentropy = /* @__PURE__ */ smoothed('binaryCrossentropy');

/**
 * −Σ_j t_j ln y_j, summed over classes; targets in [0, 1], one row per sample, usually one-hot. On a softmax output it is computed
 * from the logits, with δ = y − t; on any other, y is clamped to at least 1e-7.
 */
export const categoricalCrossentropy = /* @__PURE__ */ smoothed('categoricalCrossentropy');

/** `categoricalCrossentropy` whose targets are class indices, one integer per sample. */
export const sparseCategoricalCrossentropy = /* @__PURE__ */ smoothed('sparseCategoricalCrossentropy');

/** 1/n Σ_j |t_j − y_j|; the derivative where they are equal is taken as 0, as in PyTorch. */
export const meanAbsoluteError = /* @__PURE__ */ plain('meanAbsoluteError');

/** 1/n Σ_j ½d² where |d| ≤ delta, else delta(|d| − ½delta), d = y_j − t_j (Huber 1964); `delta` > 0, default 1. */
export const huber = (options?: { delta?: number }): Descriptor<'huber', { delta: number }> => ({
  kind: 'huber',
  config: readOptions('huber', options, { delta: { check: positive, or: 1 } }),
});

/** 1/n Σ_j max(0, 1 − s_j·y_j), s_j = 1 for targets above 0 and −1 for others: targets may be 0 and 1, or −1 and 1. */
export const hinge = /* @__PURE__ */ plain('hinge');

/** What a name or a saved model may call for. */
export const LOSSES = {
  halfSquaredError,
  meanSquaredError,
  meanAbsoluteError,
  huber,
  hinge,
  binaryCrossentropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
} as const;

export type LossName = keyof typeof LOSSES;
