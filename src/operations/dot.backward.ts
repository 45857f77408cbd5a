import { readsInput, type Backward } from './binding.js';
import { SMALLEST_NORM } from './dot.js';

/** ∂L/∂a = ∂L/∂y·b, and the same for b with a; for normalized rows the derivative of the cosine. */
export const dotBackward: Backward<'dot'> = {
  reads: readsInput,
  bind({ width, normalize }, { runtime: { kernels }, inputs, outputDelta: dy, inputDeltas }) {
    return inputDeltas.flatMap((dx, index) => {
      if (dx === undefined) return [];
      const own = inputs[index].address;
      const other = inputs[1 - index].address;
      const { address, ld } = dx;
      return [
        normalize
          ? (rows: number) =>
              kernels.f32_cosine_rows_backward(rows, width, own, other, dy.address, dy.ld, address, ld, SMALLEST_NORM)
          : (rows: number) => kernels.f32_dot_rows_backward(rows, width, other, dy.address, dy.ld, address, ld),
      ];
    });
  },
};
