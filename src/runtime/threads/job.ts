/**
 * A job: one kernel call that several threads share, or a list of calls that each thread makes for some of the rows. It
 * is cut into chunks that no sum crosses: matrix products into blocks of their output, other kernels into ranges of
 * floats, rows, columns or panels. So no chunk changes a bit of another, and the result does not show which thread
 * computed a chunk. This file runs in the calling thread and in the workers; dispatcher.ts opens jobs and waits for
 * their end; in worker-loop.ts workers wait for the next job.
 */
import type { GemmTnKernel, GemmKernel } from '../abi.js';

/**
 * Indices of the 32-bit words of the control block, at the bottom of linear memory, where no kernel reads or writes.
 * Words that different threads write at the same time are in different lines of the cache, of 16 words.
 */
export const WORD = {
  /**
   * The number of the job, that of its chunks, and how many were taken from the back and from the front. Chunks are
   * taken by compare-and-exchange, so no thread takes a chunk of a job that is over, or compares a chunk of one job
   * with the count of the next.
   */
  ticket: 0,
  /** Number of the job; workers wait on it. */
  signal: 16,
  /** Number of workers that sleep and have to be woken. */
  asleep: 17,
  /** 1 when the pool ends. */
  stop: 18,
  /** How many times workers were told to leave their loop and to begin again with the next message. */
  restarts: 19,
  /** Chunks of the job that are done; the calling thread waits on it. */
  done: 32,
  /** 1 while the calling thread sleeps and has to be woken. */
  waiting: 33,
  /** Index of a worker whose kernel threw, from 1. */
  failed: 34,
  /** Number of workers that have the kernels of eight bits. */
  equipped: 35,
  /** Description of the job: its kernel, the number of the kernel's parameters and the one that is the count. */
  kernel: 48,
  length: 49,
  count: 50,
  /** One bit for each parameter that points to floats which the kernel changes and which a killed worker must not. */
  changed: 51,
  /** Of a product: columns of a panel, rows of a group, and groups of rows, into which a panel is cut. */
  width: 52,
  groupRows: 53,
  groups: 54,
  /** Sixteen float64 parameters, without the address of scratch memory, which differs between threads. */
  parameters: 64,
  /** Sixteen float64: what is added to each parameter for each float or row before a chunk. */
  strides: 96,
  /** First unit of each chunk, and the end of the last. Units are floats, rows, or a group of rows of one panel. */
  starts: 128,
  /** By chunk: what a worker has done of a job with `changed`; see `progressOf`. */
  progress: 192,
} as const;

/** Bytes of the control block, which is at address 0. */
export const CONTROL_BYTES = 1024;

const COUNT_BITS = 6;

/** Maximum number of chunks of a job. */
export const MOST_CHUNKS = (1 << COUNT_BITS) - 1;

/** Mask of the job's number in a ticket; numbers wrap around. */
const JOB_MASK = (1 << (32 - 3 * COUNT_BITS)) - 1;

/**
 * What a job computes instead of one kernel of a number: a product of the runtime's tile, or the calls of a list for
 * some rows (row-pass.ts).
 */
export const GEMM = -1;
export const GEMM_TN = -2;
export const PASS = -3;

/** Most parameters of a kernel. */
export const MOST_PARAMETERS = 16;

/** The kernels and the memory of one thread. */
export interface ThreadContext {
  /** 0 is the calling thread. */
  readonly index: number;
  readonly control: Int32Array;
  /** The same bytes. */
  readonly numbers: Float64Array;
  readonly gemm: GemmKernel;
  readonly gemmTN: GemmTnKernel;
  /** All kernels, in the order in which the module exports them; then those of eight bits, once there are such. */
  readonly kernels: readonly Kernel[];
  /** f32_copy, which keeps floats before they are changed. */
  readonly copy: Kernel;
  /** Returns linear memory as float64, at least the first `length`. */
  readonly doubles: (length: number) => Float64Array;
  readonly scratch: number;
  readonly packedA: number;
}

export type Kernel = (...args: number[]) => void;

/** Returns the ticket that opens job `job` of `chunks` chunks. */
export const ticketOf = (job: number, chunks: number): number =>
  ((job & JOB_MASK) << (3 * COUNT_BITS)) | (chunks << (2 * COUNT_BITS));

/**
 * Computes chunks of job `job` until none is left. Threads of even numbers take them from the front, others from the
 * back: of two threads each works on the same part of the weights in every job, which stays in its cache.
 */
export function runChunks(thread: ThreadContext, job: number): void {
  const { control, index } = thread;
  const fromBack = index % 2 === 1;
  for (;;) {
    const ticket = Atomics.load(control, WORD.ticket);
    if (ticket >>> (3 * COUNT_BITS) !== (job & JOB_MASK)) return;
    const chunks = (ticket >>> (2 * COUNT_BITS)) & MOST_CHUNKS;
    const back = (ticket >>> COUNT_BITS) & MOST_CHUNKS;
    const front = ticket & MOST_CHUNKS;
    if (front + back >= chunks) return;
    const next = ticket + (fromBack ? 1 << COUNT_BITS : 1);
    if (Atomics.compareExchange(control, WORD.ticket, ticket, next | 0) !== ticket) continue;
    // From here on the job waits for this chunk, so its parameters do not change.
    runChunk(thread, fromBack ? chunks - 1 - back : front);
    Atomics.add(control, WORD.done, 1);
    if (Atomics.load(control, WORD.waiting) === 1) Atomics.notify(control, WORD.done);
  }
}

function runChunk(thread: ThreadContext, chunk: number): void {
  const { control } = thread;
  const first = control[WORD.starts + chunk];
  const end = control[WORD.starts + chunk + 1];
  const kernel = control[WORD.kernel];
  if (kernel === PASS) runPass(thread, first, end - first);
  else if (kernel < 0) runBlocks(thread, first, end);
  else if (control[WORD.changed] === 0) runRange(thread, first, end - first);
  else if (thread.index === 0) finishRange(thread, chunk, first, end);
  else runKept(thread, chunk, first, end);
}

/** Computes the units `first` to `end` of a product: the rest of a panel, whole panels, and the beginning of one. */
function runBlocks(thread: ThreadContext, first: number, end: number): void {
  const { control } = thread;
  const groups = control[WORD.groups];
  let panel = Math.floor(first / groups);
  const last = Math.floor(end / groups);
  const group = first - panel * groups;
  const rest = end - last * groups;
  if (panel === last) {
    runBlock(thread, panel, 1, group, rest);
    return;
  }
  if (group > 0) runBlock(thread, panel++, 1, group, groups);
  if (panel < last) runBlock(thread, panel, last - panel, 0, groups);
  if (rest > 0) runBlock(thread, last, 1, 0, rest);
}

/** Computes the groups `group` to `end` of some panels of a product: of several panels, all groups. */
function runBlock(thread: ThreadContext, panel: number, panels: number, group: number, end: number): void {
  const { control, numbers } = thread;
  const at = WORD.parameters / 2;
  const m = numbers[at];
  const n = numbers[at + 1];
  const k = numbers[at + 2];
  const a = numbers[at + 3];
  const lda = numbers[at + 4];
  const width = control[WORD.width];
  const column = panel * width;
  const columns = Math.min(panels * width, n - column);
  const row = group * control[WORD.groupRows];
  const rows = Math.min(end * control[WORD.groupRows], m) - row;
  if (control[WORD.kernel] === GEMM) {
    // C (m, n) = init + A (m, k) · B
    const b = numbers[at + 5] + 4 * column * k;
    const init = numbers[at + 6];
    const ldi = numbers[at + 7];
    const ldc = numbers[at + 9];
    const from = init === 0 ? 0 : init + 4 * (row * ldi + column);
    const c = numbers[at + 8] + 4 * (row * ldc + column);
    thread.gemm(rows, columns, k, a + 4 * row * lda, lda, b, from, ldi, c, ldc, thread.packedA);
  } else {
    // C (m, n) = [C +] Aᵀ · B in panels. The last may be narrower, by whole vectors.
    const own = Math.min(width, 4 * Math.ceil((n - column) / 4));
    const c = numbers[at + 7] + 4 * (column * m + row * own);
    const b = numbers[at + 5] + 4 * column;
    thread.gemmTN(rows, columns, k, a + 4 * row, lda, b, numbers[at + 6], c, numbers[at + 8], thread.scratch);
  }
}

/** Arguments by their number: `apply` needs a list, and a new one for each call would be garbage. */
const lists: readonly number[][] = /* @__PURE__ */ Array.from({ length: MOST_PARAMETERS + 1 }, (_, length) =>
  Array<number>(length).fill(0),
);

/** Calls the kernel of a job for the units from `first` on. */
function runRange({ control, numbers, kernels }: ThreadContext, first: number, count: number): void {
  const length = control[WORD.length];
  const args = lists[length];
  for (let i = 0; i < length; i++) {
    const stride = numbers[WORD.strides / 2 + i];
    // A scalar may be −0, to which 0 must not be added.
    args[i] = numbers[WORD.parameters / 2 + i] + (stride === 0 ? -0 : first * stride);
  }
  args[control[WORD.count]] = count;
  kernels[control[WORD.kernel]].apply(undefined, args);
}

/**
 * Runs the calls of a list for `count` rows from row `first` on. For each call the list has the number of its kernel,
 * that of its arguments, and of each argument a constant, what is added for each row, and for each row before the first.
 * Products have the number −1 − n, and their last argument is the thread's own room for packed operands.
 */
function runPass(thread: ThreadContext, first: number, count: number): void {
  const { numbers, kernels } = thread;
  let at = numbers[WORD.parameters / 2];
  const end = numbers[WORD.parameters / 2 + 1];
  const list = thread.doubles(end);
  while (at < end) {
    const number = list[at++];
    const args = lists[list[at++]];
    for (let i = 0; i < args.length; i++, at += 3) {
      const constant = list[at];
      const perRow = list[at + 1];
      const perFirst = list[at + 2];
      // A scalar may be −0, to which 0 must not be added.
      args[i] = perRow === 0 && perFirst === 0 ? constant : constant + count * perRow + first * perFirst;
    }
    if (number < 0) args[args.length - 1] = thread.packedA;
    kernels[number < 0 ? -1 - number : number].apply(undefined, args);
  }
}

/**
 * Floats between two notes of a worker's progress: 8 KiB of each vector, so that the floats that are kept stay in the
 * first-level cache beside those that change.
 */
export const KEPT_FLOATS = 2048;

/**
 * What a worker has done of a chunk: its floats before `first` are changed. While `keeps` is set, the next
 * `KEPT_FLOATS`, or those to the end of the chunk, may be changed in part, and what they were is in the scratch memory
 * of thread `index`.
 */
interface Progress {
  readonly first: number;
  readonly index: number;
  readonly keeps: boolean;
}

const INDEX_BITS = 7;

/** Returns the word that notes a worker's progress: blocks that are done, who works on the next, whether it keeps it. */
const noteOf = (blocks: number, index: number, keeps: boolean): number =>
  (((blocks << INDEX_BITS) | index) << 1) | (keeps ? 1 : 0);

/** Reads the progress of a chunk that starts at `first`. */
function progressOf(control: Int32Array, chunk: number, first: number): Progress {
  const note = Atomics.load(control, WORD.progress + chunk);
  return {
    first: first + KEPT_FLOATS * (note >> (INDEX_BITS + 1)),
    index: (note >> 1) & ((1 << INDEX_BITS) - 1),
    keeps: (note & 1) === 1,
  };
}

/** Runs the units from `at` to the end of a chunk in the calling thread, and notes that the chunk is done. */
function finishRange(thread: ThreadContext, chunk: number, at: number, end: number): void {
  runRange(thread, at, end - at);
  const { control } = thread;
  const blocks = Math.ceil((end - control[WORD.starts + chunk]) / KEPT_FLOATS);
  Atomics.store(control, WORD.progress + chunk, noteOf(blocks, 0, false));
}

/**
 * Finishes a job that changes weights after workers were lost: in each chunk, puts back what was changed in part, and
 * computes the rest. `scratchOf` returns the address of a thread's scratch memory.
 */
export function finishChunks(thread: ThreadContext, chunks: number, scratchOf: (index: number) => number): void {
  const { control } = thread;
  for (let chunk = 0; chunk < chunks; chunk++) {
    const start = control[WORD.starts + chunk];
    const end = control[WORD.starts + chunk + 1];
    const { first, index, keeps } = progressOf(control, chunk, start);
    if (keeps) keep(thread, first, Math.min(KEPT_FLOATS, end - first), scratchOf(index), false);
    if (first < end) finishRange(thread, chunk, first, end);
  }
}

/**
 * Runs a job that changes weights, in a worker, which may be killed at any moment: each block of floats is copied
 * before it is changed, and the progress is noted in between, so that the calling thread can finish the chunk.
 */
function runKept(thread: ThreadContext, chunk: number, first: number, end: number): void {
  const { control, index } = thread;
  for (let at = first, blocks = 0; at < end; at += KEPT_FLOATS, blocks++) {
    // A worker that was given up as lost may wake later: the calling thread has computed the rest then.
    if (Atomics.load(control, WORD.stop) === 1) return;
    const count = Math.min(KEPT_FLOATS, end - at);
    keep(thread, at, count, thread.scratch, true);
    Atomics.store(control, WORD.progress + chunk, noteOf(blocks, index, true));
    runRange(thread, at, count);
    Atomics.store(control, WORD.progress + chunk, noteOf(blocks + 1, index, false));
  }
}

/** Copies the floats from `first` on of all vectors that a job changes to scratch memory, or back. */
function keep(
  { control, numbers, copy }: ThreadContext,
  first: number,
  count: number,
  scratch: number,
  save: boolean,
): void {
  let kept = scratch;
  for (let i = 0, changed = control[WORD.changed]; changed !== 0; i++, changed >>= 1) {
    if ((changed & 1) === 0) continue;
    const at = numbers[WORD.parameters / 2 + i] + 4 * first;
    if (save) copy(count, at, kept);
    else copy(count, kept, at);
    kept += 4 * KEPT_FLOATS;
  }
}
