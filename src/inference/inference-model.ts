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
import type { SeqlockWriter } from '../runtime/threads/seqlock.js';
import { inputSpecs, outputSpecs, type TensorSpec } from '../graph/tensor-specs.js';
import { ParameterLayout } from '../graph/parameters.js';
import { planNetwork, type NetworkPlan, type PlannedParameter } from '../graph/plan.js';
import { MOST_CAPACITY, Predictor } from './predictor.js';
import { requireRoom } from '../graph/room.js';
import type { Blueprint } from '../graph/architecture.js';

/** What `predict` takes besides rows. */
export interface BatchOptions {
  /** Rows at a time. Results do not depend on it. Default 256. */
  batchSize?: number;
}

export const BATCH_SIZE = { check: integer(1), or: 256 } as const;

/** What a network is made on. */
export interface Site {
  readonly runtime: WasmRuntime;
  readonly blueprint: Blueprint;
  /** The plan of the blueprint's graph, where there is one already. */
  readonly plan?: NetworkPlan;
  /** What messages call the making. */
  readonly where: string;
  /** Told when the model is disposed. */
  readonly onDispose: (model: object) => void;
  /** Told when other threads may predict from it: from then on it is to be held. */
  readonly onShare?: (model: object) => unknown;
  /** Address of weights that somebody else has in this memory; without it the model has its own, all 0 at first. */
  readonly weights?: number;
}

/**
 * A network that predicts. With several inputs their rows are given as a list or an object by the inputs' names; the
 * same with predictions.
 */
export class InferenceModel<O extends Float32Array | Float32Array[] = Float32Array> {
  /** @internal */
  protected readonly runtime: WasmRuntime;
  /** @internal */
  protected readonly blueprint: Blueprint;
  /** @internal */
  protected readonly plan: NetworkPlan;
  /** @internal */
  protected readonly outputSpecs: readonly TensorSpec[];
  /** @internal */
  protected readonly inputSpecs: readonly TensorSpec[];
  /** @internal */
  protected readonly layout: ParameterLayout;
  /**
   * Address of the flat vector of all weights.
   * @internal
   */
  protected readonly weights: number;
  /** @internal */
  protected readonly predictor: Predictor;
  /**
   * Whether a step or a prediction runs, and what tells other threads when the weights change.
   * @internal
   */
  protected readonly gate: { running: boolean; version: SeqlockWriter | undefined } = {
    running: false,
    version: undefined,
  };
  /**
   * Brings what a fit elsewhere has done since, where there is one.
   * @internal
   */
  protected refresh: (() => void) | undefined;
  private readonly regions: RegionGroup;
  private readonly onDispose: (model: object) => void;
  private live = true;

  /** For the library's own use: users call `sequential`, `model`, `loadModel` or `attachModel`. */
  constructor(site: Site, valuesOf?: (parameters: readonly PlannedParameter[]) => readonly Float32Array[]) {
    const { runtime: engine, blueprint, where, onDispose } = site;
    const [plan, weights] = [ownOf(site, 'plan'), ownOf(site, 'weights')];
    const runtime = engine.forModel();
    this.runtime = runtime;
    this.blueprint = blueprint;
    this.onDispose = onDispose;
    this.plan = plan ?? planNetwork(where, blueprint.graph);
    this.outputSpecs = outputSpecs(this.plan);
    this.inputSpecs = inputSpecs(this.plan);
    this.layout = new ParameterLayout(runtime, this.plan);
    // Before anything is allocated: they may be refused.
    const values = valuesOf?.(this.plan.parameters);
    requireRoom(where, this.plan, runtime.memory.maximumBytes, weights === undefined ? runtime.start : 0);
    this.regions = new RegionGroup(runtime.arena);
    this.weights = weights ?? this.layout.allocate(this.regions, 'all');
    try {
      if (values !== undefined) this.layout.write(this.weights, values);
      this.predictor = new Predictor(runtime, this.plan, this.weights);
    } catch (error) {
      this.regions.free();
      throw error;
    }
  }

  /** Number of learned values. */
  get parameterCount(): number {
    return this.layout.count;
  }

  /**
   * Values of a row of each input and output.
   * @internal
   */
  get widths(): { readonly inputs: readonly number[]; readonly outputs: readonly number[] } {
    const widthsOf = (outputSpecs: readonly TensorSpec[]): number[] => outputSpecs.map(({ width }) => width);
    return { inputs: widthsOf(this.inputSpecs), outputs: widthsOf(this.outputSpecs) };
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
    const outputSpecs = perTensor('predict', 'x', x, this.inputSpecs);
    const sources = outputSpecs.map(({ what, value }, index) =>
      openRows('predict', what, value, this.inputSpecs[index].width),
    );
    const xs = sources.map((source, index) => {
      const { value } = outputSpecs[index];
      if (source.exact) return value as Float32Array;
      const flat = newFloats(source.rows * source.width);
      source.write(flat, 0);
      return flat;
    });
    const { rows } = sources[0];
    sources.forEach((source, index) => {
      if (source.rows === rows) return;
      throw new ShapeError(
        `predict: ${outputSpecs[index].what} expected ${rows} rows as in ${outputSpecs[0].what}, got ${source.rows}.`,
      );
    });
    // Reading rows may run code of the caller's.
    this.requireLive('predict');
    const outs = this.outputSpecs.map(({ width }) => newFloats(rows * width, 'predict'));
    this.running(() => this.predictor.predict('predict', xs, outs, rows, batchSize, 'fresh'));
    return (outs.length === 1 ? outs[0] : outs) as O;
  }

  /**
   * `predict` into an array of the caller's, (n, outputs), or of a model with several outputs into a list of them;
   * returns it. After the first call with as many rows it allocates nothing.
   * @throws ShapeError where lengths do not fit; ValueError for other kinds of arrays, NaN or infinity; StateError
   * after `dispose`.
   */
  predictInto(x: Float32Array | readonly Float32Array[], out: O): O {
    if (!this.live || this.gate.running) this.requireLive('predictInto');
    if (this.refresh !== undefined) this.refresh();
    const { inputSpecs, outputSpecs } = this;
    if (inputSpecs.length === 1 && outputSpecs.length === 1) {
      const rows = this.requireFlat('x', x, inputSpecs[0].width, undefined, undefined);
      this.requireFlat('out', out, outputSpecs[0].width, rows, undefined);
      this.gate.running = true;
      try {
        this.predictor.predictOne('predictInto', x as Float32Array, out as Float32Array, rows, rows);
      } finally {
        this.gate.running = false;
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
    const { inputSpecs, outputSpecs, gate } = this;
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
    gate.running = true;
    try {
      this.predictor.predict('predictInto', x, out, rows!, rows!);
    } finally {
      gate.running = false;
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
    const widths = (outputSpecs: readonly TensorSpec[]): string => outputSpecs.map(({ width }) => width).join(' + ');
    const { inputSpecs, outputSpecs, parameterCount } = this;
    const state = this.isLive ? '' : ', disposed';
    return `InferenceModel (${widths(inputSpecs)} → ${widths(outputSpecs)}, ${parameterCount} parameters${state})`;
  }

  /**
   * For `engine.warmUp`: a function that predicts so many rows of zeros, or nothing where the model is disposed or busy
   * by then.
   * @internal
   */
  warmUpRun(rows: number): () => void {
    // More rows are computed in blocks of so many.
    const count = Math.min(rows, MOST_CAPACITY);
    const xs = this.inputSpecs.map(({ width }) => newFloats(count * width));
    const outs = this.outputSpecs.map(({ width }) => newFloats(count * width));
    return () => {
      if (this.live && !this.gate.running) {
        this.running(() => this.predictor.predict('warmUp', xs, outs, count, count));
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
    return this.live && this.runtime.isLive;
  }

  /** @internal */
  protected requireLive(where: string): void {
    this.requireStill(where);
    if (!this.live) throw new StateError(`${where}: a live model expected, got one that was disposed.`);
    this.runtime.requireLive(where);
  }

  /**
   * Runs what calls functions of the user's own, which must not change the model meanwhile.
   * @internal
   */
  protected running<T>(run: () => T): T {
    this.gate.running = true;
    try {
      return run();
    } finally {
      this.gate.running = false;
    }
  }

  /**
   * Throws inside of a step, where a function of the user's own would change what the step stands on.
   * @internal
   */
  requireStill(where: string): void {
    if (this.gate.running) {
      throw new StateError(
        `${where}: a model at rest expected, got one in the middle of a step that called this function.`,
      );
    }
  }
}
