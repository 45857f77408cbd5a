import { FormatError, StateError, UnsupportedError } from '../common/errors.js';
import { ABI_DIGEST } from './abi.generated.js';
import type { Kernels } from './abi.js';
import { Arena, FIRST_ADDRESS } from './arena.js';
import { LinearMemory } from './memory.js';
import type { Pool, PoolOptions } from './threads/pool.js';
import { tileOf, type Tile, type TileName } from './tile.js';

/** Bytes of a WebAssembly page. */
const PAGE = 65536;

/** What the weight gradient packs its operands into: a block of inputs and a panel of 16 deltas, see assembly/gemm/blocking.ts. */
const SCRATCH_BYTES = 128 * 4 * (144 + 16);

/** What other products pack rows into, see assembly/gemm/blocking.ts. */
const STRIPS_BYTES = 512 * 1024;

/** Bytes that memory may grow to at least where it has strips: nobody misses them then. */
export const STRIPS_FROM = 64 * 1024 * 1024;

/** What the kernels' memory import declares: 65,536 pages, 4 GiB. */
export const MAXIMUM_BYTES = 65536 * PAGE;

export interface MachineOptions {
  readonly module: WebAssembly.Module;
  readonly tile: TileName;
  readonly initialMemory: number;
  readonly maximumMemory: number;
  /** Threads that share matrix products, this one included, and what starts them. Default 1. */
  readonly threads?: number;
  readonly startPool?: (options: Omit<PoolOptions, 'start'>) => Pool;
}

/** What a machine of another thread is found by. */
export interface MachineHandle {
  /** The kernels. */
  readonly module: WebAssembly.Module;
  /** Register tile, which decides how weights stand in memory. */
  readonly tile: TileName;
  /** Linear memory, shared. */
  readonly memory: WebAssembly.Memory;
  /** Bytes that it may grow to. */
  readonly maximumMemory: number;
}

/** One kernel instance on one linear memory. Everything above gives it addresses and numbers. */
export class Machine {
  readonly memory: LinearMemory;
  readonly arena: Arena;
  readonly kernels: Kernels;
  readonly tile: Tile;
  readonly module: WebAssembly.Module;
  /** Address of what kernels put aside during a call on this thread; 0, none, on the memory of another thread. */
  readonly scratch: number;
  /** Address of where kernels pack rows on this thread; 0 where they take them as they stand. */
  readonly strips: number;
  /** Addresses of the version words of models that were shared and are gone. */
  readonly retiredWords: number[] = [];
  /** The threads that help, where there are any. */
  readonly pool: Pool | undefined;
  private live = true;

  /** A machine of its own, or with a handle one more on the memory of another thread's. Throws what the platform throws where it refuses to start a worker. */
  constructor(options: MachineOptions | MachineHandle) {
    const { module, tile, maximumMemory } = options;
    const handle = Object.hasOwn(options, 'memory') ? (options as MachineHandle) : undefined;
    const attached = handle !== undefined;
    const memory = handle?.memory ?? newMemory(options as MachineOptions);
    this.module = module;
    this.memory = new LinearMemory(memory, maximumMemory);
    // What is left out is nothing, and not what `Object.prototype` has by that name.
    const alone = { threads: 1, startPool: undefined };
    const { threads, startPool } = attached ? alone : { ...alone, ...(options as MachineOptions) };
    // Each thread has its own, below everything that is allocated. One on another's memory has none: it only predicts.
    const packs = !attached && maximumMemory >= STRIPS_FROM;
    const scratch = (thread: number): number => FIRST_ADDRESS + thread * (SCRATCH_BYTES + (packs ? STRIPS_BYTES : 0));
    const strips = (thread: number): number => (packs ? scratch(thread) + SCRATCH_BYTES : 0);
    this.scratch = attached ? 0 : scratch(0);
    this.strips = strips(0);
    const first = attached ? this.memory.bytes : scratch(threads);
    this.arena = new Arena((start, size, leave) => this.memory.reserve(start, size, leave), first);
    this.memory.reserve(0, first);
    this.kernels = instantiate(module, memory);
    const own = tileOf(this.kernels, tile);
    if (threads > 1) this.pool = startPool?.({ module, memory: this.memory, tile: own, threads, scratch, strips });
    this.tile = this.pool?.shared() ?? own;
  }

  /** What another thread makes a machine on the same memory from. */
  get handle(): MachineHandle {
    const { module, tile, memory } = this;
    return { module, tile: tile.name, memory: memory.memory, maximumMemory: memory.maximumBytes };
  }

  /** Whether products are rounded once, after adding: (1 + 2⁻¹²)² − (1 + 2⁻¹¹) is 2⁻²⁴ then, and 0 where the square is rounded first. */
  fuses(): boolean {
    const at = this.arena.allocate(64);
    const { f32 } = this.memory;
    const [a, b, start, c] = [0, 16, 32, 48].map((offset) => at + offset);
    f32.fill(0, at / 4, at / 4 + 16);
    f32[a / 4] = f32[b / 4] = 1 + 1 / 4096;
    f32[start / 4] = -(1 + 1 / 2048);
    this.kernels.f32_gemm_rows_4x8(1, 4, 1, a, 4, b, start, 0, c, 4, 0);
    const fused = f32[c / 4] !== 0;
    this.arena.free(at);
    return fused;
  }

  /** Throws a StateError once the machine is disposed. */
  requireLive(where: string): void {
    if (!this.live) throw new StateError(`${where}: a live engine expected, got one that was disposed.`);
  }

  /** For calls that give the thread away: throws a WorkerError, once, where a thread was lost since `pool.takeFailure` was last called. */
  requireThreads(): void {
    const failure = this.pool?.takeFailure();
    if (failure !== undefined) throw failure;
  }

  /** Lets go of the memory and ends the threads. Nothing runs on this machine afterwards. */
  dispose(): void {
    this.live = false;
    this.pool?.end();
  }
}

function newMemory({ initialMemory, maximumMemory }: MachineOptions): WebAssembly.Memory {
  const maximum = Math.floor(maximumMemory / PAGE);
  const initial = Math.min(Math.ceil(initialMemory / PAGE), maximum);
  try {
    return new WebAssembly.Memory({ initial, maximum, shared: true });
  } catch (error) {
    throw new UnsupportedError(
      `createEngine: a shared memory of at most ${maximumMemory} bytes expected, got: ${(error as Error).message}. ` +
        `Address space may be limited: try a smaller maximumMemory.`,
    );
  }
}

/** Instantiates, once the binary says that it is of this version's ABI: another is refused here, not in a wrong result. */
function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const [digest] = WebAssembly.Module.customSections(module, 'wasm-mlp');
  if (digest === undefined || new TextDecoder().decode(digest) !== ABI_DIGEST) {
    const got = digest === undefined ? 'a module that is none of its kernels' : 'those of another version';
    throw new FormatError(`createEngine: wasm expected the kernels of this version of wasm-mlp, got ${got}.`);
  }
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
}
