import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';

/** A metric that is computed with the loss: running sums in linear memory, and the metric's value from them. */
export interface MetricDefinition {
  /** Key in logs. */
  readonly name: string;
  /** Number of float64 running sums, 0 at the start. */
  readonly sums: number;
  /** Whether it gets all outputs under a loss with several for each target; else those that should be near it. */
  readonly readsAll?: true;
  /**
   * Binds a step that adds a batch to the sums at address `totals`, a multiple of 8. It takes rows in ascending order,
   * so that batches may be cut anywhere. The targets are the caller's, before any label smoothing; labels are one-hot.
   */
  bind(runtime: WasmRuntime, y: MatrixView, targets: MatrixView, totals: number): Step;
  /** Returns the metric from its sums after `samples` rows. */
  value(sums: Float64Array, samples: number): number;
  /** Forgets the rows that the metric keeps besides its sums, if it keeps any. */
  clear?(): void;
  /** Returns the same metric with separate rows, for another run, if it keeps rows. */
  copy?(): MetricDefinition;
}
