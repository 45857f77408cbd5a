import type { Forward } from './binding.js';
import type { OperationOf } from './operation.js';

/** y_u = the largest of the values u·pieces … u·pieces + pieces − 1. */
export const maxPieces = (units: number, pieces: number): OperationOf<'maxPieces'> => ({
  kind: 'maxPieces',
  config: { units, pieces },
  outputWidth: units,
  parameters: [],
});

export const maxPiecesForward: Forward<'maxPieces'> = {
  inPlace: false,
  bind: ({ units, pieces }, { runtime: { kernels }, inputs: [z], output: y }) => [
    (rows) => kernels.f32_max_pieces(rows, units, pieces, z.address, z.ld, y.address, y.ld),
  ],
};
