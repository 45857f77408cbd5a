/**
 * Threads that compute for the server, so that large models do not hold up its connections. A thread that is lost is
 * replaced; what it was computing is computed here.
 */
import { Worker } from 'node:worker_threads';
import { RequestError } from '../protocol/request-error.js';
import type { OutputValues } from '../protocol/response.js';
import { computeHere, type Installer } from '../served-models.js';
import type { Rows, Servable } from '../servables/servable.js';
import type { Order, Report } from './messages.js';

interface Job {
  readonly servable: Servable;
  readonly rows: Rows;
  readonly done: (error: unknown, values: readonly OutputValues[]) => void;
}

interface Log {
  error(fields: object, message: string): void;
}

/** Milliseconds before a lost thread is replaced: one that is lost at once, again and again, takes no processor. */
const REPLACED_AFTER = 1000;

/** A model in a thread: whether it is there yet. */
type Waiting = (error: string | undefined) => void;

class Thread {
  readonly jobs = new Map<number, Job>();
  readonly installing = new Map<number, Waiting>();
  /** Models that are there. */
  readonly installed = new Set<number>();

  constructor(readonly worker: Worker) {}

  order(order: Order): void {
    this.worker.postMessage(order);
  }
}

export class WorkerPool {
  private readonly threads = new Set<Thread>();
  private readonly models = new Map<number, Servable>();
  private nextModel = 0;
  private nextJob = 0;
  private isEnded = false;

  constructor(
    count: number,
    private readonly log: Log,
    /** The built program of a thread. */
    private readonly program = new URL('./serving-thread.js', import.meta.url),
  ) {
    for (let i = 0; i < count; i++) this.start();
  }

  /** Makes a model known to all threads. */
  readonly install: Installer = async (servable) => {
    const id = this.nextModel++;
    this.models.set(id, servable);
    await Promise.all([...this.threads].map((thread) => this.installIn(thread, id, servable)));
    return {
      execute: (rows, done) => this.run(id, { servable, rows, done }),
      remove: () => {
        this.models.delete(id);
        for (const thread of this.threads) thread.order({ kind: 'remove', id });
      },
    };
  };

  /** Ends the threads. Rows that they still have are computed here. */
  async end(): Promise<void> {
    this.isEnded = true;
    await Promise.all([...this.threads].map(({ worker }) => worker.terminate()));
  }

  private start(): void {
    const thread = new Thread(new Worker(this.program));
    const { worker } = thread;
    this.threads.add(thread);
    worker.on('message', (report: Report) => this.take(thread, report));
    worker.on('error', (error) => this.log.error({ err: error }, 'a thread was lost'));
    worker.on('exit', () => this.lose(thread));
    for (const [id, servable] of this.models) void this.installIn(thread, id, servable);
  }

  /** Resolves when the model is there, or cannot be: then others compute it. */
  private installIn(thread: Thread, id: number, servable: Servable): Promise<void> {
    return new Promise((resolve) => {
      thread.installing.set(id, (error) => {
        if (error === undefined) thread.installed.add(id);
        else this.log.error({ error }, 'a thread does not take the model');
        resolve();
      });
      thread.order({ kind: 'install', id, setup: servable.setup() });
    });
  }

  private take(thread: Thread, report: Report): void {
    if (report.kind === 'installed') {
      thread.installing.get(report.id)?.(report.error);
      thread.installing.delete(report.id);
      return;
    }
    const job = thread.jobs.get(report.job)!;
    thread.jobs.delete(report.job);
    if (report.kind === 'computed') job.done(undefined, report.values);
    else {
      const { status, message } = report;
      job.done(status === undefined ? new Error(message) : new RequestError(message, status), []);
    }
  }

  /** Gives rows to the thread with the least to do. */
  private run(id: number, job: Job): void {
    let best: Thread | undefined;
    for (const thread of this.threads) {
      if (thread.installed.has(id) && (best === undefined || thread.jobs.size < best.jobs.size)) best = thread;
    }
    if (best === undefined) {
      here(job);
      return;
    }
    const number = this.nextJob++;
    best.jobs.set(number, job);
    best.order({ kind: 'compute', job: number, id, rows: job.rows });
  }

  private lose(thread: Thread): void {
    this.threads.delete(thread);
    for (const ready of thread.installing.values()) ready(undefined);
    for (const job of thread.jobs.values()) here(job);
    if (this.isEnded) return;
    setTimeout(() => {
      if (!this.isEnded) this.start();
    }, REPLACED_AFTER).unref();
  }
}

const here = ({ servable, rows, done }: Job): void => computeHere(servable)(rows, done);
