/** What a model is trained and evaluated by: for each output a loss, its weight, and metrics. */
import type { LossDefinition } from '../losses/bind.js';
import type { MetricDefinition } from '../metrics/definition.js';

/** Loss and metrics of one output. */
export interface OutputObjective {
  readonly loss: LossDefinition;
  /** Weight of its loss in the sum. */
  readonly weight: number;
  readonly metrics: readonly MetricDefinition[];
}

/** Output by output. */
export type Objective = readonly OutputObjective[];

/** Number of running sums of an output: its loss, then those of each metric. */
export const sumsOf = ({ metrics }: OutputObjective): number =>
  metrics.reduce((total, metric) => total + metric.sums, 1);
