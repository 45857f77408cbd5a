/**
 * The progress that `fit` writes with `verbose`: on a terminal a line per epoch that is written anew as training goes
 * on, elsewhere a line when an epoch is over. A worker that trains sends its progress to the calling side, which
 * writes.
 */
import type { Logs } from './execution-context.js';

/** State of a training. */
export interface Progress {
  readonly epoch: number;
  /** Batches so far in the epoch, and in all of it where that is known. */
  readonly batches: number;
  readonly of: number | undefined;
  readonly logs: Logs;
  /** Whether the epoch is over. */
  readonly done: boolean;
}

/** Milliseconds between two writes of the same line. */
const INTERVAL_MS = 100;

/** Calls `report` now and then while an epoch runs, and after each. */
export class ProgressReporter {
  private last = -Infinity;

  constructor(private readonly report: (progress: Progress) => void) {}

  /** Called after each batch; `state` is called only when it is time to report. */
  during(state: () => Omit<Progress, 'done'>): void {
    const now = performance.now();
    if (now - this.last < INTERVAL_MS) return;
    this.last = now;
    this.report({ ...state(), done: false });
  }

  /** Called after each epoch. */
  after(state: Omit<Progress, 'done'>): void {
    this.last = performance.now();
    this.report({ ...state, done: true });
  }
}

/** The standard output of Node, Deno or Bun. */
interface Output {
  readonly isTTY?: boolean;
  /** Characters of a line of a terminal. */
  readonly columns?: number;
  write(text: string): unknown;
}

/** Writes progress for a person to read, where there is a standard output; pages have none, and get nothing. */
export class ProgressLine {
  private readonly output = (globalThis as { process?: { stdout?: Output } }).process?.stdout;
  private readonly updates: boolean;
  private started = performance.now();
  /** Whether the cursor is behind an unfinished line. */
  private open = false;

  constructor(
    verbosity: 0 | 1 | 2,
    /** Index of the last epoch plus 1. */
    private readonly epochs: number,
  ) {
    this.updates = verbosity === 1 && this.output?.isTTY === true;
  }

  show(progress: Progress): void {
    const { output, updates } = this;
    if (output === undefined || (!progress.done && !updates)) return;
    const text = this.textOf(progress);
    if (progress.done) this.started = performance.now();
    // If writing throws, no end is written either.
    this.open = false;
    // Returns to the start of the line, writes, and clears what is left of a longer text. A line that is wider than the
    // terminal would be two, of which only one is written anew.
    if (updates) output.write(`\r${progress.done ? text : text.slice(0, (output.columns ?? 80) - 1)}\u001b[K`);
    else output.write(text);
    if (progress.done) output.write('\n');
    this.open = !progress.done;
  }

  /** Ends a line that was being updated when training stopped. */
  end(): void {
    if (this.open) this.output?.write('\n');
    this.open = false;
  }

  private textOf({ epoch, batches, of, logs, done }: Progress): string {
    const seconds = ((performance.now() - this.started) / 1000).toFixed(1);
    const part = done || of === undefined ? `${batches}` : `${batches}/${of}`;
    const values = Object.entries(logs).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
    return [`Epoch ${epoch + 1}/${this.epochs}`, `${part} batches`, `${seconds} s`, ...values].join('  ');
  }
}
