/** `wasm-mlp sweep`: many trials on threads, on many machines by Redis, or one at a time as a task of an array job. */
import { availableParallelism } from 'node:os';
import { usageFailure } from '../failure.js';
import { expectOutput } from '../files/outputs.js';
import { scoreText } from '../report/of-training.js';
import { arrayIndex } from '../sweep/array-index.js';
import { recordLine, sweepLine, trialsOf, type TrialRecord } from '../sweep/records.js';
import { describe, runSweep, type Runner } from '../sweep/run.js';
import { settingsText } from '../sweep/summary.js';
import { threadRunner } from '../sweep/threads.js';
import { trialsIn } from '../sweep/trial.js';
import { durationText } from '../terminal/layout.js';
import type { Printer } from '../terminal/printer.js';
import type { CommandSpec } from './command.js';
import { bytesOption, integerOption, listOption, TABLE_OPTIONS } from './options.js';
import { gather } from './sweep-gather.js';
import { worker } from './sweep-worker.js';
import {
  DEFAULT_FACTOR,
  DEFAULT_QUEUE,
  DEFAULT_TRIALS,
  openLog,
  openSweep,
  OUTPUT_OPTION,
  REDIS_OPTIONS,
  rungsText,
  scoreName,
  showResults,
  spaceOption,
  type OpenedSweep,
  type ResultOptions,
  type SweepingOptions,
} from './sweeping.js';
import { requireTargets, SEARCH_OPTIONS } from './training.js';
import { TRIAL_FOLDS } from '../training/trial.js';

interface SweepOptions extends SweepingOptions, ResultOptions {
  readonly threads?: number;
  /** True to read it from the environment. */
  readonly index?: number | true;
  readonly rung?: number;
  readonly of?: readonly number[];
  readonly describe?: boolean;
  readonly json?: boolean;
}

const trialsOption = (value: string): number[] => listOption(value).map((item) => integerOption('--of', 0)(item));

export const sweep: CommandSpec = {
  name: 'sweep',
  summary: 'try many settings, on one machine or on many',
  arguments: [['[table]', 'file (.csv, .tsv, .json, .parquet), or - for standard input']],
  options: [
    ...SEARCH_OPTIONS,
    ['--trials <n>', `trials (default: ${DEFAULT_TRIALS})`, integerOption('--trials', 1)],
    [
      '--halving [factor]',
      `successive halving: few epochs for all trials, more for the best (default: ${DEFAULT_FACTOR})`,
      integerOption('--halving', 2),
    ],
    ['--folds <n>', `folds of the cross-validation (default: ${TRIAL_FOLDS})`, integerOption('--folds', 2, 100)],
    ['--size <bytes>', 'most bytes of weights: 20KB, 1MB', bytesOption('--size')],
    ['--space <file>', 'lists of values to draw from, as JSON', spaceOption],
    [
      '--threads <n>',
      'threads that make trials (default: one for each processor)',
      integerOption('--threads', 1, 1024),
    ],
    ['-r, --results <file>', 'file or folder/ that results are added to, and taken from'],
    ...REDIS_OPTIONS,
    [
      '--index [i]',
      'make one trial: task i of an array job (default: from the environment)',
      integerOption('--index', 0),
    ],
    ['--rung <r>', 'with --index: the rung of the task (default: 0)', integerOption('--rung', 0)],
    ['--of <trials>', 'with --index: task i makes the i-th of these, as gather --next prints them', trialsOption],
    ['--describe', 'print the line that says what the sweep is, and make no trial'],
    OUTPUT_OPTION,
    ...TABLE_OPTIONS,
    ['--json', 'print the result as JSON'],
  ],
  examples: [
    ['wasm-mlp sweep houses.csv -t price --trials 100 -r sweep.jsonl', 'on this machine; again to go on'],
    ['wasm-mlp sweep houses.csv -t price --halving', ''],
    ['wasm-mlp sweep houses.csv -t price --redis redis://HOST', 'trials are made by the workers:'],
    ['wasm-mlp sweep worker houses.csv --redis redis://HOST', ''],
    ['wasm-mlp sweep houses.csv -t price -r results/ --index', 'as a task of an array job'],
    ['wasm-mlp sweep gather results/', ''],
  ],
  notes: [
    'Trial i has settings that the space, the seed and i alone decide, and its score by cross-validation, so the table is the same for any number of threads and machines. Trials that were lost are made again.',
    'Results of another table or other options are refused, and so are two runs of a trial that differ in a bit.',
  ],
  commands: [worker, gather],
  async run([argument], given, print) {
    const options = given as unknown as SweepOptions;
    requireTargets(options.target);
    if (options.output !== undefined) expectOutput(options.output);
    if (options.rung !== undefined && options.index === undefined)
      throw usageFailure('--rung names the rung of one task: add --index.');
    const opened = await openSweep(argument, options, print);
    if (options.describe === true) print.raw(`${sweepLine(opened.sweep)}\n`);
    else if (options.index !== undefined) await runTask(opened, options, print);
    else await runAll(opened, options, print);
  },
};

/** Makes all trials, and shows what they gave. */
async function runAll({ table, sweep: known }: OpenedSweep, options: SweepOptions, print: Printer): Promise<void> {
  const { redis, queue = DEFAULT_QUEUE, threads = availableParallelism() } = options;
  const log = await openLog(redis === undefined ? options : { ...options, redis: undefined }, known.id);
  let runner: Runner;
  if (redis === undefined) runner = threadRunner(threads, { table, plan: known.plan });
  else {
    const { queueRunner } = await import('../sweep/redis/queue.js');
    runner = await queueRunner(redis, queue, known, (text) => print.progress(text));
  }
  print.progress(`Sweep ${known.id}: ${rungsText(known)} …`);
  const started = performance.now();
  const done = known.rungs.map(() => 0);
  let best: TrialRecord | undefined;
  try {
    const results = await runSweep(known, log, runner, (record, rung) => {
      done[rung] += 1;
      if (best === undefined || record.epochs > best.epochs || (record.score ?? -Infinity) > (best.score ?? -Infinity))
        best = record;
      print.progress(
        progressText(record, best, `${done[rung]} of ${known.rungs[rung].trials}`, started, scoreName(known)),
      );
    });
    await showResults(results, known, options, print);
  } finally {
    await runner.close();
    await log.close();
  }
}

function progressText(record: TrialRecord, best: TrialRecord, count: string, started: number, name: string): string {
  const text = ({ score }: TrialRecord): string => (score === null ? '—' : scoreText(score));
  const settings = record.settings === null ? '' : settingsText(record.settings);
  const elapsed = durationText((performance.now() - started) / 1000);
  return `trial ${String(record.trial).padStart(3)}  ${name} ${text(record)}  best ${text(best)}  ${count}, ${elapsed}  ${settings}`;
}

/** Makes the trial of one task of an array job, and prints its line. */
async function runTask({ table, sweep: known }: OpenedSweep, options: SweepOptions, print: Printer): Promise<void> {
  const index = options.index === true ? arrayIndex(process.env) : options.index!;
  const rung = options.rung ?? 0;
  if (rung >= known.rungs.length)
    throw usageFailure(`--rung expected at most ${known.rungs.length - 1}, got ${rung}. Rungs: ${rungsText(known)}.`);
  const { epochs } = known.rungs[rung];
  const log = await openLog(options, known.id);
  try {
    const results = await describe(known, log);
    const trials = options.of ?? trialsOf(results, known.rungs, rung);
    if (index >= trials.length)
      throw usageFailure(`--index expected 0 to ${trials.length - 1}, one for each trial of the rung, got ${index}.`);
    const started = performance.now();
    const record = await trialsIn(table, known.plan)({ trial: trials[index], epochs });
    print.progress(`trial ${record.trial} took ${durationText((performance.now() - started) / 1000)}`);
    await log.append(recordLine(record));
    print.raw(`${recordLine(record)}\n`);
    results.add(record);
    results.requireAgreement();
  } finally {
    await log.close();
  }
}
