/** `wasm-mlp sweep gather`: the table of a sweep, from wherever its results are. */
import { existsSync } from 'node:fs';
import { Failure, usageFailure } from '../failure.js';
import { missingFile } from '../files/missing-file.js';
import { readLines } from '../sweep/log.js';
import { Results } from '../sweep/records.js';
import { progressOf, type Progress } from '../sweep/summary.js';
import type { CommandSpec } from './command.js';
import { OUTPUT_OPTION, REDIS_OPTIONS, showResults, type ResultOptions } from './sweeping.js';

interface GatherOptions extends ResultOptions {
  readonly sweep?: string;
  readonly next?: boolean;
}

export const gather: CommandSpec = {
  name: 'gather',
  summary: 'gather the results of a sweep that ran elsewhere',
  arguments: [['[results...]', 'files or folders of results']],
  options: [
    ...REDIS_OPTIONS.slice(0, 1),
    ['--sweep <id>', 'sweep in Redis (default: the last that was started)'],
    ['--next', 'print only options of the tasks that are to run next; nothing at the end'],
    OUTPUT_OPTION,
    ['--json', 'print the result as JSON'],
  ],
  examples: [
    ['wasm-mlp sweep gather sweep.jsonl', ''],
    ['wasm-mlp sweep gather results/ -o trials.csv', 'a folder with a file of each process'],
    ['wasm-mlp sweep gather --redis redis://localhost', ''],
  ],
  notes: [
    'Ends with status 1 if trials of a rung are missing, which it names, and if two runs of a trial differ.',
    'A rung of successive halving that is complete says what the next one is.',
  ],
  async run(paths, given, print) {
    const options = given as unknown as GatherOptions;
    const results = new Results();
    if (options.redis !== undefined) {
      const { connect, redisLog, lastSweep } = await import('../sweep/redis/connection.js');
      const redis = await connect(options.redis);
      const id = options.sweep ?? (await lastSweep(redis));
      if (id !== undefined) results.addLines(await redisLog(redis, id).read());
      redis.disconnect();
    } else if (paths.length === 0) {
      throw usageFailure('Give the results: files, folders, or --redis URL.');
    }
    for (const path of paths) {
      if (!existsSync(path)) throw missingFile(path);
      results.addLines(readLines(path));
    }
    if (results.torn > 0) print.warn(`${results.torn} lines are torn, or of something else. They do not count.`);
    const { sweep } = results;
    if (results.ids.size > 1) {
      throw new Failure(
        `These are results of ${results.ids.size} sweeps: ${[...results.ids].join(', ')}. Their tables, options or versions differ. Gather them one by one.`,
      );
    }
    if (sweep === undefined) {
      throw new Failure(
        results.ids.size === 0
          ? 'There are no results yet.'
          : 'No line says what the sweep is. Give a file that --results has written, or the output of sweep --describe, as well.',
      );
    }
    if (options.next === true) {
      results.requireAgreement();
      const progress = progressOf(results, sweep);
      if (progress.missing.length > 0) print.raw(`${tasksText(progress)}\n`);
      return;
    }
    const progress = await showResults(results, sweep, options, print);
    const { rung, trials, missing } = progress;
    if (missing.length === 0) return;
    if (rung > 0 && missing.length === trials.length) {
      if (!print.isJson) print.line(`\nNext is rung ${rung}, ${missing.length} tasks with\n  ${tasksText(progress)}`);
      return;
    }
    throw new Failure(
      `Rung ${rung}: ${missing.length} of ${trials.length} results are missing. An array of ${missing.length} tasks makes them: ${tasksText(progress)}`,
    );
  },
};

/** Options of the tasks that make what is missing. */
const tasksText = ({ rung, missing }: Progress): string => `--rung ${rung} --of ${missing.join(',')}`;
