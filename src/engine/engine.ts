/**
 * `Engine`: makes models on one runtime and disposes them. create-engine.ts compiles kernels and makes engines;
 * engine-options.ts reads their options; default-engine.ts has the engine of models created without one.
 */
import { requireDistinctNames } from '../common/custom.js';
import { StateError, UnsupportedError, ValueError } from '../common/errors.js';
import { integer, nonNegative, readOptions } from '../common/options.js';
import { fieldOf, isInstance, ownOf } from '../common/objects.js';
import { whenCollected } from '../runtime/model-allocator.js';
import { requireInt8, withInt8 } from '../runtime/int8/bring.js';
import { WasmRuntime } from '../runtime/wasm-runtime.js';
import { uses256 } from '../runtime/simd256.js';
import { whyNotPosted, whyNoWorkers } from '../runtime/threads/host.js';
import { outputSpecs } from '../graph/tensor-specs.js';
import { planNetwork, type NetworkPlan } from '../graph/plan.js';
import { findWeights, placeWeights } from '../graph/shared-weights.js';
import type { SymbolicTensor } from '../layers/layer.js';
import { EventLoopYielder } from '../runtime/event-loop.js';
import { readSequential, type Architecture, type Blueprint, type SequentialOptions } from '../graph/architecture.js';
import type { EngineInfo, WarmUpOptions } from './engine-info.js';
import { blueprintFrom } from './from-json.js';
import { chainOfModels, WITH_MODELS } from './nested.js';
import { readModel, readTensors, type ModelOptions, type Tensors } from '../graph/model-options.js';
import { FACTORIES } from '../layers/registry.js';
import { checkState } from '../model/checkpoint.js';
import { customCheck, type CustomObjects, type LoadOptions } from '../inference/custom-objects.js';
import { DISPOSE, INSPECT } from '../common/symbols.js';
import { asFormatError, openModel } from '../inference/model-file.js';
import { Model } from '../model/model.js';
import type { StartRemoteFit } from '../model/remote-fit-types.js';

const CUSTOM = { custom: { check: customCheck, or: new Map() } };

const WARM_UP_MS = 100;

/**
 * Result of `predict`: an array for one output, a list of arrays for several.
 * @category Models
 */
export type Predictions<T extends Tensors> = T extends SymbolicTensor | readonly [SymbolicTensor]
  ? Float32Array
  : T extends readonly [SymbolicTensor, SymbolicTensor, ...SymbolicTensor[]]
    ? Float32Array[]
    : Float32Array | Float32Array[];

/** Type of the models of an engine. */
type EngineModel = Model<Float32Array | Float32Array[]>;

/**
 * Returns a function that disposes a runtime. Made here, since a closure made in the constructor would keep the engine
 * alive.
 */
function makeDispose(runtime: WasmRuntime): () => void {
  return () => runtime.dispose();
}

/** Whether a value is an engine that was made by this copy of the library. */
export const isEngine = (value: unknown): value is Engine =>
  isInstance(value, Engine) && isInstance(fieldOf(value, 'runtime'), WasmRuntime);

/**
 * One WASM instance with its memory, for any number of models. Made by `createEngine` or `createEngineSync`. Models
 * keep their engine alive, but the engine does not keep its models alive: a model that nothing else refers to is freed.
 * @category Engines and threads
 */
export class Engine {
  private readonly models = new Set<WeakRef<EngineModel>>();
  /**
   * Models that other threads predict from. They may do so until this engine is disposed, even if this thread has
   * dropped the model.
   */
  private readonly shared = new Set<object>();
  /** Number of models above which the engine removes references to collected ones. */
  private sweepAbove = 64;

  /** @internal What engine/wide/retile.ts did about the tile. */
  tileReason: string | undefined;

  /** Number of models being built, during which custom initializers run. */
  private making = 0;

  /** For the library's own use: users call `createEngine`. */
  constructor(
    /** @internal */
    readonly runtime: WasmRuntime,
    private readonly found: Pick<EngineInfo, 'numerics' | 'simd256' | 'sameBits' | 'reasons' | 'calibration'>,
    private readonly workerUrl: URL | undefined,
  ) {
    // Otherwise its threads would wait for work forever.
    whenCollected(this, makeDispose(runtime));
  }

  /** Configuration that the engine runs with. */
  get info(): EngineInfo {
    const { tile, pool } = this.runtime;
    const lost = pool?.lost;
    return {
      ...this.found,
      simd256: this.found.simd256 || uses256(),
      threads: pool?.live ? pool.threads : 1,
      tile: tile.name,
      sharedMemory: whyNotPosted() === undefined,
      reasons: [...this.found.reasons, this.tileReason, lost].filter((reason) => reason !== undefined),
    };
  }

  /**
   * Creates a model that passes each row through the layers in order. A model among the layers stands for its layers.
   * @throws ShapeError, ValueError for layers or options that do not fit; MemoryError; StateError after `dispose`.
   */
  sequential(options: SequentialOptions): Model {
    this.runtime.requireLive('sequential');
    const chain = readSequential('sequential', options, WITH_MODELS);
    const nested = chainOfModels(chain.graph);
    const { blueprint, tensors } =
      nested === undefined
        ? { blueprint: chain, tensors: [] }
        : readTensors('sequential', [nested.input], [nested.output], chain.seed);
    requireDistinctNames('sequential', blueprint.graph.layers);
    return this.build('sequential', blueprint, { tensors });
  }

  /**
   * Creates a model of the graph between `inputs` and `outputs`. Layers that another model has weights for, since it
   * was built from the same tensors, share them with it.
   * @throws ShapeError, ValueError for layers that do not fit, cycles, inputs that are missing, or weights on another
   * engine; MemoryError; StateError after `dispose`.
   */
  model<const T extends Tensors>(options: ModelOptions<T>): Model<Predictions<T>> {
    this.runtime.requireLive('model');
    const { blueprint, tensors } = readModel('model', options);
    requireDistinctNames('model', blueprint.graph.layers);
    return this.build('model', blueprint, { tensors });
  }

  /**
   * Creates the model of a file that `save` wrote, with its training state if that was saved.
   * @throws FormatError for a damaged or foreign file, or one that needs objects which are not in `custom`;
   * MemoryError; StateError after `dispose`.
   */
  loadModel<O extends Float32Array | Float32Array[] = Float32Array>(
    bytes: Uint8Array | ArrayBuffer,
    options?: LoadOptions,
  ): Model<O> {
    this.runtime.requireLive('loadModel');
    const { custom } = readOptions<{ custom: CustomObjects }>('loadModel', options, CUSTOM);
    const { checkpoint, blueprint } = openModel(bytes, custom, FACTORIES);
    const plan = asFormatError('architecture', () => planNetwork('loadModel', blueprint.graph));
    if (ownOf(blueprint.graph, 'int8') !== undefined) requireInt8('loadModel', this.runtime);
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
   * For the function `loadModel`: waits for the kernels of weights of eight bits, if the file has such.
   * @internal
   */
  loadModelLater<O extends Float32Array | Float32Array[]>(
    bytes: Uint8Array | ArrayBuffer,
    options?: LoadOptions,
  ): Promise<Model<O>> {
    return withInt8(this.runtime, () => this.loadModel<O>(bytes, options));
  }

  /**
   * Creates a model from its architecture, with new weights: initialized as those of the model that gave it were.
   * @throws FormatError for text that is not JSON; ShapeError, ValueError for what no `toJSON` gives, and for custom
   * objects that are not in `custom`; MemoryError; StateError after `dispose`.
   */
  modelFromJSON<O extends Float32Array | Float32Array[] = Float32Array>(
    json: Architecture | string,
    options?: LoadOptions,
  ): Model<O> {
    this.runtime.requireLive('modelFromJSON');
    const { custom } = readOptions<{ custom: CustomObjects }>('modelFromJSON', options, CUSTOM);
    const blueprint = blueprintFrom('modelFromJSON', json, custom);
    if (ownOf(blueprint.graph, 'int8') !== undefined) {
      throw new ValueError(
        'modelFromJSON: json expected layers of float32 weights, got some of eight bits, which no initializer makes. ' +
          'Load the file that save wrote, or call quantize.',
      );
    }
    return this.build<O>('modelFromJSON', blueprint);
  }

  /**
   * Predicts rows of zeros with each model for some time, so that kernels and the code around them are compiled to
   * their fast form before the first request. JavaScript engines do that in the background once code has run for some
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

  /** Returns bytes of linear memory: its current size, the part in use by models and running calls, and its limit. */
  memory(): {
    /** Current size of linear memory. */
    readonly bytes: number;
    /** Bytes in use by models and running calls. */
    readonly used: number;
    /** Largest size that it may grow to. */
    readonly limit: number;
  } {
    const { memory, used } = this.runtime;
    return { bytes: memory.bytes, used, limit: memory.maximumBytes };
  }

  /**
   * For `createEngine`: waits until the threads have started, or starting them has failed.
   * @internal
   */
  async awaitThreads(): Promise<void> {
    await this.runtime.pool?.ready();
  }

  /**
   * Disposes all models, ends the threads and releases the memory. Further calls do nothing.
   * @throws StateError when called by a custom function that a model is running; nothing is disposed then.
   */
  dispose(): void {
    if (this.making > 0) {
      throw new StateError('dispose: an engine at rest expected, got one in the middle of making a model.');
    }
    const models = this.live();
    for (const model of models) model.requireNotInStep('dispose');
    for (const model of models) model.dispose();
    this.runtime.dispose();
  }

  /** `dispose`, for `using`. */
  [DISPOSE](): void {
    this.dispose();
  }

  /** For consoles: the configuration in one line. @internal */
  [INSPECT](): string {
    const { numerics, threads, tile } = this.info;
    const { bytes } = this.memory();
    return `Engine (${numerics}, tile ${tile}, ${threads} thread${threads === 1 ? '' : 's'}, ${bytes} bytes)`;
  }

  /** Returns the models that have not been garbage-collected. @internal */
  live(): EngineModel[] {
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
    const given = ownOf(made, 'plan');
    const tensors = ownOf(made, 'tensors') ?? [];
    const { runtime, workerUrl } = this;
    const startRemoteFit: StartRemoteFit = async (request) => {
      const none = whyNoWorkers();
      if (none !== undefined) {
        throw new UnsupportedError(`fit: runIn 'worker' expected a platform with workers: ${none}`);
      }
      const { RemoteFitCaller } = await import('../remote/remote-fit.js');
      return new RemoteFitCaller(request, workerUrl);
    };
    let one: WeakRef<EngineModel> | undefined;
    // These callbacks keep the engine alive, so that its threads live as long as its models.
    const onDispose = (model: object): void => {
      this.shared.delete(model);
      if (one !== undefined) this.models.delete(one);
    };
    const onShare = (model: object): unknown => this.shared.add(model);
    const whole = given ?? planNetwork(where, blueprint.graph);
    const placed = placeWeights(where, runtime, whole, findWeights(where, runtime, whole, tensors));
    const { plan, own, ranges, added } = placed;
    this.making += 1;
    try {
      const model = new Model<O>({
        runtime,
        blueprint,
        where,
        onDispose,
        readOptions,
        onShare,
        startRemoteFit,
        alike: (caller, changed, lowered) => this.build(caller, changed, { plan: lowered }),
        plan,
        weights: own.address,
        ranges,
        placed,
        // A network that has a plan already comes from a file, which has its weights.
        initialized: given === undefined ? added : [],
      });
      one = new WeakRef(model);
      this.models.add(one);
      if (this.models.size > this.sweepAbove) this.sweepAbove = 64 + 2 * this.live().length;
      model.own(tensors);
      return model;
    } catch (error) {
      own.free();
      throw error;
    } finally {
      this.making -= 1;
    }
  }
}
