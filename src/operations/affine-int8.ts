/**
 * The affine map with weights of eight bits: z = W·x + b with W = scale·w per unit, w an integer from −127 to 127. The
 * rows of x are rounded to 128 levels first, and the products are summed as integers, so that the sums are exact; the
 * kernels are in assembly/int8/.
 */
import type { Forward } from './binding.js';
import { perUnit, type OperationOf, type ParameterSpec } from './operation.js';

/** The lowest and the highest value of a layer's inputs that have a level; others are rounded to these. */
export type InputRange = readonly [low: number, high: number];

/** Makes the map of weights of eight bits that stands for an affine map. Without a range, each row has its own. */
export function affineInt8(
  { config: { inputs, units, useBias }, parameters: [{ initializer }, bias] }: OperationOf<'affine'>,
  range: InputRange | undefined,
): OperationOf<'affineInt8'> {
  const weight: ParameterSpec = {
    name: 'weight',
    shape: [units, inputs],
    storage: 'int8',
    learned: true,
    initializer,
    fanIn: inputs,
    fanOut: units,
  };
  const scale: ParameterSpec = { ...perUnit('weight_scale', units, initializer, false), least: 0 };
  const own = bias === undefined ? [] : [perUnit('bias', units, bias.initializer, true)];
  return {
    kind: 'affineInt8',
    config: { inputs, units, useBias, ...(range && { range }) },
    outputWidth: units,
    parameters: [weight, scale, ...own],
  };
}

export const affineInt8Forward: Forward<'affineInt8'> = {
  inPlace: false,
  bind({ inputs, units, useBias, range }, { runtime, inputs: [x], output: z, parameters: [weight, scale, bias] }) {
    const { products, roomFor } = runtime.int8!;
    const room = roomFor(inputs);
    const most = room.rows;
    const b = useBias ? bias : 0;
    return [
      (rows) => {
        for (let first = 0; first < rows; first += most) {
          const from = x.address + 4 * first * x.ld;
          const to = z.address + 4 * first * z.ld;
          const count = Math.min(most, rows - first);
          products.multiply(count, units, inputs, from, x.ld, weight, scale, b, to, z.ld, room, range);
        }
      },
    ];
  },
};
