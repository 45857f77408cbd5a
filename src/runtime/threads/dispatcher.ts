/**
 * The calling thread's side of a job: cuts a matrix product into chunks, opens the job in the control block, computes
 * chunks along with the workers, and waits for those that workers have taken. job.ts is the part that every thread does
 * of a job; pool.ts starts and ends the workers and decides which products are shared.
 */
import { mayWait } from './host.js';
import { BY_COLUMNS, BY_ROWS, GEMM, MOST_CHUNKS, runChunks, ticketOf, WORD, type ThreadContext } from './job.js';
import { countedWait } from './time-out.js';

/**
 * Polls of the count of finished chunks before the calling thread waits: some hundreds of microseconds, since waking up
 * takes as long as a small chunk. Few where there are more threads than processors.
 */
const POLLS = 300_000;
const POLLS_CROWDED = 1000;

/**
 * Milliseconds without a finished chunk after which a worker must be dead. A chunk takes some tens of milliseconds at
 * most.
 */
const PATIENCE_MS = 10_000;

/**
 * Chunks per thread: at least two, so that a thread that is late leaves one to others; at most four, since every chunk
 * reads the whole of the operand that is not cut.
 */
const CHUNKS_PER_THREAD = [2, 3, 4] as const;

/** Chunks are a multiple of this many rows of the output: whole tiles of nearly every kind, so none is half used. */
const ROW_STEP = 12;

/** Empty products that are timed to find the cost of a hand-over. */
const HAND_OVERS = 200;

export interface DispatcherOptions {
  /** The calling thread's kernels and memory. */
  readonly context: ThreadContext;
  /** Threads that compute, the calling one included. */
  readonly threads: number;
  /** Whether there are more threads than processors. */
  readonly crowded: boolean;
  /** Throws for a worker that failed, after ending them all. */
  readonly fail: (reason: string) => never;
}

/** Shares one product at a time among the threads of a pool. */
export class Dispatcher {
  private readonly context: ThreadContext;
  private readonly control: Int32Array;
  private readonly threads: number;
  private readonly fail: (reason: string) => never;
  private readonly polls: number;
  private readonly waits = mayWait();
  private job = 0;

  constructor({ context, threads, crowded, fail }: DispatcherOptions) {
    this.context = context;
    this.control = context.control;
    this.threads = threads;
    this.fail = fail;
    this.polls = crowded ? POLLS_CROWDED : POLLS;
  }

  /** Cuts an output (m, n) by columns, in steps of `width`, if there are enough for all threads, else by rows. */
  cutOutput(m: number, n: number, width: number): void {
    const { threads } = this;
    if (n >= 2 * threads * width || m < 2 * threads * ROW_STEP) this.cut(BY_COLUMNS, n, width);
    else this.cut(BY_ROWS, m, ROW_STEP);
  }

  /** Cuts an output of n columns by columns, in steps of `width`. */
  cutColumns(n: number, width: number): void {
    this.cut(BY_COLUMNS, n, width);
  }

  /**
   * Cuts `total` into chunks of whole steps, with the number of chunks that makes the longest part of a thread
   * shortest.
   */
  private cut(how: number, total: number, step: number): void {
    const { control, threads } = this;
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
    control[WORD.cut] = how;
    control[WORD.size] = size * step;
    control[WORD.chunks] = Math.ceil(steps / size);
  }

  /**
   * Opens a job on the product that was cut last, computes chunks, and waits until all are done. `p0` … `p9` are the
   * kernel's parameters in their order; a rest parameter would make an array for each call.
   */
  run(
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
    runChunks(this.context, job);
    for (let poll = 0; Atomics.load(control, WORD.done) < chunks; poll++) {
      if (poll >= this.polls) {
        this.waitFor(chunks);
        break;
      }
    }
    if (control[WORD.failed] !== 0) this.fail(`worker ${control[WORD.failed] - 1} failed in a kernel`);
  }

  /** Waits for chunks that other threads have taken, and frees the processor for them where this thread may wait. */
  private waitFor(chunks: number): void {
    const { control, waits } = this;
    let last = performance.now();
    let waited = 0;
    let before = -1;
    Atomics.store(control, WORD.waiting, 1);
    for (let done = Atomics.load(control, WORD.done); done < chunks; done = Atomics.load(control, WORD.done)) {
      const now = performance.now();
      waited = done === before ? waited + countedWait(now - last) : 0;
      before = done;
      last = now;
      if (waited > PATIENCE_MS) {
        this.fail(`a worker has not finished its part for ${PATIENCE_MS / 1000} s`);
      }
      if (waits) Atomics.wait(control, WORD.done, done, 1);
    }
    Atomics.store(control, WORD.waiting, 0);
  }

  /** Returns the median milliseconds of a hand-over: of an empty product with a chunk for each thread. */
  timeHandOver(): number {
    const { control } = this;
    const chunks = Math.min(MOST_CHUNKS, this.threads);
    const times: number[] = [];
    for (let i = 0; i < HAND_OVERS; i++) {
      const start = performance.now();
      control[WORD.cut] = BY_ROWS;
      control[WORD.size] = 1;
      control[WORD.chunks] = chunks;
      this.run(GEMM, chunks, 0, 0, 0, 0, 0, 0, 0, 0, 0);
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[times.length >> 1];
  }
}
