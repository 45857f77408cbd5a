/**
 * Cuts a job into chunks, and writes in the control block where they start. dispatcher.ts opens the job, job.ts
 * computes its chunks.
 */
import { MOST_CHUNKS, WORD } from './job.js';

/**
 * The parts of a job that are large are for one thread each. Of what a thread would have to do, this share is cut off
 * and left to the thread that comes first: one may be late, or slower.
 */
const SMALL_SHARE = 1 / 8;

/**
 * Of products with many columns it is more: kernels pack their operands from 64 columns on, which a small part has to
 * have as well, with a panel to spare for the rounding to whole panels.
 */
const PACKED_COLUMNS = 64;
const MANY_COLUMNS = 3 * PACKED_COLUMNS;

/**
 * Panels are cut into groups of rows where a thread has fewer of them than this: 1.6 % of its part. Groups are a
 * multiple of twelve rows: whole tiles of nearly every kind, so none is half used.
 */
const FINE_PANELS = 64;
export const ROW_STEP = 12;

/** Ranges of floats begin at whole lines of the cache. */
export const FLOAT_STEP = 16;

/** Cuts jobs for a number of threads. */
export class Cutter {
  /** Chunks of the job that was cut last. */
  chunks = 0;
  private end = 0;

  constructor(
    private readonly control: Int32Array,
    private readonly threads: number,
  ) {}

  /** Cuts an output (m, n) into blocks of its columns, where these are few into groups of rows as well. */
  output(m: number, n: number, width: number): void {
    const { control, threads } = this;
    const panels = Math.ceil(n / width);
    const wanted = Math.ceil((FINE_PANELS * threads) / panels);
    const groupRows = ROW_STEP * Math.ceil(m / Math.min(Math.max(1, Math.floor(m / ROW_STEP)), wanted) / ROW_STEP);
    const groups = Math.ceil(m / groupRows);
    control[WORD.width] = width;
    control[WORD.groupRows] = groupRows;
    control[WORD.groups] = groups;
    const part = n / threads;
    const small = part >= MANY_COLUMNS ? Math.max(PACKED_COLUMNS + width, part / 4) : part * SMALL_SHARE;
    // Parts of several panels are whole panels, which one call computes, except where a panel is much of a part.
    this.cut(part - small, small, panels * groups, groups / width, panels < 2 * threads ? 1 : groups, 1);
  }

  /**
   * Cuts into large parts at both ends and as many small ones between them, and writes where they start in units. A
   * part has sizes that `scale` turns into units. Large parts begin and end at multiples of `step` units, small ones
   * meet at multiples of `fine`.
   */
  private cut(large: number, small: number, units: number, scale: number, step: number, fine: number): void {
    const { control, threads } = this;
    const back = threads >> 1;
    const front = threads - back;
    this.chunks = this.end = 0;
    let at = 0;
    control[WORD.starts] = 0;
    if (2 * threads > MOST_CHUNKS) {
      const most = Math.min(threads, MOST_CHUNKS);
      for (let i = 1; i <= most; i++) this.endChunk((i * units) / most, units, i === most ? 1 : fine);
      return;
    }
    for (let i = 1; i <= front; i++) this.endChunk((at += scale * large), units, step);
    for (let i = 1; i < threads; i++) this.endChunk((at += scale * small), units, fine);
    at += scale * small;
    for (let i = 0; i < back; i++, at += scale * large) this.endChunk(at, units, step);
    this.endChunk(units, units, 1);
  }

  /** Cuts a range of units into parts of whole steps. */
  range(units: number, step: number): void {
    const part = units / this.threads;
    this.cut(part * (1 - SMALL_SHARE), part * SMALL_SHARE, units, 1, step, step);
  }

  /** Cuts into a chunk of one unit for each thread. */
  singly(): void {
    const { control } = this;
    this.chunks = Math.min(MOST_CHUNKS, this.threads);
    for (let chunk = 0; chunk <= this.chunks; chunk++) control[WORD.starts + chunk] = chunk;
  }

  /** Ends a chunk at a unit, rounded to a multiple of `step`, unless it would be empty. */
  private endChunk(at: number, units: number, step: number): void {
    const end = Math.min(units, step * Math.round(at / step));
    if (end <= this.end) return;
    this.end = end;
    this.control[WORD.starts + ++this.chunks] = end;
  }
}
