/** Sums over the rows of a batch, in blocks of rows whose sums are added in order: docs/numerics.md says why. */
import { ROW_BLOCK } from '../runtime/constants.generated.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { BackwardBinding } from './binding.js';

/** Where a step writes sums over rows: an address, or 0 if they are not wanted, and the number of floats. */
export interface RowSums {
  readonly address: number;
  readonly floats: number;
}

/**
 * A step over `rows` rows of the batch, from row `first` on, default 0. `added` is 1 where it has to add to what is
 * there, default 0: only operations that accumulate get 1.
 */
export type RowsStep = (rows: number, first?: number, added?: number) => void;

/** Returns the address of a row. */
export const rowAt = ({ address, ld }: MatrixView, row: number): number => address + 4 * row * ld;

/**
 * Returns a step that writes `sums` over all rows. `bind` makes the step that writes sums over some rows to the given
 * addresses. Batches of one block outside of groups take that step as it is; for longer ones the binding has room for
 * the sums of a block.
 */
export function sumOverRows(
  { blockSums, group, runtime: { kernels } }: BackwardBinding,
  sums: readonly RowSums[],
  bind: (to: readonly number[]) => RowsStep,
): Step {
  const start = bind(sums.map(({ address }) => address));
  if (blockSums === 0 && group === undefined) return start;
  const begin = (rows: number): void => start(rows, 0, group?.continues === true ? 1 : 0);
  if (blockSums === 0) return begin;
  let next = blockSums;
  const parts = sums.map(({ address, floats }) => {
    if (address === 0) return 0;
    const part = next;
    next += 4 * floats;
    return part;
  });
  const sumBlock = bind(parts);
  return (rows) => {
    begin(Math.min(rows, ROW_BLOCK));
    for (let first = ROW_BLOCK; first < rows; first += ROW_BLOCK) {
      sumBlock(Math.min(rows - first, ROW_BLOCK), first);
      sums.forEach(({ address, floats }, index) => {
        if (address !== 0) kernels.f32_sum(floats, address, parts[index], address);
      });
    }
  };
}
