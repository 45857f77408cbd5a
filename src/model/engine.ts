import { describe } from '../common/describe.js';
import { resolve } from '../common/descriptor.js';
import { UnsupportedError, ValueError } from '../common/errors.js';
import { flag, integer, nameOf, optional, readOptions, type Check } from '../common/options.js';
import { compile, compileSync } from '../engine/binary.js';
import { Machine, MAXIMUM_BYTES } from '../engine/machine.js';
import { DEFAULT_TILE, TILE_NAMES, type TileName } from '../engine/tile.js';
import { LAYERS, type Layer } from '../layers/registry.js';
import { asFormatError, decodeModel, pickTensors } from './checkpoint.js';
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
  /** Bytes of linear memory to start with. Default 1 MiB. */
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
  const read = readOptions<Required<Omit<EngineOptions, 'wasm'>> & { wasm: Kernels | undefined }>(where, options, {
    threads: { check: threadsCheck, or: 1 },
    numerics: { check: nameOf(['strict', 'fused']), or: 'strict' },
    simd256: { check: flag, or: false },
    tile: { check: nameOf(TILE_NAMES), or: DEFAULT_TILE },
    initialMemory: { check: integer(0, MAXIMUM_BYTES), or: MEBIBYTE },
    maximumMemory: { check: integer(1, MAXIMUM_BYTES), or: MAXIMUM_BYTES },
    wasm: { check: optional(kernelsCheck), or: undefined },
  });
  if (read.numerics === 'fused') {
    throw new UnsupportedError(`${where}: numerics expected 'strict', got 'fused'. This version has no fused kernels.`);
  }
  if (read.initialMemory > read.maximumMemory) {
    throw new ValueError(
      `${where}: initialMemory expected at most maximumMemory, ${read.maximumMemory}, got ${read.initialMemory}.`,
    );
  }
  return read;
}

/** Reads the options of a model. */
function readModelOptions(where: string, options: ModelOptions): Required<ModelOptions> {
  return readOptions<Required<ModelOptions>>(where, options, {
    layers: {
      check(path, value) {
        if (!Array.isArray(value)) throw new ValueError(`${path} expected a list of layers, got ${describe(value)}.`);
        return value.map((layer, index) => resolve<Layer>(`${path}[${index}]`, layer, LAYERS));
      },
    },
    seed: { check: integer(0, MAX_SEED), or: 0 },
  });
}

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
    const build = (): Model => new Model(this.machine, layers, seed, (one) => this.models.delete(one), false);
    const model = asFormatError(build);
    try {
      asFormatError(() => model.restore(checkpoint, pickTensors(checkpoint, model.parameterNames)));
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

/**
 * An engine on kernels compiled without blocking the thread.
 * @throws ValueError for an unknown option or a number out of range; UnsupportedError where the platform lacks WebAssembly SIMD or
 * shared memory; FormatError for a `wasm` that is not this version's.
 */
export async function createEngine(options?: EngineOptions): Promise<Engine> {
  const read = readEngineOptions('createEngine', options);
  const { wasm } = read;
  if (wasm === undefined) return build(await compile(), read);
  return build(wasm instanceof WebAssembly.Module ? wasm : await WebAssembly.compile(wasm), read);
}

/** `createEngine` for platforms that compile on the calling thread: Node, Bun, Deno, workers, and current browsers. */
export function createEngineSync(options?: EngineOptions): Engine {
  const read = readEngineOptions('createEngineSync', options);
  const { wasm } = read;
  if (wasm === undefined) return build(compileSync(), read);
  return build(wasm instanceof WebAssembly.Module ? wasm : new WebAssembly.Module(wasm), read);
}

/** The engine of models that name none, made by the first of them. */
let defaultEngine: Promise<Engine> | undefined;

async function engineOf(engine: Engine | undefined): Promise<Engine> {
  if (engine !== undefined) return engine;
  defaultEngine ??= createEngine();
  return defaultEngine;
}

/**
 * A model that passes each row through the layers in order, on `engine` or on a default one that all such models share.
 * @throws as `Engine.sequential`.
 * @example
 * const model = await sequential({
 *   seed: 42,
 *   layers: [dense({ units: 128, activation: 'relu', inputShape: [784] }), dense({ units: 10, activation: 'softmax' })],
 * });
 */
export async function sequential({ engine, ...options }: ModelOptions & { engine?: Engine }): Promise<Model> {
  return (await engineOf(engine)).sequential(options);
}

/**
 * The model of a file that `save` wrote, on `engine` or the default one.
 * @throws as `Engine.loadModel`.
 */
export async function loadModel(bytes: Uint8Array, options?: { engine?: Engine }): Promise<Model> {
  return (await engineOf(options?.engine)).loadModel(bytes);
}
