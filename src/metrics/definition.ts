import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';

/** What is measured beside the loss: running sums in linear memory, and how the metric follows from them. */
export interface MetricDefinition {
  /** Its key in logs. */
  readonly name: string;
  /** Float64 running sums that it keeps, 0 at the start. */
  readonly sums: number;
  /**
   * Adds a batch to the sums at address `totals`, a multiple of 8. Rows ascending, so batches may be cut anywhere. The
   * targets are the caller's, before any label smoothing; labels are one-hot.
   */
  bind(runtime: WasmRuntime, y: MatrixView, targets: MatrixView, totals: number): Step;
  /** The metric from its sums after `samples` rows. */
  value(sums: Float64Array, samples: number): number;
  /** Where the metric keeps rows besides its sums: forgets them. */
  clear?(): void;
  /** Where the metric keeps rows: the same metric with rows of its own, for another run. */
  another?(): MetricDefinition;
}
