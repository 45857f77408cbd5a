/** The weights of a plan in one piece, in the layout that kernels read. */
import type { NetworkPlan } from '../../graph/plan.js';
import type { NamedTensor } from '../../common/tensors.js';
import { padded } from '../../runtime/panels.js';
import { PANEL_WIDTH } from './record-calls.js';

/** Writes weights (units, inputs) as panels: blocks of units, one row of units per input. */
function pack(data: Float32Array, [units, inputs]: readonly number[], into: Float32Array): void {
  for (let first = 0; first < units; first += PANEL_WIDTH) {
    const width = Math.min(PANEL_WIDTH, padded(units - first));
    const last = Math.min(first + width, units);
    for (let unit = first; unit < last; unit++) {
      let to = first * inputs + unit - first;
      for (let from = unit * inputs; from < (unit + 1) * inputs; from++, to += width) into[to] = data[from];
    }
  }
}

/** Returns the bytes of all weights; `tensors` are in the order of the plan's parameters. */
export function packedWeights(
  { parameters, parameterFloats }: NetworkPlan,
  tensors: readonly NamedTensor[],
): Uint8Array {
  const floats = new Float32Array(parameterFloats);
  parameters.forEach(({ spec, offset }, index) => {
    const { data } = tensors[index];
    if (spec.storage === 'vector') floats.set(data, offset);
    else pack(data, spec.shape, floats.subarray(offset));
  });
  return new Uint8Array(floats.buffer);
}
