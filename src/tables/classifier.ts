/** `tableClassifier`: predicts a column of labels from the other columns of a table. */
import { mlpClassifier, type History, type Label, type MlpClassifier } from '../index.js';
import {
  readTableOptions,
  TableEstimator,
  type FittedTable,
  type TableModelFitOptions,
  type TableModelOptions,
} from './estimator.js';
import { labelColumns, type PredictedLabels } from './predictions.js';
import { TableModel } from './table-model.js';
import type { Table } from './table.js';
import { labelsOf, requireDifferent } from './targets.js';

/**
 * Options of `fit` of `tableClassifier`.
 * @category Tables
 */
export interface TableClassifierFitOptions extends TableModelFitOptions {
  /**
   * Weight of the rows of each label, by the label as text; 'balanced' gives each label rows/(labels · its rows). Not for
   * several targets. Default none.
   */
  classWeight?: 'balanced' | Readonly<Record<string, number>>;
}

/**
 * Options of `partialFit` of `tableClassifier`.
 * @category Tables
 */
export interface TableClassifierPartialFitOptions extends Omit<TableClassifierFitOptions, 'validation'> {
  /** All labels there are, which the first call must know. Default those of its rows. */
  classes?: readonly Label[];
}

/** The facade below, whose rows have a label or a list of labels. */
type Facade = MlpClassifier<Label | readonly Label[]>;

/** Labels of rows, or lists of labels. */
type Given = (Label | string[])[];

const WHERE = 'tableClassifier';

/**
 * A classifier for tables of mixed columns, made by `tableClassifier` or `loadTable`. P is what it predicts: a list of
 * labels, or, of several targets, columns of true and false by name.
 * @category Tables
 */
export class TableClassifier<P extends PredictedLabels = Label[]> extends TableModel {
  /** Tells it from a regressor. */
  readonly kind = 'classifier';
  /** @internal */
  protected readonly estimator: TableEstimator<Facade, Given>;

  /** Internal: users call `tableClassifier`. @internal */
  constructor(options?: TableModelOptions, fitted?: FittedTable<Facade>) {
    super();
    const settled = readTableOptions(WHERE, options, mlpClassifier);
    this.estimator = new TableEstimator<Facade, Given>(
      WHERE,
      settled,
      mlpClassifier<Label | readonly Label[]>,
      (where, table, names, whole) => {
        const labels = labelsOf(where, table, names);
        if (whole) requireDifferent(where, table, names);
        return labels;
      },
      fitted,
    );
  }

  /**
   * Labels seen in `fit`: false and true, numbers in ascending order, then texts in the order of their characters; of
   * several targets their names, in that order.
   */
  get classes(): readonly Label[] {
    return this.estimator.requireFitted('classes').facade.classes;
  }

  /**
   * Learns the columns of a table, as `learnPreprocessing` does, and trains a new network to predict the column
   * `target`, or several of true and false, each with a sigmoid. If that fails, the network of an earlier fit stays.
   * @throws ValueError for values of different kinds in a column, a target that is missing in a row or the same in all;
   * as `mlpClassifier.fit`.
   */
  async fit(table: Table, target: string | readonly string[], options?: TableClassifierFitOptions): Promise<History> {
    return this.estimator.fit('fit', table, target, options, (facade, { x, y }, rest) => facade.fit(x, y, rest));
  }

  /**
   * Trains for one epoch on the rows of a table, in place. The first call makes the network, and learns the columns
   * unless `preprocessing` was given.
   * @throws as `fit`; ValueError for a label that the first call did not know.
   */
  async partialFit(
    table: Table,
    target: string | readonly string[],
    options?: TableClassifierPartialFitOptions,
  ): Promise<History> {
    return this.estimator.fit('partialFit', table, target, options, (facade, { x, y }, rest) =>
      facade.partialFit(x, y, rest),
    );
  }

  /**
   * Returns the most probable label of each row; of several targets an object of columns, true where the probability is
   * above 0.5. The table may have other columns, and need not have the targets.
   * @throws ValueError for a column that is not there or has another kind; StateError before `fit`.
   */
  predict(table: Table): P {
    const { facade, targets } = this.estimator.requireFitted('predict');
    const { x, open } = this.estimator.rowsFor('predict', table);
    return labelColumns(open.rows === 0 ? [] : facade.predict(x), targets) as P;
  }

  /**
   * Returns, for each row, the probability of each label, in the order of `classes`.
   * @throws as `predict`.
   */
  predictProbabilities(table: Table): Float32Array[] {
    const { facade } = this.estimator.requireFitted('predictProbabilities');
    const { x, open } = this.estimator.rowsFor('predictProbabilities', table);
    return open.rows === 0 ? [] : facade.predictProbabilities(x);
  }

  /**
   * Returns the share of rows whose label is predicted, from 0 to 1; of several targets, of those in which all are. The
   * table has the targets.
   * @throws as `predict`.
   */
  score(table: Table): number {
    const { facade } = this.estimator.requireFitted('score');
    const { x, y } = this.estimator.partFor('score', table);
    return facade.score(x, y);
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
export const tableClassifier = <P extends PredictedLabels = Label[]>(options?: TableModelOptions): TableClassifier<P> =>
  new TableClassifier<P>(options);
