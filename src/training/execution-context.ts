/**
 * Execution contexts: a bound program with the loader that writes its batches and the accumulator that reads its sums,
 * and the evaluation of rows with it. program.ts binds the program; data/batch-loader.ts has the loader.
 */
import { ownOf } from '../common/objects.js';
import { setField } from '../common/options.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import { runProgram } from '../graph/program.js';
import { sumsOf, totalOf, type Objective } from './objective.js';
import type { TrainingProgram } from './program.js';
import type { Compiled } from './compiled.js';
import type { Dataset } from './data/shape.js';
import { bindLoader, type BatchLoader } from './data/batch-loader.js';

/**
 * Numbers by name: loss and metrics.
 * @category Training and callbacks
 */
export type Logs = Record<string, number>;

/** Copies an objective for another program, so that metrics that store rows do not share them. */
export const copyObjective = (objective: Objective): Objective =>
  objective.map((output) => ({
    ...output,
    metrics: output.metrics.map((metric) => ownOf(metric, 'copy')?.() ?? metric),
  }));

/** Reads and resets the running sums of a program, and the rows that its metrics store. */
export class MetricAccumulator {
  private readonly count: number;

  constructor(
    private readonly runtime: WasmRuntime,
    private readonly program: TrainingProgram,
    readonly objective: Objective,
    private readonly keys: Compiled['keys'],
    /** Returns the penalties on the weights, if there are any. */
    readonly penalty: (() => number) | undefined,
  ) {
    this.count = totalOf(objective) + (program.sumsPenalties ? 1 : 0);
  }

  reset(): void {
    this.sums.fill(0);
    for (const { metrics } of this.objective) for (const metric of metrics) ownOf(metric, 'clear')?.();
  }

  /** Whether the sums of the losses are finite so far. Does not compute metrics. */
  get finite(): boolean {
    const { sums } = this;
    let at = 0;
    return this.objective.every((output) => {
      const loss = sums[at];
      at += sumsOf(output);
      return output.weight === 0 || Number.isFinite(loss);
    });
  }

  /** Returns the loss over `samples` rows, the weighted sum over the outputs. Does not compute metrics. */
  loss(samples: number): number {
    const { sums } = this;
    let at = 0;
    return this.objective.reduce((total, output) => {
      const loss = sums[at] / samples;
      at += sumsOf(output);
      return total + (output.weight === 0 ? 0 : output.weight * loss);
    }, 0);
  }

  /** Returns a copy of the sums, for a program of the same objective that continues from them. */
  read(): Float64Array {
    return this.sums.slice();
  }

  write(sums: Float64Array): void {
    this.sums.set(sums);
  }

  /**
   * Returns loss and metrics over `samples` rows. With several outputs, `loss` is the weighted sum of the losses of the
   * outputs, which are in the logs too. Penalties are apart, as `regularization`: those on weights, as they are now if
   * not given, and the mean over rows of those on values.
   */
  means(samples: number, penalty = this.penalty?.()): Logs {
    const { objective, keys, sums } = this;
    const single = objective.length === 1;
    const logs: Logs = single ? {} : { loss: 0 };
    let at = 0;
    objective.forEach(({ weight, metrics }, index) => {
      const [lossKey, ...metricKeys] = keys[index];
      const loss = sums[at++] / samples;
      if (!single) setField(logs, lossKey, loss);
      // An output of weight 0 adds nothing, even if its loss is infinite or NaN.
      logs.loss = (single ? 0 : logs.loss) + (weight === 0 ? 0 : weight * loss);
      metrics.forEach((metric, order) => {
        setField(logs, metricKeys[order], metric.value(sums.subarray(at, at + metric.sums), samples));
        at += metric.sums;
      });
    });
    const onValues = this.program.sumsPenalties ? sums[at] / samples : undefined;
    if (penalty !== undefined || onValues !== undefined) logs.regularization = (penalty ?? 0) + (onValues ?? 0);
    return logs;
  }

  private get sums(): Float64Array {
    const first = this.program.totals / 8;
    return this.runtime.memory.f64.subarray(first, first + this.count);
  }
}

/** A program with the loader of its batches and the accumulator of its metrics. */
export interface ExecutionContext {
  readonly program: TrainingProgram;
  readonly loader: BatchLoader;
  readonly accumulator: MetricAccumulator;
  free(): void;
}

/** Whether a context can hold a batch of `rows` rows with so many vectors of row weights. */
export const canHold = ({ program }: ExecutionContext, rows: number, weightVectors: number): boolean =>
  program.capacity >= rows && program.weightVectors === weightVectors;

export function bindContext(
  runtime: WasmRuntime,
  program: TrainingProgram,
  objective: Objective,
  keys: Compiled['keys'],
  penalty: (() => number) | undefined,
): ExecutionContext {
  let loader: BatchLoader;
  try {
    loader = bindLoader(runtime, program, objective);
  } catch (error) {
    program.free();
    throw error;
  }
  return {
    program,
    loader,
    accumulator: new MetricAccumulator(runtime, program, objective, keys, penalty),
    free() {
      loader.free();
      program.free();
    },
  };
}

/**
 * Evaluates a dataset in parts of at most `most` rows, and adds it to the sums of the context. Yields after each part.
 * Predictions do not depend on the parts.
 */
export function* evaluateInParts(
  { program, loader }: ExecutionContext,
  dataset: Dataset,
  most: number,
  guard: { running: boolean },
): Generator<undefined, void> {
  const { rows } = dataset;
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    loader.take(dataset, first, count);
    guard.running = true;
    try {
      runProgram(program, count);
    } finally {
      guard.running = false;
    }
    yield;
  }
}
