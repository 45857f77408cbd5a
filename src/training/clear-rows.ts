/** Binds the steps that clear the values of rows without weight before backward reads them. */
import { valuesBefore, type NetworkPlan } from '../graph/plan.js';
import { backwardReads, usesBatchStatistics } from '../operations/backward.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { TrainingLayout } from './layout.js';
import type { TrainingMemory } from './memory-plan.js';

/** What the steps need of the program that they are part of. */
interface Clearing {
  /** Address of the weights of the rows. */
  readonly rowWeights: number;
  readonly layout: TrainingLayout;
  /** Whether values are read after the run too, for diagnosis. */
  readonly keepAll: boolean;
  readonly matrixOf: (value: number) => MatrixView;
}

/**
 * A row of weight 0 has deltas of 0, but 0·∞ is NaN: where its values overflowed, they are cleared before backward
 * reads them. Values before a batch normalization are kept, since the row counts in the statistics of the batch; those
 * of a batch of one row are not of the batch.
 */
export function bindClearing(
  { kernels }: WasmRuntime,
  plan: NetworkPlan,
  memory: TrainingMemory,
  { rowWeights, layout: { frozen }, keepAll, matrixOf }: Clearing,
): Step[] {
  const read = new Map<number, number>();
  for (const { node } of memory.nodes) {
    if (memory.deltas[node.output] === undefined && !keepAll) continue;
    const { input, output } = backwardReads(node.operation, frozen.has(node.layer));
    const values = [...(input || keepAll ? node.inputs : []), ...(output || keepAll ? [node.output] : [])];
    // Values that are computed in place share a matrix.
    for (const value of values) read.set(matrixOf(value).address, value);
  }
  const inStatistics = valuesBefore(
    plan,
    plan.nodes.flatMap(({ operation, layer, inputs }) =>
      usesBatchStatistics(operation, frozen.has(layer)) ? inputs : [],
    ),
  );
  return [...read.values()].map((value): Step => {
    const { width, address, ld } = matrixOf(value);
    return (rows) => {
      if (rows === 1 || !inStatistics[value]) kernels.f32_clear_overflow(rows, width, rowWeights, address, ld);
    };
  });
}
