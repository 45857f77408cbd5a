import { ROW_BLOCK } from '../runtime/constants.generated.js';
import type { Step } from '../runtime/matrix-view.js';
import { padded } from '../runtime/panels.js';
import { readsInput, type Backward } from './binding.js';
import { startsOf } from './merge.js';
import type { OperationConfigs } from './operation.js';
import { eachBlock } from './row-sums.js';

/** A table of vectors and the columns of x that read it, which lie side by side. */
interface Table {
  /** First column. */
  readonly column: number;
  readonly columns: number;
  readonly categories: number;
  /** Values of a vector. */
  readonly width: number;
  /** Floats of the whole table. */
  readonly floats: number;
}

/** The table of all columns if they share it, otherwise one of each. */
const tablesOf = ({ inputDims, outputDims, shared }: OperationConfigs['embedding']): Table[] =>
  inputDims.slice(0, shared ? 1 : inputDims.length).map((categories, column) => ({
    column,
    columns: shared ? inputDims.length : 1,
    categories,
    width: outputDims[column],
    floats: padded(categories * outputDims[column]),
  }));

/**
 * ∂L/∂y of a row is added to the vectors that the row has read, rows ascending, and within a row the columns that
 * share a table ascending. All other vectors have a gradient of 0, which is written, too: optimizers and limits on the
 * gradient read all of it. Of batches longer than a block, the sums of a block go to a table of zeros, and from there to
 * the gradient, row after row: so only vectors that the block has read are touched, and the table is zero again.
 */
export const embeddingBackward: Backward<'embedding'> = {
  reads: readsInput,
  accumulates: true,
  blockSums: (config) => Math.max(...tablesOf(config).map(({ floats }) => floats)),
  bind(config, { runtime: { kernels }, inputs: [x], outputDelta: dy, gradients, group, blockSums }) {
    const starts = startsOf(config.outputDims);
    return tablesOf(config).flatMap(({ column, columns, categories, width, floats }, table): Step[] => {
      const gradient = gradients[table];
      if (gradient === 0) return [];
      const clear: Step = () => (group?.before ?? 0) === 0 && kernels.f32_fill(floats, gradient, 0);
      const [indices, from] = [x.address + 4 * column, dy.address + 4 * starts[column]];
      const addRows = (rows: number, first: number, to: number): void => {
        const [index, delta] = [indices + 4 * first * x.ld, from + 4 * first * dy.ld];
        kernels.f32_embed_backward(rows, width, categories, columns, index, x.ld, delta, dy.ld, to);
      };
      if (group !== undefined && group.toBlock !== 0) {
        // The rows of a block may be those of several batches: the whole table is added.
        const part = gradient + group.toBlock;
        return [
          clear,
          (rows) =>
            eachBlock(group, rows, ({ first, count, isFirst, isWhole }) => {
              addRows(count, first, isFirst ? gradient : part);
              if (isFirst || !isWhole) return;
              kernels.f32_sum(floats, gradient, part, gradient);
              kernels.f32_fill(floats, part, 0);
            }),
        ];
      }
      if (blockSums === 0) return [clear, (rows) => addRows(rows, 0, gradient)];
      return [
        clear,
        (rows) => {
          addRows(Math.min(rows, ROW_BLOCK), 0, gradient);
          if (rows > ROW_BLOCK) kernels.f32_fill(floats, blockSums, 0);
          for (let first = ROW_BLOCK; first < rows; first += ROW_BLOCK) {
            const count = Math.min(rows - first, ROW_BLOCK);
            addRows(count, first, blockSums);
            for (let next = 0; next < columns; next++) {
              const index = indices + 4 * (first * x.ld + next);
              kernels.f32_embed_move(count, width, categories, index, x.ld, blockSums, gradient);
            }
          }
        },
      ];
    });
  },
};
