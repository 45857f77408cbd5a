import { resolve } from '../common/descriptor.js';
import { readOptions, type Check } from '../common/options.js';
import type { Objective } from '../graph/program.js';
import { lossDefinition } from '../losses/bind.js';
import { LOSSES, type Loss, type LossName } from '../losses/losses.js';
import { metricDefinition, readMetrics, type MetricName } from '../metrics/metrics.js';
import { OPTIMIZERS, type Optimizer, type OptimizerName } from '../optimizers/optimizers.js';

export interface CompileOptions {
  /** A name with its defaults, or a factory's result. */
  optimizer: OptimizerName | Optimizer;
  /** A name, or a factory's result. */
  loss: LossName | Loss;
  /** Names of what to report beside the loss. Default none. */
  metrics?: readonly MetricName[];
}

/** What `compile` settled. */
export interface Compiled {
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly metricNames: readonly MetricName[];
  readonly objective: Objective;
}

const optimizer: Check<Optimizer> = (path, value) => resolve(path, value, OPTIMIZERS);
const loss: Check<Loss> = (path, value) => resolve(path, value, LOSSES);

/** Reads the options of `compile` for a model with `outputs` outputs. */
export function readCompileOptions(options: CompileOptions, outputs: number): Compiled {
  const read = readOptions<{ optimizer: Optimizer; loss: Loss; metrics: MetricName[] }>('compile', options, {
    optimizer: { check: optimizer },
    loss: { check: loss },
    metrics: { check: readMetrics, or: [] },
  });
  return {
    optimizer: read.optimizer,
    loss: read.loss,
    metricNames: read.metrics,
    objective: {
      loss: lossDefinition(read.loss),
      metrics: read.metrics.map((name) => metricDefinition(name, outputs, read.loss.kind)),
    },
  };
}
