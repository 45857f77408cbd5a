/**
 * Runs forward passes for `predict` and `predictInto`: copies rows in, checks them, runs the program in parts and
 * copies outputs out. inference-model.ts checks shapes and options; graph/program.ts binds the program.
 */
import { counted } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { replaceOrRestore } from '../runtime/arena.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { MatrixView } from '../runtime/matrix-view.js';
import { bindPrediction, runProgram, type ForwardProgram, type StepsBefore } from '../graph/program.js';
import {
  inputCategories,
  isCategory,
  refuseCategory,
  requireCategories,
  type Categories,
} from '../graph/categories.js';
import type { NetworkPlan } from '../graph/plan.js';

/** Returns the index of the first value that is NaN or infinite, or −1. */
function firstNonFinite(x: Float32Array): number {
  for (let i = 0; i < x.length; i++) if (!Number.isFinite(x[i])) return i;
  return -1;
}

/** Capacity of the program for calls of one row; more rows get a program of `MOST_CAPACITY`. */
const FIRST_CAPACITY = 1;

/** Number of values up to which a copy one by one takes less time than a call of `set`, which is 15 ns on V8 11.3. */
const SHORT = 16;

/** Largest number of rows predicted at a time: their activations stay in the cache, and memory stays small. */
export const MOST_CAPACITY = 256;

/** Empty placeholder for the caller's arrays between calls. */
const NOTHING = /* @__PURE__ */ new Float32Array(0);

/**
 * Runs forward passes over the caller's rows. Activations are allocated at the first call, and again at the first one
 * of more than one row, for MOST_CAPACITY rows; more rows are processed in parts. Otherwise a call allocates nothing,
 * neither here nor in linear memory.
 */
export class Predictor {
  private program: ForwardProgram | undefined;
  /**
   * A typed array for each input of the program: copies cannot exceed it, whatever length the source claims to have.
   */
  private inputViews: Float32Array[] = [];
  /** By input: the categories of its columns, and its name in messages. */
  private readonly categories: readonly Categories[];
  private readonly names: readonly string[];
  /** Address of the integer result of the checks of inputs. */
  private readonly result: number;
  /** The caller's arrays during a call, in lists that are reused: a new list per call would be garbage. */
  private readonly xs: Float32Array[];
  private readonly outs: Float32Array[];

  constructor(
    private readonly runtime: WasmRuntime,
    private readonly plan: NetworkPlan,
    private readonly weights: number,
    private readonly stepsBefore?: StepsBefore,
  ) {
    this.result = runtime.arena.allocate(4);
    this.categories = inputCategories(plan);
    this.names = plan.inputs.map((_, i) => (plan.inputs.length === 1 ? 'x' : `x[${i}]`));
    this.xs = plan.inputs.map(() => NOTHING);
    this.outs = plan.outputs.map(() => NOTHING);
  }

  /** Bytes of activations. */
  get bytes(): number {
    return this.program?.bytes ?? 0;
  }

  /**
   * Reads rows · inputs values of each of `xs` and writes rows · outputs values of each of `outs`; a single one needs
   * no list. Throws a ValueError for a NaN or an infinity in `xs`: before anything is written if `outs` is kept; if it
   * is fresh, and therefore dropped after an error, rows before the faulty block may have been written.
   */
  predict(
    where: string,
    xs: Float32Array | readonly Float32Array[],
    outs: Float32Array | readonly Float32Array[],
    rows: number,
    batchSize: number,
    outsAre: 'fresh' | 'kept' = 'kept',
  ): void {
    for (let i = 0; i < this.xs.length; i++)
      this.xs[i] = Array.isArray(xs) ? (xs as readonly Float32Array[])[i] : (xs as Float32Array);
    for (let i = 0; i < this.outs.length; i++)
      this.outs[i] = Array.isArray(outs) ? (outs as readonly Float32Array[])[i] : (outs as Float32Array);
    this.run(where, rows, batchSize, outsAre);
  }

  /** `predict` for one input and one output. */
  predictOne(where: string, x: Float32Array, out: Float32Array, rows: number, batchSize: number): void {
    this.xs[0] = x;
    this.outs[0] = out;
    this.run(where, rows, batchSize, 'kept');
  }

  free(): void {
    this.program?.free();
    this.runtime.arena.free(this.result);
  }

  private run(where: string, rows: number, batchSize: number, outsAre: 'fresh' | 'kept'): void {
    const program = this.programFor(Math.min(rows, batchSize));
    const part = Math.min(program.capacity, batchSize);
    if (rows > part && outsAre === 'kept') for (let i = 0; i < this.xs.length; i++) this.readyForParts(where, i);
    for (let first = 0; first < rows; first += part) {
      const count = Math.min(part, rows - first);
      for (let i = 0; i < this.xs.length; i++) this.copyIn(where, program.inputs[i], i, first, count);
      this.requireValid(where, program, first, count);
      if (program.pass?.pays(count)) program.pass.run(count);
      else runProgram(program, count);
      for (let i = 0; i < this.outs.length; i++) this.copyOut(program.outputs[i], this.outs[i], first, count);
    }
    // Does not keep the caller's arrays alive.
    for (let i = 0; i < this.xs.length; i++) this.xs[i] = NOTHING;
    for (let i = 0; i < this.outs.length; i++) this.outs[i] = NOTHING;
  }

  /** Checks the copied rows, not the caller's: another thread may write to the memory of those. */
  private requireValid(where: string, { inputs }: ForwardProgram, first: number, count: number): void {
    const { kernels, memory } = this.runtime;
    for (let i = 0; i < inputs.length; i++) {
      const { ld, address } = inputs[i];
      kernels.f32_first_nonfinite(count * ld, address, this.result);
      if (memory.i32[this.result / 4] !== -1) this.refuseCopied(where, i, inputs[i], first, count);
      const categories = this.categories[i];
      if (categories === undefined) continue;
      requireCategories(this.runtime, where, this.names[i], inputs[i], count, first, categories, this.result);
    }
  }

  /** Throws if one of the copied rows is not finite; padding after the rows is ignored. */
  private refuseCopied(where: string, input: number, { width, ld }: MatrixView, first: number, count: number): void {
    const view = this.inputViews[input];
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < width; j++) {
        const value = view[i * ld + j];
        if (!Number.isFinite(value)) this.refuse(where, input, first + i, j, value);
      }
    }
  }

  /**
   * Before rows are read in parts: checks all of them, and copies them if outputs of an earlier part would overwrite
   * them.
   */
  private readyForParts(where: string, input: number): void {
    const x = this.xs[input];
    const index = firstNonFinite(x);
    const width = this.plan.widths[this.plan.inputs[input]];
    if (index !== -1) this.refuse(where, input, Math.floor(index / width), index % width, x[index]);
    const categories = this.categories[input];
    const bad = categories === undefined ? -1 : x.findIndex((value, at) => !isCategory(value, categories[at % width]));
    if (bad !== -1) {
      const column = bad % width;
      refuseCategory(where, this.names[input], x[bad], categories![column], Math.floor(bad / width), column);
    }
    if (this.outs.some((out) => out.buffer === x.buffer)) this.xs[input] = new Float32Array(x);
  }

  private refuse(where: string, input: number, row: number, column: number, value: number): never {
    throw new ValueError(
      `${where}: ${this.names[input]} expected finite numbers, got ${value} in row ${row}, column ${column}.`,
    );
  }

  private programFor(rows: number): ForwardProgram {
    if (this.program !== undefined && this.program.capacity >= Math.min(rows, MOST_CAPACITY)) return this.program;
    const capacity = rows <= FIRST_CAPACITY ? FIRST_CAPACITY : MOST_CAPACITY;
    const before = this.program;
    this.program = undefined;
    return replaceOrRestore(
      before,
      () => this.bind(capacity),
      (old) => this.bind(old.capacity),
    );
  }

  private bind(capacity: number): ForwardProgram {
    this.program = bindPrediction(this.runtime, this.plan, this.weights, capacity, this.stepsBefore);
    this.inputViews = this.program.inputs.map(({ address, ld }) => this.runtime.memory.floats(address, capacity * ld));
    return this.program;
  }

  private copyIn(where: string, { width, ld }: MatrixView, input: number, first: number, count: number): void {
    const view = this.inputViews[input];
    const x = this.xs[input];
    if (x.length > SHORT && x.length === count * width && (count === 1 || ld === width)) {
      try {
        view.set(x);
      } catch {
        throw new ShapeError(`${where}: x expected ${counted(count * width, 'value')} as its length says, got more.`);
      }
      return;
    }
    // Element by element: a subarray would allocate an object per call.
    let from = first * width;
    for (let i = 0; i < count; i++) {
      for (let j = 0, to = i * ld; j < width; j++) view[to++] = x[from++]!;
    }
  }

  private copyOut({ width, ld, address }: MatrixView, out: Float32Array, first: number, count: number): void {
    const { f32 } = this.runtime.memory;
    let to = first * width;
    for (let i = 0; i < count; i++) {
      for (let j = 0, from = address / 4 + i * ld; j < width; j++) out[to++] = f32[from++]!;
    }
  }
}
