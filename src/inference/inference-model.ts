/**
 * `InferenceModel`: a network that predicts, with its memory and its checks. predictor.ts runs the forward passes;
 * model/trainable-model.ts and model/model.ts add training, files and sharing.
 */
import { isFloat32Array, isList, newFloats } from '../common/arrays.js';
import { counted, describe } from '../common/describe.js';
import { ShapeError, StateError, ValueError } from '../common/errors.js';
import { integer, type OptionsReader } from '../common/options.js';
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
import type { FloatRange } from '../graph/shared-weights.js';
import { requireRoom } from '../graph/room.js';
import { frozenLayers, type Blueprint } from '../graph/architecture.js';

/**
 * Options of `predict`.
 * @category Models
 */
export interface BatchOptions {
  /** Number of rows computed at a time. Results do not depend on it. Default 256. */
  batchSize?: number;
}

export const BATCH_SIZE = { check: integer(1), or: 256 } as const;

/** Parts of a model. */
export interface ModelSetup {
  readonly runtime: WasmRuntime;
  readonly blueprint: Blueprint;
  /** Plan of the blueprint's graph, if it exists already. */
  readonly plan?: NetworkPlan;
  /** Start of messages about building the model. */
  readonly where: string;
  /** Called when the model is disposed. */
  readonly onDispose: (model: object) => void;
  /** Reads options of calls. */
  readonly readOptions: OptionsReader;
  /** Address of weights in this memory. Without it the model allocates weights, initially all 0. */
  readonly weights?: number;
  /** Where all weights are, if some are elsewhere. */
  readonly ranges?: readonly FloatRange[];
}

/**
 * A network that predicts. Several inputs are given as a list of rows, or as an object by the names of the inputs;
 * several outputs are returned as a list.
 * @category Models
 */
export class InferenceModel<O extends Float32Array | Float32Array[] = Float32Array> {
  /** @internal */
  protected readonly state: ModelState;
  /** @internal */
  protected readonly predictor: Predictor;
  private readonly regions: RegionGroup;
  private readonly onDispose: (model: object) => void;
  private readonly readOptions: OptionsReader;
  private live = true;

  /** For the library's own use: users call `sequential`, `model`, `loadModel` or `attachModel`. */
  constructor(setup: ModelSetup, valuesOf?: (parameters: readonly PlannedParameter[]) => readonly Float32Array[]) {
    const { runtime: engine, blueprint, where, onDispose } = setup;
    const runtime = engine.forModel();
    this.onDispose = onDispose;
    this.readOptions = setup.readOptions;
    const plan = ownOf(setup, 'plan') ?? planNetwork(where, blueprint.graph);
    const given = ownOf(setup, 'weights');
    // Reads the values before anything is allocated: they may be refused.
    const values = valuesOf?.(plan.parameters);
    requireRoom(where, plan, runtime.memory.maximumBytes, given === undefined ? runtime.start : 0);
    this.regions = new RegionGroup(runtime.arena);
    const weights = given ?? allocateVector(runtime, this.regions, plan.parameterFloats);
    this.state = {
      runtime,
      blueprint,
      plan,
      weights,
      ranges: ownOf(setup, 'ranges') ?? [{ address: weights, floats: plan.parameterFloats }],
      inputSpecs: inputSpecs(plan),
      outputSpecs: outputSpecs(plan),
      frozen: frozenLayers(blueprint.graph),
      running: false,
      fitting: false,
      weightVersion: undefined,
      pull: undefined,
      refresh: undefined,
      blocks: [],
      sharers: [],
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

  /** @internal The lowered network. */
  get plan(): NetworkPlan {
    return this.state.plan;
  }

  /** @internal Names of the outputs. */
  get outputNames(): readonly string[] {
    return this.state.outputSpecs.map(({ name }) => name);
  }

  /**
   * Number of values per row of each input and output.
   * @internal
   */
  get widths(): { readonly inputs: readonly number[]; readonly outputs: readonly number[] } {
    const widthsOf = (specs: readonly TensorSpec[]): number[] => specs.map(({ width }) => width);
    const { inputSpecs, outputSpecs } = this.state;
    return { inputs: widthsOf(inputSpecs), outputs: widthsOf(outputSpecs) };
  }

  /**
   * Predicts n rows. Returns a Float32Array (n, outputs), row-major; for a model with several outputs a list of them. A
   * row gives the same bits by itself and in any batch.
   * @throws ShapeError, ValueError for rows that do not fit; StateError after `dispose`.
   */
  predict(x: Inputs, options?: BatchOptions): O {
    this.requireLive('predict');
    this.state.refresh?.();
    const { batchSize } = this.readOptions<Required<BatchOptions>>('predict', options, { batchSize: BATCH_SIZE });
    const { state } = this;
    const given = perTensor('predict', 'x', x, state.inputSpecs);
    const sources = given.map(({ what, value }, index) =>
      openRows('predict', what, value, state.inputSpecs[index].width),
    );
    const xs = sources.map((source, index) => {
      const { value } = given[index];
      if (isFloat32Array(value)) return value;
      const flat = newFloats(source.rows * source.width);
      source.write(flat, 0);
      return flat;
    });
    const { rows } = sources[0];
    sources.forEach((source, index) => {
      if (source.rows === rows) return;
      throw new ShapeError(
        `predict: ${given[index].what} expected ${counted(rows, 'row')} as in ${given[0].what}, got ${source.rows}.`,
      );
    });
    // Reading rows may run code of the caller, which may have disposed the model.
    this.requireLive('predict');
    const outs = state.outputSpecs.map(({ width }) => newFloats(rows * width, 'predict'));
    guarded(state, () => this.predictor.predict('predict', xs, outs, rows, batchSize, 'fresh'));
    return (outs.length === 1 ? outs[0] : outs) as O;
  }

  /**
   * Predicts into an array of the caller, (n, outputs), or for a model with several outputs into a list of them;
   * returns `out`. After the first call with as many rows it allocates nothing.
   * @throws ShapeError where lengths do not fit; ValueError for other kinds of arrays, NaN or infinity; StateError
   * after `dispose`.
   */
  predictInto(x: Float32Array | readonly Float32Array[], out: O): O {
    const { state } = this;
    if (!this.live || state.running) this.requireLive('predictInto');
    if (state.refresh !== undefined) state.refresh();
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
   * `predictInto` for several inputs or outputs. Makes no closures and concatenates no names: they would be garbage in
   * each call.
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

  /** Throws unless a value is a list of `count` elements; a single one needs no list. */
  private requireList(what: string, value: unknown, count: number): void {
    if (count === 1 || (isList(value) && value.length === count)) return;
    throw new ShapeError(`predictInto: ${what} expected a list of ${count}, got ${describe(value)}.`);
  }

  /** Returns the memory of the model to its engine. Further calls do nothing. */
  dispose(): void {
    if (!this.live) return;
    this.requireNotInStep('dispose');
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

  /** For consoles, which would otherwise print every part of the model. @internal */
  [INSPECT](): string {
    const widths = (specs: readonly TensorSpec[]): string => specs.map(({ width }) => width).join(' + ');
    const { parameterCount } = this;
    const { inputSpecs, outputSpecs } = this.state;
    const disposed = this.isLive ? '' : ', disposed';
    return `InferenceModel (${widths(inputSpecs)} → ${widths(outputSpecs)}, ${parameterCount} parameters${disposed})`;
  }

  /**
   * For `engine.warmUp`: returns a function that predicts `rows` rows of zeros, or does nothing if the model is
   * disposed or running by then.
   * @internal
   */
  warmUpRun(rows: number): () => void {
    // More rows than that are computed in blocks of that size.
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
   * Hook for subclasses: frees what they hold, before `dispose` frees the rest.
   * @internal
   */
  protected release(): void {
    // This class holds nothing more.
  }

  /**
   * Returns the number of rows of a flat array, the one at `index` if there are several. Throws unless it is `rows`, if
   * that is known.
   */
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
    // Not whole rows: `openRows` throws the usual error.
    if (rows === undefined) return openRows('predictInto', name, value, width).rows;
    throw new ShapeError(
      `predictInto: ${name} expected ${counted(rows * width, 'value')} for ${counted(rows, 'row')}, got ${value.length}.`,
    );
  }

  /** @internal */
  protected get isLive(): boolean {
    return this.live && this.state.runtime.isLive;
  }

  /** @internal */
  protected requireLive(where: string): void {
    this.requireNotInStep(where);
    if (!this.live) throw new StateError(`${where}: a live model expected, got one that was disposed.`);
    this.state.runtime.requireLive(where);
  }

  /**
   * Throws during a step: a custom function that the step calls must not change what the step uses.
   * @internal
   */
  requireNotInStep(where: string): void {
    if (this.state.running) {
      throw new StateError(
        `${where}: a model at rest expected, got one in the middle of a step that called this function.`,
      );
    }
  }
}
