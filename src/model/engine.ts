import { requireDistinctNames } from '../common/custom.js';
import { StateError } from '../common/errors.js';
import { integer, nonNegative, readOptions } from '../common/options.js';
import { fieldsOf, isInstance } from '../common/objects.js';
import type { Numerics } from '../engine/features.js';
import { Machine } from '../engine/machine.js';
import { uses256 } from '../engine/simd256.js';
import type { TileName } from '../engine/tile.js';
import type { Calibration } from '../engine/trial.js';
import { outputEnds } from '../graph/ends.js';
import { planNetwork } from '../graph/plan.js';
import type { SymbolicTensor } from '../layers/layer.js';
import { Breath } from '../training/breath.js';
import {
  readModel,
  readSequential,
  type Blueprint,
  type ModelOptions,
  type SequentialOptions,
  type Tensors,
} from './architecture.js';
import { checkState } from './checkpoint.js';
import { customCheck, type CustomObjects, type LoadOptions } from './custom.js';
import { asFormatError, openModel } from './file.js';
import { Model } from './model.js';

/** What an engine runs on, and, for what was asked and is not running, why. */
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
  readonly calibration?: Calibration;
  /** Whether linear memory is shared: always, in this version. */
  readonly sharedMemory: boolean;
  /** A sentence for each option that was asked for and is not running; none where all of them are. */
  readonly reasons: readonly string[];
}

/** What `engine.warmUp` takes. */
export interface WarmUpOptions {
  /** How long each model runs. Default 100: V8 takes some tens. */
  milliseconds?: number;
  /** Rows of a prediction, as requests will have. Default 1. */
  rows?: number;
}

const WARM_UP_MS = 100;

/** What `predict` returns: an array for one output, a list of them for several. */
export type Predictions<T extends Tensors> = T extends SymbolicTensor | readonly [SymbolicTensor]
  ? Float32Array
  : T extends readonly [SymbolicTensor, SymbolicTensor, ...SymbolicTensor[]]
    ? Float32Array[]
    : Float32Array | Float32Array[];

/** Whether a value is an engine that was made by this copy of the library. */
export const isEngine = (value: unknown): value is Engine =>
  isInstance(value, Engine) && isInstance(fieldsOf(value, 'machine').machine, Machine);

/** One WASM instance with its memory; holds any number of models. Made by `createEngine` or `createEngineSync`. */
export class Engine {
  private readonly models = new Set<{
    dispose(): void;
    requireStill(where: string): void;
    rehearsal(rows: number): () => void;
  }>();

  /** Models that are being made: initializers of the user's own run then. */
  private making = 0;

  /** For the library's own use: users call `createEngine`. */
  constructor(
    private readonly machine: Machine,
    private readonly found: Pick<EngineInfo, 'numerics' | 'simd256' | 'reasons' | 'calibration'>,
    private readonly workerUrl: URL | undefined,
  ) {}

  /** What the engine runs on. */
  get info(): EngineInfo {
    const { tile, pool } = this.machine;
    const lost = pool?.lost;
    return {
      ...this.found,
      simd256: this.found.simd256 || uses256(),
      threads: pool?.live ? pool.threads : 1,
      tile: tile.name,
      sharedMemory: true,
      reasons: lost === undefined ? this.found.reasons : [...this.found.reasons, lost],
    };
  }

  /**
   * A model that passes each row through the layers in order.
   * @throws ShapeError, ValueError for layers or options that do not fit; MemoryError; StateError after `dispose`.
   */
  sequential(options: SequentialOptions): Model {
    this.machine.requireLive('sequential');
    const blueprint = readSequential('sequential', options);
    requireDistinctNames('sequential', blueprint.graph.layers);
    return this.build('sequential', blueprint);
  }

  /**
   * A model of the graph between `inputs` and `outputs`.
   * @throws ShapeError, ValueError for layers that do not fit, cycles, or inputs that are missing; MemoryError; StateError after `dispose`.
   */
  model<const T extends Tensors>(options: ModelOptions<T>): Model<Predictions<T>> {
    this.machine.requireLive('model');
    const blueprint = readModel('model', options);
    requireDistinctNames('model', blueprint.graph.layers);
    return this.build('model', blueprint);
  }

  /**
   * The model of a file that `save` wrote, with its training state where that was saved.
   * @throws FormatError for a damaged or foreign file, or one that needs objects which are not among `custom`; MemoryError; StateError after
   * `dispose`.
   */
  loadModel<O extends Float32Array | Float32Array[] = Float32Array>(
    bytes: Uint8Array | ArrayBuffer,
    options?: LoadOptions,
  ): Model<O> {
    this.machine.requireLive('loadModel');
    const { custom } = readOptions<{ custom: CustomObjects }>('loadModel', options, {
      custom: { check: customCheck, or: new Map() },
    });
    const { checkpoint, blueprint } = openModel(bytes, custom);
    const state = asFormatError(() => {
      const plan = planNetwork('loadModel', blueprint.graph);
      return checkState(checkpoint, plan, outputEnds(plan));
    });
    const model = this.build<O>('loadModel', blueprint, false);
    try {
      model.restore(state);
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  }

  /**
   * Predicts rows of zeros with each model for a while, so that the kernels and the calls around them are compiled to their fast form before the first
   * request. Engines do that in the background once something has run for some milliseconds. Yields to the event loop.
   * @throws ValueError for an unknown option or a number out of range; StateError after `dispose`.
   * @example
   * const engine = await createEngine();
   * const network = engine.sequential({ layers: [dense({ units: 3, inputShape: [4] })] });
   * await engine.warmUp({ milliseconds: 20 });
   * engine.dispose();
   */
  async warmUp(options?: WarmUpOptions): Promise<void> {
    this.machine.requireLive('warmUp');
    const { milliseconds, rows } = readOptions<Required<WarmUpOptions>>('warmUp', options, {
      milliseconds: { check: nonNegative, or: WARM_UP_MS },
      rows: { check: integer(1), or: 1 },
    });
    for (const model of this.models) {
      const run = model.rehearsal(rows);
      const breath = new Breath();
      for (const start = performance.now(); performance.now() - start < milliseconds;) {
        run();
        if (breath.due) await breath.take();
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
    const { memory, arena } = this.machine;
    return { bytes: memory.bytes, used: arena.used, limit: memory.maximumBytes };
  }

  /**
   * For `createEngine`: waits until the threads have begun, or are given up.
   * @internal
   */
  async awaitThreads(): Promise<void> {
    await this.machine.pool?.ready();
  }

  /**
   * Disposes all models, ends the threads and lets go of the memory. Calling it again does nothing.
   * @throws StateError in a function of your own that a model is calling; nothing is disposed then.
   */
  dispose(): void {
    if (this.making > 0) {
      throw new StateError('dispose: an engine at rest expected, got one in the middle of making a model.');
    }
    for (const model of this.models) model.requireStill('dispose');
    for (const model of this.models) model.dispose();
    this.machine.dispose();
  }

  private build<O extends Float32Array | Float32Array[]>(
    where: string,
    blueprint: Blueprint,
    initialize = true,
  ): Model<O> {
    const { machine, workerUrl } = this;
    const onDispose = (one: object): boolean => this.models.delete(one as Model);
    this.making += 1;
    try {
      const model = new Model<O>({ machine, blueprint, where, onDispose, workerUrl }, initialize);
      this.models.add(model);
      return model;
    } finally {
      this.making -= 1;
    }
  }
}
