/**
 * Columns of the Jacobian and of the Gauss–Newton matrix: which weight each is for, in the order of the tensors, so
 * that no bit depends on the width of the panels.
 */
import { ownOf } from '../../common/objects.js';
import { sizeOf } from '../../common/tensors.js';
import { panelled } from '../../graph/parameters.js';
import { padded } from '../../runtime/panels.js';
import type { WasmRuntime } from '../../runtime/wasm-runtime.js';
import type { TrainingLayout } from '../layout.js';

/** The columns of one parameter, in the order of its tensor. */
export interface ParameterColumns {
  readonly first: number;
  readonly count: number;
  /** λ of its penalty λ/2·w². */
  readonly l2: number;
}

/** Columns of the trained weights; those of each parameter are padded to whole tiles. */
export class Columns {
  /** By parameter of the plan, if it is trained. */
  readonly ofParameter: readonly (ParameterColumns | undefined)[];
  /** Number of columns, a multiple of 4. */
  readonly size: number;
  /** By column: its float in the vectors of the training; −1 for padding. */
  readonly floats: Int32Array;

  constructor(
    private readonly runtime: WasmRuntime,
    { gradientOf }: TrainingLayout,
  ) {
    let size = 0;
    this.ofParameter = gradientOf.map((parameter) => {
      if (parameter === undefined) return undefined;
      const { spec } = parameter;
      const count = sizeOf(spec.shape);
      const first = size;
      size += padded(count);
      return { first, count, l2: ownOf(spec, 'regularizer')?.config.l2 ?? 0 };
    });
    this.size = size;
    this.floats = new Int32Array(size).fill(-1);
    gradientOf.forEach((parameter, index) => {
      if (parameter === undefined) return;
      const { at, units, inputs, width } = panelled(runtime, parameter);
      const { first } = this.ofParameter[index]!;
      for (let unit = 0; unit < units; unit++) {
        // Panels have `width` units, the last one what is left, padded.
        const start = unit - (unit % width);
        const stride = Math.min(width, padded(units) - start);
        for (let i = 0; i < inputs; i++) {
          this.floats[first + unit * inputs + i] = at / 4 + start * inputs + i * stride + (unit - start);
        }
      }
    });
  }

  /** Writes weights plus a step, rounded once, to `sum`; returns false and writes nothing if the step is not finite. */
  add(weights: number, step: number, sum: number): boolean {
    const { f32, f64 } = this.runtime.memory;
    const { floats } = this;
    const steps = f64.subarray(step / 8, step / 8 + floats.length);
    if (!steps.every(Number.isFinite)) return false;
    floats.forEach((at, column) => {
      if (at >= 0) f32[sum / 4 + at] = f32[weights / 4 + at] + steps[column];
    });
    return true;
  }
}

/** Number of tiles on and above the diagonal in the rows of tiles before row `row`, of `size` columns. */
export const tilesBefore = (size: number, row: number): number => row * (size / 4) - (row * (row - 1)) / 2;

/** Bytes of the tiles on and above the diagonal of a matrix with `size` columns. */
export const triangleBytes = (size: number): number => 128 * tilesBefore(size, size / 4);
