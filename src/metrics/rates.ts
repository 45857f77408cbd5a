/**
 * Rates of right answers, from counts of rows by class or by output: those in which it is both answer and target, in
 * which it is the answer, and in which it is the target. bind.ts chooses the kernel that counts.
 */
import type { Averaging } from './factories.js';

/** Counts of one class, or of one output whose answer is yes or no. */
export interface Counts {
  readonly hits: number;
  readonly answers: number;
  readonly targets: number;
  /** All rows. */
  readonly rows: number;
}

/** A rate of one class. */
export type Rate = (counts: Counts) => number;

/** a/b, 0 for 0/0, as in scikit-learn with zero_division=0. */
const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

export const precision: Rate = ({ hits, answers }) => ratio(hits, answers);
export const recall: Rate = ({ hits, targets }) => ratio(hits, targets);
export const specificity: Rate = ({ hits, answers, targets, rows }) =>
  ratio(rows - answers - targets + hits, rows - targets);

/** (1 + β²)·TP / ((1 + β²)·TP + β²·FN + FP). */
export const fBeta = (beta: number): Rate => {
  const square = beta * beta;
  return ({ hits, answers, targets }) => ratio((1 + square) * hits, square * targets + answers);
};

/** Half of recall and specificity; of rows that are all yes or all no, the rate of these. */
const balanced: Rate = (counts) => {
  const { targets, rows } = counts;
  if (targets === 0) return specificity(counts);
  return targets === rows ? recall(counts) : (recall(counts) + specificity(counts)) / 2;
};

/** Correlation of answers and targets, 0 where one of them is constant. */
const correlation: Rate = ({ hits, answers, targets, rows }) =>
  ratio(hits * rows - answers * targets, Math.sqrt(answers * (rows - answers)) * Math.sqrt(targets * (rows - targets)));

/** Reads the counts of all classes from running sums. */
const countsOf = (sums: Float64Array, rows: number): Counts[] =>
  Array.from({ length: sums.length / 3 }, (_, i) => ({
    hits: sums[3 * i],
    answers: sums[3 * i + 1],
    targets: sums[3 * i + 2],
    rows,
  }));

const total = (all: readonly Counts[], f: (counts: Counts) => number): number =>
  all.reduce((sum, counts) => sum + f(counts), 0);

/** Computes a number from the running sums of all classes after `rows` rows. */
export type Summary = (sums: Float64Array, rows: number) => number;

/**
 * Averages a rate: over the classes that occur for categories, over all for independent outputs; of all counts
 * together; by the number of targets; or takes that of one class.
 */
export function averaged(rate: Rate, { average, class: one }: Averaging, categorical: boolean): Summary {
  return (sums, rows) => {
    const all = countsOf(sums, rows);
    if (one !== undefined) return rate(all[one]);
    if (average === 'micro') {
      return rate({
        hits: total(all, ({ hits }) => hits),
        answers: total(all, ({ answers }) => answers),
        targets: total(all, ({ targets }) => targets),
        rows: all.length * rows,
      });
    }
    if (average === 'weighted') {
      const weights = total(all, ({ targets }) => targets);
      return ratio(
        total(all, (counts) => counts.targets * rate(counts)),
        weights,
      );
    }
    const counted = categorical ? all.filter(({ answers, targets }) => answers + targets > 0) : all;
    return ratio(total(counted, rate), counted.length);
  };
}

/** Mean recall of the classes that are targets; of independent outputs the mean of recall and specificity. */
export const balancedAccuracy =
  (categorical: boolean): Summary =>
  (sums, rows) => {
    const all = countsOf(sums, rows);
    const counted = categorical ? all.filter(({ targets }) => targets > 0) : all;
    return ratio(total(counted, categorical ? recall : balanced), counted.length);
  };

/** Matthews' correlation: of categories by Gorodkin's formula (2004), of independent outputs the mean over these. */
export const matthews =
  (categorical: boolean): Summary =>
  (sums, rows) => {
    const all = countsOf(sums, rows);
    if (!categorical) return ratio(total(all, correlation), all.length);
    const square = rows * rows;
    const both = total(all, ({ hits }) => hits) * rows - total(all, ({ answers, targets }) => answers * targets);
    const answered = square - total(all, ({ answers }) => answers * answers);
    const wanted = square - total(all, ({ targets }) => targets * targets);
    return ratio(both, Math.sqrt(answered) * Math.sqrt(wanted));
  };
