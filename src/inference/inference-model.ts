import { isFloat32Array, isList, newFloats } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { ShapeError, StateError, ValueError } from '../common/errors.js';
import { integer, readOptions } from '../common/options.js';
import { DISPOSE, INSPECT } from '../common/symbols.js';
import { ownOf } from '../common/objects.js';
import { perTensor } from '../common/per-tensor.js';
import { openRows, type Inputs } from '../common/rows.js';
import { RegionGroup } from '../runtime/arena.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import { inputSpecs, outputSpecs, type TensorSpec } from '../graph/tensor-specs.js';
import { guarded, type ModelState } from '../graph/model-state.js';
import { allocateVector, countLearned, writeParameters } from '../graph/parameters.js';
import { planNetwork, type NetworkPlan, type PlannedParameter } from '../graph/plan.js';
import { MOST_CAPACITY, Predictor } from './predictor.js';
import { requireRoom } from '../graph/room.js';
import type { Blueprint } from '../graph/architecture.js';

/**
 * What `predict` takes besides rows.
 * @category Models
 */
export interface BatchOptions {
  /** Rows at a time. Results do not depend on it. Default 256. */
  batchSize?: number;
}

export const BATCH_SIZE = { check: integer(1), or: 256 } as const;

/** What a model is made from. */
export interface ModelSetup {
  readonly runtime: WasmRuntime;
  readonly blueprint: Blueprint;
  /** The plan of the blueprint's graph, where there is one already. */
  readonly plan?: NetworkPlan;
  /** Opens messages about the making. */
  readonly where: string;
  /** Called when the model is disposed. */
  readonly onDispose: (model: object) => void;
  /** Address of another model's weights in this memory. Without it the model has its own, at first all 0. */
  readonly weights?: number;
}

/**
 * A network that predicts. With several inputs their rows are given as a list or an object by the inputs' names; the
 * same with predictions.
 * @category Models
 */
export class InferenceModel<O extends Float32Array | Float32Array[] = Float32Array> {
  /** @internal */
  protected readonly state: ModelState;
  /** @internal */
  protected readonly predictor: Predictor;
  /**
   * Brings what a fit elsewhere has done since, where there is one.
   * @internal
   */
  protected refresh: (() => void) | undefined;
  private readonly regions: RegionGroup;
  private readonly onDispose: (model: object) => void;
  private live = true;

  /** For the library's own use: users call `sequential`, `model`, `loadModel` or `attachModel`. */
  constructor(setup: ModelSetup, valuesOf?: (parameters: readonly PlannedParameter[]) => readonly Float32Array[]) {
    const { runtime: engine, blueprint, where, onDispose } = setup;
    const runtime = engine.forModel();
    this.onDispose = onDispose;
    const plan = ownOf(setup, 'plan') ?? planNetwork(where, blueprint.graph);
    const given = ownOf(setup, 'weights');
    // Before anything is allocated: they may be refused.
    const values = valuesOf?.(plan.parameters);
    requireRoom(where, plan, runtime.memory.maximumBytes, given === undefined ? runtime.start : 0);
    this.regions = new RegionGroup(runtime.arena);
    const weights = given ?? allocateVector(runtime, this.regions, plan.parameterFloats);
    this.state = {
      runtime,
      blueprint,
      plan,
      weights,
      inputSpecs: inputSpecs(plan),
      outputSpecs: outputSpecs(plan),
      running: false,
      weightVersion: undefined,
      epochCount: 0,
    };
    try {
      if (values !== undefined) writeParameters(runtime, weights, plan.parameters, values);
      this.predictor = new Predictor(runtime, plan, weights);
    } catch (error) {
      this.regions.free();
      throw error;
    }
  }

  /** Number of learned values. */
  get parameterCount(): number {
    return countLearned(this.state.plan);
  }

  /**
   * Values of a row of each input and output.
   * @internal
   */
  get widths(): { readonly inputs: readonly number[]; readonly outputs: readonly number[] } {
    const widthsOf = (specs: readonly TensorSpec[]): number[] => specs.map(({ width }) => width);
    const { inputSpecs, outputSpecs } = this.state;
    return { inputs: widthsOf(inputSpecs), outputs: widthsOf(outputSpecs) };
  }

  /**
   * Outputs for n rows: a Float32Array (n, outputs), row-major; of a model with several outputs a list of them. A row
   * gives the same bits alone and in any batch.
   * @throws ShapeError, ValueError for rows that do not fit; StateError after `dispose`.
   */
  predict(x: Inputs, options?: BatchOptions): O {
    this.requireLive('predict');
    this.refresh?.();
    const { batchSize } = readOptions<Required<BatchOptions>>('predict', options, { batchSize: BATCH_SIZE });
    const { state } = this;
    const given = perTensor('predict', 'x', x, state.inputSpecs);
    const sources = given.map(({ what, value }, index) =>
      openRows('predict', what, value, state.inputSpecs[index].width),
    );
    const xs = sources.map((source, index) => {
      const { value } = given[index];
      if (source.exact) return value as Float32Array;
      const flat = newFloats(source.rows * source.width);
      source.write(flat, 0);
      return flat;
    });
    const { rows } = sources[0];
    sources.forEach((source, index) => {
      if (source.rows === rows) return;
      throw new ShapeError(
        `predict: ${given[index].what} expected ${rows} rows as in ${given[0].what}, got ${source.rows}.`,
      );
    });
    // Reading rows may run code of the caller's.
    this.requireLive('predict');
    const outs = state.outputSpecs.map(({ width }) => newFloats(rows * width, 'predict'));
    guarded(state, () => this.predictor.predict('predict', xs, outs, rows, batchSize, 'fresh'));
    return (outs.length === 1 ? outs[0] : outs) as O;
  }

  /**
   * `predict` into an array of the caller's, (n, outputs), or of a model with several outputs into a list of them;
   * returns it. After the first call with as many rows it allocates nothing.
   * @throws ShapeError where lengths do not fit; ValueError for other kinds of arrays, NaN or infinity; StateError
   * after `dispose`.
   */
  predictInto(x: Float32Array | readonly Float32Array[], out: O): O {
    const { state } = this;
    if (!this.live || state.running) this.requireLive('predictInto');
    if (this.refresh !== undefined) this.refresh();
    const { inputSpecs, outputSpecs } = state;
    if (inputSpecs.length === 1 && outputSpecs.length === 1) {
      const rows = this.requireFlat('x', x, inputSpecs[0].width, undefined, undefined);
      this.requireFlat('out', out, outputSpecs[0].width, rows, undefined);
      state.running = true;
      try {
        this.predictor.predictOne('predictInto', x as Float32Array, out as Float32Array, rows, rows);
      } finally {
        state.running = false;
      }
      return out;
    }
    return this.predictIntoLists(x, out);
  }

  /**
   * `predictInto` of several inputs or outputs. Without closures, and names that are put together: they would be
   * garbage in each call.
   */
  private predictIntoLists(x: Float32Array | readonly Float32Array[], out: O): O {
    const { state } = this;
    const { inputSpecs, outputSpecs } = state;
    const [inputs, outputs] = [inputSpecs.length, outputSpecs.length];
    this.requireList('x', x, inputs);
    this.requireList('out', out, outputs);
    let rows: number | undefined;
    for (let i = 0; i < inputs; i++) {
      rows = this.requireFlat('x', inputs === 1 ? x : x[i], inputSpecs[i].width, rows, inputs === 1 ? undefined : i);
    }
    for (let i = 0; i < outputs; i++) {
      this.requireFlat('out', outputs === 1 ? out : out[i], outputSpecs[i].width, rows, outputs === 1 ? undefined : i);
    }
    state.running = true;
    try {
      this.predictor.predict('predictInto', x, out, rows!, rows!);
    } finally {
      state.running = false;
    }
    return out;
  }

  /** A list of `count`, or, of one, that itself. */
  private requireList(what: string, value: unknown, count: number): void {
    if (count === 1 || (isList(value) && value.length === count)) return;
    throw new ShapeError(`predictInto: ${what} expected a list of ${count}, got ${describe(value)}.`);
  }

  /** Gives the model's memory back to its engine. Calling it again does nothing. */
  dispose(): void {
    if (!this.live) return;
    this.requireStill('dispose');
    this.live = false;
    this.release();
    this.predictor.free();
    this.regions.free();
    this.onDispose(this);
  }

  /** `dispose`, for `using`. */
  [DISPOSE](): void {
    this.dispose();
  }

  /** For consoles, which would show all that it is made of. @internal */
  [INSPECT](): string {
    const widths = (specs: readonly TensorSpec[]): string => specs.map(({ width }) => width).join(' + ');
    const { parameterCount } = this;
    const { inputSpecs, outputSpecs } = this.state;
    const ended = this.isLive ? '' : ', disposed';
    return `InferenceModel (${widths(inputSpecs)} → ${widths(outputSpecs)}, ${parameterCount} parameters${ended})`;
  }

  /**
   * For `engine.warmUp`: a function that predicts so many rows of zeros, or nothing where the model is disposed or busy
   * by then.
   * @internal
   */
  warmUpRun(rows: number): () => void {
    // More rows are computed in blocks of so many.
    const count = Math.min(rows, MOST_CAPACITY);
    const { state } = this;
    const xs = state.inputSpecs.map(({ width }) => newFloats(count * width));
    const outs = state.outputSpecs.map(({ width }) => newFloats(count * width));
    return () => {
      if (this.live && !state.running) {
        guarded(state, () => this.predictor.predict('warmUp', xs, outs, count, count));
      }
    };
  }

  /**
   * Frees what a subclass has besides, before the rest.
   * @internal
   */
  protected release(): void {
    // Nothing more here.
  }

  /** The number of rows in a flat array, number `index` of several, which has to be `rows` where that is known. */
  private requireFlat(
    what: string,
    value: unknown,
    width: number,
    rows: number | undefined,
    index: number | undefined,
  ): number {
    if (isFloat32Array(value) && value.length === (rows ?? Math.floor(value.length / width)) * width) {
      return value.length / width;
    }
    const name = index === undefined ? what : `${what}[${index}]`;
    if (!isFloat32Array(value)) {
      throw new ValueError(`predictInto: ${name} expected a Float32Array, got ${describe(value)}.`);
    }
    // Not whole rows: refused as elsewhere.
    if (rows === undefined) return openRows('predictInto', name, value, width).rows;
    throw new ShapeError(`predictInto: ${name} expected ${rows * width} values for ${rows} rows, got ${value.length}.`);
  }

  /** @internal */
  protected get isLive(): boolean {
    return this.live && this.state.runtime.isLive;
  }

  /** @internal */
  protected requireLive(where: string): void {
    this.requireStill(where);
    if (!this.live) throw new StateError(`${where}: a live model expected, got one that was disposed.`);
    this.state.runtime.requireLive(where);
  }

  /**
   * Throws inside of a step, where a function of the user's own would change what the step stands on.
   * @internal
   */
  requireStill(where: string): void {
    if (this.state.running) {
      throw new StateError(
        `${where}: a model at rest expected, got one in the middle of a step that called this function.`,
      );
    }
  }
}
