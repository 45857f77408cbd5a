/**
 * Losses as metrics, by the kernels of the losses: the mean over rows of the loss of each. The same loss in `compile`
 * gives the same number, without row weights. Deltas go to memory that nothing reads.
 */
import { ShapeError } from '../common/errors.js';
import { lossDefinition } from '../losses/bind.js';
import { targetWidth } from '../losses/definition.js';
import type { Loss } from '../losses/losses.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { MeasuredOutput, MetricDefinition } from './definition.js';

/**
 * Returns the metric. Under a loss with several outputs for each target it measures the block that should be near the
 * targets, unless it has as many outputs for each itself.
 */
export function ofLoss(name: string, loss: Loss, { width, outputs }: MeasuredOutput): MetricDefinition {
  const definition = lossDefinition(loss);
  const { blocks, smoothing } = definition;
  if (blocks !== undefined && targetWidth(blocks, outputs) !== width) {
    throw new ShapeError(
      `compile: metrics expected ${blocks.count} outputs for each target with '${loss.kind}', ` +
        `got ${outputs} for ${width}. Use it with the loss '${loss.kind}' of the same options.`,
    );
  }
  // Kernels may take whole vectors of a row: a block gets a matrix of its own, with padding of zeros.
  const isBlock = blocks === undefined && outputs !== width;
  return {
    name,
    sums: 1,
    ...(blocks !== undefined && { readsAll: true }),
    matrices: 1 + (smoothing === undefined ? 0 : 1) + (isBlock ? 1 : 0),
    bind(runtime, y, targets, totals, { rowLosses, matrices }) {
      const { kernels } = runtime;
      const free = [...matrices];
      const take = (columns: number): MatrixView => ({ ...free.pop()!, width: columns });
      const steps: Step[] = [];
      const delta = take(y.width);
      let outputs = y;
      if (isBlock) {
        outputs = take(width);
        const { address, ld } = outputs;
        steps.push((rows) => kernels.f32_take_columns(rows, width, y.address, y.ld, address, ld));
      }
      let smoothed = targets;
      if (smoothing !== undefined) {
        smoothed = take(targets.width);
        const { address, ld } = smoothed;
        const added = smoothing.shift(targets.width);
        steps.push(
          (rows) => kernels.f32_copy(rows * ld, targets.address, address),
          (rows) => kernels.f32_smooth_rows(rows, targets.width, address, ld, smoothing.scale, added),
        );
      }
      const views = { y: outputs, z: outputs, targets: smoothed, delta, rowLosses };
      steps.push(definition.bind(runtime, views), (rows) => kernels.f64_add_sum(rows, rowLosses, totals));
      return (rows) => {
        for (const step of steps) step(rows);
      };
    },
    value: ([sum], samples) => sum / samples,
  };
}
