/**
 * A job: one matrix product that several threads share. It is cut into chunks of whole panels or whole rows of the
 * output, never along the sum, so no chunk changes a bit of another, and the result does not show which thread computed
 * a chunk. This file runs in the calling thread and in the workers; dispatcher.ts opens jobs and waits for their end;
 * in worker-loop.ts workers wait for the next job.
 */
import type { GemmTnKernel, GemmKernel } from '../abi.js';

/**
 * Indices of the 32-bit words of the control block, at the bottom of linear memory, where no kernel reads or writes.
 */
export const WORD = {
  /**
   * The number of the job in the upper bits, then six bits for the number of its chunks and six for the next chunk.
   * Chunks are taken by compare-and-exchange, so no thread takes a chunk of a job that is over, or compares a chunk of
   * one job with the count of the next.
   */
  ticket: 0,
  /** Number of the job; workers wait on it. */
  signal: 1,
  /** Chunks of the job that are done; the calling thread waits on it. */
  done: 2,
  /** Number of workers that sleep and have to be woken. */
  asleep: 3,
  /** 1 while the calling thread sleeps and has to be woken. */
  waiting: 4,
  /** 1 when the pool ends. */
  stop: 5,
  /** Index of a worker whose kernel threw, from 1. */
  failed: 6,
  /**
   * Description of the job: its kernel, how it is cut, its number of chunks and their size. Only the calling thread
   * reads `chunks`: workers take the number from the ticket.
   */
  kernel: 16,
  cut: 17,
  chunks: 18,
  size: 19,
  /** The kernel's parameters, except the scratch address, which differs between threads. */
  parameters: 20,
} as const;

/** Bytes of the control block, which is at address 0. */
export const CONTROL_BYTES = 256;

const CHUNK_BITS = 6;

/** Maximum number of chunks of a job. */
export const MOST_CHUNKS = (1 << CHUNK_BITS) - 1;

/** Mask of the job's number in a ticket; numbers wrap around. */
const JOB_MASK = (1 << (32 - 2 * CHUNK_BITS)) - 1;

export const GEMM = 0;
export const GEMM_TN = 1;

/** By columns: in whole panels. By rows: in rows of the output. */
export const BY_COLUMNS = 0;
export const BY_ROWS = 1;

/** The kernels and the memory of one thread. */
export interface ThreadContext {
  readonly control: Int32Array;
  readonly gemm: GemmKernel;
  readonly gemmTN: GemmTnKernel;
  readonly scratch: number;
  readonly packedA: number;
}

/** Returns the ticket that opens job `job` of `chunks` chunks. */
export const ticketOf = (job: number, chunks: number): number =>
  ((job & JOB_MASK) << (2 * CHUNK_BITS)) | (chunks << CHUNK_BITS);

/** Computes chunks of job `job` until none is left. */
export function runChunks(thread: ThreadContext, job: number): void {
  const { control } = thread;
  for (;;) {
    const ticket = Atomics.load(control, WORD.ticket);
    if (ticket >>> (2 * CHUNK_BITS) !== (job & JOB_MASK)) return;
    const chunk = ticket & MOST_CHUNKS;
    if (chunk >= ((ticket >>> CHUNK_BITS) & MOST_CHUNKS)) return;
    if (Atomics.compareExchange(control, WORD.ticket, ticket, (ticket + 1) | 0) !== ticket) continue;
    // From here on the job waits for this chunk, so its parameters do not change.
    if (control[WORD.kernel] === GEMM) runGemm(thread, chunk);
    else runGemmTn(thread, chunk);
    Atomics.add(control, WORD.done, 1);
    if (Atomics.load(control, WORD.waiting) === 1) Atomics.notify(control, WORD.done);
  }
}

/** Reads an address. Words are signed, and addresses may be above 2 GiB. */
const address = (control: Int32Array, index: number): number => control[WORD.parameters + index] >>> 0;

/** Computes a chunk of C (m, n) = init + A (m, k) · B. Reads the parameters in the order of the kernel. */
function runGemm({ control, gemm, packedA }: ThreadContext, chunk: number): void {
  const first = chunk * control[WORD.size];
  const at = WORD.parameters;
  let m = control[at];
  let n = control[at + 1];
  const k = control[at + 2];
  let a = address(control, 3);
  const lda = control[at + 4];
  let b = address(control, 5);
  let init = address(control, 6);
  const ldi = control[at + 7];
  let c = address(control, 8);
  const ldc = control[at + 9];
  if (control[WORD.cut] === BY_COLUMNS) {
    n = Math.min(control[WORD.size], n - first);
    b += 4 * first * k;
    c += 4 * first;
    if (init !== 0) init += 4 * first;
  } else {
    m = Math.min(control[WORD.size], m - first);
    a += 4 * first * lda;
    c += 4 * first * ldc;
    if (init !== 0) init += 4 * first * ldi;
  }
  gemm(m, n, k, a, lda, b, init, ldi, c, ldc, packedA);
}

/** Computes a chunk of panels of C (m, n) = [C +] Aᵀ · B. */
function runGemmTn({ control, gemmTN, scratch }: ThreadContext, chunk: number): void {
  const first = chunk * control[WORD.size];
  const at = WORD.parameters;
  const m = control[at];
  const n = Math.min(control[WORD.size], control[at + 1] - first);
  const b = address(control, 5) + 4 * first;
  const c = address(control, 7) + 4 * first * m;
  gemmTN(m, n, control[at + 2], address(control, 3), control[at + 4], b, control[at + 6], c, control[at + 8], scratch);
}
