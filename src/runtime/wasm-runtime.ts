/**
 * One kernel instance on one linear memory: instantiates the module, lays out the memory below the first region
 * (scratch and packed A of each thread), and owns the arena and the thread pool. Everything above it passes addresses
 * and numbers to the kernels. linear-memory.ts grows the memory, threads/pool.ts shares products among threads, and
 * src/engine decides what a runtime is created with.
 */
import { ownOf } from '../common/objects.js';
import { FormatError, StateError, UnsupportedError } from '../common/errors.js';
import { ABI_DIGEST } from './abi.generated.js';
import type { Kernels } from './abi.js';
import { Arena, regionBytes, type Allocator } from './arena.js';
import { FIRST_ADDRESS, PACKED_A_BYTES, PAGE, SCRATCH_BYTES } from './constants.generated.js';
import type { Int8Calls, Int8Code, Int8Kernels } from './int8/products.js';
import { INT8_SCRATCH_BYTES } from './int8/room.js';
import { ModelAllocator, CollectorPressure } from './model-allocator.js';
import { LinearMemory } from './linear-memory.js';
import { keepMemory, takeMemory, type ReusableMemory } from './memory-cache.js';
import type { Pool, PoolOptions } from './threads/pool.js';
import { tileOf, type Tile, type TileName } from './tile.js';

/** Pack buffers are reserved only if memory may grow to this many bytes, 64 MiB: smaller memories do without them. */
export const PACKED_A_FROM = 64 * 1024 * 1024;

/** Maximum that the kernels' memory import declares: 65,536 pages, 4 GiB. */
export const MAXIMUM_BYTES = 65536 * PAGE;

/** The least maximum that is tried where the platform has no room for more. */
const SMALLEST_BYTES = MAXIMUM_BYTES / 16;

export interface WasmRuntimeOptions {
  readonly module: WebAssembly.Module;
  readonly tile: TileName;
  readonly initialMemory: number;
  readonly maximumMemory: number;
  /** Whether a quarter or a sixteenth of `maximumMemory` will do where the platform has no room for more. */
  readonly orLess?: boolean;
  /** Threads that share kernel calls, this one included, and the function that starts the others. Default 1. */
  readonly threads?: number;
  readonly startPool?: (options: Omit<PoolOptions, 'start'>) => Pool;
}

/** Parts that a runtime on the same memory in another thread is created from. */
export interface RuntimeHandle {
  /** The kernels. */
  readonly module: WebAssembly.Module;
  /** Register tile, which determines the layout of weights in memory. */
  readonly tile: TileName;
  /** Linear memory, shared. */
  readonly memory: WebAssembly.Memory;
  /** Bytes that the memory may grow to. */
  readonly maximumMemory: number;
  /** The kernels of weights of eight bits, if a model has such. @internal */
  readonly int8?: Int8Code;
}

/** Products with weights of eight bits on a runtime. */
export interface Int8Part extends Int8Calls {
  readonly kernels: Int8Kernels;
}

const isHandle = (options: WasmRuntimeOptions | RuntimeHandle): options is RuntimeHandle =>
  Object.hasOwn(options, 'memory');

/** One kernel instance on one linear memory, with its allocator and its threads. */
export class WasmRuntime {
  readonly memory: LinearMemory;
  /** Allocates regions: those of one model, if this runtime was made for a model. */
  readonly arena: Allocator;
  /** Allocates regions that outlive models. */
  readonly root: Arena;
  readonly kernels: Kernels;
  /** The register tile. One object for all models: graph/repack.ts changes what is in it, between two steps. */
  readonly tile: Tile;
  readonly module: WebAssembly.Module;
  /** Address of the scratch memory of kernels on this thread; 0, for none, on the memory of another thread. */
  readonly scratch: number;
  /** Address of the buffer for packed A on this thread; 0 if kernels read rows unpacked. */
  readonly packedA: number;
  /**
   * Address of the first region. The memory that kernels need for themselves is below it; on the memory of another
   * thread, everything that already existed is.
   */
  readonly start: number;
  /** Addresses of the sequence locks of shared models that no longer exist. */
  readonly retiredSeqlocks: number[] = [];
  /** The thread pool, if there is one. */
  readonly pool: Pool | undefined;
  /**
   * Whether the runtime is live, and whether other threads may have its memory. One object, because each model has a
   * separate runtime object that shares it.
   */
  private readonly state: { live: boolean; exposed: boolean; int8: Int8Part | undefined };
  /** Reports the size of the memory to the collector. */
  private readonly pressure = new CollectorPressure();

  /**
   * Creates a runtime with new memory or, from a handle, another one on the memory of another thread. Throws
   * the platform's error if it refuses to start a worker.
   */
  constructor(options: WasmRuntimeOptions | RuntimeHandle) {
    const { module, tile } = options;
    const attached = isHandle(options);
    const { memory, used, maximumMemory } = attached ? { ...options, used: 0 } : memoryOf(options);
    this.module = module;
    this.memory = new LinearMemory(memory, maximumMemory, attached ? undefined : PAGE * pagesOf(options).initial);
    const threads = (attached ? undefined : ownOf(options, 'threads')) ?? 1;
    const startPool = attached ? undefined : ownOf(options, 'startPool');
    // Each thread has its own scratch, below everything that is allocated. A runtime on the memory of another thread
    // has none: it only predicts.
    const packs = !attached && maximumMemory >= PACKED_A_FROM;
    const scratch = (thread: number): number => FIRST_ADDRESS + thread * (SCRATCH_BYTES + (packs ? PACKED_A_BYTES : 0));
    const packedA = (thread: number): number => (packs ? scratch(thread) + SCRATCH_BYTES : 0);
    this.scratch = attached ? 0 : scratch(0);
    this.packedA = packedA(0);
    const first = attached ? this.memory.bytes : scratch(threads);
    this.start = first;
    const linear = this.memory;
    this.arena = this.root = new Arena((start, size, skip) => linear.reserve(start, size, skip), first);
    linear.reserve(0, first);
    const kernels = instantiate(module, memory);
    if (used > 0) kernels.f32_fill(used / 4, 0, 0);
    this.state = { live: true, exposed: attached || threads > 1, int8: undefined };
    if (!attached) this.pressure.set(linear.bytes);
    const own = tileOf(kernels, tile);
    if (threads > 1) {
      this.pool = startPool?.({ module, memory: this.memory, tile: own, kernels, threads, scratch, packedA });
    }
    this.kernels = this.pool?.sharedKernels() ?? kernels;
    this.tile = this.pool?.shared() ?? own;
  }

  /** Products with weights of eight bits, on this memory; undefined until a model needs them. */
  get int8(): Int8Part | undefined {
    return this.state.int8;
  }

  /** Takes the kernels of weights of eight bits, which the first model that needs them has brought, once. */
  useInt8(start: (memory: WebAssembly.Memory) => Int8Kernels): void {
    const { state, memory, root } = this;
    if (state.int8 !== undefined) return;
    const kernels = start(memory.memory);
    const scratch = root.allocate(INT8_SCRATCH_BYTES);
    state.int8 = { kernels, products: kernels, roomFor: (inputs) => kernels.roomIn(scratch, inputs) };
    this.pool?.useInt8(kernels);
  }

  /** Bytes in regions that models and running calls have: scratch, which the runtime keeps, is in none of them. */
  get used(): number {
    return this.root.used - (this.state.int8 === undefined ? 0 : regionBytes(INT8_SCRATCH_BYTES));
  }

  /** Returns this runtime for one model: its allocations are freed when nothing refers to it any more. */
  forModel(): WasmRuntime {
    const own = { arena: new ModelAllocator(this.root) };
    return Object.assign(Object.create(WasmRuntime.prototype) as WasmRuntime, this, own);
  }

  /** The handle from which another thread creates a runtime on the same memory. */
  get handle(): RuntimeHandle {
    this.state.exposed = true;
    this.memory.claimAll();
    const { module, tile, memory, int8 } = this;
    return {
      module,
      tile: tile.name,
      memory: memory.memory,
      maximumMemory: memory.maximumBytes,
      ...(int8 && { int8: int8.kernels.code }),
    };
  }

  /** Whether other threads may have the memory. */
  get isExposed(): boolean {
    return this.state.exposed;
  }

  get isLive(): boolean {
    return this.state.live;
  }

  /** Throws a StateError if the runtime is disposed. */
  requireLive(where: string): void {
    if (!this.state.live) throw new StateError(`${where}: a live engine expected, got one that was disposed.`);
  }

  /**
   * For calls that yield to the event loop: throws a WorkerError, once, if a thread was lost since `pool.takeFailure`
   * was last called.
   */
  requireThreads(): void {
    const failure = this.pool?.takeFailure();
    if (failure !== undefined) throw failure;
  }

  /** Releases the memory and ends the threads. Nothing runs on this runtime afterwards. */
  dispose(): void {
    const { state, memory, root } = this;
    if (!state.live) return;
    state.live = false;
    this.pool?.end();
    if (!state.exposed) keepMemory(memory.memory, Math.floor(memory.maximumBytes / PAGE), root.highest);
  }
}

function pagesOf({ initialMemory, maximumMemory }: WasmRuntimeOptions): { initial: number; maximum: number } {
  const maximum = Math.floor(maximumMemory / PAGE);
  return { initial: Math.min(Math.ceil(initialMemory / PAGE), maximum), maximum };
}

/** Returns the memory of a disposed runtime, if there is one, or a new one, and the bytes that it may grow to. */
function memoryOf(options: WasmRuntimeOptions): ReusableMemory & { readonly maximumMemory: number } {
  const { initial, maximum } = pagesOf(options);
  const { maximumMemory, orLess } = options;
  try {
    const spare = takeMemory(initial, maximum);
    return {
      maximumMemory,
      ...(spare ?? { memory: new WebAssembly.Memory({ initial, maximum, shared: true }), used: 0 }),
    };
  } catch (error) {
    // A page of WebKit has room for fifteen of 4 GiB, and those of workers that have ended count until they are freed.
    const less = Math.floor(maximumMemory / 4);
    if (orLess === true && less >= SMALLEST_BYTES) return memoryOf({ ...options, maximumMemory: less });
    throw new UnsupportedError(
      `createEngine: a shared memory of at most ${maximumMemory} bytes expected, got: ${(error as Error).message}. ` +
        `Address space may be limited: try a smaller maximumMemory.`,
    );
  }
}

/**
 * Instantiates the kernels after checking that the binary has the ABI of this version: another binary is refused here
 * instead of giving wrong results.
 */
function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const [digest] = WebAssembly.Module.customSections(module, 'wasm-mlp');
  if (digest === undefined || new TextDecoder().decode(digest) !== ABI_DIGEST) {
    const got = digest === undefined ? 'a module that is none of its kernels' : 'those of another version';
    throw new FormatError(`createEngine: wasm expected the kernels of this version of wasm-mlp, got ${got}.`);
  }
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
}
