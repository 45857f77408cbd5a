import { isList } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import type { Rows } from '../common/rows.js';
import type { Model } from '../model/model.js';
import type { History } from '../training/fit.js';
import { Estimator, readMlpOptions, type MlpOptions } from './estimator.js';

/** What a row belongs to. */
export type Label = string | number;

/** A classifier for tables, made by `mlpClassifier`. */
export class MlpClassifier<L extends Label = Label> {
  private labels: readonly L[] = [];

  /** For the library's own use: users call `mlpClassifier`. */
  constructor(private readonly estimator: Estimator) {}

  /** The labels that were met in `fit`: numbers in ascending order, then strings in the order of their characters. */
  get classes(): readonly L[] {
    return this.labels;
  }

  /** The network, to save, to summarize or to diagnose. @throws StateError before `fit`. */
  get model(): Model {
    return this.estimator.model('model');
  }

  /**
   * Trains a new network on n rows, as arrays or flat, and a label for each.
   * @throws ShapeError, ValueError for rows or labels that do not fit, or labels that are all the same.
   */
  async fit(x: Rows, labels: readonly L[]): Promise<History> {
    const given = readLabels(labels);
    const classes = distinct(given);
    const index = new Map(classes.map((label, position) => [label, position]));
    const source = this.estimator.readRows('fit', x, given.length);
    const y = Int32Array.from(given, (label) => index.get(label)!);
    const head = { activation: 'softmax', loss: 'sparseCategoricalCrossentropy' } as const;
    return this.estimator.fit(source, y, classes.length, head, () => (this.labels = classes));
  }

  /** The likeliest label of each row. @throws ShapeError, ValueError for rows that do not fit; StateError before `fit`. */
  predict(x: Rows): L[] {
    return this.predictProbabilities(x).map((row) => {
      let best = 0;
      for (let j = 1; j < row.length; j++) if (row[j] > row[best]) best = j;
      return this.labels[best];
    });
  }

  /** Of each row, the probability of each label, in the order of `classes`. @throws as `predict`. */
  predictProbabilities(x: Rows): Float32Array[] {
    const model = this.estimator.model('predictProbabilities');
    this.estimator.readRows('predictProbabilities', x);
    const flat = model.predict(x);
    const { length } = this.labels;
    return Array.from({ length: flat.length / length }, (_, row) => flat.slice(row * length, (row + 1) * length));
  }

  /** Share of the rows whose label is predicted, from 0 to 1. @throws as `predict`. */
  score(x: Rows, labels: readonly L[]): number {
    this.estimator.model('score');
    if (!isList(labels)) {
      throw new ValueError(`mlpClassifier.score: labels expected a list, got ${describe(labels)}.`);
    }
    this.estimator.readRows('score', x, labels.length);
    const predicted = this.predict(x);
    return predicted.filter((label, row) => label === labels[row]).length / predicted.length;
  }

  /** Gives the network's memory back. A fit that is going on rejects with a StateError. */
  dispose(): void {
    this.estimator.dispose();
  }
}

/** The labels, checked. */
function readLabels<L extends Label>(labels: readonly L[]): L[] {
  if (!isList(labels)) {
    throw new ValueError(`mlpClassifier.fit: labels expected a list, got ${describe(labels)}.`);
  }
  const result: L[] = [];
  // By index: forEach would pass over holes.
  for (let row = 0; row < labels.length; row++) {
    const label: unknown = labels[row];
    if (typeof label !== 'string' && !Number.isFinite(label)) {
      throw new ValueError(
        `mlpClassifier.fit: labels expected strings or finite numbers, got ${describe(label)} in row ${row}.`,
      );
    }
    result.push(label as L);
  }
  return result;
}

/** The labels that occur, in order. */
function distinct<L extends Label>(labels: readonly L[]): L[] {
  const classes = [...new Set(labels)];
  if (classes.length < 2) {
    throw new ValueError(`mlpClassifier.fit: labels expected at least two different ones, got ${classes.length}.`);
  }
  const rank = (label: Label): number => (typeof label === 'number' ? 0 : 1);
  return classes.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/**
 * A multilayer perceptron that sorts the rows of a table into classes: standardization of the inputs, hidden layers, softmax with
 * cross-entropy, Adam, and an end when the loss no longer falls. Labels are strings or numbers.
 * @throws ValueError for an unknown option or a number out of range.
 * @example
 * const classifier = mlpClassifier({ hiddenLayers: [8], learningRate: 0.05 });
 * await classifier.fit([[1, 40], [2, 30], [8, 20], [9, 10]], ['small', 'small', 'large', 'large']);
 * classifier.predict([[1.5, 35], [8.5, 15]]); // ['small', 'large']
 */
export const mlpClassifier = <L extends Label = Label>(options?: MlpOptions): MlpClassifier<L> =>
  new MlpClassifier<L>(new Estimator('mlpClassifier', readMlpOptions('mlpClassifier', options)));
