import { ownOf } from '../common/objects.js';
import { FormatError, StateError, UnsupportedError } from '../common/errors.js';
import { ABI_DIGEST } from './abi.generated.js';
import type { Kernels } from './abi.js';
import { Arena, type Allocator } from './arena.js';
import { FIRST_ADDRESS, PACKED_A_BYTES, PAGE, SCRATCH_BYTES } from './constants.generated.js';
import { Holding, Weight } from './holding.js';
import { LinearMemory } from './linear-memory.js';
import { keepSpare, takeSpare, type Spare } from './spare.js';
import type { Pool, PoolOptions } from './threads/pool.js';
import { tileOf, type Tile, type TileName } from './tile.js';

/** Bytes that memory may grow to at least where it has strips: nobody misses them then. */
export const PACKED_A_FROM = 64 * 1024 * 1024;

/** What the kernels' memory import declares: 65,536 pages, 4 GiB. */
export const MAXIMUM_BYTES = 65536 * PAGE;

/** 2⁻¹²⁶: numbers below it are subnormal. */
const LEAST_NORMAL = 1.1754943508222875e-38;

export interface WasmRuntimeOptions {
  readonly module: WebAssembly.Module;
  readonly tile: TileName;
  readonly initialMemory: number;
  readonly maximumMemory: number;
  /** Threads that share matrix products, this one included, and what starts them. Default 1. */
  readonly threads?: number;
  readonly startPool?: (options: Omit<PoolOptions, 'start'>) => Pool;
}

/** What a machine of another thread is found by. */
export interface RuntimeHandle {
  /** The kernels. */
  readonly module: WebAssembly.Module;
  /** Register tile, which decides how weights stand in memory. */
  readonly tile: TileName;
  /** Linear memory, shared. */
  readonly memory: WebAssembly.Memory;
  /** Bytes that it may grow to. */
  readonly maximumMemory: number;
}

const isHandle = (options: WasmRuntimeOptions | RuntimeHandle): options is RuntimeHandle =>
  Object.hasOwn(options, 'memory');

/** One kernel instance on one linear memory. Everything above gives it addresses and numbers. */
export class WasmRuntime {
  readonly memory: LinearMemory;
  /** Hands out regions: those of the one model, where this was made for a model. */
  readonly arena: Allocator;
  /** Hands out regions that outlive models. */
  readonly root: Arena;
  readonly kernels: Kernels;
  readonly tile: Tile;
  readonly module: WebAssembly.Module;
  /** Address of what kernels put aside during a call on this thread; 0, none, on the memory of another thread. */
  readonly scratch: number;
  /** Address of where kernels pack rows on this thread; 0 where they take them as they stand. */
  readonly packedA: number;
  /**
   * Address of the first region: what kernels need for themselves lies below it, on memory of another thread all that
   * was there.
   */
  readonly start: number;
  /** Addresses of the version words of models that were shared and are gone. */
  readonly retiredWords: number[] = [];
  /** The threads that help, where there are any. */
  readonly pool: Pool | undefined;
  /**
   * Whether it is live, and whether other threads may have its memory. In one object, since each model has a machine of
   * its own.
   */
  private readonly state: { live: boolean; exposed: boolean };
  /** What the collector is told of the memory. */
  private readonly weight = new Weight();

  /**
   * A machine of its own, or with a handle one more on the memory of another thread's. Throws what the platform throws
   * where it refuses to start a worker.
   */
  constructor(options: WasmRuntimeOptions | RuntimeHandle) {
    const { module, tile, maximumMemory } = options;
    const attached = isHandle(options);
    const { memory, used }: Spare = attached ? { memory: options.memory, used: 0 } : memoryOf(options);
    this.module = module;
    this.memory = new LinearMemory(memory, maximumMemory, attached ? undefined : PAGE * pagesOf(options).initial);
    const threads = (attached ? undefined : ownOf(options, 'threads')) ?? 1;
    const startPool = attached ? undefined : ownOf(options, 'startPool');
    // Each thread has its own, below everything that is allocated. One on another's memory has none: it only predicts.
    const packs = !attached && maximumMemory >= PACKED_A_FROM;
    const scratch = (thread: number): number => FIRST_ADDRESS + thread * (SCRATCH_BYTES + (packs ? PACKED_A_BYTES : 0));
    const packedA = (thread: number): number => (packs ? scratch(thread) + SCRATCH_BYTES : 0);
    this.scratch = attached ? 0 : scratch(0);
    this.packedA = packedA(0);
    const first = attached ? this.memory.bytes : scratch(threads);
    this.start = first;
    const linear = this.memory;
    this.arena = this.root = new Arena((start, size, leave) => linear.reserve(start, size, leave), first);
    linear.reserve(0, first);
    this.kernels = instantiate(module, memory);
    if (used > 0) this.kernels.f32_fill(used / 4, 0, 0);
    this.state = { live: true, exposed: attached || threads > 1 };
    if (!attached) this.weight.set(linear.bytes);
    const own = tileOf(this.kernels, tile);
    if (threads > 1) this.pool = startPool?.({ module, memory: this.memory, tile: own, threads, scratch, packedA });
    this.tile = this.pool?.shared() ?? own;
  }

  /** This machine for one model: what that allocates is freed when nothing refers to it any more. */
  forModel(): WasmRuntime {
    const own = { arena: new Holding(this.root) };
    return Object.assign(Object.create(WasmRuntime.prototype) as WasmRuntime, this, own);
  }

  /** What another thread makes a machine on the same memory from. */
  get handle(): RuntimeHandle {
    this.state.exposed = true;
    this.memory.takeAll();
    const { module, tile, memory } = this;
    return { module, tile: tile.name, memory: memory.memory, maximumMemory: memory.maximumBytes };
  }

  /**
   * Whether products are rounded once, after adding: (1 + 2⁻¹²)² − (1 + 2⁻¹¹) is 2⁻²⁴ then, and 0 where the square is
   * rounded first.
   */
  fuses(): boolean {
    return this.multiplyAdd(1 + 1 / 4096, 1 + 1 / 4096, -(1 + 1 / 2048)) !== 0;
  }

  /**
   * Whether numbers below 2⁻¹²⁶, the subnormal ones, are what IEEE 754 says. Where a platform flushes them to zero, as
   * V8 does on 32-bit ARM, whose vectors have none, it does so to results, operands or both.
   */
  keepsSubnormals(): boolean {
    const least = LEAST_NORMAL;
    const product = this.multiplyAdd(least, 1 / 4, 0) === least / 4;
    const operand = this.multiplyAdd(least / 4, 4, 0) === least;
    const sum = this.multiplyAdd(3 / 2, least, -least) === least / 2;
    return product && operand && sum;
  }

  /** a · b + c, as the vectors of the matrix kernels make it. */
  private multiplyAdd(a: number, b: number, c: number): number {
    const at = this.arena.allocate(64);
    const { f32 } = this.memory;
    const [x, y, start, sum] = [0, 16, 32, 48].map((offset) => at + offset);
    f32.fill(0, at / 4, at / 4 + 16);
    f32[x / 4] = a;
    f32[y / 4] = b;
    f32[start / 4] = c;
    this.kernels.f32_gemm_4x8(1, 4, 1, x, 4, y, start, 0, sum, 4, 0);
    const result = f32[sum / 4];
    this.arena.free(at);
    return result;
  }

  get isLive(): boolean {
    return this.state.live;
  }

  /** Throws a StateError once the machine is disposed. */
  requireLive(where: string): void {
    if (!this.state.live) throw new StateError(`${where}: a live engine expected, got one that was disposed.`);
  }

  /**
   * For calls that give the thread away: throws a WorkerError, once, where a thread was lost since `pool.takeFailure`
   * was last called.
   */
  requireThreads(): void {
    const failure = this.pool?.takeFailure();
    if (failure !== undefined) throw failure;
  }

  /** Lets go of the memory and ends the threads. Nothing runs on this machine afterwards. */
  dispose(): void {
    const { state, memory, root } = this;
    if (!state.live) return;
    state.live = false;
    this.pool?.end();
    if (!state.exposed) keepSpare(memory.memory, Math.floor(memory.maximumBytes / PAGE), root.highest);
  }
}

function pagesOf({ initialMemory, maximumMemory }: WasmRuntimeOptions): { initial: number; maximum: number } {
  const maximum = Math.floor(maximumMemory / PAGE);
  return { initial: Math.min(Math.ceil(initialMemory / PAGE), maximum), maximum };
}

/** That of a machine that was disposed, where there is one, or a new one. */
function memoryOf(options: WasmRuntimeOptions): Spare {
  const { initial, maximum } = pagesOf(options);
  const { maximumMemory } = options;
  try {
    const spare = takeSpare(initial, maximum);
    return spare ?? { memory: new WebAssembly.Memory({ initial, maximum, shared: true }), used: 0 };
  } catch (error) {
    throw new UnsupportedError(
      `createEngine: a shared memory of at most ${maximumMemory} bytes expected, got: ${(error as Error).message}. ` +
        `Address space may be limited: try a smaller maximumMemory.`,
    );
  }
}

/**
 * Instantiates, once the binary says that it is of this version's ABI: another is refused here, not in a wrong result.
 */
function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const [digest] = WebAssembly.Module.customSections(module, 'wasm-mlp');
  if (digest === undefined || new TextDecoder().decode(digest) !== ABI_DIGEST) {
    const got = digest === undefined ? 'a module that is none of its kernels' : 'those of another version';
    throw new FormatError(`createEngine: wasm expected the kernels of this version of wasm-mlp, got ${got}.`);
  }
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
}
