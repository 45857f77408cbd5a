/** `wasm-mlp sweep worker`: makes trials of sweeps that are in Redis, until it is stopped. */
import { availableParallelism } from 'node:os';
import { usageFailure } from '../failure.js';
import type { CommandSpec } from './command.js';
import { durationOption, integerOption } from './options.js';
import { DEFAULT_QUEUE, readSweepTable, REDIS_OPTIONS, type ResultOptions } from './sweeping.js';

interface WorkerOptions extends ResultOptions {
  readonly threads?: number;
  readonly idle?: number;
}

export const worker: CommandSpec = {
  name: 'worker',
  summary: 'make trials of sweeps that are in Redis',
  arguments: [['[table]', 'the table on this machine (default: where the sweep has it)']],
  options: [
    ...REDIS_OPTIONS,
    ['--threads <n>', 'trials at a time (default: one for each processor)', integerOption('--threads', 1, 1024)],
    ['--idle <duration>', 'end after a time without a trial: 90s, 5m (default: never)', durationOption('--idle')],
  ],
  examples: [['wasm-mlp sweep worker houses.csv --redis redis://HOST:6379', '']],
  notes: [
    'A worker whose table differs from that of the sweep gives the trial back, says so, and ends with status 1.',
    'SIGTERM and SIGINT let it finish the trials that it has begun. A worker that is killed loses them: others make them again.',
  ],
  async run([argument], given, print) {
    const { redis, queue = DEFAULT_QUEUE, threads = availableParallelism(), idle } = given as WorkerOptions;
    if (redis === undefined) throw usageFailure('Say where the trials are: --redis redis://HOST:6379.');
    const { work } = await import('../sweep/redis/worker.js');
    await work({
      url: redis,
      queue,
      threads,
      idle: idle ?? Infinity,
      openTable: ({ table, ...source }) =>
        readSweepTable(
          argument ?? (source.sql === undefined ? table : undefined),
          { ...source, ...(argument !== undefined && { sql: undefined }) },
          print,
        ),
      progress: (text) => print.progress(text),
    });
  },
};
