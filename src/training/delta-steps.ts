/** Steps on deltas besides those of losses and operations: weights of losses, and zeros. */
import type { BatchPlace } from '../operations/binding.js';
import type { Kernels } from '../runtime/abi.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';

/** Returns the steps that multiply δ of a loss by the weight of the loss. */
export function weighDelta(kernels: Kernels, { address, ld }: MatrixView, weight: number): Step[] {
  // Filled instead of multiplied: a loss of weight 0 adds nothing, even if it overflowed.
  if (weight === 0) return [(rows) => kernels.f32_fill(rows * ld, address, 0)];
  return weight === 1 ? [] : [(rows) => kernels.f32_scale_shift(rows * ld, address, address, weight, 0)];
}

/** Deltas and gradients of a node on which no loss depends that counts: 0, even where its values overflowed. */
export const zeroDeltas = (
  kernels: Kernels,
  inputDeltas: readonly (MatrixView | undefined)[],
  gradients: readonly { readonly address: number; readonly floats: number }[],
  group: BatchPlace | undefined,
): Step[] => [
  ...inputDeltas.flatMap((dx): Step[] =>
    dx === undefined ? [] : [(rows) => kernels.f32_fill(rows * dx.ld, dx.address, 0)],
  ),
  ...gradients.flatMap(({ address, floats }): Step[] =>
    address === 0
      ? []
      : [
          () => {
            if ((group?.before ?? 0) === 0) kernels.f32_fill(floats, address, 0);
          },
        ],
  ),
];
