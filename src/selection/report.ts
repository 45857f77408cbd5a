/**
 * The classification report: precision, recall and F1 of each label and their averages, as data and as the text that
 * scikit-learn prints.
 */
import { isList } from '../common/arrays.js';
import { integer, readOptions, share, unchecked } from '../common/options.js';
import type { Label, RowNumbers } from '../index.js';
import { readAnswers, type Answers, type RowLabels } from './labels.js';

const WHERE = 'classificationReport';

/**
 * Options of `classificationReport`.
 * @category Tables
 */
export interface ReportOptions {
  /** The labels to report, in their order. Default all that occur, sorted. */
  labels?: readonly Label[];
  /** Weight of each row, at least 0. Default 1. */
  sampleWeight?: RowNumbers;
  /** Value of a rate whose divisor is 0, from 0 to 1. Default 0. */
  zeroDivision?: number;
  /** Digits behind the point in the text. Default 2. */
  digits?: number;
}

/**
 * Rates of a label, or an average of them.
 * @category Tables
 */
export interface Rates {
  /** Share of the rows predicted as it that are. */
  readonly precision: number;
  /** Share of its rows that are predicted as it. */
  readonly recall: number;
  /** 2·precision·recall/(precision + recall). */
  readonly f1: number;
  /** Weight of its rows: without `sampleWeight` their number. */
  readonly support: number;
}

/**
 * Rates of one label.
 * @category Tables
 */
export interface LabelRates extends Rates {
  /** The label. */
  readonly label: Label;
}

/**
 * What `classificationReport` returns.
 * @category Tables
 */
export interface ClassificationReport {
  /** Rates of each label. */
  readonly labels: readonly LabelRates[];
  /** Share of rows whose label is predicted; with lists of labels, of rows in which all are. */
  readonly accuracy: number;
  /** Mean over the labels. */
  readonly macro: Rates;
  /** Mean over the labels, each weighted by its support. */
  readonly weighted: Rates;
  /** Rates of all labels together. */
  readonly micro: Rates;
  /** Mean over the rows, if rows have lists of labels. */
  readonly samples?: Rates;
  /** The report as text. */
  toString(): string;
}

/** Sums of the weights of a label's rows. */
interface Counts {
  /** Those that are both true and predicted. */
  hits: number;
  predicted: number;
  truth: number;
}

/**
 * Reports how well labels are predicted. Rows have a label each, or a list of labels each. `String(report)` is the text
 * of scikit-learn's `classification_report`.
 * @throws ShapeError if there are not as many labels predicted as true; ValueError for values that are no labels, or an
 * unknown option.
 * @example
 * const report = classificationReport(['a', 'b', 'b', 'b'], ['a', 'a', 'b', 'b']);
 * report.labels[0]; // { label: 'a', precision: 0.5, recall: 1, f1: 0.6666666666666666, support: 1 }
 * report.accuracy; // 0.75
 * String(report).split('\n')[0]; // '              precision    recall  f1-score   support'
 * @category Tables
 */
export function classificationReport(
  truth: RowLabels,
  predicted: RowLabels,
  options?: ReportOptions,
): ClassificationReport {
  const read = readOptions<{ labels: unknown; sampleWeight: unknown; zeroDivision: number; digits: number }>(
    WHERE,
    options,
    {
      labels: { check: unchecked, or: undefined },
      sampleWeight: { check: unchecked, or: undefined },
      zeroDivision: { check: share, or: 0 },
      digits: { check: integer(0, 20), or: 2 },
    },
  );
  const answers = readAnswers(WHERE, truth, predicted, read);
  const { zeroDivision, digits } = read;
  const counts = countsOf(answers);
  const rates = counts.map((one) => ratesOf(one, zeroDivision));
  const labels = answers.labels.map((label, i) => ({ label, ...rates[i] }));
  const total = counts.reduce(
    (sum, one) => ({
      hits: sum.hits + one.hits,
      predicted: sum.predicted + one.predicted,
      truth: sum.truth + one.truth,
    }),
    { hits: 0, predicted: 0, truth: 0 },
  );
  const support = total.truth;
  const report = {
    labels,
    accuracy: accuracyOf(answers),
    macro: meanOf(
      rates,
      rates.map(() => 1),
      support,
      zeroDivision,
    ),
    weighted: meanOf(
      rates,
      rates.map((one) => one.support),
      support,
      zeroDivision,
    ),
    micro: ratesOf(total, zeroDivision),
    ...(answers.multilabel && { samples: samplesOf(answers, support, zeroDivision) }),
  };
  // scikit-learn prints the accuracy in place of the micro average where the two are the same number.
  const same = !answers.multilabel && (read.labels === undefined || coversAll(answers));
  return Object.defineProperty(report, 'toString', {
    value: () => textOf(report, same, answers.weights !== undefined, digits),
  });
}

const listed = (labels: Label | readonly Label[]): ReadonlySet<Label> => new Set(isList(labels) ? labels : [labels]);

/** Counts of each label, rows in order. */
function countsOf({ truth, predicted, weights, labels }: Answers): Counts[] {
  const counts = labels.map((): Counts => ({ hits: 0, predicted: 0, truth: 0 }));
  const index = new Map(labels.map((label, position) => [label, position]));
  truth.forEach((own, row) => {
    const weight = weights?.[row] ?? 1;
    const [known, given] = [listed(own), listed(predicted[row])];
    for (const label of known) {
      const at = index.get(label);
      if (at === undefined) continue;
      counts[at].truth += weight;
      if (given.has(label)) counts[at].hits += weight;
    }
    for (const label of given) {
      const at = index.get(label);
      if (at !== undefined) counts[at].predicted += weight;
    }
  });
  return counts;
}

function ratesOf({ hits, predicted, truth }: Counts, zeroDivision: number): Rates {
  const precision = predicted === 0 ? zeroDivision : hits / predicted;
  const recall = truth === 0 ? zeroDivision : hits / truth;
  const sum = precision + recall;
  return { precision, recall, f1: sum === 0 ? 0 : (2 * precision * recall) / sum, support: truth };
}

function meanOf(rates: readonly Rates[], weights: readonly number[], support: number, zeroDivision: number): Rates {
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = (name: 'precision' | 'recall' | 'f1'): number =>
    whole === 0 ? zeroDivision : rates.reduce((sum, one, i) => sum + one[name] * weights[i], 0) / whole;
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1'), support };
}

/** Rates of each row's labels, averaged over the rows. */
function samplesOf(answers: Answers, support: number, zeroDivision: number): Rates {
  const { truth, predicted, weights, labels } = answers;
  const counted = new Set(labels);
  const rates = truth.map((own, row) => {
    const known = [...listed(own)].filter((label) => counted.has(label));
    const given = new Set([...listed(predicted[row])].filter((label) => counted.has(label)));
    const hits = known.filter((label) => given.has(label)).length;
    return ratesOf({ hits, predicted: given.size, truth: known.length }, zeroDivision);
  });
  return meanOf(
    rates,
    rates.map((_, row) => weights?.[row] ?? 1),
    support,
    zeroDivision,
  );
}

/** Weight of the rows in which all labels are predicted and no others, as a share. */
function accuracyOf({ truth, predicted, weights }: Answers): number {
  let [right, all] = [0, 0];
  truth.forEach((own, row) => {
    const weight = weights?.[row] ?? 1;
    const [known, given] = [listed(own), listed(predicted[row])];
    all += weight;
    if (known.size === given.size && [...known].every((label) => given.has(label))) right += weight;
  });
  return all === 0 ? 0 : right / all;
}

/** Whether every label that occurs is reported. */
function coversAll({ truth, predicted, labels }: Answers): boolean {
  const all = new Set(labels);
  return [...truth, ...predicted].every((label) => all.has(label as Label));
}

/** Zeros that no double between 2^−20 and 1 has behind its digits. */
const ALL_DIGITS = 75;

/** Returns a number with `digits` digits, halves rounded to even as Python does. */
function fixed(value: number, digits: number): string {
  const exact = value.toFixed(digits + ALL_DIGITS);
  const cut = exact.slice(0, exact.length - ALL_DIGITS).replace(/\.$/, '');
  return /^50*$/.test(exact.slice(-ALL_DIGITS)) && /[02468]$/.test(cut) ? cut : value.toFixed(digits);
}

function textOf(report: ClassificationReport, showAccuracy: boolean, weighed: boolean, digits: number): string {
  const names = report.labels.map(({ label }) => String(label));
  const width = Math.max('weighted avg'.length, digits, ...names.map((name) => name.length));
  const rowsOf = (support: number): string => `${support}${weighed && Number.isInteger(support) ? '.0' : ''}`;
  const right = (text: string): string => ` ${text.padStart(9)}`;
  const row = (name: string, { precision, recall, f1, support }: Rates): string =>
    name.padStart(width) +
    ' ' +
    [precision, recall, f1].map((value) => right(fixed(value, digits))).join('') +
    right(rowsOf(support));
  const { support } = report.macro;
  const accuracy = `${'accuracy'.padStart(width)} ${right('')}${right('')}${right(fixed(report.accuracy, digits))}${right(rowsOf(support))}`;
  return [
    `${' '.repeat(width)} ${['precision', 'recall', 'f1-score', 'support'].map(right).join('')}`,
    '',
    ...report.labels.map((one, i) => row(names[i], one)),
    '',
    showAccuracy ? accuracy : row('micro avg', report.micro),
    row('macro avg', report.macro),
    row('weighted avg', report.weighted),
    ...(report.samples === undefined ? [] : [row('samples avg', report.samples)]),
    '',
  ].join('\n');
}
