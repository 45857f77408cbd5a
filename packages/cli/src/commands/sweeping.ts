/** What the commands of a sweep have in common: what a sweep is by its options, where results are, how they are shown. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Failure, usageFailure } from '../failure.js';
import { writeOutput } from '../files/outputs.js';
import { fileLog, memoryLog, type ResultLog } from '../sweep/log.js';
import { planId, planOf, type Sweep, type TableSource } from '../sweep/plan.js';
import type { Results } from '../sweep/records.js';
import { rungsOf } from '../sweep/rungs.js';
import { bestOf, progressOf, tableCsv, tableText, trainCommand, type Progress } from '../sweep/summary.js';
import type { Printer } from '../terminal/printer.js';
import { readTrainingTable, type TrainingTable } from '../training/data.js';
import { DEFAULTS } from '../training/estimate.js';
import { sizesFor, SPACE, type Space } from '../training/space.js';
import { TRIAL_FOLDS } from '../training/trial.js';
import type { CommandSpec } from './command.js';
import { readerOptions } from './options.js';
import { choicesFrom, withTable, type TargetOptions } from './training.js';

/** Options that decide what a sweep is. */
export interface SweepingOptions extends TargetOptions {
  readonly epochs?: number;
  readonly seed?: number;
  readonly trials?: number;
  /** True for the default factor. */
  readonly halving?: number | true;
  readonly folds?: number;
  readonly size?: number;
  readonly space?: Space;
}

/** Options of where results are, and how they are printed. */
export interface ResultOptions {
  readonly results?: string;
  readonly redis?: string;
  readonly queue?: string;
  readonly output?: string;
}

/** Trials of a sweep, and by what successive halving divides them, if nothing else is said. */
export const [DEFAULT_TRIALS, DEFAULT_FACTOR] = [100, 3];
export const DEFAULT_QUEUE = 'wasm-mlp-sweep';

export const REDIS_OPTIONS: CommandSpec['options'] = [
  ['--redis <url>', 'Redis that has jobs and results: redis://HOST:6379'],
  ['--queue <name>', `name of the queue there (default: ${DEFAULT_QUEUE})`],
];
export const OUTPUT_OPTION = ['-o, --output <file>', 'write all results as CSV'] as const;

/** Lists of a space, from a file of JSON; those that it does not name stay as they are. */
export function spaceOption(path: string): Space {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw usageFailure(`--space ${path} expected a file of JSON. ${error instanceof Error ? error.message : ''}`);
  }
  const known = Object.keys(SPACE);
  const example = '{ "units": [8, 16], "learningRate": [0.001, 0.01] }';
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw usageFailure(`--space ${path} expected an object such as ${example}.`);
  for (const [name, values] of Object.entries(given as Record<string, unknown>)) {
    if (!known.includes(name))
      throw usageFailure(`--space ${path} expected names of ${known.join(', ')}, got ${name}.`);
    const least = name === 'l2' ? 0 : name === 'learningRate' ? 1e-12 : 1;
    const isRight = (value: unknown): boolean =>
      typeof value === 'number' &&
      value >= least &&
      (least !== 1 || Number.isSafeInteger(value)) &&
      Number.isFinite(value);
    if (!Array.isArray(values) || values.length === 0 || !values.every(isRight)) {
      const what = least === 1 ? 'integers from 1 on' : `numbers from ${least} on`;
      throw usageFailure(`--space ${path}: ${name} expected a list of ${what}, got ${JSON.stringify(values)}.`);
    }
  }
  return { ...SPACE, ...(given as Partial<Space>) };
}

export interface OpenedSweep {
  readonly table: TrainingTable;
  readonly sweep: Sweep;
}

/** Reads the table, and says what the sweep is. */
export async function openSweep(
  argument: string | undefined,
  options: SweepingOptions,
  print: Printer,
): Promise<OpenedSweep> {
  const table = await readSweepTable(argument, options, print);
  // A table without a column to learn from is refused here, and not by each trial.
  sizesFor(table);
  const { target, task, columns, sql, format } = options;
  const given = {
    ...(argument !== undefined && { table: argument }),
    task,
    columns,
    sql,
    format,
    ...readerOptions(options),
  };
  const source: TableSource = {
    target,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
  const plan = planOf(table, {
    base: { ...DEFAULTS, seed: options.seed ?? DEFAULTS.seed },
    space: options.space ?? SPACE,
    folds: options.folds ?? TRIAL_FOLDS,
    size: options.size ?? null,
  });
  const factor = options.halving === true ? DEFAULT_FACTOR : options.halving;
  const rungs = rungsOf(options.trials ?? DEFAULT_TRIALS, options.epochs ?? DEFAULTS.epochs, factor);
  return { table, sweep: { id: planId(plan), plan, rungs, source } };
}

export function readSweepTable(
  argument: string | undefined,
  options: TargetOptions,
  print: Printer,
): Promise<TrainingTable> {
  return withTable(argument, options, print, (reader, isLarge) => {
    if (isLarge) {
      throw new Failure(
        `${reader.source.name} is too large for many trials. Try a part: --sql "select * from '…' using sample 100000 rows (reservoir, 1)".`,
      );
    }
    return readTrainingTable(reader, choicesFrom(options));
  });
}

/** Where the results of a sweep are; in memory if nothing is said. */
export async function openLog({ results, redis }: ResultOptions, id: string): Promise<ResultLog> {
  if (results !== undefined) return fileLog(results);
  if (redis === undefined) return memoryLog();
  const { connect, redisLog } = await import('../sweep/redis/connection.js');
  return redisLog(await connect(redis), id);
}

export const scoreName = ({ plan }: Sweep): string => (plan.task === 'regression' ? 'R²' : 'accuracy');

/** How rungs are said. */
export const rungsText = ({ rungs }: Sweep): string =>
  rungs.map(({ trials, epochs }) => `${trials} trials of ${epochs} epochs`).join(', then ');

/**
 * Writes and prints the results of a sweep, which are the same whatever made them where.
 * @returns how far the sweep is
 */
export async function showResults(
  results: Results,
  sweep: Sweep,
  { output }: ResultOptions,
  print: Printer,
): Promise<Progress> {
  results.requireAgreement();
  const progress = progressOf(results, sweep);
  const csv = tableCsv(results);
  if (output !== undefined) await writeOutput(output, csv);
  const best = bestOf(progress);
  const hash = createHash('sha256').update(csv).digest('hex');
  const { rung, trials, missing } = progress;
  if (print.isJson) {
    const next = missing.length === 0 ? null : { rung, trials, missing };
    const command = best === undefined ? null : trainCommand(sweep, best);
    print.result({ sweep: sweep.id, ...sweep, id: undefined, trials: results.all(), hash, best, command, next });
    return progress;
  }
  print.line(`Sweep ${sweep.id}: ${rungsText(sweep)}, ${sweep.plan.folds} folds`);
  print.line(`\n${tableText(progress, scoreName(sweep), print.width)}`);
  print.line(`\nHash of all results:\n  ${hash}`);
  if (best === undefined) {
    throw new Failure(`No trial has a score. The first one: ${progress.ranked[0]?.error ?? 'it is missing'}`);
  }
  if (missing.length === 0)
    print.line(`\nTrain a model with the settings of trial ${best.trial}:\n  ${trainCommand(sweep, best)}`);
  return progress;
}
