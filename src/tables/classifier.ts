/** `tableClassifier`: predicts a column of labels from the other columns of a table. */
import { DISPOSE, INSPECT } from '../common/symbols.js';
import { mlpClassifier, type History, type Label, type MlpClassifier, type Model } from '../index.js';
import { readTableOptions, TableEstimator, type FittedTable, type TableModelOptions } from './estimator.js';
import type { Preprocessing } from './preprocessing.js';
import type { Schema } from './schema.js';
import type { Table } from './table.js';
import { labelsOf, requireDifferent } from './targets.js';

const WHERE = 'tableClassifier';

/**
 * A classifier for tables of mixed columns, made by `tableClassifier` or `loadTable`.
 * @category Tables
 */
export class TableClassifier<L extends Label = Label> {
  /** Tells it from a regressor. */
  readonly kind = 'classifier';
  private readonly estimator: TableEstimator<MlpClassifier<L>>;

  /** Internal: users call `tableClassifier`. @internal */
  constructor(options?: TableModelOptions, fitted?: FittedTable<MlpClassifier<L>>) {
    const settled = readTableOptions(WHERE, options, mlpClassifier);
    this.estimator = new TableEstimator(WHERE, settled, mlpClassifier<L>, fitted);
  }

  /** Labels seen in `fit`: false and true, numbers in ascending order, then texts in the order of their characters. */
  get classes(): readonly L[] {
    return this.estimator.requireFitted('classes').facade.classes;
  }

  /** Name of the column that is predicted. */
  get target(): string {
    return this.estimator.requireFitted('target').targets[0];
  }

  /** Preprocessing of the last successful fit. */
  get preprocessing(): Preprocessing {
    return this.estimator.requireFitted('preprocessing').preprocessing;
  }

  /** Columns that are used, and those that are not. */
  get schema(): Schema {
    return this.estimator.requireFitted('schema').preprocessing.schema;
  }

  /** Network of the last successful fit, whose inputs are what `preprocessing.transform` returns. */
  get model(): Model {
    return this.estimator.requireFitted('model').facade.model;
  }

  /**
   * Learns the columns of a table, as `learnPreprocessing` does, and trains a new network to predict the column
   * `target`. If that fails, the network of an earlier fit stays.
   * @throws ValueError for values of different kinds in a column, a target that is missing in a row or the same in all.
   */
  async fit(table: Table, target: string): Promise<History> {
    return this.estimator.fit(table, target, (facade, x, open, [name]) => {
      const labels = labelsOf(`${WHERE}.fit`, open, name) as L[];
      requireDifferent(`${WHERE}.fit`, name, labels);
      return facade.fit(x, labels);
    });
  }

  /**
   * Returns the most probable label of each row. The table may have other columns, and need not have the target.
   * @throws ValueError for a column that is not there or has another kind; StateError before `fit`.
   */
  predict(table: Table): L[] {
    const { facade } = this.estimator.requireFitted('predict');
    const { x, table: open } = this.estimator.rowsFor('predict', table);
    return open.rows === 0 ? [] : facade.predict(x);
  }

  /**
   * Returns, for each row, the probability of each label, in the order of `classes`.
   * @throws as `predict`.
   */
  predictProbabilities(table: Table): Float32Array[] {
    const { facade } = this.estimator.requireFitted('predictProbabilities');
    const { x, table: open } = this.estimator.rowsFor('predictProbabilities', table);
    return open.rows === 0 ? [] : facade.predictProbabilities(x);
  }

  /**
   * Returns the share of rows whose label is predicted, from 0 to 1. The table has the target.
   * @throws as `predict`.
   */
  score(table: Table): number {
    const { facade } = this.estimator.requireFitted('score');
    const { x, table: open } = this.estimator.rowsFor('score', table);
    const [name] = this.estimator.targetsIn('score', open);
    return facade.score(x, labelsOf(`${WHERE}.score`, open, name) as L[]);
  }

  /**
   * Returns one safetensors file, for `loadTable`: preprocessing, network, labels and options. `loadModel` loads the
   * network in it.
   * @throws StateError before `fit`.
   */
  save(): Uint8Array {
    return this.estimator.save();
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
    return `TableClassifier (${this.estimator.state})`;
  }
}

/**
 * Makes a classifier for tables of mixed columns: numbers, texts, dates, true and false, with missing values. `fit`
 * learns how columns become numbers, and trains a multilayer perceptron as `mlpClassifier` does.
 * @throws ValueError for an unknown option or a number out of range.
 * @example
 * const rows = [
 *   { age: 22, town: 'Lyon', joined: '2020-01-31', paid: true },
 *   { age: null, town: 'Oslo', joined: '2021-06-01', paid: false },
 *   { age: 35, town: 'Lyon', joined: '2020-03-15', paid: true },
 *   { age: 51, town: 'Oslo', joined: '2021-09-30', paid: false },
 * ];
 * const classifier = tableClassifier({ hiddenLayers: [8], learningRate: 0.05 });
 * await classifier.fit(rows, 'paid');
 * classifier.predict([{ age: 40, town: 'Lyon', joined: '2020-02-01' }]); // [true]
 * @category Tables
 */
export const tableClassifier = <L extends Label = Label>(options?: TableModelOptions): TableClassifier<L> =>
  new TableClassifier<L>(options);
