/**
 * `mlpClassifier`: turns labels into class indices and probabilities into labels. `estimator.ts` reads the rows and
 * trains the network; `file.ts` reads and writes the file.
 */
import { isList, isNumbers, type NumberArray } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { isRecord } from '../common/options.js';
import { lengthOf, type Rows } from '../common/rows.js';
import { DISPOSE, INSPECT } from '../common/symbols.js';
import type { Model } from '../model/model.js';
import type { History } from '../training/fit.js';
import { Estimator, readMlpOptions, type MlpOptions } from './estimator.js';
import { decodeTable, encodeTable, type LoadTableOptions } from './file.js';
import type { Head } from './network.js';
import { isLabel, likeliest, probabilityRows, type Label } from './outputs.js';
import { readRun, type PartialFitOptions, type Run, type TableFitOptions, type Targets } from './run.js';
import { readSavedLabels } from './saved-fields.js';

/**
 * Labels of rows: a list, or a typed array of numbers. Where rows have several labels or none, a list for each row.
 * @category Tables
 */
export type LabelList<L extends Label | readonly Label[] = Label> =
  readonly L[] | (number extends L ? NumberArray : never);

/**
 * One label of a row that has one, or several.
 * @category Tables
 */
export type OneLabel<L> = L extends readonly (infer M)[] ? M : L;

/**
 * Options of `fit` of `mlpClassifier`.
 * @category Tables
 */
export interface ClassifierFitOptions<L extends Label | readonly Label[] = Label> extends TableFitOptions<
  LabelList<L>
> {
  /**
   * Weight of the rows of each label, by the label as text; a label that is not named has weight 1. 'balanced' gives
   * each label rows/(labels · its rows), as in scikit-learn. Multiplies with `sampleWeight`. Not for rows that have
   * several labels. Default none.
   */
  classWeight?: 'balanced' | Readonly<Record<string, number>>;
}

/**
 * Options of `partialFit` of `mlpClassifier`.
 * @category Tables
 */
export interface ClassifierPartialFitOptions<L extends Label | readonly Label[] = Label> extends PartialFitOptions {
  /** All labels there are, which the first call must know. Default those of its rows. */
  classes?: readonly OneLabel<L>[];
  /** Weight of the rows of each label, as in `fit`, but for 'balanced': a call does not know all rows. Default none. */
  classWeight?: Readonly<Record<string, number>>;
}

const KIND = 'mlpClassifier';

/**
 * A classifier for tables, made by `mlpClassifier` or `loadClassifier`. L is the label of a row, or the list of its
 * labels.
 * @category Tables
 */
export class MlpClassifier<L extends Label | readonly Label[] = Label> {
  /** Internal: users call `mlpClassifier`. */
  constructor(
    private readonly estimator: Estimator,
    private labels: readonly Label[] = [],
    private multilabel = false,
  ) {}

  /**
   * Labels seen in `fit`: false and true, numbers in ascending order, then strings in the order of their characters.
   */
  get classes(): readonly OneLabel<L>[] {
    return this.labels as readonly OneLabel<L>[];
  }

  /** Names of the columns, as `fit` was given them. */
  get featureNames(): readonly string[] | undefined {
    return this.estimator.featureNames;
  }

  /**
   * Network of the last successful fit, to summarize or to diagnose. It takes rows as `fit` does, except for columns
   * that float32 cannot hold: the classifier standardizes these before.
   * @throws StateError before `fit`.
   */
  get model(): Model {
    return this.estimator.model('model');
  }

  /**
   * Trains a new network on n rows, as arrays or flat, and a label for each, or a list of labels for each: then the
   * labels of a row are independent, each with a sigmoid. If that fails, the network of an earlier fit stays.
   * @throws ShapeError, ValueError for rows, labels or options that do not match, or labels that are all the same; the
   * signal's reason when aborted; any error that a callback throws.
   */
  async fit(x: Rows, labels: LabelList<L>, options?: ClassifierFitOptions<L>): Promise<History> {
    return this.train('fit', x, labels, readRun(`${KIND}.fit`, options, 'validation', 'classWeight'));
  }

  /**
   * Trains for one epoch on n rows, in place: on a part of a table that is too large for one `fit`, or on new rows. The
   * optimizer goes on, except that it starts anew after `loadClassifier`. The first call makes the network; it
   * standardizes by the rows of that call.
   * @throws as `fit`; ValueError for a label that the first call did not know.
   */
  async partialFit(x: Rows, labels: LabelList<L>, options?: ClassifierPartialFitOptions<L>): Promise<History> {
    return this.train('partialFit', x, labels, readRun(`${KIND}.partialFit`, options, 'classes', 'classWeight'));
  }

  private async train(call: 'fit' | 'partialFit', x: Rows, labels: unknown, run: Run): Promise<History> {
    const where = `${KIND}.${call}`;
    const { estimator } = this;
    const continues = estimator.continues(call);
    const given = readLabels(where, 'labels', labels, continues ? this.multilabel : undefined);
    const multilabel = isList(given[0]);
    const all = run.classes === undefined ? given.flat() : readLabels(where, 'classes', run.classes, false);
    const classes = continues ? this.labels : distinct(where, all as Label[], multilabel ? 1 : 2);
    const targets = encode(where, 'labels', given, classes);
    const opened = estimator.open(call, x, targets, run, (y) =>
      encode(where, 'validation.y', readLabels(where, 'validation.y', y, multilabel), classes),
    );
    const head: Head = multilabel
      ? { activation: 'sigmoid', loss: 'binaryCrossentropy' }
      : { activation: 'softmax', loss: 'sparseCategoricalCrossentropy' };
    const classWeight = weightsOf(where, run.classWeight, classes, multilabel ? undefined : opened.train.y, call);
    return estimator[call]({ ...opened, outputs: classes.length, head, classWeight }, run, () => {
      this.labels = classes;
      this.multilabel = multilabel;
    });
  }

  /**
   * Returns the most probable label of each row, or the list of those whose probability is above 0.5, in the order of
   * `classes`.
   * @throws ShapeError, ValueError for rows that do not match; StateError before `fit`.
   */
  predict(x: Rows): L[] {
    return this.likeliest('predict', x);
  }

  /**
   * Returns, for each row, the probability of each label, in the order of `classes`.
   * @throws as `predict`.
   */
  predictProbabilities(x: Rows): Float32Array[] {
    return probabilityRows(this.probabilities('predictProbabilities', x), this.labels.length);
  }

  /**
   * Returns the share of rows whose label is predicted, from 0 to 1; of those with a list of labels, the rows in which
   * all are.
   * @throws as `predict`.
   */
  score(x: Rows, labels: LabelList<L>): number {
    this.estimator.model('score');
    const given = readLabels(`${KIND}.score`, 'labels', labels, this.multilabel);
    const predicted = this.likeliest('score', x, given.length);
    const right = given.filter((label, row) => {
      const own = predicted[row] as unknown;
      if (!isList(label)) return label === own;
      return new Set(label).size === (own as Label[]).length && (own as Label[]).every((one) => label.includes(one));
    });
    return right.length / predicted.length;
  }

  /**
   * Returns the classifier as one safetensors file, for `loadClassifier`: network, labels and options. `loadModel`
   * loads the network in it.
   * @throws StateError before `fit`.
   */
  save(): Uint8Array {
    return encodeTable(`${KIND}.save`, KIND, this.estimator, {
      labels: this.labels,
      ...(this.multilabel && { multilabel: true }),
    });
  }

  /** Frees the memory of the network. A fit in progress rejects with a StateError. */
  dispose(): void {
    this.estimator.dispose();
  }

  /** `dispose`, for `using`. */
  [DISPOSE](): void {
    this.dispose();
  }

  /** Returns a short text for consoles, which would show all private fields otherwise. @internal */
  [INSPECT](): string {
    return `MlpClassifier (${this.estimator.state})`;
  }

  private probabilities(call: string, x: Rows, rows?: number): Float32Array {
    const model = this.estimator.model(call);
    return model.predict(this.estimator.rowsFor(call, x, rows));
  }

  private likeliest(call: string, x: Rows, rows?: number): L[] {
    const { labels, multilabel } = this;
    return likeliest(this.probabilities(call, x, rows), { labels, multilabel }) as L[];
  }
}

/** A label for each row, or a list of labels for each. */
type Read = (Label | readonly Label[])[];

/**
 * Returns a copy of the labels, at least one, each read once and checked. `several`: whether each row has a list of
 * them; by default as the first row has.
 */
function readLabels(where: string, what: string, labels: unknown, several?: boolean): Read {
  if (!isList(labels) && !isNumbers(labels))
    throw new ValueError(`${where}: ${what} expected a list, got ${describe(labels)}.`);
  const rows = lengthOf(where, what, labels);
  if (rows === 0) throw new ShapeError(`${where}: ${what} expected at least one row, got none.`);
  const list: Read = [];
  for (let row = 0; row < rows; row++) {
    const label: unknown = labels[row];
    several ??= isList(label);
    const own: unknown[] = [];
    const length = several && isList(label) ? lengthOf(where, what, label) : 1;
    for (let i = 0; i < length; i++) {
      own.push(isList(label) ? label[i] : label);
      if (several === isList(label) && isLabel(own[i])) continue;
      throw new ValueError(
        `${where}: ${what} expected ${several ? 'lists of ' : ''}strings, finite numbers, true or false, ` +
          `got ${describe(label)} in row ${row}.`,
      );
    }
    list.push((several ? own : own[0]) as Label);
  }
  return list;
}

/** Returns the indices of labels among the classes; for lists of labels a row with 1 at each. */
function encode(where: string, what: string, labels: Read, classes: readonly Label[]): Targets {
  const index = new Map(classes.map((label, position) => [label, position]));
  const rows = labels.length;
  const width = isList(labels[0]) ? classes.length : 1;
  const ones = new Float32Array(isList(labels[0]) ? rows * width : 0);
  const indices = Int32Array.from(labels, (given, row) => {
    for (const label of isList(given) ? given : [given]) {
      const at = index.get(label);
      if (at === undefined) {
        throw new ValueError(
          `${where}: ${what} expected labels that are among ${describe(classes)}, got ${describe(label)} in row ${row}.`,
        );
      }
      if (!isList(given)) return at;
      ones[row * width + at] = 1;
    }
    return 0;
  });
  return isList(labels[0]) ? { rows, width, data: ones } : { rows, width, data: indices, classes: indices };
}

/** Returns the weight of each class; `indices` are the classes of the rows, if each has one. */
function weightsOf(
  where: string,
  weight: unknown,
  classes: readonly Label[],
  indices: ArrayLike<number> | undefined,
  call: string,
): number[] | undefined {
  if (weight === undefined) return undefined;
  const expected = (what: string, got = weight): never => {
    throw new ValueError(`${where}: classWeight expected ${what}, got ${describe(got)}.`);
  };
  if (indices === undefined) return expected('none for rows that have several labels');
  if (weight === 'balanced' && call === 'fit') {
    const counts = classes.map(() => 0);
    for (let row = 0; row < indices.length; row++) counts[indices[row]] += 1;
    return counts.map((count) => (count === 0 ? 1 : indices.length / (classes.length * count)));
  }
  if (!isRecord(weight)) return expected(`${call === 'fit' ? "'balanced' or " : ''}a weight by label`);
  const names = classes.map(String);
  const stray = Object.keys(weight).find((name) => !names.includes(name));
  if (stray !== undefined) return expected(`labels among ${describe(classes)}`, stray);
  return names.map((name) => (weight[name] ?? 1) as number);
}

/** Returns the different labels, in order. */
function distinct(where: string, labels: readonly Label[], least: number): Label[] {
  const classes = [...new Set(labels)];
  if (classes.length < least) {
    const expected = least === 1 ? 'one label' : 'two different ones';
    throw new ValueError(`${where}: labels expected at least ${expected}, got ${classes.length}.`);
  }
  const rank = (label: Label): number => ['boolean', 'number', 'string'].indexOf(typeof label);
  return classes.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/**
 * Makes a multilayer perceptron that assigns the rows of a table to classes: standardization of the inputs, hidden
 * layers, softmax with cross-entropy, Adam, and a stop when the loss no longer falls. Labels are strings, numbers or
 * booleans; lists of labels make it one of independent labels, each with a sigmoid.
 * @throws ValueError for an unknown option or a number out of range.
 * @example
 * const classifier = mlpClassifier({ hiddenLayers: [8], learningRate: 0.05 });
 * await classifier.fit([[1, 40], [2, 30], [8, 20], [9, 10]], ['small', 'small', 'large', 'large']);
 * classifier.predict([[1.5, 35], [8.5, 15]]); // ['small', 'large']
 * @category Tables
 */
export const mlpClassifier = <L extends Label | readonly Label[] = Label>(options?: MlpOptions): MlpClassifier<L> =>
  new MlpClassifier<L>(new Estimator(KIND, readMlpOptions(KIND, options)));

/**
 * Loads the classifier of a file that `save` wrote, on `engine` or on the default one. It predicts as the saved one
 * did, and can be fitted again.
 * @throws FormatError for a damaged or foreign file, or one that needs a custom activation which is not in
 * `custom`; MemoryError.
 * @example
 * const fitted = mlpClassifier({ hiddenLayers: [8], learningRate: 0.05 });
 * await fitted.fit([[1, 40], [2, 30], [8, 20], [9, 10]], ['small', 'small', 'large', 'large']);
 * const loaded = await loadClassifier(fitted.save());
 * loaded.predict([[1.5, 35], [8.5, 15]]); // ['small', 'large']
 * @category Tables
 */
export async function loadClassifier<L extends Label | readonly Label[] = Label>(
  bytes: Uint8Array | ArrayBuffer,
  options?: LoadTableOptions,
): Promise<MlpClassifier<L>> {
  const { estimator, part } = await decodeTable(
    'loadClassifier',
    KIND,
    bytes,
    options,
    ['labels', 'multilabel'],
    readSavedLabels,
  );
  return new MlpClassifier<L>(estimator, part.labels, part.multilabel);
}
