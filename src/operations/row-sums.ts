/** Sums over the rows of a batch, in blocks of rows whose sums are added in order: docs/numerics.md says why. */
import { ROW_BLOCK } from '../runtime/constants.generated.js';
import type { Kernels } from '../runtime/abi.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { BackwardBinding, BatchPlace } from './binding.js';

/** Where a step writes sums over rows: an address, or 0 if they are not wanted, and the number of floats. */
export interface RowSums {
  readonly address: number;
  readonly floats: number;
}

/**
 * A step over `rows` rows of the batch, from row `first` on, default 0. `added` is 1 where it has to add to what is
 * there, default 0.
 */
export type RowsStep = (rows: number, first?: number, added?: number) => void;

/** Returns the address of a row. */
export const rowAt = ({ address, ld }: MatrixView, row: number): number => address + 4 * row * ld;

/**
 * Returns a step that writes `sums` over all rows. `bind` makes the step that writes sums over some rows to the given
 * addresses. Batches of one block take that step as it is; for longer ones the binding has room for the sums of a
 * block.
 */
export function sumOverRows(
  { blockSums, group, runtime: { kernels } }: BackwardBinding,
  sums: readonly RowSums[],
  bind: (to: readonly number[]) => RowsStep,
): Step {
  const start = bind(sums.map(({ address }) => address));
  if (group !== undefined) return sumInGroup(kernels, group, sums, start, bind);
  if (blockSums === 0) return start;
  let next = blockSums;
  const parts = sums.map(({ address, floats }) => {
    if (address === 0) return 0;
    const part = next;
    next += 4 * floats;
    return part;
  });
  const sumBlock = bind(parts);
  return (rows) => {
    start(Math.min(rows, ROW_BLOCK));
    for (let first = ROW_BLOCK; first < rows; first += ROW_BLOCK) {
      sumBlock(Math.min(rows - first, ROW_BLOCK), first);
      addBlock(kernels, sums, parts);
    }
  };
}

/** Adds the sums of a block. */
function addBlock(kernels: Kernels, sums: readonly RowSums[], parts: readonly number[]): void {
  sums.forEach(({ address, floats }, index) => {
    if (address !== 0) kernels.f32_sum(floats, address, parts[index], address);
  });
}

/** The same where the rows of a batch go on from those of the batches before it, with the blocks of all their rows. */
function sumInGroup(
  kernels: Kernels,
  group: BatchPlace,
  sums: readonly RowSums[],
  start: RowsStep,
  bind: (to: readonly number[]) => RowsStep,
): Step {
  if (group.toBlock === 0) return (rows) => start(rows, 0, group.before > 0 ? 1 : 0);
  const parts = sums.map(({ address }) => (address === 0 ? 0 : address + group.toBlock));
  const sumBlock = bind(parts);
  return (rows) =>
    eachBlock(group, rows, ({ first, count, within, isFirst, isWhole }) => {
      (isFirst ? start : sumBlock)(count, first, within > 0 ? 1 : 0);
      if (isWhole && !isFirst) addBlock(kernels, sums, parts);
    });
}

/** A part of a batch's rows that lies in one block of the rows of its group. */
interface BlockPart {
  readonly first: number;
  readonly count: number;
  /** Rows of the block before. */
  readonly within: number;
  /** Whether the block is the group's first, whose sums are the gradient itself. */
  readonly isFirst: boolean;
  /** Whether the block ends with it. */
  readonly isWhole: boolean;
}

/** Visits the parts of a batch that lie in different blocks. */
export function eachBlock({ before }: BatchPlace, rows: number, visit: (part: BlockPart) => void): void {
  for (let first = 0; first < rows;) {
    const within = (before + first) % ROW_BLOCK;
    const count = Math.min(rows - first, ROW_BLOCK - within);
    visit({ first, count, within, isFirst: before + first < ROW_BLOCK, isWhole: within + count === ROW_BLOCK });
    first += count;
  }
}
