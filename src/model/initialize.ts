import { sizeOf } from '../common/tensors.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { ParameterLayout } from '../graph/parameters.js';
import type { NetworkPlan } from '../graph/plan.js';
import { initialValues } from '../initializers/initialize.js';

/** Writes first values into the flat vector at `address`, each parameter from its own stream of random numbers. */
export function initializeParameters(
  runtime: WasmRuntime,
  plan: NetworkPlan,
  layout: ParameterLayout,
  address: number,
  seed: number,
): void {
  plan.parameters.forEach((parameter, index) => {
    const { spec } = parameter;
    const fans = { size: sizeOf(spec.shape), shape: spec.shape, fanIn: spec.fanIn, fanOut: spec.fanOut };
    layout.writeOne(address, parameter, initialValues(runtime, spec.initializer, fans, seed, index));
  });
}
