/** The table of a training in memory: columns without the rows whose target is missing, and what is to be predicted. */
import { Failure, usageFailure } from '../failure.js';
import type { ReadCell, ReadColumn, TableReader } from '../reading/reader.js';
import type { Reading } from '../reading/reading.js';
import { nearest } from '../terminal/nearest.js';
import { decideTask, TargetValues, type Task } from './target.js';

/** What a caller says of a column: a kind of the library, or that it is left out. */
export const CHOICES = ['number', 'boolean', 'date', 'category', 'drop'] as const;
export type Choice = (typeof CHOICES)[number];

/** Columns by name. */
export type Columns = Readonly<Record<string, readonly ReadCell[]>>;

export interface TrainingTable {
  /** Rows of the table that have a target. Of a streamed one, `columns` has only those that were held out. */
  readonly rows: number;
  readonly columns: Columns;
  readonly targets: readonly string[];
  readonly task: Task;
  /** Why it is that task. */
  readonly reason: string;
  /** Classes of the target in order; none for quantities. */
  readonly labels: readonly (string | number | boolean)[];
  /** Rows that were left out, since their target is missing. */
  readonly withoutTarget: number;
  /** Kinds that are not to be inferred. */
  readonly choices: Readonly<Record<string, Choice>>;
  /** How it was read. */
  readonly reading: Reading;
}

export interface TableChoices {
  readonly targets: readonly string[];
  readonly task?: Task | undefined;
  readonly columns: Readonly<Record<string, Choice>>;
}

/** Refuses a name that no column has. */
export function requireColumn(columns: readonly ReadColumn[], name: string, what: string): ReadColumn {
  const found = columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  const names = columns.map((column) => column.name);
  const similar = nearest(name, names);
  const hint = similar === undefined ? `The table has: ${names.slice(0, 30).join(', ')}.` : `Did you mean ${similar}?`;
  throw usageFailure(`${what}: there is no column ${name}. ${hint}`);
}

/** Kinds that are known: what was chosen, and dates, which are read as milliseconds. */
export function choicesOf(
  columns: readonly ReadColumn[],
  { targets, columns: chosen }: TableChoices,
): Record<string, Choice> {
  for (const name of Object.keys(chosen)) {
    requireColumn(columns, name, '--columns');
    if (targets.includes(name))
      throw usageFailure(`--columns names ${name}, which is the target. --task says how targets are taken.`);
  }
  const dates = columns.filter(({ name, kind }) => kind === 'date' && !targets.includes(name));
  return { ...Object.fromEntries(dates.map(({ name }) => [name, 'date' as const])), ...chosen };
}

/**
 * Reads the whole table, and decides on the task.
 * @throws Failure for targets that are not there or cannot be learned.
 */
export async function readTrainingTable(reader: TableReader, choices: TableChoices): Promise<TrainingTable> {
  const { targets } = choices;
  const values = targets.map((name) => new TargetValues(name, requireColumn(reader.columns, name, '--target').kind));
  const kinds = choicesOf(reader.columns, choices);
  const { rows, columns } = await reader.readAll();
  for (const target of values) target.add(columns[target.name]);
  const { task, reason } = decideTask(values, choices.task);
  const isThere = Array.from({ length: rows }, (_, row) => targets.every((name) => columns[name][row] !== null));
  const left = isThere.filter(Boolean).length;
  if (left < 2) throw new Failure(`The table has ${left} rows with a target. Two are the least to learn from.`);
  const kept =
    left === rows
      ? columns
      : Object.fromEntries(
          Object.entries(columns).map(([name, cells]) => [name, cells.filter((_, row) => isThere[row])]),
        );
  return {
    rows: left,
    columns: task === 'multilabel' ? withTruth(kept, targets) : kept,
    targets,
    task,
    reason,
    labels: task === 'classification' ? values[0].labels : [],
    withoutTarget: rows - left,
    choices: kinds,
    reading: reader.reading,
  };
}

/**
 * A table whose targets are true and false instead of 1 and 0.
 * @throws Failure for other values.
 */
export function withTruth(columns: Columns, targets: readonly string[]): Columns {
  const truth = (name: string, value: ReadCell): boolean => {
    if (value === true || value === 1) return true;
    if (value === false || value === 0) return false;
    throw new Failure(
      `Target ${name}: true and false, or 0 and 1, are expected, the table has ${JSON.stringify(value)}.`,
    );
  };
  return {
    ...columns,
    ...Object.fromEntries(targets.map((name) => [name, columns[name].map((value) => truth(name, value))])),
  };
}
