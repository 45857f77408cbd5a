import { counted, describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import type { Label } from '../index.js';
import { isLabel, readAnswers, readNumbers } from './labels.js';

/** Rows of two labels with a score of one of them. */
export interface Binary {
  /** 1 for the rows of the positive label, 0 for others. */
  readonly isPositive: Uint8Array;
  readonly scores: Float64Array;
  readonly positive: Label;
}

/** Reads labels of two kinds and a score of one of them, by default of the last in order, which must be finite. */
export function readBinary(where: string, truth: unknown, what: string, scores: unknown, positive: unknown): Binary {
  const answers = readAnswers(where, truth, truth, { labels: undefined, sampleWeight: undefined });
  const { labels } = answers;
  if (answers.multilabel) throw new ValueError(`${where}: truth expected one label per row, got lists.`);
  if (positive !== undefined && !isLabel(positive)) {
    throw new ValueError(`${where}: positive expected a label, got ${describe(positive)}.`);
  }
  const all = positive === undefined ? labels : [...new Set([...labels, positive])];
  if (all.length > 2) {
    throw new ValueError(`${where}: truth expected two different labels, got ${all.length}: ${describe(all)}.`);
  }
  if (positive === undefined && labels.length < 2) {
    throw new ValueError(`${where}: positive expected a label where all rows have the same, got undefined.`);
  }
  const chosen = positive ?? labels[1];
  const read = readNumbers(where, what, scores, undefined, () => true, 'finite numbers');
  if (read.length !== answers.truth.length) {
    throw new ShapeError(`${where}: ${what} expected ${counted(answers.truth.length, 'value')}, got ${read.length}.`);
  }
  return {
    isPositive: Uint8Array.from(answers.truth, (label) => Number(label === chosen)),
    scores: read,
    positive: chosen,
  };
}
