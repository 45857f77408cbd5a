import { ownOf } from '../common/objects.js';
import { setField } from '../common/options.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import { runProgram } from '../graph/program.js';
import { sumsOf, type Objective } from './objective.js';
import type { TrainingProgram } from './program.js';
import type { Compiled } from './compiled.js';
import type { Dataset } from './data/shape.js';
import { bindLoader, type BatchLoader } from './data/batch-loader.js';

/**
 * Numbers by name: loss and metrics.
 * @category Training and callbacks
 */
export type Logs = Record<string, number>;

/** The objective for another run: metrics that keep rows get their own. */
export const copyObjective = (objective: Objective): Objective =>
  objective.map((output) => ({
    ...output,
    metrics: output.metrics.map((metric) => ownOf(metric, 'copy')?.() ?? metric),
  }));

/** Reads and resets the running sums that a program keeps, and the rows that its metrics keep. */
export class MetricAccumulator {
  private readonly count: number;

  constructor(
    private readonly runtime: WasmRuntime,
    private readonly program: TrainingProgram,
    readonly objective: Objective,
    private readonly keys: Compiled['keys'],
  ) {
    this.count = objective.reduce((total, output) => total + sumsOf(output), 0);
  }

  reset(): void {
    this.sums.fill(0);
    for (const { metrics } of this.objective) for (const metric of metrics) ownOf(metric, 'clear')?.();
  }

  /** Whether the sums of the losses are finite so far. Metrics are not worked out for it. */
  get finite(): boolean {
    const { sums } = this;
    let at = 0;
    return this.objective.every((output) => {
      const loss = sums[at];
      at += sumsOf(output);
      return output.weight === 0 || Number.isFinite(loss);
    });
  }

  /** A copy of the sums, for a program of the same objective that goes on from them. */
  read(): Float64Array {
    return this.sums.slice();
  }

  write(sums: Float64Array): void {
    this.sums.set(sums);
  }

  /**
   * Loss and metrics over `samples` rows. With several outputs the loss is the weighted sum of theirs, which stand
   * beside it.
   */
  means(samples: number): Logs {
    const { objective, keys, sums } = this;
    const single = objective.length === 1;
    const logs: Logs = single ? {} : { loss: 0 };
    let at = 0;
    objective.forEach(({ weight, metrics }, index) => {
      const [lossKey, ...metricKeys] = keys[index];
      const loss = sums[at++] / samples;
      if (!single) setField(logs, lossKey, loss);
      // An output that does not count adds nothing, even where its loss is infinite or NaN.
      logs.loss = (single ? 0 : logs.loss) + (weight === 0 ? 0 : weight * loss);
      metrics.forEach((metric, order) => {
        setField(logs, metricKeys[order], metric.value(sums.subarray(at, at + metric.sums), samples));
        at += metric.sums;
      });
    });
    return logs;
  }

  private get sums(): Float64Array {
    const first = this.program.totals / 8;
    return this.runtime.memory.f64.subarray(first, first + this.count);
  }
}

/** A program with what feeds it and what it counts. */
export interface ExecutionContext {
  readonly program: TrainingProgram;
  readonly loader: BatchLoader;
  readonly accumulator: MetricAccumulator;
  free(): void;
}

export function bindContext(
  runtime: WasmRuntime,
  program: TrainingProgram,
  objective: Objective,
  keys: Compiled['keys'],
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
    accumulator: new MetricAccumulator(runtime, program, objective, keys),
    free() {
      loader.free();
      program.free();
    },
  };
}

/**
 * Loss and metrics over a whole dataset, in batches of at most `batchSize` rows: nothing after each batch but the last,
 * which gives the whole. Every batch size gives the same predictions.
 */
export function* evaluateInParts(
  { program, loader, accumulator }: ExecutionContext,
  dataset: Dataset,
  batchSize: number,
  guard: { running: boolean },
): Generator<Logs | undefined, void> {
  const { rows } = dataset;
  accumulator.reset();
  for (let first = 0; first < rows; first += batchSize) {
    const count = Math.min(batchSize, rows - first);
    loader.take(dataset, first, count);
    guard.running = true;
    try {
      runProgram(program, count);
    } finally {
      guard.running = false;
    }
    yield first + count === rows ? accumulator.means(rows) : undefined;
  }
}
