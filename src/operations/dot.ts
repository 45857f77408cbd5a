/** Dot products of the rows of two inputs. The backward steps are in dot.backward.ts. */
import type { Forward } from './binding.js';
import type { OperationOf } from './operation.js';

/** Rows of at most this norm have no direction: PyTorch's epsilon of cosine similarity. */
export const SMALLEST_NORM = 1e-8;

/** y = Σ a·b of each row, of the rows over their norms if they are normalized. */
export const dotProduct = (width: number, normalize: boolean): OperationOf<'dot'> => ({
  kind: 'dot',
  config: { width, normalize },
  outputWidth: 1,
  parameters: [],
});

export const dotForward: Forward<'dot'> = {
  inPlace: false,
  bind({ width, normalize }, { runtime: { kernels }, inputs: [{ address: a, ld }, { address: b }], output: y }) {
    return [
      normalize
        ? (rows) => kernels.f32_cosine_rows(rows, width, a, b, ld, y.address, y.ld, SMALLEST_NORM)
        : (rows) => kernels.f32_dot_rows(rows, width, a, b, ld, y.address, y.ld),
    ];
  },
};
