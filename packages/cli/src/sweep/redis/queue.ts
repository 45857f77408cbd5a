/**
 * Trials as jobs of BullMQ: puts those that are missing into the queue, and reads their results from the list that
 * workers append to. All that it does may be done again, so Redis and workers may go and come back at any time: jobs
 * that Redis has forgotten are put there again, and results that come twice are compared.
 */
import { setTimeout as after } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Failure } from '../../failure.js';
import type { Sweep } from '../plan.js';
import { Results, type TrialKey } from '../records.js';
import { describe, type Runner } from '../run.js';
import { connect, lineCount, linesFrom, redisLog } from './connection.js';

/** What a job says: the trial, and the sweep that it belongs to. */
export interface TrialJob extends TrialKey {
  readonly sweep: string;
}

/** Milliseconds between two looks for results, and between two checks that all jobs are there. */
const [LOOK, CHECK] = [200, 5000];
/** Runs of a job that throws. Jobs whose workers die are counted by `maxStalledCount` of the worker. */
const ATTEMPTS = 3;

/** One job for each trial and budget, however often it is put into the queue. */
const jobId = ({ sweep, epochs, trial }: TrialJob): string => `${sweep}-${epochs}-${trial}`;

export async function queueRunner(
  url: string,
  name: string,
  sweep: Sweep,
  progress: (text: string) => void,
): Promise<Runner> {
  const redis = await connect(url);
  const queue = new Queue<TrialJob>(name, { connection: redis });
  let isAway = false;
  const away = (): void => {
    if (!isAway) progress('Redis is away. Waiting for it …');
    isAway = true;
  };
  queue.on('error', away);
  redis.on('close', away);
  redis.on('ready', () => {
    if (isAway) progress('Redis is back.');
    isAway = false;
  });
  const log = redisLog(redis, sweep.id);

  /** Puts trials into the queue; those that are there stay as they are. */
  const put = (trials: readonly TrialKey[]): Promise<unknown> =>
    queue.addBulk(
      trials.map((trial) => {
        const data = { sweep: sweep.id, ...trial };
        const opts = { jobId: jobId(data), attempts: ATTEMPTS, removeOnComplete: true };
        return { name: 'trial', data, opts };
      }),
    );

  const failed = async (): ReturnType<typeof queue.getFailed> =>
    (await queue.getFailed()).filter(({ data }) => data.sweep === sweep.id);

  return {
    async run(trials, onRecord) {
      const left = new Map(trials.map((trial) => [jobId({ sweep: sweep.id, ...trial }), trial]));
      const isOurs = new Set(left.keys());
      await describe(sweep, log);
      // A job that failed before is tried again.
      for (const job of await failed()) await job.remove();
      let [read, checked] = [0, -Infinity];
      while (left.size > 0) {
        const lines = await linesFrom(redis, sweep.id, read);
        // Redis came back with fewer lines than were read: what is missing there is here already.
        if (lines.length === 0 && (await lineCount(redis, sweep.id)) < read) {
          read = 0;
          continue;
        }
        read += lines.length;
        const results = new Results();
        results.addLines(lines);
        for (const record of results.all()) {
          if (!isOurs.has(jobId(record))) continue;
          left.delete(jobId(record));
          await onRecord(record);
        }
        results.requireAgreement();
        if (left.size === 0) break;
        if (performance.now() - checked > CHECK) {
          const [job] = await failed();
          if (job !== undefined) throw new Failure(`Trial ${job.data.trial} failed on a worker: ${job.failedReason}`);
          await describe(sweep, log);
          await put([...left.values()]);
          checked = performance.now();
        }
        await after(LOOK);
      }
    },
    async close() {
      await queue.close();
      redis.disconnect();
    },
  };
}
