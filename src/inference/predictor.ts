import { ShapeError, ValueError } from '../common/errors.js';
import { replaceOrRestore } from '../runtime/arena.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { MatrixView } from '../runtime/matrix-view.js';
import { bindPrediction, runProgram, type ForwardProgram } from '../graph/program.js';
import type { NetworkPlan } from '../graph/plan.js';

/** Index of the first value that is NaN or infinite, or −1. */
function firstNonFinite(x: Float32Array): number {
  for (let i = 0; i < x.length; i++) if (!Number.isFinite(x[i])) return i;
  return -1;
}

/** Rows that a first call makes room for. */
const FIRST_CAPACITY = 1;

/** Values up to which copying one by one takes less time than a call of `set`, which is 15 ns on V8 11.3. */
const SHORT = 16;

/** Rows that are predicted at a time at most: their activations stay in the cache, and memory stays small. */
export const MOST_CAPACITY = 256;

/** Stands where nobody's data does. */
const NOTHING = /* @__PURE__ */ new Float32Array(0);

/**
 * Forward runs over rows of the caller's. Room for activations is made when a call brings more rows than any before, up
 * to a limit past which the rows go through in parts; otherwise a call allocates nothing, neither here nor in linear
 * memory.
 */
export class Predictor {
  private program: ForwardProgram | undefined;
  /**
   * The program's inputs as views of their own: what is copied in cannot go past them, whatever length it says it has.
   */
  private places: Float32Array[] = [];
  /** Address of the integer that the check for NaN leaves. */
  private readonly result: number;
  /** The caller's arrays during a call; lists of the predictor's own, since a list per call would be garbage. */
  private readonly xs: Float32Array[];
  private readonly outs: Float32Array[];

  constructor(
    private readonly runtime: WasmRuntime,
    private readonly plan: NetworkPlan,
    private readonly weights: number,
  ) {
    this.result = runtime.arena.allocate(4);
    this.xs = plan.inputs.map(() => NOTHING);
    this.outs = plan.outputs.map(() => NOTHING);
  }

  /** Bytes of activations that it holds. */
  get bytes(): number {
    return this.program?.bytes ?? 0;
  }

  /**
   * Reads rows · inputs values of each of `xs` and writes rows · outputs values of each of `outs`; one alone needs no
   * list. A NaN or an infinity in `xs` throws a ValueError before anything is written; where `outs` is fresh and
   * dropped then, after what stands before it.
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
      this.requireFinite(where, program, first, count);
      runProgram(program, count);
      for (let i = 0; i < this.outs.length; i++) this.copyOut(program.outputs[i], this.outs[i], first, count);
    }
    // The caller's arrays are not held on to.
    for (let i = 0; i < this.xs.length; i++) this.xs[i] = NOTHING;
    for (let i = 0; i < this.outs.length; i++) this.outs[i] = NOTHING;
  }

  /** The check of what was copied in: the caller's own rows may be in memory that another thread writes. */
  private requireFinite(where: string, { inputs }: ForwardProgram, first: number, count: number): void {
    const { kernels, memory } = this.runtime;
    for (let i = 0; i < inputs.length; i++) {
      const { ld, address } = inputs[i];
      kernels.f32_first_nonfinite(count * ld, address, this.result);
      if (memory.i32[this.result / 4] !== -1) this.refuseCopied(where, i, inputs[i], first, count);
    }
  }

  /** Throws where one of the rows that were copied in is not finite; what stands behind their ends does not matter. */
  private refuseCopied(where: string, input: number, { width, ld }: MatrixView, first: number, count: number): void {
    const place = this.places[input];
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < width; j++) {
        const value = place[i * ld + j];
        if (!Number.isFinite(value)) this.refuse(where, input, first + i, j, value);
      }
    }
  }

  /** What is read part by part must be finite as a whole, and not be written over by an earlier part's outputs. */
  private readyForParts(where: string, input: number): void {
    const x = this.xs[input];
    const index = firstNonFinite(x);
    const width = this.plan.widths[this.plan.inputs[input]];
    if (index !== -1) this.refuse(where, input, Math.floor(index / width), index % width, x[index]);
    if (this.outs.some((out) => out.buffer === x.buffer)) this.xs[input] = new Float32Array(x);
  }

  private refuse(where: string, input: number, row: number, column: number, value: number): never {
    const name = this.xs.length === 1 ? 'x' : `x[${input}]`;
    throw new ValueError(`${where}: ${name} expected finite numbers, got ${value} in row ${row}, column ${column}.`);
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
    this.program = bindPrediction(this.runtime, this.plan, this.weights, capacity);
    this.places = this.program.inputs.map(({ address, ld }) => this.runtime.memory.floats(address, capacity * ld));
    return this.program;
  }

  private copyIn(where: string, { width, ld }: MatrixView, input: number, first: number, count: number): void {
    const place = this.places[input];
    const x = this.xs[input];
    if (x.length > SHORT && x.length === count * width && (count === 1 || ld === width)) {
      try {
        place.set(x);
      } catch {
        throw new ShapeError(`${where}: x expected ${count * width} values as its length says, got more.`);
      }
      return;
    }
    // A subarray would be an object per call; element by element is none.
    let from = first * width;
    for (let i = 0; i < count; i++) {
      for (let j = 0, to = i * ld; j < width; j++) place[to++] = x[from++]!;
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
