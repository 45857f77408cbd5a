/**
 * A worker: takes jobs of the queue, makes their trials on threads, and appends the results to the list of the sweep.
 * The loop of this thread only waits, so the lock of a job is renewed in time; if it is lost all the same, two workers
 * make the trial, which gives the same.
 */
import { DelayedError, Worker, type Job } from 'bullmq';
import { Failure } from '../../failure.js';
import type { TrainingTable } from '../../training/data.js';
import { difference, planId, planOf, type Sweep, type TableSource } from '../plan.js';
import { recordLine, Results } from '../records.js';
import { TrialThreads } from '../threads.js';
import { connect, redisLog } from './connection.js';
import type { TrialJob } from './queue.js';

export interface WorkerSettings {
  readonly url: string;
  readonly queue: string;
  readonly threads: number;
  /** Seconds without a job after which the worker ends. */
  readonly idle: number;
  readonly openTable: (source: TableSource) => Promise<TrainingTable>;
  readonly progress: (text: string) => void;
}

/** Milliseconds that a job stays with a worker that gives no sign of life, and between two looks for such jobs. */
const [LOCK, STALLED] = [10_000, 5000];
/** Workers of a job that may die: more, and the job is what kills them. */
const MOST_STALLED = 10;
/** Milliseconds until a job that was given back is offered again. */
const GIVEN_BACK = 1000;

/**
 * Works until a signal comes, or nothing was to do for long.
 * @throws Failure if the table is not that of a sweep.
 */
export async function work({ url, queue, threads, idle, openTable, progress }: WorkerSettings): Promise<void> {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  // From now on a signal ends it in good order, also before there was anything to do.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => end());

  const redis = await connect(url);
  const pools = new Map<string, Promise<TrialThreads>>();
  const poolOf = (id: string): Promise<TrialThreads> => {
    const known = pools.get(id) ?? opened(id);
    pools.set(id, known);
    return known;
  };
  const opened = async (id: string): Promise<TrialThreads> => {
    const results = new Results();
    results.addLines(await redisLog(redis, id).read());
    if (results.sweep === undefined) throw new Error(`Redis does not say what sweep ${id} is.`);
    const { plan, source } = results.sweep;
    const table = await openTable(source);
    requireSame(results.sweep, table);
    progress(`Sweep ${id}: ${table.rows} rows, ${threads} threads.`);
    return new TrialThreads(threads, { table, plan });
  };

  let refusal: Failure | undefined;

  const make = async (job: Job<TrialJob>, token: string | undefined): Promise<void> => {
    const { sweep, trial, epochs } = job.data;
    let pool: TrialThreads;
    try {
      pool = await poolOf(sweep);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // Another worker may have the right table.
      refusal ??= error;
      await job.moveToDelayed(Date.now() + GIVEN_BACK, token);
      end();
      throw new DelayedError();
    }
    const started = performance.now();
    const record = await pool.run({ trial, epochs });
    await redisLog(redis, sweep).append(recordLine(record));
    progress(`trial ${trial}, ${epochs} epochs: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  };

  const worker = new Worker<TrialJob>(queue, make, {
    connection: redis,
    concurrency: threads,
    lockDuration: LOCK,
    stalledInterval: STALLED,
    maxStalledCount: MOST_STALLED,
  });
  // Without a listener an error would end the process. Connections are renewed, and lost jobs come again.
  worker.on('error', () => undefined);
  worker.on('failed', (job, error) => progress(`trial ${job?.data.trial} failed: ${error.message}`));

  let last = performance.now();
  worker.on('active', () => (last = performance.now()));
  worker.on('completed', () => (last = performance.now()));
  const watch = setInterval(() => {
    if (performance.now() - last > 1000 * idle) end();
  }, 200);
  progress('Waiting for trials.');

  await ended;
  clearInterval(watch);
  await worker.close();
  for (const pool of pools.values()) await pool.then((threads_) => threads_.close()).catch(() => undefined);
  redis.disconnect();
  if (refusal !== undefined) throw refusal;
}

/** Refuses a table that is not that of a sweep, and another version of the library. */
function requireSame(sweep: Sweep, table: TrainingTable): void {
  const own = planOf(table, sweep.plan);
  if (planId(own) !== sweep.id)
    throw new Failure(
      `Sweep ${sweep.id} is another than this worker can make. It differs in ${difference(own, sweep.plan)}.`,
    );
}
