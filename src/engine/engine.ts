import { requireDistinctNames } from '../common/custom.js';
import { StateError } from '../common/errors.js';
import { integer, nonNegative, readOptions } from '../common/options.js';
import { fieldOf, isInstance, ownOf } from '../common/objects.js';
import type { Numerics } from '../runtime/features.js';
import { whenCollected } from '../runtime/model-allocator.js';
import { WasmRuntime } from '../runtime/wasm-runtime.js';
import { uses256 } from '../runtime/simd256.js';
import { whyNotPosted } from '../runtime/threads/host.js';
import type { TileName } from '../runtime/tile.js';
import type { TileBenchmark } from '../runtime/tile-benchmark.js';
import { outputSpecs } from '../graph/tensor-specs.js';
import { planNetwork, type NetworkPlan } from '../graph/plan.js';
import type { SymbolicTensor, WeightOwner } from '../layers/layer.js';
import { EventLoopYielder } from '../runtime/event-loop.js';
import { readSequential, type Blueprint, type SequentialOptions } from '../graph/architecture.js';
import { readModel, type ModelOptions, type Tensors } from '../graph/model-options.js';
import { FACTORIES } from '../layers/registry.js';
import { checkState } from '../model/checkpoint.js';
import { customCheck, type CustomObjects, type LoadOptions } from '../inference/custom-objects.js';
import { DISPOSE, INSPECT } from '../common/symbols.js';
import { asFormatError, openModel } from '../inference/model-file.js';
import { Model } from '../model/model.js';
import type { StartRemoteFit } from '../model/remote-fit.js';
import { FitInWorker } from '../remote/remote-fit.js';

/**
 * What an engine runs on, and, for what was asked and is not running, why.
 * @category Engines and threads
 */
export interface EngineInfo {
  /** How products and sums are rounded: each on its own, or together. */
  readonly numerics: Numerics;
  /** Threads that compute, the calling one included. */
  readonly threads: number;
  /** Whether V8's 256-bit vectors are in use: by every engine of a process, once one was made with them. */
  readonly simd256: boolean;
  /** Register tile of the matrix kernels, rows × columns. */
  readonly tile: TileName;
  /** With tile 'auto': what each tile made, in 10⁹ operations a second. */
  readonly calibration?: TileBenchmark;
  /**
   * Whether other threads can be given linear memory, which `threads` and `model.share` take: in a page only where it
   * is cross-origin isolated.
   */
  readonly sharedMemory: boolean;
  /**
   * Whether results have the bits that this configuration has elsewhere. False where the platform makes numbers below
   * 2⁻¹²⁶ zero, as V8 does on 32-bit ARM, and where numerics 'fused' was asked for and the machine does not fuse.
   */
  readonly sameBits: boolean;
  /** A sentence for each option that was asked for and is not running; none where all of them are. */
  readonly reasons: readonly string[];
}

/**
 * What `engine.warmUp` takes.
 * @category Engines and threads
 */
export interface WarmUpOptions {
  /** How long each model runs. Default 100: V8 takes some tens. */
  milliseconds?: number;
  /** Rows of a prediction, as requests will have. Default 1. */
  rows?: number;
}

const WARM_UP_MS = 100;

/**
 * What `predict` returns: an array for one output, a list of them for several.
 * @category Models
 */
export type Predictions<T extends Tensors> = T extends SymbolicTensor | readonly [SymbolicTensor]
  ? Float32Array
  : T extends readonly [SymbolicTensor, SymbolicTensor, ...SymbolicTensor[]]
    ? Float32Array[]
    : Float32Array | Float32Array[];

/** Marks weights as gone. A function of its own, since one that is made beside the model would hold it. */
function releasing(owner: WeightOwner): () => void {
  return () => {
    owner.live = false;
  };
}

/** The models of an engine, as it sees them. */
type EngineModel = Model<Float32Array | Float32Array[]>;

/** A function of its own, since one that is made in the constructor would hold the engine. */
function disposing(runtime: WasmRuntime): () => void {
  return () => runtime.dispose();
}

/** Whether a value is an engine that was made by this copy of the library. */
export const isEngine = (value: unknown): value is Engine =>
  isInstance(value, Engine) && isInstance(fieldOf(value, 'runtime'), WasmRuntime);

/**
 * One WASM instance with its memory; holds any number of models. Made by `createEngine` or `createEngineSync`. Models
 * hold their engine, but it does not hold them: a model that nothing else refers to is freed.
 * @category Engines and threads
 */
export class Engine {
  private readonly models = new Set<WeakRef<EngineModel>>();
  /**
   * Models that other threads predict from. They may do so for as long as this engine lives, whoever has dropped the
   * model.
   */
  private readonly shared = new Set<object>();
  /** How many models there may be before it looks which of them are gone. */
  private look = 64;

  /** Models that are being made: initializers of the user's own run then. */
  private making = 0;

  /** For the library's own use: users call `createEngine`. */
  constructor(
    private readonly runtime: WasmRuntime,
    private readonly found: Pick<EngineInfo, 'numerics' | 'simd256' | 'sameBits' | 'reasons' | 'calibration'>,
    private readonly workerUrl: URL | undefined,
  ) {
    // Its threads would go on waiting for work.
    whenCollected(this, disposing(runtime));
  }

  /** What the engine runs on. */
  get info(): EngineInfo {
    const { tile, pool } = this.runtime;
    const lost = pool?.lost;
    return {
      ...this.found,
      simd256: this.found.simd256 || uses256(),
      threads: pool?.live ? pool.threads : 1,
      tile: tile.name,
      sharedMemory: whyNotPosted() === undefined,
      reasons: lost === undefined ? this.found.reasons : [...this.found.reasons, lost],
    };
  }

  /**
   * A model that passes each row through the layers in order.
   * @throws ShapeError, ValueError for layers or options that do not fit; MemoryError; StateError after `dispose`.
   */
  sequential(options: SequentialOptions): Model {
    this.runtime.requireLive('sequential');
    const blueprint = readSequential('sequential', options, FACTORIES);
    requireDistinctNames('sequential', blueprint.graph.layers);
    return this.build('sequential', blueprint);
  }

  /**
   * A model of the graph between `inputs` and `outputs`.
   * @throws ShapeError, ValueError for layers that do not fit, cycles, or inputs that are missing; MemoryError;
   * StateError after `dispose`, or for layers in places that another model has weights for.
   */
  model<const T extends Tensors>(options: ModelOptions<T>): Model<Predictions<T>> {
    this.runtime.requireLive('model');
    const { blueprint, tensors } = readModel('model', options);
    requireDistinctNames('model', blueprint.graph.layers);
    return this.build('model', blueprint, { tensors });
  }

  /**
   * The model of a file that `save` wrote, with its training state where that was saved.
   * @throws FormatError for a damaged or foreign file, or one that needs objects which are not among `custom`;
   * MemoryError; StateError after `dispose`.
   */
  loadModel<O extends Float32Array | Float32Array[] = Float32Array>(
    bytes: Uint8Array | ArrayBuffer,
    options?: LoadOptions,
  ): Model<O> {
    this.runtime.requireLive('loadModel');
    const { custom } = readOptions<{ custom: CustomObjects }>('loadModel', options, {
      custom: { check: customCheck, or: new Map() },
    });
    const { checkpoint, blueprint } = openModel(bytes, custom, FACTORIES);
    const plan = asFormatError('architecture', () => planNetwork('loadModel', blueprint.graph));
    const state = asFormatError('training', () => checkState(checkpoint, plan, outputSpecs(plan), custom));
    const model = asFormatError('architecture', () => this.build<O>('loadModel', blueprint, { plan }));
    try {
      asFormatError('training', () => model.restore(state));
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  }

  /**
   * Predicts rows of zeros with each model for a while, so that the kernels and the calls around them are compiled to
   * their fast form before the first request. Engines do that in the background once something has run for some
   * milliseconds. Yields to the event loop.
   * @throws ValueError for an unknown option or a number out of range; StateError after `dispose`.
   * @example
   * const engine = await createEngine();
   * const network = engine.sequential({ layers: [dense({ units: 3, inputShape: [4] })] });
   * await engine.warmUp({ milliseconds: 20 });
   * engine.dispose();
   */
  async warmUp(options?: WarmUpOptions): Promise<void> {
    this.runtime.requireLive('warmUp');
    const { milliseconds, rows } = readOptions<Required<WarmUpOptions>>('warmUp', options, {
      milliseconds: { check: nonNegative, or: WARM_UP_MS },
      rows: { check: integer(1), or: 1 },
    });
    for (const model of this.live()) {
      const run = model.warmUpRun(rows);
      const yielder = new EventLoopYielder();
      for (const start = performance.now(); performance.now() - start < milliseconds;) {
        run();
        if (yielder.shouldYield) await yielder.yield();
      }
    }
  }

  /** Bytes of linear memory: its size now, what models and running calls hold of it, and its limit. */
  memory(): {
    /** Size of linear memory now. */
    readonly bytes: number;
    /** What models and running calls hold of it. */
    readonly used: number;
    /** What it may grow to. */
    readonly limit: number;
  } {
    const { memory, arena } = this.runtime;
    return { bytes: memory.bytes, used: arena.used, limit: memory.maximumBytes };
  }

  /**
   * For `createEngine`: waits until the threads have begun, or are given up.
   * @internal
   */
  async awaitThreads(): Promise<void> {
    await this.runtime.pool?.ready();
  }

  /**
   * Disposes all models, ends the threads and lets go of the memory. Calling it again does nothing.
   * @throws StateError in a function of your own that a model is calling; nothing is disposed then.
   */
  dispose(): void {
    if (this.making > 0) {
      throw new StateError('dispose: an engine at rest expected, got one in the middle of making a model.');
    }
    const models = this.live();
    for (const model of models) model.requireStill('dispose');
    for (const model of models) model.dispose();
    this.runtime.dispose();
  }

  /** `dispose`, for `using`. */
  [DISPOSE](): void {
    this.dispose();
  }

  /** For consoles: what it runs on. @internal */
  [INSPECT](): string {
    const { numerics, threads, tile } = this.info;
    const { bytes } = this.memory();
    return `Engine (${numerics}, tile ${tile}, ${threads} thread${threads === 1 ? '' : 's'}, ${bytes} bytes)`;
  }

  /** The models that somebody still refers to. */
  private live(): EngineModel[] {
    const found: EngineModel[] = [];
    for (const one of this.models) {
      const model = one.deref();
      if (model === undefined) this.models.delete(one);
      else found.push(model);
    }
    return found;
  }

  private build<O extends Float32Array | Float32Array[]>(
    where: string,
    blueprint: Blueprint,
    made: { readonly plan?: NetworkPlan; readonly tensors?: readonly SymbolicTensor[] } = {},
  ): Model<O> {
    const plan = ownOf(made, 'plan');
    const tensors = ownOf(made, 'tensors') ?? [];
    const { runtime, workerUrl } = this;
    const startRemoteFit: StartRemoteFit = (request) => new FitInWorker(request, workerUrl);
    const owner: WeightOwner = { live: true };
    let one: WeakRef<EngineModel> | undefined;
    // These hold the engine, so that its threads last as long as its models.
    const onDispose = (model: object): void => {
      owner.live = false;
      this.shared.delete(model);
      if (one !== undefined) this.models.delete(one);
    };
    const onShare = (model: object): unknown => this.shared.add(model);
    this.making += 1;
    try {
      // A network that is planned already is that of a file, which brings its values.
      const site = { runtime, blueprint, where, onDispose, onShare, startRemoteFit, ...(plan && { plan }) };
      const model = new Model<O>(site, plan === undefined);
      one = new WeakRef(model);
      this.models.add(one);
      if (this.models.size > this.look) this.look = 64 + 2 * this.live().length;
      model.own(tensors, owner);
      if (tensors.length > 0) whenCollected(model, releasing(owner));
      return model;
    } finally {
      this.making -= 1;
    }
  }
}
