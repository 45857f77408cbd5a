import { describe, sentence } from '../common/describe.js';
import { FormatError, UnsupportedError, ValueError } from '../common/errors.js';
import { flag, integer, nameOf, nonNegative, optional, readOptions, type Check } from '../common/options.js';
import { Breath } from '../training/breath.js';
import { compile, compileSync } from '../engine/binary.js';
import { requireFeatures, type Numerics } from '../engine/features.js';
import { differs256, find256, judge256 } from '../engine/simd256.js';
import { calibrate, tryTile, type Calibration, type Trial } from '../engine/trial.js';
import { Machine, MAXIMUM_BYTES, STRIPS_FROM } from '../engine/machine.js';
import { processors, programUrl, whyNotShared } from '../engine/threads/host.js';
import { Pool, startComputeWorker } from '../engine/threads/pool.js';
import { DEFAULT_TILE, TILE_NAMES, WIDE_TILES, type TileName } from '../engine/tile.js';
import { outputEnds } from '../graph/ends.js';
import { planNetwork } from '../graph/plan.js';
import type { SymbolicTensor } from '../layers/layer.js';
import {
  readModel,
  readSequential,
  type Blueprint,
  type ModelOptions,
  type SequentialOptions,
  type Tensors,
} from './architecture.js';
import { customCheck, type CustomObjects, type LoadOptions } from './custom.js';
import { checkState } from './checkpoint.js';
import { asFormatError, openModel } from './file.js';
import { Model } from './model.js';

/** What `createEngine` takes. */
export interface EngineOptions {
  /**
   * Threads that share the products of large layers; they change no bit. 'auto': as many as there are processors, at most 8. Small networks stay on the
   * calling thread, whatever is asked for. In a page it takes cross-origin isolation. Default 1.
   */
  threads?: number | 'auto';
  /** A file that pages load workers from, `worker.js` of this package, where a policy forbids those from `blob:`. Default none. */
  workerUrl?: string | URL;
  /**
   * 'strict', the default: the same bits everywhere. 'fused': products and sums rounded once, by relaxed SIMD; faster, and the same bits on machines
   * that fuse.
   */
  numerics?: Numerics;
  /**
   * V8's 256-bit vectors, its experiment: Node 24 or newer, by a flag that is set for the whole process and stays set. It changes no bits; a probe of
   * some 0.1 s sees to that. Default false.
   */
  simd256?: boolean;
  /**
   * Register tile of the matrix kernels; never changes a result. Default '3x12', and with 256-bit vectors '4x16', or '6x16' if fused. 'auto' times all of them, in some 115 ms,
   * and takes the fastest.
   */
  tile?: TileName | 'auto';
  /** Bytes of linear memory to start with. Default 1 MiB, or the maximum where that is less. */
  initialMemory?: number;
  /**
   * Bytes that linear memory may grow to, at most and by default 4 GiB. An engine itself takes 80 KiB for each thread, and 512 KiB more where this is 64
   * MiB or more.
   */
  maximumMemory?: number;
  /** The kernels, where they should not come from the inlined copy: bytes of kernels.wasm, or a compiled module. */
  wasm?: Uint8Array<ArrayBuffer> | ArrayBuffer | WebAssembly.Module;
}

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

type Kernels = Uint8Array<ArrayBuffer> | ArrayBuffer | WebAssembly.Module;

const MEBIBYTE = 1024 * 1024;

const kernelsCheck: Check<Kernels> = (path, value) => {
  if (value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof WebAssembly.Module) {
    return value;
  }
  throw new ValueError(`${path} expected bytes or a WebAssembly.Module, got ${describe(value)}.`);
};

/** Threads at most: control block and scratch are made for as many. */
const MOST_THREADS = 64;

/** 'auto' takes no more: what a layer can be cut into usefully is used up by then. */
const MOST_AUTO = 8;

const threadsCheck: Check<number | 'auto'> = (path, value) =>
  value === 'auto' ? 'auto' : integer(1, MOST_THREADS)(path, value);

const urlCheck: Check<string | URL> = (path, value) => {
  if (value instanceof URL) return value;
  if (typeof value !== 'string') throw new ValueError(`${path} expected a string or a URL, got ${describe(value)}.`);
  try {
    // Relative to a page, whichever: what can be parsed beside one can be beside all.
    new URL(value, 'https://page.invalid');
  } catch {
    throw new ValueError(`${path} expected an address, got ${describe(value)}.`);
  }
  return value;
};

function readEngineOptions(where: string, options: EngineOptions | undefined) {
  const read = readOptions<
    Required<Omit<EngineOptions, 'wasm' | 'initialMemory' | 'tile' | 'workerUrl'>> & {
      workerUrl: string | URL | undefined;
      tile: TileName | 'auto' | undefined;
      wasm: Kernels | undefined;
      initialMemory: number | undefined;
    }
  >(where, options, {
    threads: { check: threadsCheck, or: 1 },
    workerUrl: { check: optional(urlCheck), or: undefined },
    numerics: { check: nameOf(['strict', 'fused']), or: 'strict' },
    simd256: { check: flag, or: false },
    tile: { check: optional(nameOf([...TILE_NAMES, 'auto'])), or: undefined },
    initialMemory: { check: optional(integer(0, MAXIMUM_BYTES)), or: undefined },
    maximumMemory: { check: integer(1, MAXIMUM_BYTES), or: MAXIMUM_BYTES },
    wasm: { check: optional(kernelsCheck), or: undefined },
  });
  const initialMemory = read.initialMemory ?? Math.min(MEBIBYTE, read.maximumMemory);
  if (initialMemory > read.maximumMemory) {
    throw new ValueError(
      `${where}: initialMemory expected at most maximumMemory, ${read.maximumMemory}, got ${initialMemory}.`,
    );
  }
  return { ...read, initialMemory };
}

/** One WASM instance with its memory; holds any number of models. Made by `createEngine` or `createEngineSync`. */
export class Engine {
  private readonly models = new Set<{
    dispose(): void;
    requireStill(where: string): void;
    rehearsal(rows: number): () => void;
  }>();

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
      simd256: this.found.simd256 || probed?.simd256 === true,
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
    return this.build('sequential', readSequential('sequential', options));
  }

  /**
   * A model of the graph between `inputs` and `outputs`.
   * @throws ShapeError, ValueError for layers that do not fit, cycles, or inputs that are missing; MemoryError; StateError after `dispose`.
   */
  model<const T extends Tensors>(options: ModelOptions<T>): Model<Predictions<T>> {
    this.machine.requireLive('model');
    return this.build('model', readModel('model', options));
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
    const model = new Model<O>({ machine, blueprint, where, onDispose, workerUrl }, initialize);
    this.models.add(model);
    return model;
  }
}

/** What was found out about an engine while it was made. */
interface Findings {
  /** Why there are no 256-bit vectors, where they were asked for and there are none. */
  readonly narrow?: string | undefined;
  /** Whether there are. */
  readonly simd256: boolean;
}

const NOT_ASKED: Findings = { simd256: false };

function build(
  where: string,
  module: WebAssembly.Module,
  options: ReturnType<typeof readEngineOptions>,
  { narrow, simd256 }: Findings = NOT_ASKED,
): Engine {
  const { numerics, wasm } = options;
  const wanted = options.threads === 'auto' ? Math.min(MOST_AUTO, processors()) : options.threads;
  const alone = wanted === 1 ? undefined : whyNotShared();
  const threads = alone === undefined ? wanted : 1;
  const usual = simd256 ? WIDE_TILES[numerics] : DEFAULT_TILE;
  const pinned = options.tile === 'auto' ? usual : (options.tile ?? usual);
  const refused: string[] = [];
  const workerUrl = programUrl(options.workerUrl);
  /** A machine with its threads, or with none where the platform refuses to start them. */
  const machineOf = (tile: TileName): Machine => {
    const { initialMemory, maximumMemory } = options;
    const settings = { module, tile, initialMemory, maximumMemory };
    if (threads === 1) return new Machine(settings);
    try {
      return new Machine({
        ...settings,
        threads,
        startPool: (parts) => new Pool({ ...parts, start: startComputeWorker(workerUrl) }),
      });
    } catch (error) {
      // A limit of memory or a foreign binary is refused again, and by its own name.
      const machine = new Machine(settings);
      refused.push(`threads: workers could not be started: ${sentence((error as Error).message)}`);
      return machine;
    }
  };
  const machine =
    options.tile === 'auto' ? new Machine({ ...options, threads: 1, tile: pinned, module }) : machineOf(pinned);
  const fuses = machine.fuses();
  if (numerics === 'strict' && fuses) {
    throw new FormatError(`${where}: wasm expected the kernels of numerics 'strict', got those of 'fused'.`);
  }
  const reasons: string[] = [];
  if (alone !== undefined) reasons.push(`threads: ${alone}`);
  if (narrow !== undefined) reasons.push(narrow);
  if (numerics === 'fused' && !fuses) {
    const given = wasm === undefined ? '' : ', or the wasm that was given is that of strict numerics';
    reasons.push(`numerics: this machine rounds products before it adds them, as strict numerics do${given}.`);
  }
  const info = { numerics: fuses ? ('fused' as const) : ('strict' as const), simd256, reasons };
  if (options.tile !== 'auto') {
    reasons.push(...refused);
    return new Engine(machine, info, workerUrl);
  }
  const calibration = calibrate(machine);
  const tile = TILE_NAMES.reduce((best, name) => (calibration[name] > calibration[best] ? name : best));
  const fastest = machineOf(tile);
  reasons.push(...refused);
  return new Engine(fastest, { ...info, calibration }, workerUrl);
}

/** Waits for an engine's threads; where they do not come, it goes on with one and says why. */
async function awaitThreads(engine: Engine): Promise<Engine> {
  await engine.awaitThreads();
  return engine;
}

/** Milliseconds that the probe for 256-bit vectors gives a tile to become fast. */
const PROBE_WARM_UP = 40;

/** The widest tile on a machine that nothing outlives, and that packs rows as large layers do. */
function trial(module: WebAssembly.Module, numerics: Numerics): Trial {
  const tile = WIDE_TILES[numerics];
  const machine = new Machine({ module, tile, initialMemory: MEBIBYTE, maximumMemory: STRIPS_FROM });
  return tryTile(machine, tile, PROBE_WARM_UP);
}

/** What the probe found, once per process: V8's flag stays set, and afterwards there are no 128-bit vectors to compare the speed with. */
let probed: Findings | undefined;

/** The numerics whose kernels were found to have the same bits with 256-bit vectors. */
const sameBits = new Set<Numerics>();

/** The library's kernels with 256-bit vectors where they can be had. */
async function compileWide(numerics: Numerics): Promise<{ module: WebAssembly.Module; findings: Findings }> {
  let narrow: string | undefined;
  if (probed === undefined) {
    const found = find256();
    if (typeof found === 'string') narrow = found;
    else {
      const before = trial(await compile(numerics), numerics);
      found.allow();
      narrow = judge256(before, trial(await compile(numerics, WIDE), numerics));
      if (narrow !== undefined) found.forbid();
    }
    probed = { narrow, simd256: narrow === undefined };
  } else if (probed.simd256 && !sameBits.has(numerics))
    narrow = differs256(trial(await compile(numerics, WIDE), numerics));
  const findings = narrow === undefined ? probed : { narrow, simd256: false };
  if (findings.simd256) sameBits.add(numerics);
  return { module: await compile(numerics, findings.simd256 ? WIDE : ''), findings };
}

/** Sets modules apart that are compiled with V8's flag. */
const WIDE = 'simd256';

const NARROW_SYNC = 'simd256: only createEngine, which does not block, tries it, and only with the inlined kernels.';

function refuseWasm(where: string, wasm: Uint8Array | ArrayBuffer): never {
  throw new FormatError(`${where}: wasm expected a WebAssembly module, got ${wasm.byteLength} bytes that are none.`);
}

/**
 * An engine on kernels compiled without blocking the thread.
 * @throws ValueError for an unknown option or a number out of range; UnsupportedError where the platform lacks WebAssembly SIMD or
 * shared memory; FormatError for a `wasm` that is not this version's.
 * @example
 * const engine = await createEngine({ tile: '3x12' });
 * const network = engine.sequential({ layers: [dense({ units: 3, inputShape: [4] })] });
 * network.parameterCount; // 15
 * engine.dispose();
 */
export async function createEngine(options?: EngineOptions): Promise<Engine> {
  const read = readEngineOptions('createEngine', options);
  const { wasm } = read;
  const { numerics, simd256 } = read;
  requireFeatures('createEngine', numerics);
  const asked = { narrow: simd256 ? NARROW_SYNC : undefined, simd256: false };
  if (wasm === undefined && simd256) {
    const { module, findings } = await compileWide(numerics);
    return awaitThreads(build('createEngine', module, read, findings));
  }
  if (wasm === undefined) return awaitThreads(build('createEngine', await compile(numerics), read));
  if (wasm instanceof WebAssembly.Module) return awaitThreads(build('createEngine', wasm, read, asked));
  const module = await WebAssembly.compile(wasm).catch(() => refuseWasm('createEngine', wasm));
  return awaitThreads(build('createEngine', module, read, asked));
}

/**
 * `createEngine` for platforms that compile on the calling thread: Node, Bun, Deno, workers, and current browsers.
 * @throws as `createEngine`.
 * @example
 * const engine = createEngineSync();
 * engine.info.numerics; // 'strict'
 * engine.dispose();
 */
export function createEngineSync(options?: EngineOptions): Engine {
  const read = readEngineOptions('createEngineSync', options);
  const { wasm } = read;
  if (wasm !== undefined || read.numerics === 'strict') requireFeatures('createEngineSync', read.numerics);
  const asked = { narrow: read.simd256 ? NARROW_SYNC : undefined, simd256: false };
  if (wasm === undefined && read.numerics === 'fused') {
    throw new UnsupportedError(
      `createEngineSync: numerics expected 'strict', got 'fused' without its kernels. ` +
        `Pass wasm: fusedKernels() of wasm-mlp/fused, or use createEngine.`,
    );
  }
  if (wasm === undefined) return build('createEngineSync', compileSync(), read, asked);
  if (wasm instanceof WebAssembly.Module) return build('createEngineSync', wasm, read, asked);
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(wasm);
  } catch {
    return refuseWasm('createEngineSync', wasm);
  }
  return build('createEngineSync', module, read, asked);
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

/** Reads an engine. */
export const engineCheck: Check<Engine> = (path, value) => {
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
 * model.parameterCount; // 101770
 */
export async function sequential(options: SequentialOptions & { engine?: Engine }): Promise<Model> {
  const { engine, rest } = splitEngine('sequential', options);
  return (await engineOf(engine)).sequential(rest);
}

/**
 * A model of the graph between `inputs` and `outputs`, on `engine` or the default one: any directed acyclic graph, with branches that meet in
 * `add` and `concatenate`, several inputs and several outputs. Weights are named after the layers.
 * @throws as `Engine.model`.
 * @example
 * const x = input({ shape: [2] });
 * const h = dense({ units: 8, activation: 'relu' }).apply(x);
 * const y = dense({ units: 1 }).apply(concatenate().apply([x, h]));
 * const network = await model({ inputs: x, outputs: y, seed: 42 });
 * network.getWeights().map(({ name }) => name); // ['dense.weight', 'dense.bias', 'dense_1.weight', 'dense_1.bias']
 */
export async function model<const T extends Tensors>(
  options: ModelOptions<T> & { engine?: Engine },
): Promise<Model<Predictions<T>>> {
  const { engine, rest } = splitEngine('model', options);
  return (await engineOf(engine)).model(rest);
}

/** The engine that is named among options, and the rest of them. */
function splitEngine<T extends { engine?: Engine }>(where: string, options: T) {
  if (options !== undefined && (typeof options !== 'object' || options === null)) {
    throw new ValueError(`${where}: options expected an object, got ${describe(options)}.`);
  }
  // Nothing at all lacks what the options lack.
  const { engine, ...rest } = options ?? ({} as T);
  return { engine: engine === undefined ? undefined : engineCheck(`${where}: engine`, engine), rest };
}

/**
 * The model of a file that `save` wrote, on `engine` or the default one.
 * @throws as `Engine.loadModel`.
 * @example
 * const network = await sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
 * const again = await loadModel(network.save());
 * again.predict([[1, 2]]).join() === network.predict([[1, 2]]).join(); // true
 */
export async function loadModel<O extends Float32Array | Float32Array[] = Float32Array>(
  bytes: Uint8Array | ArrayBuffer,
  options?: LoadOptions & { engine?: Engine },
): Promise<Model<O>> {
  const { engine, rest } = splitEngine('loadModel', options ?? {});
  return (await engineOf(engine)).loadModel<O>(bytes, rest);
}
