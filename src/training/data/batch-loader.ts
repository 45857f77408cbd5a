import { RegionGroup } from '../../runtime/arena.js';
import type { WasmRuntime } from '../../runtime/wasm-runtime.js';
import type { Objective } from '../objective.js';
import type { TrainingProgram } from '../program.js';
import type { Dataset } from './shape.js';

/** Writes rows of a dataset to the inputs, targets and row weights of a program. */
export interface BatchLoader {
  /** Writes `rows` rows; their row numbers (u32) start at the address `indices`. */
  gather(dataset: Dataset, indices: number, rows: number): void;
  /** Writes `rows` rows from row `first` on. */
  take(dataset: Dataset, first: number, rows: number): void;
  free(): void;
}

/**
 * Binds a loader. Losses on class indices get one-hot targets; gathered indices pass through a scratch row of integers.
 */
export function bindLoader(runtime: WasmRuntime, program: TrainingProgram, objective: Objective): BatchLoader {
  const { kernels } = runtime;
  const { inputs, targets, rowWeights } = program;
  const regions = new RegionGroup(runtime.arena);
  const outputs = objective.map(({ loss }, index) => ({
    target: targets[index],
    labels: loss.targets === 'labels' ? regions.allocate(4 * program.capacity) : undefined,
  }));
  return {
    gather({ x, y, weights }, indices, rows) {
      for (let i = 0; i < inputs.length; i++) {
        const { width, address, ld } = inputs[i];
        kernels.f32_gather_rows(rows, width, x[i].rows, x[i].address, indices, address, ld);
      }
      for (let i = 0; i < outputs.length; i++) {
        const { target, labels } = outputs[i];
        const from = y[i];
        if (labels === undefined) {
          kernels.f32_gather_rows(rows, target.width, from.rows, from.address, indices, target.address, target.ld);
        } else {
          kernels.u32_gather(rows, from.rows, from.address, indices, labels);
          kernels.f32_one_hot(rows, target.width, labels, target.address, target.ld);
        }
      }
      if (weights !== undefined) kernels.u32_gather(rows, weights.rows, weights.address, indices, rowWeights);
    },
    take({ x, y, weights }, first, rows) {
      for (let i = 0; i < inputs.length; i++) {
        const { width, address, ld } = inputs[i];
        kernels.f32_pad_rows(rows, width, x[i].address + 4 * first * width, address, ld);
      }
      for (let i = 0; i < outputs.length; i++) {
        const { target, labels } = outputs[i];
        const from = y[i].address + 4 * first * y[i].width;
        if (labels === undefined) kernels.f32_pad_rows(rows, target.width, from, target.address, target.ld);
        else kernels.f32_one_hot(rows, target.width, from, target.address, target.ld);
      }
      if (weights !== undefined) kernels.f32_copy_columns(1, rows, weights.address + 4 * first, rows, rowWeights, rows);
      else if (rowWeights !== 0) kernels.f32_fill(rows, rowWeights, 1);
    },
    free: () => regions.free(),
  };
}
