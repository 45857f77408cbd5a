import { describe } from '../common/describe.js';
import { resolve } from '../common/descriptor.js';
import { FormatError, UnsupportedError, ValueError } from '../common/errors.js';
import { flag, integer, nameOf, optional, readOptions, type Check, type OptionTable } from '../common/options.js';
import { compile, compileSync } from '../engine/binary.js';
import { Machine, MAXIMUM_BYTES } from '../engine/machine.js';
import { DEFAULT_TILE, TILE_NAMES, type TileName } from '../engine/tile.js';
import { LAYERS, type Layer } from '../layers/registry.js';
import { planSequential } from '../graph/plan.js';
import { asFormatError, checkState, decodeModel } from './checkpoint.js';
import { Model } from './model.js';

export interface EngineOptions {
  /** Threads to compute on. This version computes on one. Default 1. */
  threads?: number | 'auto';
  /** 'strict', the default: the same bits everywhere. 'fused' is not in this version. */
  numerics?: 'strict' | 'fused';
  /** V8's 256-bit vectors; not in this version. Default false. */
  simd256?: boolean;
  /** Register tile of the matrix kernels; never changes a result. Default '4x8'. */
  tile?: TileName;
  /** Bytes of linear memory to start with. Default 1 MiB, or the maximum where that is less. */
  initialMemory?: number;
  /** Bytes that linear memory may grow to, at most and by default 4 GiB. */
  maximumMemory?: number;
  /** The kernels, where they should not come from the inlined copy: bytes of kernels.wasm, or a compiled module. */
  wasm?: Uint8Array<ArrayBuffer> | ArrayBuffer | WebAssembly.Module;
}

/** What an engine runs on, and, for what was asked and is not running, why. */
export interface EngineInfo {
  readonly numerics: 'strict';
  readonly threads: number;
  readonly simd256: boolean;
  readonly tile: TileName;
  readonly sharedMemory: boolean;
  readonly reasons: readonly string[];
}

export interface ModelOptions {
  /** In order; the first has an inputShape. */
  layers: readonly Layer[];
  /** What initialization and shuffles are drawn from, an integer from 0 to 2^32 − 1. Default 0. */
  seed?: number;
}

type Kernels = Uint8Array<ArrayBuffer> | ArrayBuffer | WebAssembly.Module;

const MEBIBYTE = 1024 * 1024;

/** Largest seed: the generator's key has 32 bits for it. */
const MAX_SEED = 0xffffffff;

const kernelsCheck: Check<Kernels> = (path, value) => {
  if (value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof WebAssembly.Module) {
    return value;
  }
  throw new ValueError(`${path} expected bytes or a WebAssembly.Module, got ${describe(value)}.`);
};

const threadsCheck: Check<number | 'auto'> = (path, value) => (value === 'auto' ? 'auto' : integer(1)(path, value));

function readEngineOptions(where: string, options: EngineOptions | undefined) {
  const read = readOptions<
    Required<Omit<EngineOptions, 'wasm' | 'initialMemory'>> & {
      wasm: Kernels | undefined;
      initialMemory: number | undefined;
    }
  >(where, options, {
    threads: { check: threadsCheck, or: 1 },
    numerics: { check: nameOf(['strict', 'fused']), or: 'strict' },
    simd256: { check: flag, or: false },
    tile: { check: nameOf(TILE_NAMES), or: DEFAULT_TILE },
    initialMemory: { check: optional(integer(0, MAXIMUM_BYTES)), or: undefined },
    maximumMemory: { check: integer(1, MAXIMUM_BYTES), or: MAXIMUM_BYTES },
    wasm: { check: optional(kernelsCheck), or: undefined },
  });
  if (read.numerics === 'fused') {
    throw new UnsupportedError(`${where}: numerics expected 'strict', got 'fused'. This version has no fused kernels.`);
  }
  const initialMemory = read.initialMemory ?? Math.min(MEBIBYTE, read.maximumMemory);
  if (initialMemory > read.maximumMemory) {
    throw new ValueError(
      `${where}: initialMemory expected at most maximumMemory, ${read.maximumMemory}, got ${initialMemory}.`,
    );
  }
  return { ...read, initialMemory };
}

const MODEL_OPTIONS: OptionTable<Required<ModelOptions>> = {
  layers: {
    check(path, value) {
      if (!Array.isArray(value)) throw new ValueError(`${path} expected a list of layers, got ${describe(value)}.`);
      return value.map((layer, index) => resolve<Layer>(`${path}[${index}]`, layer, LAYERS));
    },
  },
  seed: { check: integer(0, MAX_SEED), or: 0 },
};

/** Reads the options of a model. */
const readModelOptions = (where: string, options: ModelOptions): Required<ModelOptions> =>
  readOptions<Required<ModelOptions>>(where, options, MODEL_OPTIONS);

/** One WASM instance with its memory; holds any number of models. Made by `createEngine` or `createEngineSync`. */
export class Engine {
  readonly info: EngineInfo;
  private readonly models = new Set<Model>();

  /** For the library's own use: users call `createEngine`. */
  constructor(
    private readonly machine: Machine,
    reasons: readonly string[],
  ) {
    this.info = {
      numerics: 'strict',
      threads: 1,
      simd256: false,
      tile: machine.tile.name,
      sharedMemory: true,
      reasons,
    };
  }

  /**
   * A model that passes each row through the layers in order.
   * @throws ShapeError, ValueError for layers or options that do not fit; MemoryError; StateError after `dispose`.
   */
  sequential(options: ModelOptions): Model {
    this.machine.requireLive('sequential');
    const { layers, seed } = readModelOptions('sequential', options);
    return this.keep(new Model(this.machine, layers, seed, (model) => this.models.delete(model)));
  }

  /**
   * The model of a file that `save` wrote, with its training state where that was saved.
   * @throws FormatError for a damaged or foreign file; MemoryError; StateError after `dispose`.
   */
  loadModel(bytes: Uint8Array): Model {
    this.machine.requireLive('loadModel');
    const checkpoint = decodeModel(bytes);
    const { layers, seed } = asFormatError(() => readModelOptions('loadModel', checkpoint.architecture));
    const state = asFormatError(() => checkState(checkpoint, planSequential(layers)));
    const model = new Model(this.machine, layers, seed, (one) => this.models.delete(one), false);
    try {
      model.restore(state);
    } catch (error) {
      model.dispose();
      throw error;
    }
    return this.keep(model);
  }

  /** Bytes of linear memory: its size now, what models and running calls hold of it, and its limit. */
  memory(): { readonly bytes: number; readonly used: number; readonly limit: number } {
    const { memory, arena } = this.machine;
    return { bytes: memory.bytes, used: arena.used, limit: memory.maximumBytes };
  }

  /** Disposes all models and lets go of the memory. Calling it again does nothing. */
  dispose(): void {
    for (const model of this.models) model.dispose();
    this.machine.dispose();
  }

  private keep(model: Model): Model {
    this.models.add(model);
    return model;
  }
}

function build(module: WebAssembly.Module, options: ReturnType<typeof readEngineOptions>): Engine {
  const reasons: string[] = [];
  if (options.threads !== 1) reasons.push('threads: this version computes on one thread.');
  if (options.simd256) reasons.push('simd256: this version has no 256-bit kernels.');
  return new Engine(new Machine({ ...options, module }), reasons);
}

function refuseWasm(where: string, wasm: Uint8Array | ArrayBuffer): never {
  throw new FormatError(`${where}: wasm expected a WebAssembly module, got ${wasm.byteLength} bytes that are none.`);
}

/**
 * An engine on kernels compiled without blocking the thread.
 * @throws ValueError for an unknown option or a number out of range; UnsupportedError where the platform lacks WebAssembly SIMD or
 * shared memory; FormatError for a `wasm` that is not this version's.
 */
export async function createEngine(options?: EngineOptions): Promise<Engine> {
  const read = readEngineOptions('createEngine', options);
  const { wasm } = read;
  if (wasm === undefined) return build(await compile(), read);
  if (wasm instanceof WebAssembly.Module) return build(wasm, read);
  return build(await WebAssembly.compile(wasm).catch(() => refuseWasm('createEngine', wasm)), read);
}

/** `createEngine` for platforms that compile on the calling thread: Node, Bun, Deno, workers, and current browsers. */
export function createEngineSync(options?: EngineOptions): Engine {
  const read = readEngineOptions('createEngineSync', options);
  const { wasm } = read;
  if (wasm === undefined) return build(compileSync(), read);
  if (wasm instanceof WebAssembly.Module) return build(wasm, read);
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(wasm);
  } catch {
    return refuseWasm('createEngineSync', wasm);
  }
  return build(module, read);
}

/** The engine of models that name none, made by the first of them. */
let defaultEngine: Promise<Engine> | undefined;

async function engineOf(engine: Engine | undefined): Promise<Engine> {
  if (engine !== undefined) return engine;
  // A failure is not kept: the next model may find room.
  defaultEngine ??= createEngine().catch((error: unknown) => {
    defaultEngine = undefined;
    throw error;
  });
  return defaultEngine;
}

const engineCheck: Check<Engine> = (path, value) => {
  if (value instanceof Engine) return value;
  throw new ValueError(`${path} expected an engine of createEngine, got ${describe(value)}.`);
};

/**
 * A model that passes each row through the layers in order, on `engine` or on a default one that all such models share.
 * @throws as `Engine.sequential`.
 * @example
 * const model = await sequential({
 *   seed: 42,
 *   layers: [dense({ units: 128, activation: 'relu', inputShape: [784] }), dense({ units: 10, activation: 'softmax' })],
 * });
 */
export async function sequential(options: ModelOptions & { engine?: Engine }): Promise<Model> {
  const { engine, ...rest } = readOptions<ModelOptions & { engine: Engine | undefined }>('sequential', options, {
    ...MODEL_OPTIONS,
    engine: { check: optional(engineCheck), or: undefined },
  });
  return (await engineOf(engine)).sequential(rest);
}

/**
 * The model of a file that `save` wrote, on `engine` or the default one.
 * @throws as `Engine.loadModel`.
 */
export async function loadModel(bytes: Uint8Array, options?: { engine?: Engine }): Promise<Model> {
  const { engine } = readOptions<{ engine: Engine | undefined }>('loadModel', options, {
    engine: { check: optional(engineCheck), or: undefined },
  });
  return (await engineOf(engine)).loadModel(bytes);
}
