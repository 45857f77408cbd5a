/** Puts the report of a training together. */
import { calibrationCurve, classificationReport, confusionTable } from 'wasm-mlp/tables';
import type { Report, Rows } from './page.js';
import type { Point } from './charts/scatter.js';
import type { CrossValidation } from '../training/cross-validation.js';
import type { ReadCell } from '../reading/reader.js';
import type { TrainingTable } from '../training/data.js';
import type { Label, Losses, NetworkOptions, TableModel } from '../training/estimate.js';
import { guessScore, spreadOf, type Score } from '../training/scores.js';
import { figure, thousands } from '../terminal/layout.js';

export interface TrainingResult {
  readonly table: TrainingTable;
  readonly source: string;
  readonly model: TableModel;
  readonly options: NetworkOptions;
  readonly losses: Losses;
  /** Epochs of the training on all rows. */
  readonly epochs: number;
  readonly crossValidation: CrossValidation | undefined;
  readonly diagnosis: readonly string[];
  readonly hash: string;
  readonly version: string;
}

/** Points beyond which a picture of predictions shows every second one, every third one, … */
const MOST_POINTS = 2000;
const BINS = 10;

/** Mean and spread of each score over the folds. */
export function foldSummary(
  folds: readonly (readonly Score[])[],
): { readonly name: string; readonly mean: number; readonly spread: number }[] {
  return folds[0].map(({ name }, at) => ({ name, ...spreadOf(folds.map((scores) => scores[at].value)) }));
}

/** Scores that have the unit of the target, so that four digits behind the point may say too much or too little. */
const IN_UNITS: readonly string[] = ['RMSE', 'mean absolute error'];

/** Digits behind the point of a score; 'e' for a power of ten. Shares have four, errors of quantities five in all. */
function digitsOf(value: number, name: string): number | 'e' {
  const size = Math.abs(value);
  if (!IN_UNITS.includes(name)) return size < 10 ? 4 : size < 1e5 ? 2 : size < 1e9 ? 0 : 'e';
  if (size >= 1e9 || (size < 1e-4 && size > 0)) return 'e';
  return Math.max(0, 4 - Math.floor(Math.log10(size || 1)));
}

/** A score, or what it varies by: that has the digits of the score. */
export function scoreText(value: number, name = '', like = value): string {
  const digits = digitsOf(like, name);
  const text = digits === 'e' ? value.toExponential(4) : digits === 0 ? thousands(value) : value.toFixed(digits);
  return text.replaceAll('-', '−');
}

const REASONS: Readonly<Record<string, string>> = {
  constant: 'all its values are the same',
  empty: 'it has no values',
  identifier: 'its texts are nearly all different',
  excluded: 'it was left out',
};

/** Columns that are used, as rows of text. */
export function schemaRows(model: TableModel): Rows {
  return {
    head: ['column', 'kind', 'missing', 'values'],
    rows: model.schema.columns.map(({ name, kind, missing, summary }) => [name, kind, thousands(missing), summary]),
  };
}

/** Columns that are not used, with the reason. */
export const droppedRows = (model: TableModel): string[][] =>
  model.schema.dropped.map(({ name, reason }) => [name, REASONS[reason] ?? reason]);

export function reportOf(result: TrainingResult): Report {
  const { table, model, options, crossValidation, source } = result;
  const { targets, task, rows } = table;
  const truth = targets.map((name) => table.columns[name]);
  // Rows of folds that were skipped have no predictions.
  const known = targets.map((name) => truthOf(table, name, crossValidation));
  const guess = guessScore(task, truth);
  const summary = crossValidation && foldSummary(crossValidation.folds);
  const dropped = droppedRows(model);
  const warnings = warningsOf(result, guess);
  return {
    title: `${targets.join(', ')} from ${source}`,
    summary: `A multilayer perceptron that predicts ${targets.join(', ')} from ${model.schema.columns.length} columns, trained on ${thousands(rows)} rows (${task}, since ${table.reason}).`,
    figures: [
      ...(summary ?? []).slice(0, 2).map(({ name, mean, spread }) => ({
        name,
        value: scoreText(mean, name),
        note:
          crossValidation!.folds.length === 1
            ? `of ${thousands(truth[0].length)} rows held out`
            : `± ${scoreText(spread, name, mean)} over ${crossValidation!.folds.length} folds`,
      })),
      {
        name: `${guess.name} of guessing`,
        value: scoreText(guess.value),
        note: task === 'regression' ? 'the mean' : 'the most frequent class',
      },
      {
        name: 'rows',
        value: thousands(rows),
        note: table.withoutTarget > 0 ? `${thousands(table.withoutTarget)} more without a target` : '',
      },
      {
        name: 'weights',
        value: thousands(weightsOf(model)),
        note: `hidden layers of ${options.hiddenLayers.join(', ')}`,
      },
    ],
    warnings,
    schema: schemaRows(model),
    dropped: dropped.length > 0 ? { head: ['column', 'why'], rows: dropped } : undefined,
    curves: [
      { name: 'training', values: result.losses.loss },
      ...(result.losses.valLoss.length > 0 ? [{ name: 'held out', values: result.losses.valLoss }] : []),
    ],
    folds: crossValidation && {
      head: ['fold', ...crossValidation.folds[0].map(({ name }) => name)],
      rows: crossValidation.folds.map((scores, fold) => [
        String(fold + 1),
        ...scores.map(({ name, value }) => scoreText(value, name)),
      ]),
    },
    classes: crossValidation && task === 'classification' ? classRows(table, crossValidation) : undefined,
    confusion:
      crossValidation && task === 'classification'
        ? { labels: table.labels.map(String), counts: confusionOf(table, crossValidation) }
        : undefined,
    predictions:
      crossValidation && task === 'regression'
        ? targets.map((target, at) => ({
            target,
            points: pointsOf(known[at], crossValidation.predictions.numbers[at]),
          }))
        : [],
    calibration: crossValidation && task === 'classification' ? calibrationOf(table, crossValidation) : undefined,
    importance: crossValidation && {
      score: guess.name,
      bars: Object.entries(crossValidation.losses)
        .map(([name, losses]) => ({ name, ...spreadOf(losses) }))
        .map(({ name, mean, spread }) => ({ name, value: mean, spread }))
        .sort((a, b) => b.value - a.value)
        .slice(0, 30),
    },
    diagnosis: result.diagnosis,
    settings: {
      head: ['setting', 'value'],
      rows: [
        ['task', task],
        ['hidden layers', options.hiddenLayers.join(', ')],
        ['learning rate', String(options.learningRate)],
        ['L2', String(options.l2)],
        ['rows per update', String(options.batchSize)],
        ['epochs', `${result.epochs} of at most ${options.epochs}`],
        ['seed', String(options.seed)],
        ['wasm-mlp', result.version],
      ],
    },
    hash: result.hash,
  };
}

const weightsOf = (model: TableModel): number =>
  model.model.getWeights().reduce((sum, { data }) => sum + data.length, 0);

function warningsOf({ table, crossValidation, losses: { loss }, options }: TrainingResult, guess: Score): string[] {
  const warnings: string[] = [];
  if (table.withoutTarget > 0) warnings.push(`${thousands(table.withoutTarget)} rows without a target were left out.`);
  if (crossValidation !== undefined) {
    const [{ mean, spread, name }] = foldSummary(crossValidation.folds);
    if (mean - spread <= guess.value) {
      warnings.push(
        `The ${name} is hardly better than that of guessing (${figure(guess.value)}): the columns may say little about the target.`,
      );
    }
  }
  if (loss.length === options.epochs)
    warnings.push(
      `Training stopped at its last epoch, ${options.epochs}, while the loss was still falling: try --epochs ${2 * options.epochs}.`,
    );
  return warnings;
}

/** True values of the rows that were predicted. */
function truthOf(
  { columns }: TrainingTable,
  target: string,
  validation: CrossValidation | undefined,
): readonly ReadCell[] {
  const column = columns[target];
  return validation === undefined ? [] : Array.from(validation.rows, (row) => column[row]);
}

/** True and predicted labels of the rows that were predicted, of a single target. */
const answersOf = (
  table: TrainingTable,
  validation: CrossValidation,
): readonly [readonly Label[], readonly Label[]] => [
  truthOf(table, table.targets[0], validation) as readonly Label[],
  validation.predictions.labels[0],
];

/** Rows of the confusion matrix: true labels; columns: predicted ones. */
const confusionOf = (table: TrainingTable, validation: CrossValidation): readonly (readonly number[])[] =>
  confusionTable(...answersOf(table, validation), { labels: [...table.labels] }).matrix;

/** Precision, recall and F1 of each class; a dash where there are no rows to take a share of. */
function classRows(table: TrainingTable, validation: CrossValidation): Rows {
  const [truth, predicted] = answersOf(table, validation);
  const { labels } = classificationReport(truth, predicted, { labels: [...table.labels] });
  const isPredicted = new Set(predicted);
  const rows = labels.map(({ label, precision, recall, f1, support }) => [
    String(label),
    isPredicted.has(label) ? scoreText(precision) : '–',
    support > 0 ? scoreText(recall) : '–',
    isPredicted.has(label) || support > 0 ? scoreText(f1) : '–',
    thousands(support),
  ]);
  return { head: ['class', 'precision', 'recall', 'F1', 'rows'], rows };
}

function pointsOf(truth: readonly unknown[], predicted: Float64Array): Point[] {
  const step = Math.ceil(truth.length / MOST_POINTS);
  const points: Point[] = [];
  for (let row = 0; row < truth.length; row += step) points.push({ x: Number(truth[row]), y: predicted[row] });
  return points;
}

/** Of two classes the probability of the second one, of more the largest one, in ten bins. */
function calibrationOf(table: TrainingTable, validation: CrossValidation): NonNullable<Report['calibration']> {
  const [truth, predicted] = answersOf(table, validation);
  const { probabilities } = validation.predictions;
  const isBinary = table.labels.length === 2;
  const isRight = truth.map((label, row) => label === (isBinary ? table.labels[1] : predicted[row]));
  const scores = probabilities.map((row) => (isBinary ? row[1] : Math.max(...row)));
  const { bins } = calibrationCurve(isRight, scores, { positive: true, bins: BINS });
  return {
    of: isBinary ? String(table.labels[1]) : 'their class',
    points: bins.map(({ predicted: x, observed: y, rows }) => ({ x, y, share: rows / scores.length })),
  };
}
