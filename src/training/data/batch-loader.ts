import { RegionGroup } from '../../runtime/arena.js';
import type { WasmRuntime } from '../../runtime/wasm-runtime.js';
import type { Objective } from '../objective.js';
import type { TrainingProgram } from '../program.js';
import type { Dataset, RowWeights, StoredRows } from './shape.js';

/** Writes rows of a dataset to the inputs, targets and row weights of a program. */
export interface BatchLoader {
  /** Writes `rows` rows; their row numbers (u32) start at the address `indices`. */
  gather(dataset: Dataset, indices: number, rows: number): void;
  /** Writes `rows` rows from row `first` on. */
  take(dataset: Dataset, first: number, rows: number): void;
  free(): void;
}

/** Returns the weights of an output: its own, those of all, or undefined for weights of 1. */
const ofOutput = (weights: RowWeights, index: number): StoredRows | undefined =>
  weights.length === 1 ? weights[0] : weights[index];

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
      for (let i = 0; i < rowWeights.length; i++) {
        const from = ofOutput(weights, i);
        if (from === undefined) kernels.f32_fill(rows, rowWeights[i], 1);
        else kernels.u32_gather(rows, from.rows, from.address, indices, rowWeights[i]);
      }
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
      for (let i = 0; i < rowWeights.length; i++) {
        const from = ofOutput(weights, i);
        if (from === undefined) kernels.f32_fill(rows, rowWeights[i], 1);
        else kernels.f32_copy_columns(1, rows, from.address + 4 * first, rows, rowWeights[i], rows);
      }
    },
    free: () => regions.free(),
  };
}
