import { sentence } from '../../common/describe.js';
import { WorkerError } from '../../common/errors.js';
import type { GemmTnKernel, GemmKernel } from '../abi.js';
import type { LinearMemory } from '../linear-memory.js';
import type { Tile } from '../tile.js';
import { mayWait, processors, startWorker, type HostedWorker, type WorkerEvents } from './host.js';
import { countable, expireAfter } from './patience.js';
import { isReady, type WorkerStart } from './start.js';
import { WORKER_SOURCE } from './worker.generated.js';
import {
  BY_COLUMNS,
  BY_ROWS,
  CONTROL_BYTES,
  runChunks,
  MOST_CHUNKS,
  GEMM_TN,
  GEMM,
  ticketOf,
  WORD,
  type ThreadContext,
} from './job.js';

export interface PoolOptions {
  readonly module: WebAssembly.Module;
  readonly memory: LinearMemory;
  readonly tile: Tile;
  /** Threads that compute, the asking one included. */
  readonly threads: number;
  /** Address of the scratch of thread i: the first is the asking thread's. */
  readonly scratch: (thread: number) => number;
  /** Where thread i packs rows, or 0. */
  readonly packedA: (thread: number) => number;
  /** Starts a worker and sends it that. Throws what the platform throws where it refuses. */
  readonly start: StartWorker;
}

export type StartWorker = (start: WorkerStart, events: WorkerEvents) => Pick<HostedWorker, 'end'>;

/**
 * A compute worker of this thread's, from a file or from the text that the library carries. It does not keep a process
 * alive.
 */
export const startComputeWorker =
  (url: URL | undefined): StartWorker =>
  (start, events) => {
    const worker = startWorker(url ?? WORKER_SOURCE, events, { keepsAlive: false });
    worker.post(start);
    return worker;
  };

/**
 * Milliseconds that an idle worker keeps looking for work: longer than what stands between two products of a training
 * step, short enough to leave an idle machine idle. None where there are more threads than processors, since it would
 * keep another thread from its work.
 */
const SPIN_MS = 0.06;

/**
 * Looks at the count of finished chunks before the asking thread waits: some hundreds of microseconds, since to be
 * woken takes as long as a small chunk; few where there are more threads than processors.
 */
const LOOKS = 300_000;
const LOOKS_CROWDED = 1000;

/**
 * Milliseconds without a finished chunk, of which none takes more than some tens, after which a worker must be dead.
 */
const PATIENCE_MS = 10_000;

/**
 * Chunks per thread: at least two, so that a thread that is late leaves one to others; at most four, since every chunk
 * reads the whole of the operand that is not cut.
 */
const CHUNKS_PER_THREAD = [2, 3, 4] as const;

/** Multiply-adds below which a product stays on the asking thread, until it has been measured: some 60 µs. */
const USUAL_LEAST = 1_000_000;

/** Bounds of what is measured, and how many times what a hand-over costs a product has to take. */
const LEAST_BOUNDS = [250_000, 4_000_000] as const;
const WORTH = 16;

/** Multiply-adds per millisecond of one thread, about: what the kernels make on the machines that were tried. */
const RATE = 16e6;

/** Milliseconds until workers must have begun. */
const START_MS = 10_000;

/**
 * Rows of the output that a chunk is a multiple of: whole tiles of nearly every kind, so that none is left half used.
 */
const ROW_STEP = 12;

/**
 * Threads that share matrix products. The asking thread does chunks like all others, so a worker that is late, asleep
 * or gone is not waited for, but for the one chunk that it may have in hand.
 */
export class Pool {
  /** Multiply-adds from which on a product is shared. */
  least = USUAL_LEAST;
  private readonly control: Int32Array;
  private readonly thread: ThreadContext;
  private readonly workers: Pick<HostedWorker, 'end'>[] = [];
  private readonly waits = mayWait();
  private readonly looks: number;
  private readonly begun: Promise<void>;
  private job = 0;
  private ended = false;
  private failure: WorkerError | undefined;
  /** Why the threads are gone, once they are and nobody asked for it. */
  lost: string | undefined;

  constructor(private readonly options: PoolOptions) {
    const { module, memory, tile, threads, scratch, packedA } = options;
    this.control = memory.words(0, CONTROL_BYTES / 4);
    this.control.fill(0);
    this.thread = {
      control: this.control,
      gemm: tile.gemm,
      gemmTN: tile.gemmTN,
      scratch: scratch(0),
      packedA: packedA(0),
    };
    const crowded = threads > processors();
    const spin = crowded ? 0 : SPIN_MS;
    this.looks = crowded ? LOOKS_CROWDED : LOOKS;
    const starts = Array.from({ length: threads - 1 }, (_, index) => {
      let settle: { resolve(): void; reject(error: Error): void };
      const started = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
      // Nobody waits for it where one that comes after is refused.
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
      const start: WorkerStart = {
        role: 'compute',
        module,
        memory: memory.memory,
        tile: tile.name,
        scratch: scratch(index + 1),
        packedA: packedA(index + 1),
        index,
        spin,
      };
      try {
        this.workers.push(options.start(start, events));
      } catch (error) {
        // Those before it would be nobody's.
        this.end();
        throw error;
      }
      return started;
    });
    this.begun = Promise.all(starts).then(() => undefined);
    // Who does not wait for them reads `lost`.
    this.begun.catch(() => undefined);
  }

  get threads(): number {
    return this.options.threads;
  }

  /** Whether products are shared. */
  get live(): boolean {
    return !this.ended;
  }

  /**
   * Waits until all workers have begun, and measures from what size on a product is worth sharing; ends them all where
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
      this.measure();
    } catch {
      // `lost` says why, and one thread goes on.
    }
  }

  /** The tile with its kernels shared where that pays. */
  shared(): Tile {
    const { tile } = this.options;
    const { panelWidth, gemvColumns } = tile;
    const gemm: GemmKernel = (m, n, k, a, lda, b, init, ldi, c, ldc, packedA) => {
      if (this.ended || m * n * k < this.least) return tile.gemm(m, n, k, a, lda, b, init, ldi, c, ldc, packedA);
      this.cutRows(m, n, m === 1 ? gemvColumns : panelWidth);
      this.run(GEMM, m, n, k, a, lda, b, init, ldi, c, ldc);
    };
    const gemmTN: GemmTnKernel = (m, n, k, a, lda, b, ldb, c, accumulate, scratch) => {
      // Panels are what it can be cut into.
      if (this.ended || m * n * k < this.least || n <= panelWidth) {
        return tile.gemmTN(m, n, k, a, lda, b, ldb, c, accumulate, scratch);
      }
      this.cut(BY_COLUMNS, n, panelWidth);
      this.run(GEMM_TN, m, n, k, a, lda, b, ldb, c, accumulate, 0);
    };
    return { ...tile, gemm, gemmTN };
  }

  /** The failure of a worker since this was last asked. */
  takeFailure(): WorkerError | undefined {
    const { failure } = this;
    this.failure = undefined;
    return failure;
  }

  /** Ends the workers. Products stay on the asking thread from now on. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    Atomics.store(this.control, WORD.stop, 1);
    Atomics.add(this.control, WORD.signal, 1);
    Atomics.notify(this.control, WORD.signal);
    for (const worker of this.workers) worker.end();
  }

  private lose(index: number, reason: string): void {
    if (this.ended) return;
    this.failure = this.giveUp(`every worker expected to be there, but worker ${index} is gone: ${reason}`);
  }

  /** Cuts by columns, `width` of them at least, where there are enough for all, else by rows. */
  private cutRows(m: number, n: number, width: number): void {
    const { threads } = this.options;
    if (n >= 2 * threads * width || m < 2 * threads * ROW_STEP) this.cut(BY_COLUMNS, n, width);
    else this.cut(BY_ROWS, m, ROW_STEP);
  }

  /** Cuts `total` into chunks of whole steps: as many as make the longest part of a thread the shortest. */
  private cut(how: number, total: number, step: number): void {
    const { threads } = this.options;
    const steps = Math.ceil(total / step);
    let size = steps;
    let longest = Infinity;
    for (let i = 0; i < CHUNKS_PER_THREAD.length; i++) {
      const each = Math.ceil(steps / Math.min(MOST_CHUNKS, CHUNKS_PER_THREAD[i] * threads, steps));
      const part = each * Math.ceil(Math.ceil(steps / each) / threads);
      if (part >= longest) continue;
      longest = part;
      size = each;
    }
    const { control } = this;
    control[WORD.cut] = how;
    control[WORD.size] = size * step;
    control[WORD.chunks] = Math.ceil(steps / size);
  }

  /** Opens the job, helps, and waits for what others have in hand. */
  private run(
    kernel: number,
    p0: number,
    p1: number,
    p2: number,
    p3: number,
    p4: number,
    p5: number,
    p6: number,
    p7: number,
    p8: number,
    p9: number,
  ): void {
    const { control } = this;
    control[WORD.kernel] = kernel;
    const at = WORD.parameters;
    control[at] = p0;
    control[at + 1] = p1;
    control[at + 2] = p2;
    control[at + 3] = p3;
    control[at + 4] = p4;
    control[at + 5] = p5;
    control[at + 6] = p6;
    control[at + 7] = p7;
    control[at + 8] = p8;
    control[at + 9] = p9;
    const job = (this.job = (this.job + 1) | 0);
    const chunks = control[WORD.chunks];
    Atomics.store(control, WORD.done, 0);
    Atomics.store(control, WORD.ticket, ticketOf(job, chunks));
    Atomics.store(control, WORD.signal, job);
    if (Atomics.load(control, WORD.asleep) > 0) Atomics.notify(control, WORD.signal);
    runChunks(this.thread, job);
    for (let look = 0; Atomics.load(control, WORD.done) < chunks; look++) {
      if (look >= this.looks) {
        this.waitFor(chunks);
        break;
      }
    }
    if (control[WORD.failed] !== 0) this.refuse(`worker ${control[WORD.failed] - 1} failed in a kernel`);
  }

  /**
   * Waits for chunks that other threads have in hand, and lets their processor go where the platform lets a thread
   * wait.
   */
  private waitFor(chunks: number): void {
    const { control, waits } = this;
    let last = performance.now();
    let waited = 0;
    let before = -1;
    Atomics.store(control, WORD.waiting, 1);
    for (let done = Atomics.load(control, WORD.done); done < chunks; done = Atomics.load(control, WORD.done)) {
      const now = performance.now();
      waited = done === before ? waited + countable(now - last) : 0;
      before = done;
      last = now;
      if (waited > PATIENCE_MS) {
        this.refuse(`a worker has not finished its part for ${PATIENCE_MS / 1000} s`);
      }
      if (waits) Atomics.wait(control, WORD.done, done, 1);
    }
    Atomics.store(control, WORD.waiting, 0);
  }

  private refuse(reason: string): never {
    throw this.giveUp(`every worker expected to answer, but ${reason}`);
  }

  private giveUp(reason: string): WorkerError {
    this.end();
    this.lost = `threads: ${sentence(reason)} One thread goes on.`;
    return new WorkerError(this.lost);
  }

  /** Takes the time of a hand-over: a product of nothing, which has a chunk for each thread. */
  private measure(): void {
    const { control } = this;
    const chunks = Math.min(MOST_CHUNKS, this.options.threads);
    const times: number[] = [];
    for (let i = 0; i < 200; i++) {
      const start = performance.now();
      control[WORD.cut] = BY_ROWS;
      control[WORD.size] = 1;
      control[WORD.chunks] = chunks;
      this.run(GEMM, chunks, 0, 0, 0, 0, 0, 0, 0, 0, 0);
      times.push(performance.now() - start);
    }
    const middle = times.sort((a, b) => a - b)[times.length >> 1];
    const [lowest, highest] = LEAST_BOUNDS;
    this.least = Math.min(highest, Math.max(lowest, WORTH * middle * RATE));
  }
}
