/** Steps on deltas besides those of losses and operations: weights of losses, shares of batches, and zeros. */
import type { Continuation } from '../operations/binding.js';
import type { Kernels } from '../runtime/abi.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { BatchGroup } from './batch-group.js';

/** Returns the steps that multiply δ of a loss by the weight of the loss and by the batch's share of its group. */
export function weighDelta(
  kernels: Kernels,
  { address, ld }: MatrixView,
  weight: number,
  group: BatchGroup | undefined,
): Step[] {
  // Filled instead of multiplied: a loss of weight 0 adds nothing, even if it overflowed.
  if (weight === 0) return [(rows) => kernels.f32_fill(rows * ld, address, 0)];
  const scale = (rows: number, factor: number): void => {
    if (factor !== 1) kernels.f32_scale_shift(rows * ld, address, address, factor, 0);
  };
  return [
    ...(weight === 1 ? [] : [(rows: number) => scale(rows, weight)]),
    ...(group === undefined ? [] : [(rows: number) => scale(rows, group.share(rows))]),
  ];
}

/** Deltas and gradients of a node on which no loss depends that counts: 0, even where its values overflowed. */
export const zeroDeltas = (
  kernels: Kernels,
  inputDeltas: readonly (MatrixView | undefined)[],
  gradients: readonly { readonly address: number; readonly floats: number }[],
  group: Continuation | undefined,
): Step[] => [
  ...inputDeltas.flatMap((dx): Step[] =>
    dx === undefined ? [] : [(rows) => kernels.f32_fill(rows * dx.ld, dx.address, 0)],
  ),
  ...gradients.flatMap(({ address, floats }): Step[] =>
    address === 0
      ? []
      : [
          () => {
            if (group?.continues !== true) kernels.f32_fill(floats, address, 0);
          },
        ],
  ),
];
