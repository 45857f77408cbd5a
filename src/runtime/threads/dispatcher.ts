/**
 * The calling thread's side of a job: cuts a kernel call into chunks, opens the job in the control block, computes
 * chunks along with the workers, and waits for those that workers have taken. job.ts is the part that every thread does
 * of a job; pool.ts starts and ends the workers and decides which calls are shared.
 */
import type { WorkerError } from '../../common/errors.js';
import { Cutter, FLOAT_STEP, ROW_STEP } from './cutter.js';
import { mayWait } from './host.js';
import {
  finishChunks,
  GEMM,
  MOST_PARAMETERS,
  PASS,
  runChunks,
  ticketOf,
  WORD,
  type GEMM_TN,
  type ThreadContext,
} from './job.js';
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

/** Empty products that are timed to find the cost of a hand-over. */
const HAND_OVERS = 200;

export interface DispatcherOptions {
  /** The calling thread's kernels and memory. */
  readonly context: ThreadContext;
  /** Threads that compute, the calling one included. */
  readonly threads: number;
  /** Whether there are more threads than processors. */
  readonly crowded: boolean;
  /** Address of the scratch of thread i. */
  readonly scratch: (thread: number) => number;
  /** Ends all workers after the loss of one, and returns the error that says why. */
  readonly giveUp: (reason: string) => WorkerError;
  /** Takes that error where the job was finished all the same: no step may end with half of its update made. */
  readonly report: (error: WorkerError) => void;
}

/** Shares one kernel call at a time among the threads of a pool. */
export class Dispatcher {
  private readonly control: Int32Array;
  private readonly numbers: Float64Array;
  private readonly polls: number;
  private readonly waits = mayWait();
  private job = 0;
  private readonly cutter: Cutter;

  constructor(private readonly options: DispatcherOptions) {
    const { context, threads, crowded } = options;
    this.control = context.control;
    this.cutter = new Cutter(context.control, threads);
    this.numbers = context.numbers;
    this.polls = crowded ? POLLS_CROWDED : POLLS;
  }

  /**
   * Shares a product `GEMM` or `GEMM_TN` with an output (m, n). `width` are the columns of a panel, or of several that
   * stay together. `p2` … `p9` are the kernel's parameters in their order; a rest parameter would make an array for
   * each call.
   */
  product(
    kernel: typeof GEMM | typeof GEMM_TN,
    width: number,
    m: number,
    n: number,
    p2: number,
    p3: number,
    p4: number,
    p5: number,
    p6: number,
    p7: number,
    p8: number,
    p9: number,
  ): void {
    this.write(m, n, p2, p3, p4, p5, p6, p7, p8, p9, 0, 0, 0);
    this.cutter.output(m, n, width);
    this.run(kernel, 0);
  }

  /**
   * Shares a kernel (n, *x, …, scalars) that works float by float. `pointers` parameters follow n; the bits of
   * `changed` are those that point to floats which a killed worker must not leave half changed.
   */
  floats(
    kernel: number,
    length: number,
    pointers: number,
    changed: number,
    n: number,
    p1: number,
    p2: number,
    p3: number,
    p4: number,
    p5: number,
    p6: number,
    p7: number,
    p8: number,
    p9: number,
    p10: number,
    p11: number,
    p12: number,
  ): void {
    const { numbers, control } = this;
    const at = WORD.parameters / 2;
    this.write(n, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12);
    for (let i = 0; i < length; i++) {
      // A null pointer stands for a vector that there is not.
      const moves = i > 0 && i <= pointers && numbers[at + i] !== 0;
      numbers[WORD.strides / 2 + i] = moves ? 4 : 0;
      if (!moves) changed &= ~(1 << i);
    }
    control[WORD.length] = length;
    control[WORD.count] = 0;
    this.range(kernel, n, FLOAT_STEP, changed);
  }

  /** Shares f32_gather_rows. */
  gather(
    kernel: number,
    m: number,
    n: number,
    rows: number,
    source: number,
    indices: number,
    target: number,
    ld: number,
  ): void {
    this.write(m, n, rows, source, indices, target, ld, 0, 0, 0, 0, 0, 0);
    this.describe(7, 0);
    this.setStride(4, 4);
    this.setStride(5, 4 * ld);
    this.range(kernel, m, 1, 0);
  }

  /** Shares f32_transpose_panels, by panels of the result: those that a thread reads in the product that follows. */
  transpose(
    kernel: number,
    k: number,
    n: number,
    width: number,
    b: number,
    bt: number,
    skipped: number,
    panels: number,
  ): void {
    this.write(k, n, width, b, bt, skipped, panels, 0, 0, 0, 0, 0, 0);
    this.describe(7, 6);
    this.setStride(5, 1);
    this.range(kernel, panels, 1, 0);
  }

  /** Shares f32_column_sums, by columns. */
  columnSums(kernel: number, m: number, n: number, a: number, lda: number, out: number, accumulate: number): void {
    this.write(m, n, a, lda, out, accumulate, 0, 0, 0, 0, 0, 0, 0);
    this.describe(6, 1);
    this.setStride(2, 4);
    this.setStride(4, 4);
    this.range(kernel, n, FLOAT_STEP, 0);
  }

  /** Describes a kernel of `length` parameters, of which `count` is the one that is cut, and clears its strides. */
  private describe(length: number, count: number): void {
    const { control, numbers } = this;
    control[WORD.length] = length;
    control[WORD.count] = count;
    numbers.fill(0, WORD.strides / 2, WORD.strides / 2 + length);
  }

  /** Sets what is added to a parameter for each unit before a chunk. */
  private setStride(parameter: number, stride: number): void {
    this.numbers[WORD.strides / 2 + parameter] = stride;
  }

  /** Writes the parameters of a kernel, and 0 for those that it does not have. */
  private write(
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
    p10: number,
    p11: number,
    p12: number,
  ): void {
    const { numbers } = this;
    const at = WORD.parameters / 2;
    numbers[at] = p0;
    numbers[at + 1] = p1;
    numbers[at + 2] = p2;
    numbers[at + 3] = p3;
    numbers[at + 4] = p4;
    numbers[at + 5] = p5;
    numbers[at + 6] = p6;
    numbers[at + 7] = p7;
    numbers[at + 8] = p8;
    numbers[at + 9] = p9;
    numbers[at + 10] = p10;
    numbers[at + 11] = p11;
    numbers[at + 12] = p12;
  }

  /** Shares a range of units whose parameters and strides are written. */
  private range(kernel: number, units: number, step: number, changed: number): void {
    this.cutter.range(units, step);
    this.run(kernel, changed);
  }

  /** Fewest rows that a pass is divided for: a large part and a small one of whole tiles for each thread. */
  get leastRows(): number {
    return 2 * ROW_STEP * this.options.threads;
  }

  /** Shares a pass over rows, cut into whole tiles: the list of calls between two float64 (row-pass.ts). */
  pass(rows: number, tileRows: number, list: number, end: number): void {
    this.numbers[WORD.parameters / 2] = list;
    this.numbers[WORD.parameters / 2 + 1] = end;
    this.cutter.range(rows, tileRows);
    this.run(PASS, 0);
  }

  /** Opens the job that was cut, computes chunks, and waits until all are done. */
  private run(kernel: number, changed: number): void {
    this.open(kernel, changed);
    this.finish(changed);
  }

  private open(kernel: number, changed: number): void {
    const { control } = this;
    const { chunks } = this.cutter;
    control[WORD.kernel] = kernel;
    control[WORD.changed] = changed;
    control[WORD.done] = 0;
    if (changed !== 0) control.fill(0, WORD.progress, WORD.progress + chunks);
    const job = (this.job = (this.job + 1) | 0);
    Atomics.store(control, WORD.ticket, ticketOf(job, chunks));
    Atomics.store(control, WORD.signal, job);
    if (Atomics.load(control, WORD.asleep) > 0) Atomics.notify(control, WORD.signal);
  }

  /** Computes chunks of the job that is open, and waits until all are done. */
  private finish(changed: number): void {
    const { control } = this;
    const { chunks } = this.cutter;
    const { context, scratch, giveUp, report } = this.options;
    try {
      runChunks(context, this.job);
    } catch (error) {
      // Workers may still compute for this job, which does not end: there must be no next one for them.
      giveUp('the calling thread failed in a kernel');
      throw error;
    }
    let fault: string | undefined;
    for (let poll = 0; Atomics.load(control, WORD.done) < chunks; poll++) {
      if (poll < this.polls) continue;
      fault = this.waitFor(chunks);
      break;
    }
    if (control[WORD.failed] !== 0) fault = `worker ${control[WORD.failed] - 1} failed in a kernel`;
    if (fault === undefined) return;
    const error = giveUp(fault);
    if (changed === 0) throw error;
    finishChunks(context, chunks, scratch);
    report(error);
  }

  /**
   * Waits for chunks that other threads have taken, and frees the processor for them where this thread may wait.
   * Returns what is wrong, if they are not finished.
   */
  private waitFor(chunks: number): string | undefined {
    const { control, waits } = this;
    let last = performance.now();
    let waited = 0;
    let before = -1;
    let fault: string | undefined;
    Atomics.store(control, WORD.waiting, 1);
    for (let done = Atomics.load(control, WORD.done); done < chunks; done = Atomics.load(control, WORD.done)) {
      const now = performance.now();
      waited = done === before ? waited + countedWait(now - last) : 0;
      before = done;
      last = now;
      if (waited > PATIENCE_MS) {
        fault = `a worker has not finished its part for ${PATIENCE_MS / 1000} s`;
        break;
      }
      if (waits) Atomics.wait(control, WORD.done, done, 1);
    }
    Atomics.store(control, WORD.waiting, 0);
    return fault;
  }

  /** Tells the workers to leave their loop: each begins again with the message that was posted to it before. */
  restart(): void {
    const { control } = this;
    Atomics.add(control, WORD.restarts, 1);
    Atomics.store(control, WORD.signal, (this.job = (this.job + 1) | 0));
    Atomics.notify(control, WORD.signal);
  }

  /** Returns the median milliseconds of a hand-over: of an empty product with a chunk for each thread. */
  timeHandOver(): number {
    const { control } = this;
    const times: number[] = [];
    for (let i = 0; i < HAND_OVERS; i++) {
      const start = performance.now();
      this.numbers.fill(0, WORD.parameters / 2, WORD.parameters / 2 + MOST_PARAMETERS);
      control[WORD.width] = control[WORD.groups] = 1;
      this.cutter.singly();
      this.run(GEMM, 0);
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[times.length >> 1];
  }
}
