/** Computes the mean and variance of `normalization` layers from data, for `model.adapt`. */
import { float32Moments, momentsToAdapt } from '../common/column-moments.js';
import { ShapeError, StateError } from '../common/errors.js';
import { perTensor } from '../common/per-tensor.js';
import { openRows, type Inputs } from '../common/rows.js';
import { descriptionOf } from '../layers/descriptions.js';
import type { TensorSpec } from '../graph/tensor-specs.js';
import type { NetworkPlan, PlannedParameter } from '../graph/plan.js';

/**
 * Returns mean and variance, computed in float64 from the rows of each input that a `normalization` layer reads
 * directly, with the parameters of that layer.
 * @throws ShapeError, ValueError for rows that do not fit; StateError for a model without such a layer.
 */
export function momentsFor(
  plan: NetworkPlan,
  inputSpecs: readonly TensorSpec[],
  x: Inputs,
): { readonly parameters: readonly PlannedParameter[]; readonly values: readonly Float32Array[] } {
  const indices = new Map(plan.inputs.map((value, index) => [value, index]));
  const nodes = plan.nodes.filter(
    ({ layer, inputs }) => descriptionOf(plan.graph.layers[layer]).adapts && indices.has(inputs[0]),
  );
  if (nodes.length === 0) {
    throw new StateError('adapt: a model with a normalization layer on an input expected, got one without.');
  }
  const moments = perTensor('adapt', 'x', x, inputSpecs).map(({ what, value }, index) => {
    const source = openRows('adapt', what, value, inputSpecs[index].width);
    if (source.rows === 0) throw new ShapeError(`adapt: ${what} expected at least one row, got none.`);
    return float32Moments('adapt', momentsToAdapt('adapt', what, source));
  });
  return {
    parameters: nodes.flatMap(({ parameters: [mean, variance] }) => [plan.parameters[mean], plan.parameters[variance]]),
    values: nodes.flatMap(({ inputs }) => {
      const { mean, variance } = moments[indices.get(inputs[0])!];
      return [mean, variance];
    }),
  };
}
