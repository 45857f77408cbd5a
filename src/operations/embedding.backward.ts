import { ROW_BLOCK } from '../runtime/constants.generated.js';
import type { Step } from '../runtime/matrix-view.js';
import { padded } from '../runtime/panels.js';
import { readsInput, type Backward } from './binding.js';
import { startsOf } from './merge.js';
import type { OperationConfigs } from './operation.js';
import { eachBlock } from './row-sums.js';

/** Floats of the table of a column. */
const tableFloats = ({ inputDims, outputDims }: OperationConfigs['embedding'], column: number): number =>
  padded(inputDims[column] * outputDims[column]);

/**
 * ∂L/∂y of a row is added to the vectors that the row has read, rows ascending, column after column. All other vectors
 * have a gradient of 0, which is written, too: optimizers and limits on the gradient read all of it. Of batches longer
 * than a block, the sums of a block go to a table of zeros, and from there to the gradient, row after row: so only
 * vectors that the block has read are touched, and the table is zero again.
 */
export const embeddingBackward: Backward<'embedding'> = {
  reads: readsInput,
  // Of a shared table the whole batch is added for one column and then for the next.
  accumulates: ({ inputDims, shared }) => !shared || inputDims.length === 1,
  blockSums: (config) => Math.max(...config.inputDims.map((_, column) => tableFloats(config, column))),
  bind(config, { runtime: { kernels }, inputs: [x], outputDelta: dy, gradients, group, blockSums }) {
    const { inputDims, outputDims, shared } = config;
    const starts = startsOf(outputDims);
    const clear = (gradient: number, column: number): Step[] => {
      const floats = tableFloats(config, column);
      return gradient === 0 ? [] : [() => (group?.before ?? 0) === 0 && kernels.f32_fill(floats, gradient, 0)];
    };
    const add = (categories: number, column: number): Step[] => {
      const gradient = gradients[shared ? 0 : column];
      const [indices, from] = [x.address + 4 * column, dy.address + 4 * starts[column]];
      const width = outputDims[column];
      if (gradient === 0) return [];
      const addRows = (rows: number, first: number, to: number): void => {
        const [index, delta] = [indices + 4 * first * x.ld, from + 4 * first * dy.ld];
        kernels.f32_embed_backward(rows, width, categories, index, x.ld, delta, dy.ld, to);
      };
      if (group !== undefined && group.toBlock !== 0) {
        // The rows of a block may be those of several batches: the whole table is added.
        const [part, floats] = [gradient + group.toBlock, tableFloats(config, column)];
        return [
          (rows) =>
            eachBlock(group, rows, ({ first, count, isFirst, isWhole }) => {
              addRows(count, first, isFirst ? gradient : part);
              if (isFirst || !isWhole) return;
              kernels.f32_sum(floats, gradient, part, gradient);
              kernels.f32_fill(floats, part, 0);
            }),
        ];
      }
      if (blockSums === 0) return [(rows) => addRows(rows, 0, gradient)];
      return [
        (rows) => {
          addRows(Math.min(rows, ROW_BLOCK), 0, gradient);
          if (rows > ROW_BLOCK) kernels.f32_fill(tableFloats(config, column), blockSums, 0);
          for (let first = ROW_BLOCK; first < rows; first += ROW_BLOCK) {
            const count = Math.min(rows - first, ROW_BLOCK);
            addRows(count, first, blockSums);
            const index = indices + 4 * first * x.ld;
            kernels.f32_embed_move(count, width, categories, index, x.ld, blockSums, gradient);
          }
        },
      ];
    };
    return [...gradients.flatMap(clear), ...inputDims.flatMap(add)];
  },
};
