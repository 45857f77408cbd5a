import { ValueError } from '../common/errors.js';
import { nameOf } from '../common/options.js';
import type { Machine } from '../engine/machine.js';
import type { Place, Step } from '../engine/step.js';

/** A running sum over samples, kept as a float64 in linear memory; the metric is the sum divided by the number of samples. */
export interface MetricDefinition {
  bind(machine: Machine, y: Place, targets: Place, total: number): Step;
}

/** Above this an output counts as 1: as in Keras. */
const THRESHOLD = 0.5;

/**
 * Share of right answers. With several outputs and a categorical target: the largest output stands where the largest target
 * stands. With one output, or independent binary outputs: the output is on the target's side of 0.5, averaged over outputs.
 */
const categoricalAccuracy: MetricDefinition = {
  bind:
    ({ kernels }, y, targets, total) =>
    (rows) =>
      kernels.f32_categorical_matches(rows, y.width, y.address, targets.address, y.ld, total),
};

const binaryAccuracy: MetricDefinition = {
  bind:
    ({ kernels }, y, targets, total) =>
    (rows) =>
      kernels.f32_binary_matches(rows, y.width, y.address, targets.address, y.ld, total, THRESHOLD),
};

export const METRIC_NAMES = ['accuracy', 'categoricalAccuracy', 'binaryAccuracy'] as const;
export type MetricName = (typeof METRIC_NAMES)[number];

/** The metric of that name for a model with `outputs` outputs trained on `loss`: 'accuracy' means what fits them, as in Keras. */
export function metricDefinition(name: MetricName, outputs: number, loss: string): MetricDefinition {
  if (name === 'accuracy') return outputs === 1 || loss === 'binaryCrossentropy' ? binaryAccuracy : categoricalAccuracy;
  return name === 'binaryAccuracy' ? binaryAccuracy : categoricalAccuracy;
}

/** Reads the `metrics` of `compile`: known names, each once. */
export function readMetrics(path: string, value: unknown): MetricName[] {
  if (!Array.isArray(value)) throw new ValueError(`${path} expected a list of names.`);
  const names = value.map((name) => nameOf(METRIC_NAMES)(path, name));
  return [...new Set(names)];
}
