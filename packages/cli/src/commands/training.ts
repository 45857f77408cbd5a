/** What `train` and `tune` have in common: their options, and the training with all that is written and printed. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { usageFailure } from '../failure.js';
import { expectOutput, writeOutput } from '../files/outputs.js';
import { weightsHash } from '../model-files/open.js';
import { withReading } from '../model-files/table-file.js';
import { TableReader } from '../reading/reader.js';
import { ordersRows, sourceOf, type TableFormat } from '../reading/source.js';
import {
  droppedRows,
  foldSummary,
  reportOf,
  schemaRows,
  scoreText,
  type TrainingResult,
} from '../report/of-training.js';
import { reportPage } from '../report/page.js';
import { bytesText, columns, durationText, thousands } from '../terminal/layout.js';
import type { Printer } from '../terminal/printer.js';
import { progressBar } from '../terminal/progress.js';
import { crossValidate, foldsFor, type CrossValidation } from '../training/cross-validation.js';
import type { Choice, TableChoices, TrainingTable } from '../training/data.js';
import { STREAMED_EPOCHS, trainStreamed } from '../training/streamed.js';
import { diagnosisOf } from '../training/diagnosis.js';
import { DEFAULTS, trainModel, type NetworkOptions, type TableModel, type Trained } from '../training/estimate.js';
import { guessScore } from '../training/scores.js';
import type { Task } from '../training/target.js';
import { VERSION } from '../version.js';
import type { CommandSpec, Options } from './command.js';
import {
  columnsOption,
  integerOption,
  listOption,
  readerOptions,
  TABLE_NOTES,
  taskOption,
  type TableOptions,
} from './options.js';

/** Options of a table, and of what is to be learned from it. */
export interface TargetOptions extends TableOptions {
  readonly target: readonly string[];
  readonly task?: Task | undefined;
  readonly columns?: Readonly<Record<string, Choice>> | undefined;
}

/** Options that say what is learned from what, and what is written. */
export interface LearningOptions extends TargetOptions {
  readonly output: string;
  readonly report: string | false;
  readonly folds?: number;
  readonly epochs?: number;
  readonly seed?: number;
}

const TARGET_OPTION = ['-t, --target <names>', 'column to predict, or several: a,b', listOption] as const;
const KIND_OPTIONS: CommandSpec['options'] = [
  ['--task <task>', 'classification, regression or multilabel, if the values do not say it', taskOption],
  ['--columns <kinds>', 'kinds of columns: zip=category,id=drop,…', columnsOption],
];
const FIT_OPTIONS: CommandSpec['options'] = [
  ['--epochs <n>', `most epochs (default: ${DEFAULTS.epochs})`, integerOption('--epochs', 1)],
  ['--seed <n>', 'seed of weights, order and folds (default: 0)', integerOption('--seed', 0, 0xffffffff)],
];

export const LEARNING_OPTIONS: CommandSpec['options'] = [
  TARGET_OPTION,
  ['-o, --output <file>', 'file of the model (default: model.safetensors)'],
  ['--report <file>', 'file of the report (default: report.html)'],
  ['--no-report', 'write no report'],
  ...KIND_OPTIONS,
  ['--folds <n>', 'folds of the cross-validation, 0 for none (default: 5)', integerOption('--folds', 0, 100)],
  ...FIT_OPTIONS,
];

/** The same for a command that writes no model. */
export const SEARCH_OPTIONS: CommandSpec['options'] = [TARGET_OPTION, ...KIND_OPTIONS, ...FIT_OPTIONS];

/**
 * Checks the targets.
 * @throws Failure if there are none, or one twice.
 */
export function requireTargets(target: unknown): void {
  const names = Array.isArray(target) ? (target as readonly string[]) : [''];
  if (names.includes('')) throw usageFailure('Say which column to predict: --target NAME.');
  if (new Set(names).size < names.length) throw usageFailure('--target names a column twice.');
}

/** How classes and quantities are told apart, and what is promised: for the help of both commands. */
export const LEARNING_NOTES: readonly string[] = [
  'A target of text or of true and false is a class. So are integers, if there are at most 20 different ones, each in ten rows on average; other numbers are quantities. --task overrules it.',
  ...TABLE_NOTES,
  'The same table and options give the same weights on every machine: the hash at the end says so.',
];

/**
 * Checks the options that go together, before anything is read.
 * @throws Failure
 */
export function readLearningOptions<T extends LearningOptions>(given: Options): T {
  const defaults = { output: 'model.safetensors', report: 'report.html' };
  const options = { ...defaults, ...given, ...(given.report === true && { report: defaults.report }) } as unknown as T;
  requireTargets(given.target);
  if (options.folds === 1) throw usageFailure('--folds expected 0 or at least 2, got 1.');
  if (!options.output.endsWith('.safetensors')) {
    throw usageFailure(
      `--output expected a name that ends in .safetensors, got ${options.output}. Other formats are written by wasm-mlp convert.`,
    );
  }
  if (options.report !== false && resolve(options.report) === resolve(options.output)) {
    throw usageFailure('--output and --report name the same file.');
  }
  expectOutput(options.output);
  if (options.report !== false) expectOutput(options.report);
  return options;
}

/** Bytes of a file beyond which its rows are streamed. Parquet is compressed. */
const MOST_BYTES: Readonly<Record<TableFormat, number>> = { csv: 200e6, tsv: 200e6, json: 200e6, parquet: 50e6 };

/** Opens the table of a command, and passes it on; closes it afterwards. */
export async function withTable<T>(
  argument: string | undefined,
  options: TargetOptions & Partial<Pick<LearningOptions, 'report'>>,
  print: Printer,
  use: (reader: TableReader, isLarge: boolean) => Promise<T>,
): Promise<T> {
  const source = sourceOf(argument, options);
  const { report = false } = options;
  if (source.kind === 'file' && report !== false && resolve(report) === resolve(source.path)) {
    throw usageFailure('--report names the table itself: give another name.');
  }
  if (source.kind === 'sql' && !ordersRows(source.query)) {
    print.warn('the query has no ORDER BY. The order of its rows, and so the weights, may differ from run to run.');
  }
  const wanted = { kinds: options.columns, targets: options.target };
  const reader = await TableReader.open(source, readerOptions(options), wanted);
  try {
    for (const note of reader.notes) print.warn(note);
    const isLarge = source.kind === 'file' && statSync(source.path).size > MOST_BYTES[source.format];
    return await use(reader, isLarge);
  } finally {
    reader.close();
  }
}

/** What a command says of the columns. */
export const choicesFrom = ({ target, task, columns: chosen = {} }: TargetOptions): TableChoices => ({
  targets: target,
  task,
  columns: chosen,
});

/** Trains a model on a table in memory, writes it and its report, and prints what came of it. */
export async function trainTable(
  table: TrainingTable,
  source: string,
  network: NetworkOptions,
  options: LearningOptions,
  print: Printer,
  /** What is printed besides, as JSON. */
  further: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const started = performance.now();
  const { folds, notes } = foldsFor(table, options.folds);
  for (const note of notes) print.warn(note);
  print.progress(`Training on ${thousands(table.rows)} rows of ${source} …`);
  const bar = progressBar(print, 'training', network.epochs);
  const trained = await trainModel(table, network, (epoch, logs) => bar.update(epoch + 1, logs)).finally(() =>
    bar.stop(),
  );
  const file = await writeModel(trained, table, options, print, started);
  const crossValidation = folds === 0 ? undefined : await validated(table, network, folds, print);
  await finish({ table, source, options: network, crossValidation, ...trained }, file, options, print, further);
}

/** The same for a table that does not fit into memory. */
export async function trainLarge(
  reader: TableReader,
  given: NetworkOptions,
  options: LearningOptions,
  print: Printer,
): Promise<void> {
  const started = performance.now();
  if (options.folds !== undefined && options.folds > 0) {
    throw usageFailure(
      '--folds is for tables in memory: of rows that are streamed, some are held out instead. Leave it out, or add --no-stream.',
    );
  }
  const source = reader.source.name;
  const network = { ...given, epochs: options.epochs ?? STREAMED_EPOCHS };
  const streamed = await trainStreamed(reader, choicesFrom(options), network, (text) => print.progress(text));
  const file = await writeModel(streamed, streamed.table, options, print, started);
  await finish({ source, options: network, ...streamed }, file, options, print, { streamed: true });
}

/** Writes the model, since it is worth having before it is validated, and says what it was trained on. */
async function writeModel(
  { model, epochs }: Trained,
  table: TrainingTable,
  { output }: LearningOptions,
  print: Printer,
  started: number,
): Promise<Uint8Array> {
  const file = withReading(model.save(), table.reading, model);
  await writeOutput(output, file);
  if (!print.isJson) describeTraining(table, model, epochs, print, started);
  return file;
}

/** Writes the report and prints the scores. */
async function finish(
  result: Omit<TrainingResult, 'diagnosis' | 'hash' | 'version'>,
  file: Uint8Array,
  options: LearningOptions,
  print: Printer,
  further: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { table, model, crossValidation, losses, epochs } = result;
  const hash = weightsHash(model.model);
  const guess = guessScore(
    table.task,
    table.targets.map((name) => table.columns[name]),
  );
  const folds = crossValidation?.folds;
  const summary = folds && foldSummary(folds);
  if (options.report !== false) {
    await writeOutput(
      options.report,
      reportPage(reportOf({ ...result, diagnosis: diagnosisOf(model, table), hash, version: VERSION })),
    );
  }
  if (print.isJson) {
    const { targets, task, labels, rows, withoutTarget } = table;
    print.result({
      ...further,
      settings: result.options,
      model: options.output,
      report: options.report === false ? null : options.report,
      bytes: file.length,
      hash,
      task,
      reason: table.reason,
      targets,
      labels,
      rows,
      withoutTarget,
      schema: model.schema,
      epochs,
      loss: losses.loss.at(-1),
      valLoss: losses.valLoss.length === 0 ? null : Math.min(...losses.valLoss),
      guess,
      scores: summary ?? null,
      folds: folds ?? null,
    });
    return;
  }
  if (summary !== undefined && folds !== undefined) {
    const rows = summary.map(({ name, mean, spread }) => [
      ...[name, scoreText(mean, name)],
      ...(folds.length === 1 ? [] : [`± ${scoreText(spread, name, mean)}`]),
    ]);
    const how =
      folds.length === 1
        ? `Of ${thousands(table.columns[table.targets[0]].length)} rows that were held out`
        : `Cross-validation, ${folds.length} folds: mean and standard deviation`;
    print.line(`\n${how}`);
    print.line(columns([...rows, [`${guess.name} of guessing`, scoreText(guess.value)]], print.width));
  }
  print.line();
  print.paragraph(
    `Wrote ${options.output} (${bytesText(file.length)})${options.report === false ? '' : ` and ${options.report}`}.`,
  );
  print.line(`Hash of the weights:\n  ${hash}`);
}

async function validated(
  table: TrainingTable,
  options: NetworkOptions,
  folds: number,
  print: Printer,
): Promise<CrossValidation | undefined> {
  const bar = progressBar(print, 'cross-validation', folds);
  try {
    const validation = await crossValidate(table, options, folds, (fold) => bar.update(fold, {}));
    bar.stop();
    for (const { fold, reason } of validation.skipped)
      print.warn(`fold ${fold + 1} of ${folds} has no score: ${reason}.`);
    return validation.folds.length === 0 ? undefined : validation;
  } finally {
    bar.stop();
  }
}

function describeTraining(
  table: TrainingTable,
  model: TableModel,
  epochs: number,
  print: Printer,
  started: number,
): void {
  const { head, rows } = schemaRows(model);
  print.paragraph(`Target ${table.targets.join(', ')}: ${table.task}, since ${table.reason}. --task overrules it.`);
  if (table.withoutTarget > 0) print.line(`${thousands(table.withoutTarget)} rows without it are left out.`);
  print.line();
  print.line(columns([head, ...rows], print.width));
  const dropped = droppedRows(model);
  if (dropped.length > 0) print.line(`\nNot used:\n${columns(dropped, print.width)}`);
  print.line('\nIf a kind is wrong: --columns name=number|boolean|date|category|drop.');
  const seconds = (performance.now() - started) / 1000;
  print.line(`Trained ${epochs === 1 ? '1 epoch' : `${epochs} epochs`} in ${durationText(seconds)}.`);
}
