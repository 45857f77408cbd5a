/**
 * Judges the outputs of a diagnosed batch against its targets: whether they depend on the inputs, whether they tell
 * more than how often each class occurs, and whether everything is learned. The yardstick is the loss of the best
 * constant output, which a network reaches that uses nothing of its inputs. findings.ts reads the outputs, advice.ts
 * words faults.
 */
import { exp, log } from '../../common/elementary.js';
import type { MatrixView } from '../../runtime/matrix-view.js';
import type { LossProperties } from '../../losses/properties.js';

/** Judgement of one output of a diagnosed batch. */
export interface Outcome {
  /** Name of the output's layer. */
  readonly layer: string;
  /**
   * Mean loss over the rows, and that of the best constant output. For losses on numbers it is the mean square,
   * whichever of them the network is trained on.
   */
  readonly loss: number;
  readonly constantLoss: number;
  /** Whether all rows have the same outputs, although inputs and targets differ. */
  readonly constant: boolean;
  /** Whether no weight matrix that the output depends on has a gradient. */
  readonly still: boolean;
  /** The answers, where outputs are classes. */
  readonly classes: ClassPredictions | undefined;
  /** Whether hardly anything is left to learn on these rows. */
  readonly learned: boolean;
}

/** The part of an outcome that follows from outputs and targets alone. */
type Judgement = Omit<Outcome, 'layer' | 'still'>;

/** Answers of an output that distinguishes classes. */
export interface ClassPredictions {
  /**
   * The class that every row is given although the targets have several: an index; 0 or 1 for a single output; 'one
   * side' where each of several independent outputs is on the same side for every row. Undefined if answers differ.
   */
  readonly only: number | 'one side' | undefined;
  /** Share of right answers, and number of wrong ones. */
  readonly right: number;
  readonly wrong: number;
}

/** Rows and columns of floats, copied from linear memory. */
export interface Table {
  readonly rows: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** Outputs count as the same if they differ by less than this share of the column's largest value. */
const SAME = 1e-6;

/** Keras' epsilon, to which losses on probabilities clamp. */
const EPSILON = 1e-7;

/**
 * Everything counts as learned if the loss is below the first share of the best constant's loss, or below the second
 * share with every row right.
 */
const LEARNED = 0.05;
const LEARNED_ALL_RIGHT = 0.25;

/** Loss per row that counts as none where targets are constant: the best constant has no loss to compare with then. */
const NO_LOSS = 1e-3;

/** Meaning of the outputs, by which their loss is measured here. */
type Meaning = LossProperties['outputs'] | 'scores';

type Thresholds = NonNullable<LossProperties['thresholds']>;

/** Copies the rows of a matrix view. */
export function tableOf(f32: Float32Array, { address, width, ld }: MatrixView, rows: number): Table {
  const values = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const first = address / 4 + row * ld;
    values.set(f32.subarray(first, first + width), row * width);
  }
  return { rows, width, values };
}

/** Whether all rows are equal, except for differences of at most `tolerance` times the column's scale. */
export function isConstant({ rows, width, values }: Table, tolerance = 0, scales: readonly number[] = []): boolean {
  for (let i = width; i < rows * width; i++) {
    const column = i % width;
    const room = tolerance === 0 ? 0 : tolerance * scales[column];
    // Negated, so that a NaN differs from everything.
    if (!(Math.abs(values[i] - values[column]) <= room)) return false;
  }
  return true;
}

/** Returns the largest absolute value of each column. */
function scalesOf({ width, values }: Table): number[] {
  const scales = new Array<number>(width).fill(0);
  values.forEach((value, i) => (scales[i % width] = Math.max(scales[i % width], Math.abs(value))));
  return scales;
}

/** Returns the mean of f over rows and columns, or with `summed` over rows only, summed over columns. */
function meanOver(
  { rows, width, values }: Table,
  f: (value: number, column: number, at: number) => number,
  summed = false,
): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += f(values[i], i % width, i);
  return total / (summed ? rows : rows * width);
}

/** Returns the probabilities of which the outputs are the logits; outputs of other losses are returned as they are. */
function probabilitiesOf(logitsOf: LossProperties['logitsOf'], outputs: Table): Float32Array {
  const { rows, width, values } = outputs;
  if (logitsOf === undefined) return values;
  if (logitsOf === 'sigmoid') return values.map((z) => 1 / (1 + exp(-z)));
  const shares = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const logits = values.subarray(row * width, (row + 1) * width);
    const top = logits.reduce((most, z) => Math.max(most, z));
    const powers = Array.from(logits, (z) => exp(z - top));
    const sum = powers.reduce((total, value) => total + value);
    shares.set(
      powers.map((value) => value / sum),
      row * width,
    );
  }
  return shares;
}

/** Returns −t·ln p; 0 where t is 0. */
const surprise = (t: number, p: number): number => (t === 0 ? 0 : -t * log(Math.max(p, EPSILON)));

const norm = (row: readonly number[]): number => Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));

/** Returns the mean over rows of a loss of the outputs and targets of a row. */
function meanOfRows(
  { rows, width, values }: Table,
  output: (column: number, at: number) => number,
  f: (y: readonly number[], t: readonly number[]) => number,
): number {
  let total = 0;
  for (let first = 0; first < values.length; first += width) {
    const y = Array.from({ length: width }, (_, j) => output(j, first + j));
    total += f(y, Array.from(values.subarray(first, first + width)));
  }
  return total / rows;
}

/** Returns the mean loss of `output`, which gives a constant output by its column, or a row's by its position. */
function lossOf(meaning: Meaning, targets: Table, output: (column: number, at: number) => number): number {
  switch (meaning) {
    case 'classes':
      return meanOver(targets, (t, j, at) => surprise(t, output(j, at)), true);
    case 'independent':
      return meanOver(targets, (t, j, at) => {
        const p = output(j, at);
        return surprise(t, p) + surprise(1 - t, 1 - p);
      });
    case 'scores':
      return meanOfRows(targets, output, (y, t) => {
        const right = y.reduce((sum, value, j) => sum + t[j] * value, 0);
        return Math.max(0, 1 + Math.max(...y.map((value, j) => (1 - t[j]) * value)) - right);
      });
    case 'directions':
      return meanOfRows(
        targets,
        output,
        (y, t) => 1 - y.reduce((sum, value, j) => sum + value * t[j], 0) / (norm(y) * norm(t) || 1),
      );
    case 'signs':
      return meanOver(targets, (t, j, at) => Math.max(0, 1 - (t > 0 ? 1 : -1) * output(j, at)));
    case 'numbers':
    case 'unknown':
      return meanOver(targets, (t, j, at) => {
        const difference = t - output(j, at);
        return difference * difference;
      });
  }
}

const columnMeans = ({ rows, width, values }: Table): number[] => {
  const sums = new Array<number>(width).fill(0);
  for (let i = 0; i < values.length; i++) sums[i % width] += values[i];
  return sums.map((sum) => sum / rows);
};

/**
 * Returns the best constant outputs: the sign that more targets have under a loss on signs, a score of 1 for the class
 * that more than half of the targets have, the mean direction, else the mean of the targets.
 */
function bestConstant(meaning: Meaning, targets: Table): number[] {
  if (meaning === 'scores') return columnMeans(targets).map((share) => (share > 0.5 ? 1 : 0));
  if (meaning === 'directions') {
    const { rows, width, values } = targets;
    const units = new Float32Array(rows * width);
    for (let first = 0; first < values.length; first += width) {
      const row = Array.from(values.subarray(first, first + width));
      units.set(
        row.map((value) => value / (norm(row) || 1)),
        first,
      );
    }
    return columnMeans({ ...targets, values: units });
  }
  const signs = meaning === 'signs';
  const means = columnMeans(signs ? { ...targets, values: targets.values.map((t) => (t > 0 ? 1 : -1)) } : targets);
  return signs ? means.map((mean) => (mean >= 0 ? 1 : -1)) : means;
}

/** Returns the column of the largest value of a row, the first of equal ones. */
function largestAt({ width, values }: Table, row: number): number {
  let best = 0;
  for (let j = 1; j < width; j++) if (values[row * width + j] > values[row * width + best]) best = j;
  return best;
}

/** Whether each row consists of one 1 and zeros. */
function isOneHot({ rows, width, values }: Table): boolean {
  for (let row = 0; row < rows; row++) {
    const cells = values.subarray(row * width, (row + 1) * width);
    if (!cells.includes(1) || cells.indexOf(1) !== cells.lastIndexOf(1)) return false;
    if (!cells.every((value) => value === 0 || value === 1)) return false;
  }
  return true;
}

/**
 * Returns how classes are read from outputs: by the largest, or by a threshold for each; undefined where outputs are no
 * classes.
 */
function decision(
  { outputs, thresholds }: LossProperties,
  targets: Table,
  negative: boolean,
): 'largest' | Thresholds | undefined {
  if (outputs === 'classes') return 'largest';
  if (thresholds !== undefined) return thresholds;
  if (targets.width > 1) return isOneHot(targets) ? 'largest' : undefined;
  const among = (...values: number[]): boolean => targets.values.every((t) => values.includes(t));
  const both = (cut: number): Thresholds => ({ outputs: cut, targets: cut });
  if (among(0, 1)) return both(0.5);
  return among(-1, 1) ? both(negative ? 0 : 0.5) : undefined;
}

function answersOf(
  loss: LossProperties,
  outputs: Table,
  targets: Table,
  negative: boolean,
): ClassPredictions | undefined {
  const by = decision(loss, targets, negative);
  if (by === undefined) return undefined;
  const { rows, width } = targets;
  if (by === 'largest') {
    const given = Array.from({ length: rows }, (_, row) => largestAt(outputs, row));
    const wanted = given.map((_, row) => largestAt(targets, row));
    const wrong = given.filter((answer, row) => answer !== wanted[row]).length;
    const several = wanted.some((one) => one !== wanted[0]);
    return {
      right: 1 - wrong / rows,
      wrong,
      only: several && given.every((one) => one === given[0]) ? given[0] : undefined,
    };
  }
  const side = (value: number): number => (value > by.outputs ? 1 : 0);
  const wantedSide = (value: number): number => (value > by.targets ? 1 : 0);
  const alike = ({ values }: Table, of: typeof side): boolean =>
    values.every((v, i) => of(v) === of(values[i % width]));
  const wrong = outputs.values.filter((y, at) => side(y) !== wantedSide(targets.values[at])).length;
  const only = width === 1 ? side(outputs.values[0]) : 'one side';
  return {
    right: 1 - wrong / (rows * width),
    wrong,
    only: alike(outputs, side) && !alike(targets, wantedSide) ? only : undefined,
  };
}

/**
 * Judges one output. `differ`: whether the input rows are not all equal; `negative`: whether outputs can be below 0.
 */
export function judgeOutput(
  properties: LossProperties,
  outputs: Table,
  targets: Table,
  { differ, negative }: { readonly differ: boolean; readonly negative: boolean },
): Judgement {
  const scores = properties.outputs === 'classes' && !properties.probabilities && !properties.logitsOf;
  const meaning = scores ? 'scores' : properties.outputs;
  const values = probabilitiesOf(properties.logitsOf, outputs);
  const best = bestConstant(meaning, targets);
  const loss = lossOf(meaning, targets, (_, at) => values[at]);
  const constantLoss = lossOf(meaning, targets, (column) => best[column]);
  const classes = answersOf(properties, outputs, targets, negative);
  const wanted = scalesOf(targets);
  const varied = !isConstant(targets, SAME, wanted);
  const given = scalesOf(outputs).map((scale, column) => Math.max(scale, wanted[column]));
  const constant = differ && varied && isConstant(outputs, SAME, given);
  const scale = meaning === 'numbers' || meaning === 'unknown' ? meanOver(targets, (t) => t * t) : 1;
  // A loss near 0 tells nothing if outputs are constant: a softmax of one unit is 1 whatever the target is.
  const learned = constant
    ? false
    : varied
      ? loss <= LEARNED * constantLoss || (classes?.wrong === 0 && loss <= LEARNED_ALL_RIGHT * constantLoss)
      : loss <= NO_LOSS * scale;
  return { loss, constantLoss, constant, classes, learned };
}
