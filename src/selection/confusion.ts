/** The confusion table of labels of any kind, as counts or as shares. */
import { MemoryError, ValueError } from '../common/errors.js';
import { nameOf, optional, readOptions, unchecked } from '../common/options.js';
import type { Label, RowNumbers } from '../index.js';
import { readAnswers, type RowLabels } from './labels.js';

const WHERE = 'confusionTable';

/** Bound on the size of a table, in bytes. */
const MOST_BYTES = 2 ** 28;

/**
 * Options of `confusionTable`.
 * @category Tables
 */
export interface ConfusionOptions {
  /** The labels of rows and columns, in their order; rows with others are left out. Default all that occur, sorted. */
  labels?: readonly Label[];
  /**
   * What the numbers are shares of: of the rows of their true label ('true'), of their predicted label ('pred'), or of
   * all ('all'). A sum of 0 gives 0. Default none: they are counts.
   */
  normalize?: 'true' | 'pred' | 'all';
  /** Weight of each row, at least 0. Default 1. */
  sampleWeight?: RowNumbers;
}

/**
 * How often rows of each label were predicted as each label.
 * @category Tables
 */
export interface ConfusionTable {
  /** The labels of rows and columns. */
  readonly labels: readonly Label[];
  /** A row for each true label, a column for each predicted label. */
  readonly matrix: readonly (readonly number[])[];
}

/**
 * Counts how often rows of each label were predicted as each label, for labels of any kind: `matrix[i][j]` are the rows
 * of true label `labels[i]` whose predicted label is `labels[j]`. `confusionMatrix` of `wasm-mlp` is for class indices
 * and outputs of a model.
 * @throws ShapeError if there are not as many labels predicted as true; ValueError for values that are no labels, lists
 * of labels, or an unknown option; MemoryError for more than 5,792 labels.
 * @example
 * const { labels, matrix } = confusionTable(['cat', 'dog', 'dog'], ['cat', 'cat', 'dog']);
 * labels; // ['cat', 'dog']
 * matrix; // [[1, 0], [1, 1]]
 * @category Tables
 */
export function confusionTable(truth: RowLabels, predicted: RowLabels, options?: ConfusionOptions): ConfusionTable {
  const read = readOptions<{ labels: unknown; normalize: 'true' | 'pred' | 'all' | undefined; sampleWeight: unknown }>(
    WHERE,
    options,
    {
      labels: { check: unchecked, or: undefined },
      normalize: { check: optional(nameOf(['true', 'pred', 'all'])), or: undefined },
      sampleWeight: { check: unchecked, or: undefined },
    },
  );
  const answers = readAnswers(WHERE, truth, predicted, read);
  if (answers.multilabel) {
    throw new ValueError(`${WHERE}: truth expected one label per row, got lists. Use classificationReport.`);
  }
  const { labels, weights } = answers;
  const need = 8 * labels.length * labels.length;
  if (need > MOST_BYTES) {
    throw new MemoryError(`${WHERE}: counts expected to take at most ${MOST_BYTES} bytes, got a need of ${need}.`);
  }
  const index = new Map<unknown, number>(labels.map((label, position) => [label, position]));
  const matrix = labels.map(() => new Array<number>(labels.length).fill(0));
  answers.truth.forEach((label, row) => {
    const [i, j] = [index.get(label), index.get(answers.predicted[row])];
    if (i !== undefined && j !== undefined) matrix[i][j] += weights?.[row] ?? 1;
  });
  return { labels, matrix: normalized(matrix, read.normalize) };
}

function normalized(matrix: number[][], by: 'true' | 'pred' | 'all' | undefined): number[][] {
  if (by === undefined) return matrix;
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const all = sum(matrix.map(sum));
  const columns = matrix.map((_, j) => sum(matrix.map((row) => row[j])));
  const wholes = { true: (i: number) => sum(matrix[i]), pred: (_: number, j: number) => columns[j], all: () => all };
  return matrix.map((row, i) =>
    row.map((value, j) => {
      const whole = wholes[by](i, j);
      return whole === 0 ? 0 : value / whole;
    }),
  );
}
