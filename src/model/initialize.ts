import { sizeOf } from '../common/tensors.js';
import type { ModelState } from '../graph/model-state.js';
import { writeParameters } from '../graph/parameters.js';
import { initialValues } from '../initializers/initialize.js';

/** Writes initial values of the parameters of these indices, each from a separate stream of random numbers. */
export function initializeParameters(
  { runtime, plan, weights, blueprint }: ModelState,
  indices: readonly number[],
): void {
  indices.forEach((index) => {
    const parameter = plan.parameters[index];
    const { spec } = parameter;
    const fans = { size: sizeOf(spec.shape), shape: spec.shape, fanIn: spec.fanIn, fanOut: spec.fanOut };
    initialValues(runtime, spec.initializer, fans, blueprint.seed, index, (values) =>
      writeParameters(runtime, weights, [parameter], [values]),
    );
  });
}
