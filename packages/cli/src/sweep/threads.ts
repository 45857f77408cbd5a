/**
 * Trials on threads of this process. The thread that calls stays free, so that it answers signals and keeps its
 * connections. A trial whose thread dies is made again.
 */
import { Worker } from 'node:worker_threads';
import { Failure } from '../failure.js';
import type { TrainingTable } from '../training/data.js';
import type { Plan } from './plan.js';
import type { TrialKey, TrialRecord } from './records.js';
import type { Runner } from './run.js';

/** What a thread starts with. */
export interface ThreadData {
  readonly table: TrainingTable;
  readonly plan: Plan;
}

/** What a thread answers to a trial: its result, or why there is none. */
export type ThreadAnswer =
  { readonly record: TrialRecord } | { readonly error: { readonly message: string; readonly isFailure: boolean } };

/** Runs of a trial before it is given up. */
const ATTEMPTS = 3;

interface Task {
  readonly trial: TrialKey;
  attempts: number;
  readonly resolve: (record: TrialRecord) => void;
  readonly reject: (error: Error) => void;
}

export class TrialThreads {
  private readonly waiting: Task[] = [];
  private readonly idle: Worker[] = [];
  private readonly running = new Map<Worker, Task>();
  private readonly all = new Set<Worker>();
  private isClosed = false;

  constructor(
    private readonly most: number,
    private readonly data: ThreadData,
    /** The script of a thread. */
    private readonly script: URL = new URL('./sweep-thread.js', import.meta.url),
  ) {}

  /**
   * Makes a trial on the next free thread.
   * @throws Failure if the trial is refused, or its threads died again and again.
   */
  run(trial: TrialKey): Promise<TrialRecord> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ trial, attempts: 0, resolve, reject });
      this.next();
    });
  }

  /** Ends the threads; trials that are running are lost. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.all].map((thread) => thread.terminate()));
  }

  private next(): void {
    if (this.waiting.length === 0 || this.isClosed) return;
    const thread = this.idle.pop() ?? (this.all.size < this.most ? this.start() : undefined);
    if (thread === undefined) return;
    const task = this.waiting.shift()!;
    task.attempts += 1;
    this.running.set(thread, task);
    thread.postMessage(task.trial);
  }

  private start(): Worker {
    const thread = new Worker(this.script, { workerData: this.data });
    this.all.add(thread);
    let reason: unknown;
    thread.on('message', (answer: ThreadAnswer) => {
      const task = this.running.get(thread)!;
      this.running.delete(thread);
      this.idle.push(thread);
      if ('record' in answer) task.resolve(answer.record);
      else task.reject(answer.error.isFailure ? new Failure(answer.error.message) : new Error(answer.error.message));
      this.next();
    });
    thread.on('error', (error) => (reason = error));
    thread.on('exit', () => {
      this.all.delete(thread);
      const task = this.running.get(thread);
      this.running.delete(thread);
      const at = this.idle.indexOf(thread);
      if (at >= 0) this.idle.splice(at, 1);
      if (task !== undefined) this.again(task, reason);
    });
    return thread;
  }

  /** The thread of a trial died. */
  private again(task: Task, reason: unknown): void {
    if (this.isClosed) return;
    if (task.attempts < ATTEMPTS) this.waiting.unshift(task);
    else {
      const why = reason instanceof Error ? reason.message : String(reason);
      task.reject(new Failure(`Trial ${task.trial.trial} ended its thread ${ATTEMPTS} times: ${why}`));
    }
    this.next();
  }
}

/** Makes the trials of a sweep on threads. */
export function threadRunner(threads: number, data: ThreadData): Runner {
  const pool = new TrialThreads(threads, data);
  return {
    async run(trials, onRecord) {
      await Promise.all(trials.map(async (trial) => onRecord(await pool.run(trial))));
    },
    close: () => pool.close(),
  };
}
