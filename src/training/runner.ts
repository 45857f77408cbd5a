import type { Machine } from '../engine/machine.js';
import type { Program } from '../graph/program.js';
import type { LossDefinition } from '../losses/bind.js';
import type { Dataset } from './dataset.js';

/** Brings rows of a dataset to the inputs and targets of a program. */
export interface Feeder {
  /** The rows that `indices` (an address) names. */
  gather(dataset: Dataset, indices: number, rows: number): void;
  /** The rows from `first` on. */
  take(dataset: Dataset, first: number, rows: number): void;
  free(): void;
}

/** Binds a feeder. Losses on class indices get their targets one-hot, by way of a scratch row of integers. */
export function bindFeeder(machine: Machine, program: Program, loss: LossDefinition): Feeder {
  const { kernels, arena } = machine;
  const { input, targets } = program;
  const labels = loss.targets === 'labels' ? arena.allocate(4 * program.capacity) : undefined;
  const oneHot = (rows: number, from: number): void =>
    kernels.f32_one_hot(rows, targets.width, from, targets.address, targets.ld);
  const { smoothing } = loss;
  const shift = smoothing?.shift(targets.width) ?? 0;
  const smooth = (rows: number): void => {
    if (smoothing === undefined) return;
    kernels.f32_smooth_rows(rows, targets.width, targets.address, targets.ld, smoothing.scale, shift);
  };
  return {
    gather({ x, y }, indices, rows) {
      kernels.f32_gather_rows(rows, input.width, x.address, indices, input.address, input.ld);
      if (labels === undefined) {
        kernels.f32_gather_rows(rows, targets.width, y.address, indices, targets.address, targets.ld);
      } else {
        kernels.f32_gather_rows(rows, 1, y.address, indices, labels, 1);
        oneHot(rows, labels);
      }
      smooth(rows);
    },
    take({ x, y }, first, rows) {
      kernels.f32_pad_rows(rows, input.width, x.address + 4 * first * x.width, input.address, input.ld);
      const from = y.address + 4 * first * y.width;
      if (labels === undefined) kernels.f32_pad_rows(rows, targets.width, from, targets.address, targets.ld);
      else oneHot(rows, from);
      smooth(rows);
    },
    free() {
      if (labels !== undefined) arena.free(labels);
    },
  };
}
