/** The objective of training and evaluation: for each output a loss, its weight, and metrics. */
import { ownOf } from '../common/objects.js';
import type { LossDefinition } from '../losses/definition.js';
import type { MetricDefinition } from '../metrics/definition.js';

/** Loss and metrics of one output. */
export interface OutputObjective {
  readonly loss: LossDefinition;
  /** Weight of its loss in the sum. */
  readonly weight: number;
  readonly metrics: readonly MetricDefinition[];
}

/** Objectives of all outputs, in order. */
export type Objective = readonly OutputObjective[];

/** Returns the number of matrices that the metrics of an output need; one metric after another uses them. */
export const matricesOf = ({ metrics }: OutputObjective): number =>
  metrics.reduce((most, metric) => Math.max(most, ownOf(metric, 'matrices') ?? 0), 0);

/** Returns the number of running sums of an output: one for its loss, then those of each metric. */
export const sumsOf = ({ metrics }: OutputObjective): number =>
  metrics.reduce((total, metric) => total + metric.sums, 1);

/** Returns the number of running sums of all outputs. */
export const totalOf = (objective: Objective): number => objective.reduce((total, output) => total + sumsOf(output), 0);
