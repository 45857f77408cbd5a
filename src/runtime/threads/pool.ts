/**
 * The threads that share kernel calls: starts workers, waits until they have begun, decides from what size on a call is
 * shared, and handles the loss of a worker. dispatcher.ts hands a single call to the threads, job.ts is what each of
 * them computes of it, range-kernels.ts lists what is shared besides products, and host.ts starts workers on the
 * platform.
 */
import { sentence } from '../../common/describe.js';
import { WorkerError } from '../../common/errors.js';
import type { GemmTnKernel, GemmKernel, Kernels } from '../abi.js';
import type { Allocator } from '../arena.js';
import { PACKED_A_BYTES } from '../constants.generated.js';
import { INT8_KERNEL_NAMES } from '../int8/abi.js';
import type { Int8Kernels } from '../int8/products.js';
import { STATS_BYTES } from '../int8/room.js';
import type { LinearMemory } from '../linear-memory.js';
import type { Tile } from '../tile.js';
import { Dispatcher } from './dispatcher.js';
import { processors, startWorker, type HostedWorker, type WorkerEvents } from './host.js';
import { CONTROL_BYTES, GEMM, GEMM_TN, WORD, type Kernel } from './job.js';
import { COLUMN_SUM_WEIGHT, floatKernels, GATHER_WEIGHT, parametersOf, TRANSPOSE_WEIGHT } from './range-kernels.js';
import { listCalls, longestRow, type BindRows, type PassRoom, type RowPass } from './row-pass.js';
import { expireAfter } from './time-out.js';
import { isReady, type WorkerStart } from './start.js';
import { WORKER_SOURCE } from './worker.generated.js';

export interface PoolOptions {
  readonly module: WebAssembly.Module;
  readonly memory: LinearMemory;
  readonly tile: Tile;
  readonly kernels: Kernels;
  /** Threads that compute, the calling one included. */
  readonly threads: number;
  /** Address of the scratch of thread i; thread 0 is the calling thread. */
  readonly scratch: (thread: number) => number;
  /** Address of the buffer for packed A of thread i, or 0. */
  readonly packedA: (thread: number) => number;
  /** Starts a worker and sends it `start`. Throws the platform's error if it refuses. */
  readonly start: StartWorker;
}

export type StartWorker = (start: WorkerStart, events: WorkerEvents) => HostedWorker;

/**
 * Starts a compute worker from this thread, on a file or on the text that the library carries. It does not keep a
 * process alive.
 */
export const startComputeWorker =
  (url: URL | undefined): StartWorker =>
  (start, events) => {
    const worker = startWorker(url ?? WORKER_SOURCE, events, { keepsAlive: false });
    worker.post(start);
    return worker;
  };

/**
 * Milliseconds that an idle worker polls for work: longer than the time between two products of a training step, short
 * enough to leave an idle machine idle. Zero where there are more threads than processors, since polling would keep
 * another thread from its work.
 */
const SPIN_MS = 0.06;

/** Multiply-adds below which a product stays on the calling thread until the threshold is measured: some 60 µs. */
const DEFAULT_THRESHOLD = 1_000_000;

/**
 * Bounds of the measured threshold, and how many times the cost of a hand-over a shared call has to take: of eight, two
 * threads save three.
 */
const THRESHOLD_BOUNDS = [125_000, 2_000_000] as const;
const MIN_HAND_OVERS = 8;

/** Approximate multiply-adds per millisecond of one thread, on the machines that were measured. */
const PRODUCTS_PER_MS = 16e6;

const GATHER = 'f32_gather_rows';
const TRANSPOSE = 'f32_transpose_panels';
const COLUMN_SUMS = 'f32_column_sums';

/**
 * Most bytes of quantized rows of a prediction that threads divide: 256 rows of 8,000 inputs of two bytes. Longer ones
 * are quantized in parts, which stay in the cache, by the calling thread.
 */
const MOST_QUANTIZED_BYTES = 4 << 20;

/** Milliseconds within which workers must have begun. */
const START_MS = 10_000;

/**
 * Threads that share kernel calls. The calling thread computes chunks like all others, so a worker that is late,
 * asleep or dead delays nothing except the one chunk that it may have taken.
 */
export class Pool {
  /**
   * Multiply-adds from which on a product is shared; other kernels are compared with products. Infinite once the pool
   * has ended.
   */
  threshold = DEFAULT_THRESHOLD;
  private readonly control: Int32Array;
  private readonly dispatcher: Dispatcher;
  /** The kernels that jobs name, by number, and their numbers. */
  private readonly kernels: Kernel[];
  private readonly numbers: Map<string, number>;
  private int8: Int8Kernels | undefined;
  private readonly workers: HostedWorker[] = [];
  private readonly spin: number;
  private readonly begun: Promise<void>;
  private ended = false;
  private failure: WorkerError | undefined;
  /** Why the pool lost its threads, unless it was ended on purpose. */
  lost: string | undefined;

  constructor(private readonly options: PoolOptions) {
    const { memory, tile, kernels, threads, scratch, packedA } = options;
    const control = memory.words(0, CONTROL_BYTES / 4);
    control.fill(0);
    this.control = control;
    const crowded = threads > processors();
    this.kernels = Object.values(kernels);
    this.numbers = new Map(Object.keys(kernels).map((name, number) => [name, number]));
    this.dispatcher = new Dispatcher({
      context: {
        index: 0,
        control,
        numbers: memory.doubles(0, CONTROL_BYTES / 8),
        gemm: tile.gemm,
        gemmTN: tile.gemmTN,
        kernels: this.kernels,
        copy: kernels.f32_copy,
        doubles: () => memory.f64,
        scratch: scratch(0),
        packedA: packedA(0),
      },
      threads,
      crowded,
      scratch,
      giveUp: (reason) => this.giveUp(`every worker expected to answer, but ${reason}`),
      report: (error) => (this.failure = error),
    });
    this.spin = crowded ? 0 : SPIN_MS;
    const starts = Array.from({ length: threads - 1 }, (_, index) => this.startOne(index));
    this.begun = Promise.all(starts).then(() => undefined);
    // A caller that does not wait for the workers reads `lost`.
    this.begun.catch(() => undefined);
  }

  /** Starts worker `index`; the promise resolves once the worker has begun. */
  private startOne(index: number): Promise<void> {
    let settle!: { resolve(): void; reject(error: Error): void };
    const started = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
    // If the platform refuses a later worker, this promise is not awaited.
    started.catch(() => undefined);
    const events = {
      message: (message: unknown) => {
        if (isReady(message)) settle.resolve();
      },
      ended: (reason: string) => {
        settle.reject(new Error(reason));
        this.lose(index, reason);
      },
    };
    try {
      this.workers.push(this.options.start(this.messageTo(index), events));
    } catch (error) {
      // Terminate workers already started.
      this.end();
      throw error;
    }
    return started;
  }

  /** Returns the message with which worker `index` begins, or begins again with the kernels of eight bits. */
  private messageTo(index: number, int8?: WebAssembly.Module): WorkerStart {
    const { module, memory, tile, scratch, packedA } = this.options;
    return {
      role: 'compute',
      module,
      memory: memory.memory,
      tile: tile.name,
      scratch: scratch(index + 1),
      packedA: packedA(index + 1),
      index,
      spin: this.spin,
      int8,
      restarts: int8 === undefined ? 0 : 1,
    };
  }

  /**
   * Takes the kernels of eight bits, once, and gives them to the workers. Nothing waits for these: what needs such
   * kernels is shared once all workers have them.
   */
  useInt8(int8: Int8Kernels): void {
    if (this.ended) return;
    this.int8 = int8;
    for (const name of INT8_KERNEL_NAMES) {
      this.numbers.set(name, this.kernels.length);
      this.kernels.push(int8.exports[name]);
    }
    for (const [index, worker] of this.workers.entries()) worker.post(this.messageTo(index, int8.code.module));
    this.dispatcher.restart();
  }

  get threads(): number {
    return this.options.threads;
  }

  /** Whether products are shared. */
  get live(): boolean {
    return !this.ended;
  }

  /**
   * Waits until all workers have begun, and measures from what size on a product is worth sharing. Ends all workers if
   * one cannot begin.
   */
  async ready(): Promise<void> {
    let stop!: () => void;
    const late = new Promise<never>((_, reject) => {
      stop = expireAfter(START_MS, () => reject(new Error(`they had not begun after ${START_MS / 1000} s`)));
    });
    try {
      await Promise.race([this.begun, late]);
    } catch (error) {
      this.end();
      this.failure = undefined;
      this.lost = `threads: workers did not begin: ${sentence((error as Error).message)}`;
      return;
    } finally {
      stop();
    }
    try {
      const [lowest, highest] = THRESHOLD_BOUNDS;
      const measured = MIN_HAND_OVERS * this.dispatcher.timeHandOver() * PRODUCTS_PER_MS;
      if (!this.ended) this.threshold = Math.min(highest, Math.max(lowest, measured));
    } catch {
      // `lost` gives the reason, and one thread continues.
    }
  }

  /** Returns the tile with kernels that are shared where that pays. */
  shared(): Tile {
    const { dispatcher } = this;
    const { tile } = this.options;
    const { panelWidth, gemvColumns } = tile;
    const gemm: GemmKernel = (m, n, k, a, lda, b, init, ldi, c, ldc, packedA) => {
      if (m * n * k < this.threshold) return tile.gemm(m, n, k, a, lda, b, init, ldi, c, ldc, packedA);
      dispatcher.product(GEMM, m === 1 ? gemvColumns : panelWidth, m, n, k, a, lda, b, init, ldi, c, ldc);
    };
    const gemmTN: GemmTnKernel = (m, n, k, a, lda, b, ldb, c, accumulate, scratch) => {
      if (m * n * k < this.threshold) return tile.gemmTN(m, n, k, a, lda, b, ldb, c, accumulate, scratch);
      dispatcher.product(GEMM_TN, panelWidth, m, n, k, a, lda, b, ldb, c, accumulate, 0);
    };
    return { ...tile, gemm, gemmTN };
  }

  /** Returns the kernels, with those that are cut into ranges shared where that pays. */
  sharedKernels(): Kernels {
    const { dispatcher } = this;
    const { kernels } = this.options;
    const shared = Object.fromEntries(
      floatKernels().map((kernel) => {
        const { name, weight } = kernel;
        const { length, pointers, changed } = parametersOf(kernel);
        const number = this.numbers.get(name)!;
        const own: Kernel = kernels[name];
        // Without a rest parameter, which would make an array for each call, and with few parameters where these will
        // do: small networks make a call every 100 ns.
        const call: Kernel =
          length <= 4
            ? (n, a, b, c) => {
                if (n * weight < this.threshold) return own(n, a, b, c);
                dispatcher.floats(number, length, pointers, changed, n, a, b, c, 0, 0, 0, 0, 0, 0, 0, 0, 0);
              }
            : (n, a, b, c, d, e, f, g, h, i, j, k, l) => {
                if (n * weight < this.threshold) return own(n, a, b, c, d, e, f, g, h, i, j, k, l);
                dispatcher.floats(number, length, pointers, changed, n, a, b, c, d, e, f, g, h, i, j, k, l);
              };
        return [name, call];
      }),
    );
    const number = this.numbers.get(GATHER)!;
    const gather: Kernels[typeof GATHER] = (m, n, rows, source, indices, target, ld) => {
      if (m * n * GATHER_WEIGHT < this.threshold) {
        return kernels.f32_gather_rows(m, n, rows, source, indices, target, ld);
      }
      dispatcher.gather(number, m, n, rows, source, indices, target, ld);
    };
    const transposed = this.numbers.get(TRANSPOSE)!;
    const transpose: Kernels[typeof TRANSPOSE] = (k, n, width, b, bt, skipped, panels) => {
      if (k * n * TRANSPOSE_WEIGHT < this.threshold) {
        return kernels.f32_transpose_panels(k, n, width, b, bt, skipped, panels);
      }
      dispatcher.transpose(transposed, k, n, width, b, bt, skipped, panels);
    };
    const sums = this.numbers.get(COLUMN_SUMS)!;
    const columnSums: Kernels[typeof COLUMN_SUMS] = (m, n, a, lda, out, accumulate) => {
      if (m * n * COLUMN_SUM_WEIGHT < this.threshold) return kernels.f32_column_sums(m, n, a, lda, out, accumulate);
      dispatcher.columnSums(sums, m, n, a, lda, out, accumulate);
    };
    return { ...kernels, ...shared, [GATHER]: gather, [TRANSPOSE]: transpose, [COLUMN_SUMS]: columnSums };
  }

  /** Whether threads may divide products in eight bits of `rows` rows of `inputs` values: they need room for these. */
  dividesInt8(inputs: number, rows: number): boolean {
    const { int8, options } = this;
    if (int8 === undefined) return false;
    const quantized = rows * (int8.rowBytes(inputs) + STATS_BYTES);
    const panelRoom = options.packedA(0) === 0 ? 0 : PACKED_A_BYTES;
    return quantized <= MOST_QUANTIZED_BYTES && int8.widenedBytes(rows, inputs) <= panelRoom;
  }

  /**
   * Returns a pass over up to `capacity` rows that threads divide among themselves. `bind` binds its steps, which call
   * kernels alone, to a runtime, for rows from row `first` on.
   */
  bindPass(arena: Allocator, bind: BindRows, capacity: number): RowPass {
    const { memory, tile } = this.options;
    const { dispatcher, int8 } = this;
    const longest = int8 === undefined ? 0 : longestRow(int8, tile, bind);
    const regions: number[] = [];
    const free = (): void => regions.forEach((region) => arena.free(region));
    try {
      let room: PassRoom | undefined;
      if (longest > 0) {
        const stats = arena.allocate(capacity * (longest + STATS_BYTES));
        regions.push(stats);
        room = { kernels: int8!, stats, activations: stats + capacity * STATS_BYTES, rowBytes: longest };
      }
      const list = listCalls(tile, this.numbers, bind, room);
      const bytes = 8 * list.calls.length;
      const at = arena.allocate(bytes);
      regions.push(at);
      memory.f64.set(list.calls, at / 8);
      return {
        pays: (rows) =>
          rows * list.products >= this.threshold &&
          rows >= dispatcher.leastRows &&
          (room === undefined || this.hasInt8Everywhere),
        run: (rows) => dispatcher.pass(rows, tile.rows, at / 8, (at + bytes) / 8),
        free,
      };
    } catch (error) {
      free();
      throw error;
    }
  }

  /** Whether all workers have the kernels of eight bits. */
  private get hasInt8Everywhere(): boolean {
    return Atomics.load(this.control, WORD.equipped) === this.options.threads - 1;
  }

  /** Returns and clears the failure of a worker, if there was one since the last call. */
  takeFailure(): WorkerError | undefined {
    const { failure } = this;
    this.failure = undefined;
    return failure;
  }

  /** Ends the workers. Products stay on the calling thread from now on. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.threshold = Infinity;
    Atomics.store(this.control, WORD.stop, 1);
    Atomics.add(this.control, WORD.signal, 1);
    Atomics.notify(this.control, WORD.signal);
    for (const worker of this.workers) worker.end();
  }

  /** Handles the end of a worker that was not asked to end. */
  private lose(index: number, reason: string): void {
    if (this.ended) return;
    this.failure = this.giveUp(`every worker expected to be running, but worker ${index} was lost: ${reason}`);
  }

  /** Ends all workers and returns the error that says why. */
  private giveUp(reason: string): WorkerError {
    this.end();
    this.lost = `threads: ${sentence(reason)} One thread continues.`;
    return new WorkerError(this.lost);
  }
}
