/**
 * Answers of a model beside what is true: labels of any kind, one per row or a list per row, and weights of rows.
 * Counts of pairs of them are what the reports here are made of.
 */
import { isList, isNumbers } from '../common/arrays.js';
import { counted, describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { lengthOf } from '../common/rows.js';
import type { Label, LabelList } from '../index.js';
import { requireFewRows } from './rows.js';

/**
 * Labels of rows, or a list of labels for each row.
 * @category Tables
 */
export type RowLabels = LabelList | readonly (readonly Label[])[];

/** True and predicted labels of the same rows, each read once. */
export interface Answers {
  readonly truth: readonly (Label | readonly Label[])[];
  readonly predicted: readonly (Label | readonly Label[])[];
  readonly weights: Float64Array | undefined;
  /** Whether each row has a list of labels. */
  readonly multilabel: boolean;
  /** The labels, those given or all that occur, in the order of `classes` of a classifier. */
  readonly labels: readonly Label[];
}

/** Whether a value is a label. */
export const isLabel = (label: unknown): label is Label =>
  typeof label === 'string' || typeof label === 'boolean' || Number.isFinite(label);

/** Compares labels: false and true, numbers in ascending order, then text in the order of its characters. */
function inOrder(a: Label, b: Label): number {
  const rank = (label: Label): number => ['boolean', 'number', 'string'].indexOf(typeof label);
  return rank(a) - rank(b) || (a < b ? -1 : Number(a > b));
}

/** Reads labels, each once. `several`: whether rows have lists; by default as the first has. */
function readLabels(where: string, what: string, given: unknown, several?: boolean): (Label | readonly Label[])[] {
  if (!isList(given) && !isNumbers(given)) {
    throw new ValueError(`${where}: ${what} expected a list of labels, got ${describe(given)}.`);
  }
  const rows = requireFewRows(where, what, lengthOf(where, what, given));
  const read: (Label | readonly Label[])[] = [];
  for (let row = 0; row < rows; row++) {
    const label: unknown = given[row];
    several ??= isList(label);
    if (several && isList(label)) read.push(readLabels(where, `${what}[${row}]`, label, false) as Label[]);
    else if (!several && isLabel(label)) read.push(label);
    else {
      const expected = several ? 'lists of labels' : 'strings, finite numbers, true or false';
      throw new ValueError(`${where}: ${what} expected ${expected}, got ${describe(label)} in row ${row}.`);
    }
  }
  return read;
}

/** Reads a weight per row. */
export function readWeights(where: string, weights: unknown, rows: number): Float64Array | undefined {
  if (weights === undefined) return undefined;
  return readNumbers(where, 'sampleWeight', weights, rows, (value) => value >= 0, 'finite numbers >= 0');
}

/** Reads a number per row, each once. */
export function readNumbers(
  where: string,
  what: string,
  given: unknown,
  rows: number | undefined,
  holds: (value: number) => boolean,
  expected: string,
): Float64Array {
  if (!isList(given) && !isNumbers(given)) {
    throw new ValueError(`${where}: ${what} expected a number per row, got ${describe(given)}.`);
  }
  const length = requireFewRows(where, what, lengthOf(where, what, given));
  if (rows !== undefined && length !== rows) {
    throw new ShapeError(`${where}: ${what} expected ${counted(rows, 'value')}, one per row, got ${length}.`);
  }
  const read: number[] = [];
  for (let row = 0; row < length; row++) {
    const value: unknown = given[row];
    if (typeof value !== 'number' || !Number.isFinite(value) || !holds(value)) {
      throw new ValueError(`${where}: ${what} expected ${expected}, got ${describe(value)} in row ${row}.`);
    }
    read.push(value);
  }
  return Float64Array.from(read);
}

/** Reads true and predicted labels, `labels` if they are given, and weights. */
export function readAnswers(
  where: string,
  truth: unknown,
  predicted: unknown,
  { labels, sampleWeight }: { readonly labels: unknown; readonly sampleWeight: unknown },
): Answers {
  const known = readLabels(where, 'truth', truth);
  const multilabel = isList(known[0]);
  const given = readLabels(where, 'predicted', predicted, multilabel);
  if (known.length === 0) throw new ShapeError(`${where}: truth expected at least one row, got none.`);
  if (given.length !== known.length) {
    throw new ShapeError(
      `${where}: predicted expected ${counted(known.length, 'row')} as in truth, got ${given.length}.`,
    );
  }
  const weights = readWeights(where, sampleWeight, known.length);
  const all =
    labels === undefined
      ? [...new Set<Label>([...known, ...given].flat())].sort(inOrder)
      : [...new Set(readLabels(where, 'labels', labels, false) as Label[])];
  if (all.length === 0) throw new ValueError(`${where}: labels expected at least one label, got none.`);
  return { truth: known, predicted: given, weights, multilabel, labels: all };
}
