import { readsInput, type Backward } from './binding.js';

/** ∂L/∂y_u goes to the piece that was the largest. */
export const maxPiecesBackward: Backward<'maxPieces'> = {
  reads: readsInput,
  bind: ({ units, pieces }, { runtime: { kernels }, inputs: [z], outputDelta: dy, inputDeltas: [dz] }) =>
    dz === undefined
      ? []
      : [
          (rows) =>
            kernels.f32_max_pieces_backward(rows, units, pieces, z.address, z.ld, dy.address, dy.ld, dz.address),
        ],
};
