/**
 * Reads and writes weights of a model: tensors by parameter, and all as one flat vector, in panels, for a model with
 * the same architecture in another thread.
 */
import type { NamedTensor } from '../common/tensors.js';
import { changeWeights, type ModelState } from '../graph/model-state.js';
import { readParameters, writeParameters } from '../graph/parameters.js';
import type { PlannedParameter } from '../graph/plan.js';

/** Returns copies of weights as they are now, those of a training in a worker too. */
export function readWeights(state: ModelState, parameters: readonly PlannedParameter[]): NamedTensor[] {
  state.refresh?.();
  return readParameters(state.runtime, state.weights, parameters);
}

/** Replaces weights. */
export function writeWeights(
  state: ModelState,
  parameters: readonly PlannedParameter[],
  values: readonly Float32Array[],
): void {
  state.refresh?.();
  changeWeights(state, () => writeParameters(state.runtime, state.weights, parameters, values));
}

/** Returns a copy of all weights as a flat vector. */
export function flatWeights({ runtime, ranges }: ModelState): Float32Array {
  const flat = new Float32Array(ranges.reduce((total, { floats }) => total + floats, 0));
  let at = 0;
  for (const { address, floats } of ranges) {
    flat.set(runtime.memory.f32.subarray(address / 4, address / 4 + floats), at);
    at += floats;
  }
  return flat;
}

/** Replaces all weights by those of a flat vector. */
export function writeFlatWeights(state: ModelState, values: Float32Array): void {
  const { runtime, ranges } = state;
  changeWeights(state, () => {
    let at = 0;
    for (const { address, floats } of ranges) {
      runtime.memory.f32.set(values.subarray(at, at + floats), address / 4);
      at += floats;
    }
  });
}
