import { sizeOf } from '../common/tensors.js';
import type { ModelState } from '../graph/model-state.js';
import { initialValues } from '../initializers/initialize.js';

/** Writes initial values of all parameters, each from its own stream of random numbers. */
export function initializeParameters({ runtime, plan, layout, weights, blueprint }: ModelState): void {
  plan.parameters.forEach((parameter, index) => {
    const { spec } = parameter;
    const fans = { size: sizeOf(spec.shape), shape: spec.shape, fanIn: spec.fanIn, fanOut: spec.fanOut };
    layout.writeOne(weights, parameter, initialValues(runtime, spec.initializer, fans, blueprint.seed, index));
  });
}
