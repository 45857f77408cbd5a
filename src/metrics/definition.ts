import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';

/** What a metric finds besides outputs and targets. */
export interface MetricMemory {
  /** Address of one weight per row; 0 if rows have none. */
  readonly rowWeights: number;
  /** Address of a float32 per row, for the metric's use. */
  readonly rowLosses: number;
  /** Matrices for the metric's use, as many as it asks for, with rows as far apart as those of the outputs. */
  readonly matrices: readonly MatrixView[];
}

/** A metric that is computed with the loss: running sums in linear memory, and the metric's value from them. */
export interface MetricDefinition {
  /** Key in logs. */
  readonly name: string;
  /** Number of float64 running sums, 0 at the start. */
  readonly sums: number;
  /** Whether it gets all outputs under a loss with several for each target; else those that should be near it. */
  readonly readsAll?: boolean;
  /** Number of matrices that it needs, 0 if undefined. */
  readonly matrices?: number;
  /**
   * Binds a step that adds a batch to the sums at address `totals`, a multiple of 8. It takes rows in ascending order,
   * so that batches may be cut anywhere. The targets are the caller's, before any label smoothing; labels are one-hot.
   */
  bind(runtime: WasmRuntime, y: MatrixView, targets: MatrixView, totals: number, memory: MetricMemory): Step;
  /** Returns the metric from its sums after `samples` rows. */
  value(sums: Float64Array, samples: number): number;
  /** Forgets the rows that the metric keeps besides its sums, if it keeps any. */
  clear?(): void;
  /** Returns the same metric with separate rows, for another run, if it keeps rows. */
  copy?(): MetricDefinition;
}

/** The cuts between no and yes: above them outputs and targets are yes. */
export interface Cuts {
  readonly outputs: number;
  readonly targets: number;
}

/** Facts about a model's output that decide which answers are right. `compile` takes them from its loss and layer. */
export interface MeasuredOutput {
  /** Outputs of one row that are measured, as many as targets. */
  readonly width: number;
  /** All outputs of one row: more where a target has several. */
  readonly outputs: number;
  /** Whether each output is right or wrong separately, under a loss on independent probabilities. */
  readonly independent: boolean;
  /**
   * Outputs and targets above these values count as yes: 0 where the loss uses the sign, a half where targets are
   * probabilities or outputs are never below 0; logits are cut at 0 and their targets at a half. Undefined where both
   * ways to write yes and no are possible; then the targets decide, since only −1 and 1 have negative ones.
   */
  readonly thresholds: Cuts | undefined;
  /** The activation that makes probabilities of the outputs, if these are logits. */
  readonly logitsOf: 'softmax' | 'sigmoid' | undefined;
  /** Whether outputs are between −1 and 1: then targets count as −1 and 1 unless a target says otherwise. */
  readonly signed: boolean;
}
