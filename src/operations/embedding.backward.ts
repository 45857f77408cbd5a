import type { Step } from '../runtime/matrix-view.js';
import { padded } from '../runtime/panels.js';
import { readsInput, type Backward } from './binding.js';
import { startsOf } from './merge.js';

/**
 * ∂L/∂y of a row is added to the vectors that the row has read, rows ascending, column after column. All other vectors
 * have a gradient of 0, which is written, too: optimizers and limits on the gradient read all of it.
 */
export const embeddingBackward: Backward<'embedding'> = {
  reads: readsInput,
  // Of a shared table the whole batch is added for one column and then for the next.
  accumulates: ({ inputDims, shared }) => !shared || inputDims.length === 1,
  bind({ inputDims, outputDims, shared }, { runtime: { kernels }, inputs: [x], outputDelta: dy, gradients, group }) {
    const starts = startsOf(outputDims);
    const clear = (gradient: number, column: number): Step[] => {
      const floats = padded(inputDims[column] * outputDims[column]);
      return gradient === 0 ? [] : [() => !group.continues && kernels.f32_fill(floats, gradient, 0)];
    };
    const add = (categories: number, column: number): Step[] => {
      const gradient = gradients[shared ? 0 : column];
      const [indices, from] = [x.address + 4 * column, dy.address + 4 * starts[column]];
      if (gradient === 0) return [];
      return [
        (rows) =>
          kernels.f32_embed_backward(rows, outputDims[column], categories, indices, x.ld, from, dy.ld, gradient),
      ];
    };
    return [...gradients.flatMap(clear), ...inputDims.flatMap(add)];
  },
};
