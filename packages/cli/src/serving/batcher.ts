/**
 * Joins the rows of requests that wait at the same time, so that one prediction computes them all. The bits of a row do
 * not depend on the rows beside it, so neither do those of a reply.
 */
import type { Rows } from './servables/servable.js';
import type { OutputValues } from './protocol/response.js';

/** Takes the outputs of its rows, which start at row `first` of `values`; or the error. */
export type Done = (error: unknown, values: readonly OutputValues[], first: number) => void;

/** Computes rows, now or later. Calls `done` once. */
export type Execute<R extends Rows> = (
  rows: R,
  done: (error: unknown, values: readonly OutputValues[]) => void,
) => void;

export interface BatchOptions {
  /** Most rows of a batch; a request of more is a batch of its own. */
  readonly size: number;
  /** Milliseconds for which rows wait for others; 0: until the requests that have arrived are read. */
  readonly delay: number;
  /** Most batches that are computed at a time. */
  readonly concurrency: number;
}

interface Job<R extends Rows> {
  readonly rows: R;
  readonly done: Done;
}

const NOTHING: readonly OutputValues[] = [];

export class Batcher<R extends Rows> {
  private waiting: Job<R>[] = [];
  private waitingRows = 0;
  private running = 0;
  private immediate: NodeJS.Immediate | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly join: (parts: readonly R[]) => R,
    private readonly execute: Execute<R>,
    private readonly options: BatchOptions,
    /** Told of the number of requests of each batch. */
    private readonly onBatch: (requests: number) => void,
  ) {}

  add(rows: R, done: Done): void {
    this.waiting.push({ rows, done });
    this.waitingRows += rows.rows;
    const { delay, size } = this.options;
    if (delay === 0 || this.waitingRows >= size) this.immediate ??= setImmediate(this.flush);
    else this.timer ??= setTimeout(this.flush, delay);
  }

  private readonly flush = (): void => {
    if (this.immediate !== undefined) clearImmediate(this.immediate);
    if (this.timer !== undefined) clearTimeout(this.timer);
    this.immediate = this.timer = undefined;
    while (this.waiting.length > 0 && this.running < this.options.concurrency) this.start(this.take());
  };

  /** Takes requests of at most `size` rows, at least one. */
  private take(): Job<R>[] {
    const { waiting } = this;
    let rows = waiting[0].rows.rows;
    let count = 1;
    for (; count < waiting.length; count++) {
      const more = rows + waiting[count].rows.rows;
      if (more > this.options.size) break;
      rows = more;
    }
    this.waitingRows -= rows;
    if (count === waiting.length) {
      this.waiting = [];
      return waiting;
    }
    return waiting.splice(0, count);
  }

  private start(jobs: readonly Job<R>[]): void {
    this.onBatch(jobs.length);
    this.running += 1;
    const rows = jobs.length === 1 ? jobs[0].rows : this.join(jobs.map((job) => job.rows));
    let isSynchronous = true;
    this.execute(rows, (error, values) => {
      this.running -= 1;
      if (error === undefined) deliver(jobs, values);
      else if (jobs.length === 1) jobs[0].done(error, NOTHING, 0);
      // One of them is at fault: alone, each gets what is its own.
      else for (const job of jobs) this.start([job]);
      if (!isSynchronous && this.waiting.length > 0) this.flush();
    });
    isSynchronous = false;
  }
}

function deliver(jobs: readonly Job<Rows>[], values: readonly OutputValues[]): void {
  let first = 0;
  for (const { rows, done } of jobs) {
    done(undefined, values, first);
    first += rows.rows;
  }
}
