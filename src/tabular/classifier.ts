/**
 * `mlpClassifier`: turns labels into class indices and probabilities into labels. `estimator.ts` reads the rows and
 * trains the network; `file.ts` reads and writes the file.
 */
import { isList, isNumbers, type NumberArray } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { lengthOf, type Rows } from '../common/rows.js';
import { DISPOSE, INSPECT } from '../common/symbols.js';
import type { Model } from '../model/model.js';
import type { History } from '../training/fit.js';
import { Estimator, readMlpOptions, type MlpOptions } from './estimator.js';
import { decodeTable, encodeTable, type LoadTableOptions } from './file.js';

/**
 * Label of a row: its class.
 * @category Tables
 */
export type Label = string | number | boolean;

/**
 * Labels of rows: a list, or a typed array of numbers.
 * @category Tables
 */
export type LabelList<L extends Label = Label> = readonly L[] | (number extends L ? NumberArray : never);

const KIND = 'mlpClassifier';

/**
 * A classifier for tables, made by `mlpClassifier` or `loadClassifier`.
 * @category Tables
 */
export class MlpClassifier<L extends Label = Label> {
  /** Internal: users call `mlpClassifier`. */
  constructor(
    private readonly estimator: Estimator,
    private labels: readonly L[] = [],
  ) {}

  /**
   * Labels seen in `fit`: false and true, numbers in ascending order, then strings in the order of their characters.
   */
  get classes(): readonly L[] {
    return this.labels;
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
   * Trains a new network on n rows, as arrays or flat, and a label for each. If that fails, the network of an earlier
   * fit stays.
   * @throws ShapeError, ValueError for rows or labels that do not match, or labels that are all the same.
   */
  async fit(x: Rows, labels: LabelList<L>): Promise<History> {
    const given = readLabels('fit', labels);
    const classes = distinct(given);
    const index = new Map(classes.map((label, position) => [label, position]));
    const y = Int32Array.from(given, (label) => index.get(label)!);
    const head = { activation: 'softmax', loss: 'sparseCategoricalCrossentropy' } as const;
    const table = { x: this.estimator.openTable('fit', x, y.length), y, outputs: classes.length, head };
    return this.estimator.fit(table, () => (this.labels = classes));
  }

  /**
   * Returns the most probable label of each row.
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
    const flat = this.probabilities('predictProbabilities', x);
    const { length } = this.labels;
    return Array.from({ length: flat.length / length }, (_, row) => flat.slice(row * length, (row + 1) * length));
  }

  /**
   * Returns the share of rows whose label is predicted, from 0 to 1.
   * @throws as `predict`.
   */
  score(x: Rows, labels: LabelList<L>): number {
    this.estimator.model('score');
    const given = readLabels('score', labels);
    const predicted = this.likeliest('score', x, given.length);
    return predicted.filter((label, row) => label === given[row]).length / predicted.length;
  }

  /**
   * Returns the classifier as one safetensors file, for `loadClassifier`: network, labels and options. `loadModel`
   * loads the network in it.
   * @throws StateError before `fit`.
   */
  save(): Uint8Array {
    return encodeTable(`${KIND}.save`, KIND, this.estimator, { labels: this.labels });
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
    const flat = this.probabilities(call, x, rows);
    const { labels } = this;
    const { length } = labels;
    return Array.from({ length: flat.length / length }, (_, row) => {
      const first = row * length;
      let best = 0;
      for (let j = 1; j < length; j++) if (flat[first + j] > flat[first + best]) best = j;
      return labels[best];
    });
  }
}

/** Returns a copy of the labels, at least one, each read once and checked. */
function readLabels<L extends Label>(call: string, labels: LabelList<L>): L[] {
  const where = `${KIND}.${call}`;
  if (!isList(labels) && !isNumbers(labels))
    throw new ValueError(`${where}: labels expected a list, got ${describe(labels)}.`);
  const rows = lengthOf(where, 'labels', labels);
  if (rows === 0) throw new ShapeError(`${where}: labels expected at least one row, got none.`);
  const list: L[] = [];
  for (let row = 0; row < rows; row++) {
    const label: unknown = labels[row];
    if (!isLabel(label)) {
      throw new ValueError(
        `${where}: labels expected strings, finite numbers, true or false, got ${describe(label)} in row ${row}.`,
      );
    }
    list.push(label as L);
  }
  return list;
}

const isLabel = (label: unknown): label is Label =>
  typeof label === 'string' || typeof label === 'boolean' || Number.isFinite(label);

/** Returns the different labels, in order. */
function distinct<L extends Label>(labels: readonly L[]): L[] {
  const classes = [...new Set(labels)];
  if (classes.length < 2) {
    throw new ValueError(`${KIND}.fit: labels expected at least two different ones, got ${classes.length}.`);
  }
  const rank = (label: Label): number => ['boolean', 'number', 'string'].indexOf(typeof label);
  return classes.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/**
 * Makes a multilayer perceptron that assigns the rows of a table to classes: standardization of the inputs, hidden
 * layers, softmax with cross-entropy, Adam, and a stop when the loss no longer falls. Labels are strings or numbers.
 * @throws ValueError for an unknown option or a number out of range.
 * @example
 * const classifier = mlpClassifier({ hiddenLayers: [8], learningRate: 0.05 });
 * await classifier.fit([[1, 40], [2, 30], [8, 20], [9, 10]], ['small', 'small', 'large', 'large']);
 * classifier.predict([[1.5, 35], [8.5, 15]]); // ['small', 'large']
 * @category Tables
 */
export const mlpClassifier = <L extends Label = Label>(options?: MlpOptions): MlpClassifier<L> =>
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
export async function loadClassifier<L extends Label = Label>(
  bytes: Uint8Array | ArrayBuffer,
  options?: LoadTableOptions,
): Promise<MlpClassifier<L>> {
  const { estimator, part } = await decodeTable(
    'loadClassifier',
    KIND,
    bytes,
    options,
    ['labels'],
    ({ labels }, outputs, requireField) => {
      const fits = Array.isArray(labels) && labels.length === outputs && labels.length > 1;
      requireField(fits, 'labels', `a list of ${outputs} labels, one for each output`, labels);
      for (const label of labels as unknown[]) {
        requireField(isLabel(label), 'labels', 'strings, finite numbers, true or false', label);
      }
      const different = new Set(labels as unknown[]).size;
      requireField(different === outputs, 'labels', `${outputs} different ones`, different);
      return labels as L[];
    },
  );
  return new MlpClassifier<L>(estimator, part);
}
