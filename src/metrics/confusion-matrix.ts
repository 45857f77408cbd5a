/**
 * The confusion matrix of class indices or rows of values. It is computed in JavaScript, without a model.
 */
import { isList, isSequence, newFloats, typedKind } from '../common/arrays.js';
import { counted } from '../common/describe.js';
import { MemoryError, ShapeError, ValueError } from '../common/errors.js';
import { integer, readOptions } from '../common/options.js';
import { copyRows, openLabels, openRows, type Labels, type Rows } from '../common/rows.js';

const WHERE = 'confusionMatrix';

/** Largest size of a number in a JavaScript array, in bytes. */
const BYTES_PER_COUNT = 8;

/**
 * Largest size of the counts in bytes. A process ends when the heap of JavaScript is full, and nothing can catch that:
 * this is an eighth of Node's default limit.
 */
const MOST_BYTES = 2 ** 28;

/** Returns the class of each row: as it is given, or the column of the row's largest value, the first of equal ones. */
function classesOf(what: string, data: unknown, classes: number): ArrayLike<number> {
  const first: unknown = isList(data) ? data[0] : undefined;
  const flat = typedKind(data);
  if (flat !== 'Float32Array' && flat !== 'Float64Array' && !isSequence(first)) {
    const source = openLabels(WHERE, what, data, classes);
    const bits = newFloats(source.rows);
    source.write(bits, 0);
    return new Int32Array(bits.buffer);
  }
  const source = openRows(WHERE, what, data, classes);
  const values = copyRows(source);
  const stray = values.findIndex(Number.isNaN);
  if (stray >= 0) {
    const row = Math.floor(stray / classes);
    throw new ValueError(`${WHERE}: ${what} expected numbers, got NaN in row ${row}, column ${stray % classes}.`);
  }
  return Int32Array.from({ length: source.rows }, (_, i) => {
    const first = i * classes;
    let best = 0;
    for (let j = 1; j < classes; j++) if (values[first + j] > values[first + best]) best = j;
    return best;
  });
}

/**
 * Counts how often rows of each class were predicted as each class: C_ij is the number of rows of true class i whose
 * predicted class is j. Targets and outputs are class indices, one per row, or rows of a value per class, of which the
 * largest counts, the first of equal ones: a Float32Array (n, classes) such as `predict` returns, or an array per row.
 * A Float32Array or Float64Array always holds rows.
 *
 * Turn outputs of one sigmoid unit into class indices first, `Array.from(y, (p) => Number(p > 0.5))`, with `classes` 2.
 * @param options `classes`: the number of classes, an integer >= 2.
 * @returns `classes` rows of `classes` counts: a row per true class, a column per predicted class.
 * @throws ShapeError if sizes do not match; MemoryError for more than 5,792 classes; ValueError for class indices out
 * of range, NaN, and other kinds of data.
 * @example
 * confusionMatrix([0, 1, 1, 2], [0, 2, 1, 2], { classes: 3 }); // [[1, 0, 0], [0, 1, 1], [0, 0, 1]]
 * @category Metrics
 */
export function confusionMatrix(
  targets: Rows | Labels,
  outputs: Rows | Labels,
  options: { classes: number },
): number[][] {
  const { classes } = readOptions<{ classes: number }>(WHERE, options, { classes: { check: integer(2) } });
  const need = BYTES_PER_COUNT * classes * classes;
  if (need > MOST_BYTES) {
    throw new MemoryError(
      `${WHERE}: counts expected to take at most ${MOST_BYTES} bytes, got a need of ${need} for ${classes} classes.`,
    );
  }
  const actual = classesOf('targets', targets, classes);
  const predicted = classesOf('outputs', outputs, classes);
  if (actual.length !== predicted.length) {
    throw new ShapeError(
      `${WHERE}: outputs expected ${counted(actual.length, 'row')} as in targets, got ${predicted.length}.`,
    );
  }
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < actual.length; i++) matrix[actual[i]][predicted[i]] += 1;
  return matrix;
}
