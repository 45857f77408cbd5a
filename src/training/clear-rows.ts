/** Binds the steps that clear the values of rows without weight before backward reads them. */
import { valuesBefore, type NetworkPlan } from '../graph/plan.js';
import { backwardReads, usesBatchStatistics } from '../operations/backward.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { TrainingLayout } from './layout.js';
import type { TrainingMemory } from './memory-plan.js';
import type { WeightGroups } from './weight-groups.js';

/** What the steps need of the program that they are part of. */
interface Clearing {
  /** Addresses of the weights of the rows: one for all outputs, or one for each. */
  readonly rowWeights: readonly number[];
  /** Addresses for the sums of the row weights of the groups. */
  readonly weightSums: readonly number[];
  readonly groups: WeightGroups;
  readonly layout: TrainingLayout;
  /** Whether values are read after the run too, for diagnosis. */
  readonly keepAll: boolean;
  readonly matrixOf: (value: number) => MatrixView;
}

/**
 * A row of weight 0 has deltas of 0, but 0·∞ is NaN: where its values overflowed, they are cleared before backward
 * reads them. Values before a batch normalization are kept, since the row counts in the statistics of the batch; those
 * of a batch of one row are not of the batch. Where outputs have row weights of their own, a row of a value is cleared
 * if it has weight 0 for all outputs that depend on the value: if the sum of these weights, which are at least 0, is 0.
 */
export function bindClearing(
  { kernels }: WasmRuntime,
  plan: NetworkPlan,
  memory: TrainingMemory,
  { rowWeights, weightSums, groups, layout: { frozen }, keepAll, matrixOf }: Clearing,
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
  const summed = new Map(groups.sums.map((group, index) => [group.join(), weightSums[index]]));
  const add = groups.sums.flatMap((group, index): Step[] => {
    const sum = weightSums[index];
    const [first, ...rest] = group.map((output) => rowWeights[output]);
    return [
      (rows) => kernels.f32_copy(rows, first, sum),
      ...rest.map(
        (weights): Step =>
          (rows) =>
            kernels.f32_sum(rows, sum, weights, sum),
      ),
    ];
  });
  const clear = [...read.values()].flatMap((value): Step[] => {
    const { width, address, ld } = matrixOf(value);
    const outputs = groups.outputsOf[value];
    // Deltas of a value on which no loss and no penalty depends are 0 without reading it.
    if (outputs.length === 0) return [];
    const weights = outputs.length === 1 ? rowWeights[outputs[0]] : summed.get(outputs.join())!;
    return [
      (rows) => {
        if (rows === 1 || !inStatistics[value]) kernels.f32_clear_overflow(rows, width, weights, address, ld);
      },
    ];
  });
  return [...add, ...clear];
}
