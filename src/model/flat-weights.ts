/** All weights of a model as one flat vector, in panels, for a model with the same architecture in another thread. */
import { changeWeights, type ModelState } from '../graph/model-state.js';

/** Returns a copy of all weights. */
export function flatWeights({ runtime, ranges }: ModelState): Float32Array {
  const flat = new Float32Array(ranges.reduce((total, { floats }) => total + floats, 0));
  let at = 0;
  for (const { address, floats } of ranges) {
    flat.set(runtime.memory.f32.subarray(address / 4, address / 4 + floats), at);
    at += floats;
  }
  return flat;
}

/** Replaces all weights. */
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
