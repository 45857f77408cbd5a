/**
 * What the outputs of a diagnosed batch come to, held against its targets: whether they depend on the inputs, whether
 * they know more than how often each class occurs, and whether all is learned. For comparison each output has the loss
 * of the best constant, which is what a network comes to that uses nothing of its inputs.
 */
import { log } from '../../common/elementary.js';
import type { MatrixView } from '../../runtime/matrix-view.js';
import type { LossProperties } from '../../losses/properties.js';

/** One output of a diagnosed batch. */
export interface Outcome {
  /** Name of the output's layer. */
  readonly layer: string;
  /**
   * Its loss over the rows, and that of the best constant; errors are mean squares, whatever multiple of them is
   * trained on.
   */
  readonly loss: number;
  readonly constantLoss: number;
  /** Whether all rows have the same outputs, though inputs and targets differ. */
  readonly constant: boolean;
  /** Whether no weight matrix that the output depends on has a gradient. */
  readonly still: boolean;
  /** Where outputs are classes: what they answer. */
  readonly classes: ClassAnswers | undefined;
  /** Whether hardly anything is left to learn on these rows. */
  readonly learned: boolean;
}

/** What follows from outputs and targets alone. */
type Judgement = Omit<Outcome, 'layer' | 'still'>;

/** What an output that tells classes apart answers. */
export interface ClassAnswers {
  /**
   * The class that all rows are given, where it is one although the targets have several; of one output 0 or 1. Of
   * independent outputs all have one side.
   */
  readonly only: number | 'one side' | undefined;
  /** Share of right answers, and how many are wrong. */
  readonly right: number;
  readonly wrong: number;
}

/** Rows and columns of floats, copied out. */
export interface Table {
  readonly rows: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** Outputs this near to each other, of their largest, are the same. */
const SAME = 1e-6;

/** Keras' epsilon, which losses on probabilities clamp to. */
const EPSILON = 1e-7;

/**
 * All is learned where the loss is below this share of the best constant's, or below the second with every row right.
 */
const LEARNED = 0.05;
const LEARNED_ALL_RIGHT = 0.25;

/** Loss of a row that counts as nothing where targets are constant, so that the best constant has none. */
const NO_LOSS = 1e-3;

/** Meaning of the outputs, by which their loss is measured here. */
type Meaning = LossProperties['outputs'];

/** Copies the rows of a place. */
export function tableOf(f32: Float32Array, { address, width, ld }: MatrixView, rows: number): Table {
  const values = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const first = address / 4 + row * ld;
    values.set(f32.subarray(first, first + width), row * width);
  }
  return { rows, width, values };
}

/** Whether all rows are alike, but for differences below `tolerance` times the column's scale. */
export function isConstant({ rows, width, values }: Table, tolerance = 0, scales: readonly number[] = []): boolean {
  for (let i = width; i < rows * width; i++) {
    const column = i % width;
    const room = tolerance === 0 ? 0 : tolerance * scales[column];
    // Nothing is the same as a NaN.
    if (!(Math.abs(values[i] - values[column]) <= room)) return false;
  }
  return true;
}

/** The largest value of each column, without its sign. */
function scalesOf({ width, values }: Table): number[] {
  const scales = new Array<number>(width).fill(0);
  values.forEach((value, i) => (scales[i % width] = Math.max(scales[i % width], Math.abs(value))));
  return scales;
}

/** Mean of f over all values of a column, and then over the columns or their sum. */
function meanOver(
  { rows, width, values }: Table,
  f: (value: number, column: number, at: number) => number,
  summed = false,
): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += f(values[i], i % width, i);
  return total / (summed ? rows : rows * width);
}

/** −t·ln p, 0 where t is. */
const surprise = (t: number, p: number): number => (t === 0 ? 0 : -t * log(Math.max(p, EPSILON)));

/** The loss of outputs that are the same in every row, `constant` by column, or of outputs by row. */
function lossOf(meaning: Meaning, targets: Table, output: (column: number, at: number) => number): number {
  switch (meaning) {
    case 'classes':
      return meanOver(targets, (t, j, at) => surprise(t, output(j, at)), true);
    case 'independent':
      return meanOver(targets, (t, j, at) => {
        const p = output(j, at);
        return surprise(t, p) + surprise(1 - t, 1 - p);
      });
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

/** The best constant outputs: of hinge the side that more targets are on, else the mean of the targets. */
function bestConstant(meaning: Meaning, targets: Table): number[] {
  const signs = meaning === 'signs';
  const means = columnMeans(signs ? { ...targets, values: targets.values.map((t) => (t > 0 ? 1 : -1)) } : targets);
  return signs ? means.map((mean) => (mean >= 0 ? 1 : -1)) : means;
}

/** Column of the largest value of a row, the first of equal ones. */
function largestAt({ width, values }: Table, row: number): number {
  let best = 0;
  for (let j = 1; j < width; j++) if (values[row * width + j] > values[row * width + best]) best = j;
  return best;
}

/** Whether each row has one 1 among zeros. */
function isOneHot({ rows, width, values }: Table): boolean {
  for (let row = 0; row < rows; row++) {
    const cells = values.subarray(row * width, (row + 1) * width);
    if (!cells.includes(1) || cells.indexOf(1) !== cells.lastIndexOf(1)) return false;
    if (!cells.every((value) => value === 0 || value === 1)) return false;
  }
  return true;
}

/**
 * How classes are told from outputs: by the largest, or by a threshold for each; undefined where they are no classes.
 */
function decision(
  { outputs, threshold }: LossProperties,
  targets: Table,
): 'largest' | { readonly threshold: number } | undefined {
  if (outputs === 'classes') return 'largest';
  if (threshold !== undefined) return { threshold };
  if (targets.width > 1) return isOneHot(targets) ? 'largest' : undefined;
  const among = (...values: number[]): boolean => targets.values.every((t) => values.includes(t));
  if (among(0, 1)) return { threshold: 0.5 };
  return among(-1, 1) ? { threshold: 0 } : undefined;
}

function answersOf(loss: LossProperties, outputs: Table, targets: Table): ClassAnswers | undefined {
  const by = decision(loss, targets);
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
  const side = (value: number): number => (value > by.threshold ? 1 : 0);
  const alike = (table: Table): boolean => table.values.every((v, i) => side(v) === side(table.values[i % width]));
  const wrong = outputs.values.filter((y, at) => side(y) !== side(targets.values[at])).length;
  const only = width === 1 ? side(outputs.values[0]) : 'one side';
  return { right: 1 - wrong / (rows * width), wrong, only: alike(outputs) && !alike(targets) ? only : undefined };
}

/** Judges one output. `differ`: whether the rows of the inputs are not all the same. */
export function judgeOutput(properties: LossProperties, outputs: Table, targets: Table, differ: boolean): Judgement {
  const meaning = properties.outputs;
  const { values } = outputs;
  const best = bestConstant(meaning, targets);
  const loss = lossOf(meaning, targets, (_, at) => values[at]);
  const constantLoss = lossOf(meaning, targets, (column) => best[column]);
  const classes = answersOf(properties, outputs, targets);
  const wanted = scalesOf(targets);
  const varied = !isConstant(targets, SAME, wanted);
  const given = scalesOf(outputs).map((scale, column) => Math.max(scale, wanted[column]));
  const constant = differ && varied && isConstant(outputs, SAME, given);
  const scale = meaning === 'numbers' || meaning === 'unknown' ? meanOver(targets, (t) => t * t) : 1;
  // Of constant outputs a loss near 0 says nothing: a softmax of one unit is 1 whatever the target is.
  const learned = constant
    ? false
    : varied
      ? loss <= LEARNED * constantLoss || (classes?.wrong === 0 && loss <= LEARNED_ALL_RIGHT * constantLoss)
      : loss <= NO_LOSS * scale;
  return { loss, constantLoss, constant, classes, learned };
}
