/**
 * Binds what a run computes of one output against its targets: loss and ∂L/∂lossInput, weighted by row and by output,
 * and the sums of its metrics. program.ts has the addresses, losses/bind and metrics/bind the kernels.
 */
import { measuredOutputs } from '../losses/definition.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { BatchGroup } from './batch-group.js';
import { weighDelta } from './delta-steps.js';
import type { OutputObjective } from './objective.js';

/** Buffers of one output. */
export interface OutputBuffers {
  readonly y: MatrixView;
  /** What the loss reads: the output, or its logits if the loss computes the activation too. */
  readonly lossInput: MatrixView;
  /** Whether the loss computes the activation. */
  readonly isPaired: boolean;
  readonly targets: MatrixView;
  /** Smoothed targets, if the loss smooths them. */
  readonly smoothed: MatrixView | undefined;
  readonly delta: MatrixView;
  readonly rowLosses: number;
  /** Address of one weight per row; 0 if rows have none. */
  readonly rowWeights: number;
  /** Address of the running sums: of the loss, then of the metrics. */
  readonly totals: number;
  /** For use by metrics. */
  readonly matrices: readonly MatrixView[];
}

/** Returns the steps that compute the loss of an output, its deltas if the run `trains`, and its metrics. */
export function bindOutput(
  runtime: WasmRuntime,
  { loss, weight, metrics }: OutputObjective,
  buffers: OutputBuffers,
  trains: boolean,
  group: BatchGroup | undefined,
): Step[] {
  const { kernels } = runtime;
  const { y, lossInput, isPaired, targets, smoothed, delta, rowLosses, rowWeights, totals, matrices } = buffers;
  const steps: Step[] = [];
  let lossTargets = targets;
  if (smoothed !== undefined && loss.smoothing !== undefined) {
    const { address, width, ld } = (lossTargets = smoothed);
    const { scale, shift } = loss.smoothing;
    const added = shift(width);
    steps.push(
      (rows) => kernels.f32_copy(rows * ld, targets.address, address),
      (rows) => kernels.f32_smooth_rows(rows, width, address, ld, scale, added),
    );
  }
  const views = { y, z: lossInput, targets: lossTargets, delta, rowLosses };
  const step = isPaired && loss.bindPaired !== undefined ? loss.bindPaired(runtime, views) : loss.bind(runtime, views);
  steps.push(group === undefined ? step : (rows) => step(rows, group.expected));
  if (rowWeights !== 0) {
    steps.push((rows) => kernels.f32_weigh(rows, rowLosses, rowWeights, rowLosses));
    if (trains) steps.push((rows) => kernels.f32_weigh_rows(rows, delta.width, rowWeights, delta.address, delta.ld));
  }
  if (trains) steps.push(...weighDelta(kernels, delta, weight));
  steps.push((rows) => kernels.f64_add_sum(rows, rowLosses, totals));
  let at = totals + 8;
  for (const metric of metrics) {
    const measured = metric.readsAll === true ? y : measuredOutputs(loss, y);
    steps.push(metric.bind(runtime, measured, targets, at, { rowWeights, rowLosses, matrices }));
    at += 8 * metric.sums;
  }
  return steps;
}
