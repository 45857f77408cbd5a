import { ValueError } from '../common/errors.js';
import type { Machine } from '../engine/machine.js';
import { bindProgram, runProgram, type Program } from './program.js';
import type { NetworkPlan } from './plan.js';

/** Index of the first value that is NaN or infinite, or −1. */
function firstNonFinite(x: Float32Array): number {
  for (let i = 0; i < x.length; i++) if (!Number.isFinite(x[i])) return i;
  return -1;
}

/** Rows that a first call makes room for. */
const FIRST_CAPACITY = 1;

/** Rows that are predicted at a time at most: their activations stay in the cache, and memory stays small. */
const MOST_CAPACITY = 256;

/**
 * Forward runs over rows of the caller's. Room for activations is made when a call brings more rows than any before, up to a limit past
 * which the rows go through in parts; otherwise a call allocates nothing, neither here nor in linear memory.
 */
export class Predictor {
  private program: Program | undefined;
  /** Address of the integer that the check for NaN leaves. */
  private readonly result: number;

  constructor(
    private readonly machine: Machine,
    private readonly plan: NetworkPlan,
    private readonly weights: number,
  ) {
    this.result = machine.arena.allocate(4);
  }

  /**
   * Reads rows · inputs values of `x` and writes rows · outputs values of `out`. A NaN or an infinity in `x` throws a ValueError before
   * anything is written.
   */
  predict(where: string, x: Float32Array, out: Float32Array, rows: number, batchSize: number): void {
    const program = this.programFor(Math.min(rows, batchSize));
    const part = Math.min(program.capacity, batchSize);
    if (rows > part) this.refuse(where, firstNonFinite(x), x);
    for (let first = 0; first < rows; first += part) {
      const count = Math.min(part, rows - first);
      this.copyIn(program, x, first, count);
      if (rows <= part) this.requireFinite(where, x, program, count);
      runProgram(program, count);
      this.copyOut(program, out, first, count);
    }
  }

  free(): void {
    this.program?.free();
    this.machine.arena.free(this.result);
  }

  /** The check of a single part, where the rows already stand: its index into x is only worked out where there is one. */
  private requireFinite(where: string, x: Float32Array, { input }: Program, count: number): void {
    const { kernels, memory } = this.machine;
    kernels.f32_first_nonfinite(count * input.ld, input.address, this.result);
    if (memory.i32[this.result / 4] !== -1) this.refuse(where, firstNonFinite(x), x);
  }

  private refuse(where: string, index: number, x: Float32Array): void {
    if (index === -1) return;
    const width = this.plan.widths[this.plan.input];
    throw new ValueError(
      `${where}: x expected finite numbers, got ${x[index]} in row ${Math.floor(index / width)}, column ${index % width}.`,
    );
  }

  private programFor(rows: number): Program {
    if (this.program !== undefined && this.program.capacity >= Math.min(rows, MOST_CAPACITY)) return this.program;
    const capacity = rows <= FIRST_CAPACITY ? FIRST_CAPACITY : MOST_CAPACITY;
    this.program?.free();
    this.program = undefined;
    this.program = bindProgram(this.machine, this.plan, { weights: this.weights }, capacity);
    return this.program;
  }

  private copyIn({ input }: Program, x: Float32Array, first: number, count: number): void {
    const { width, ld, address } = input;
    const { f32 } = this.machine.memory;
    const at = address / 4;
    if (x.length === count * width && (count === 1 || ld === width)) {
      f32.set(x, at);
      return;
    }
    // A subarray would be an object per call; element by element is none.
    let from = first * width;
    for (let i = 0; i < count; i++) {
      for (let j = 0, to = at + i * ld; j < width; j++) f32[to++] = x[from++]!;
    }
  }

  private copyOut({ output }: Program, out: Float32Array, first: number, count: number): void {
    const { width, ld, address } = output;
    const { f32 } = this.machine.memory;
    let to = first * width;
    for (let i = 0; i < count; i++) {
      for (let j = 0, from = address / 4 + i * ld; j < width; j++) out[to++] = f32[from++]!;
    }
  }
}
