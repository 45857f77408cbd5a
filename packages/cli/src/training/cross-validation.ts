/** Cross-validation: every row is predicted once by a model that has not seen it. */
import { kFold, learnPreprocessing, stratifiedKFold, takeRows, type Fold, type Schema } from 'wasm-mlp/tables';
import { WasmMlpError } from 'wasm-mlp';
import { usageFailure } from '../failure.js';
import type { ReadCell } from '../reading/reader.js';
import type { Choice, Columns, TrainingTable } from './data.js';
import {
  predictRows,
  trainModel,
  type Label,
  type NetworkOptions,
  type Predictions,
  type TableModel,
} from './estimate.js';
import { importanceOf } from './importance.js';
import { scoresOf, type Score } from './scores.js';

export interface CrossValidation {
  /** Scores of each fold that has some. */
  readonly folds: readonly (readonly Score[])[];
  /** Rows that were predicted, in their order: all, but for those of folds that were skipped. */
  readonly rows: ArrayLike<number>;
  /** Predictions of these rows, each by the model that was trained without it. */
  readonly predictions: Predictions;
  /** By column: what the main score of each fold loses when the column's values are shuffled. */
  readonly losses: Readonly<Record<string, readonly number[]>>;
  /** Folds whose training rows nothing can be learned from. */
  readonly skipped: readonly { readonly fold: number; readonly reason: string }[];
}

export interface ValidationOptions {
  /** Whether columns are shuffled to see what they are worth. */
  readonly importance?: boolean;
  /** Gets the model of each fold once it is trained. */
  readonly onModel?: (model: TableModel) => void;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

/** Folds where nobody says how many. */
const DEFAULT_FOLDS = 5;

/** How many rows each value of a target has. */
function countsOf(values: readonly ReadCell[]): Map<ReadCell, number> {
  const counts = new Map<ReadCell, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/**
 * Returns how many folds a table is divided into, and what somebody should know of it. 0 for none.
 * @throws Failure if more are asked for than the rows allow.
 */
export function foldsFor(
  { rows, columns, targets, task }: TrainingTable,
  asked: number | undefined,
  otherwise = DEFAULT_FOLDS,
): { readonly folds: number; readonly notes: readonly string[] } {
  if (asked === 0) return { folds: 0, notes: [] };
  const counts = task === 'classification' ? countsOf(columns[targets[0]]) : undefined;
  // A single row has no R². Of classes a fold gets no more rows than there are of the most frequent one.
  const most = counts === undefined ? Math.floor(rows / (task === 'regression' ? 2 : 1)) : Math.max(...counts.values());
  if (asked !== undefined && asked > most) {
    const why = counts === undefined ? `${rows} rows` : `${most} rows of the most frequent class`;
    throw usageFailure(`--folds expected at most ${most < 2 ? 0 : most}, since there are ${why}, got ${asked}.`);
  }
  const folds = Math.min(asked ?? otherwise, most);
  if (folds < 2) return { folds: 0, notes: [`${rows} rows are too few for a cross-validation.`] };
  const rare = [...(counts ?? [])].filter(([, count]) => count < folds);
  const names = rare.slice(0, 5).map(([label, count]) => `${String(label)} (${count})`);
  const more = rare.length > names.length ? ` and ${rare.length - names.length} more` : '';
  return {
    folds,
    notes:
      rare.length === 0
        ? []
        : [`classes with fewer rows than the ${folds} folds are missing in some of them: ${names.join(', ')}${more}.`],
  };
}

/** Kinds of columns as the whole table has them, so that no fold takes them otherwise. */
function kindsOf({ columns, dropped }: Schema, chosen: Readonly<Record<string, Choice>>): Record<string, Choice> {
  return {
    ...Object.fromEntries(dropped.map(({ name }) => [name, 'drop' as const])),
    ...Object.fromEntries(columns.map(({ name, kind }) => [name, kind])),
    ...chosen,
  };
}

/** Columns without the targets. */
const inputsOf = ({ columns, targets }: Pick<TrainingTable, 'columns' | 'targets'>): Columns =>
  Object.fromEntries(Object.entries(columns).filter(([name]) => !targets.includes(name)));

/** Says why nothing can be learned from some rows, or nothing. */
function obstacleIn(table: TrainingTable): string | undefined {
  const same = table.targets.find((name) => new Set(table.columns[name]).size < 2);
  if (same !== undefined) return `${same} is the same in all rows to learn from`;
  try {
    learnPreprocessing({ columns: table.choices }).add(inputsOf(table)).finish();
    return undefined;
  } catch (error) {
    if (!(error instanceof WasmMlpError)) throw error;
    return 'no column differs in the rows to learn from';
  }
}

/**
 * Trains a model for each fold. Classes are divided evenly, and columns have the kinds that they have in the whole
 * table. Folds whose training rows have one class or value only are skipped.
 * @throws the reason of the signal, once it is given.
 */
export async function crossValidate(
  table: TrainingTable,
  options: NetworkOptions,
  folds: number,
  onFold: (fold: number) => void,
  { importance = true, onModel, signal }: ValidationOptions = {},
): Promise<CrossValidation> {
  const { columns, targets, task } = table;
  const choices = kindsOf(
    learnPreprocessing({ columns: table.choices }).add(inputsOf(table)).finish().schema,
    table.choices,
  );
  const truth = targets.map((name) => columns[name]);
  const [scores, skipped]: [Score[][], { fold: number; reason: string }[]] = [[], []];
  const answers = new Map<
    number,
    { readonly from: Predictions; readonly at: number; readonly model: readonly Label[] }
  >();
  const losses = Object.create(null) as Record<string, number[]>;
  for (const [index, { train, test }] of divide(table, folds, options.seed).entries()) {
    onFold(index);
    const part: TrainingTable = { ...table, choices, columns: takeRows(columns, train) };
    const reason = obstacleIn(part);
    if (reason !== undefined) {
      skipped.push({ fold: index, reason });
      continue;
    }
    const { model } = await trainModel(part, options, undefined, signal);
    onModel?.(model);
    const tested = takeRows(columns, test);
    const from = predictRows(model, tested);
    const own = truth.map((column) => Array.from(test, (row) => column[row]));
    scores.push(scoresOf(task, own, from));
    if (importance) {
      for (const [name, values] of await importanceOf(model, task, tested, { seed: options.seed })) {
        (losses[name] ??= []).push(...values);
      }
    }
    const classes = model.kind === 'classifier' ? model.classes : [];
    test.forEach((row, at) => answers.set(row, { from, at, model: classes }));
    model.dispose();
  }
  const rows = [...answers.keys()].sort((a, b) => a - b);
  const answered = rows.map((row) => answers.get(row)!);
  const columnsOf = <T>(count: number, of: (from: Predictions, target: number, at: number) => T): T[][] =>
    Array.from({ length: count }, (_, target) => answered.map(({ from, at }) => of(from, target, at)));
  return {
    folds: scores,
    skipped,
    rows,
    losses,
    predictions: {
      labels: task === 'regression' ? [] : columnsOf(targets.length, ({ labels }, target, at) => labels[target][at]),
      numbers:
        task !== 'regression'
          ? []
          : columnsOf(targets.length, ({ numbers }, target, at) => numbers[target][at]).map((list) =>
              Float64Array.from(list),
            ),
      probabilities:
        task === 'classification'
          ? answered.map(({ from, at, model }) => spread(from.probabilities[at], model, table.labels))
          : [],
    },
  };
}

/** Probabilities of all labels: those that the rows to learn from do not have keep 0. */
function spread(probabilities: Float32Array, own: readonly Label[], labels: readonly Label[]): Float32Array {
  const all = new Float32Array(labels.length);
  own.forEach((label, at) => (all[labels.indexOf(label)] = probabilities[at]));
  return all;
}

function divide({ rows, columns, targets, task }: TrainingTable, folds: number, seed: number): Fold[] {
  return task === 'classification'
    ? stratifiedKFold(columns[targets[0]], { folds, seed })
    : kFold(rows, { folds, seed });
}
