/** `tableRegressor`: predicts columns of numbers from the other columns of a table. */
import { mlpRegressor, type History, type MlpRegressor, type TargetScaling, type Values } from '../index.js';
import {
  readTableOptions,
  TableEstimator,
  type FittedTable,
  type TableModelFitOptions,
  type TableModelOptions,
} from './estimator.js';
import { numberColumns, type PredictedNumbers } from './predictions.js';
import { TableModel } from './table-model.js';
import type { Table } from './table.js';
import { numbersOf, requireDifferent } from './targets.js';

const WHERE = 'tableRegressor';

/**
 * A regressor for tables of mixed columns, made by `tableRegressor` or `loadTable`.
 * @category Tables
 */
export class TableRegressor<P extends PredictedNumbers = Float64Array> extends TableModel {
  /** Tells it from a classifier. */
  readonly kind = 'regressor';
  /** @internal */
  protected readonly estimator: TableEstimator<MlpRegressor, Values>;

  /** Internal: users call `tableRegressor`. @internal */
  constructor(options?: TableModelOptions, fitted?: FittedTable<MlpRegressor>) {
    super();
    const settled = readTableOptions(WHERE, options, mlpRegressor);
    this.estimator = new TableEstimator<MlpRegressor, Values>(
      WHERE,
      settled,
      mlpRegressor,
      (where, table, names, whole) => {
        const numbers = numbersOf(where, table, names);
        if (whole) requireDifferent(where, table, names);
        return rowsOfNumbers(numbers, names.length);
      },
      fitted,
    );
  }

  /**
   * Mean and standard deviation of each target: the outputs of `model` times `scale` plus `shift` are predictions.
   * @throws StateError before `fit`.
   */
  get targetScaling(): TargetScaling {
    return this.estimator.requireFitted('targetScaling').facade.targetScaling;
  }

  /**
   * Learns the columns of a table, as `learnPreprocessing` does, and trains a new network to predict the column
   * `target`, or several. If that fails, the network of an earlier fit stays.
   * @throws ValueError for values of different kinds in a column, a target that is missing in a row or the same in all;
   * as `mlpRegressor.fit`.
   */
  async fit(table: Table, target: string | readonly string[], options?: TableModelFitOptions): Promise<History> {
    return this.estimator.fit('fit', table, target, options, (facade, { x, y }, rest) => facade.fit(x, y, rest));
  }

  /**
   * Trains for one epoch on the rows of a table, in place. The first call makes the network, scales by its targets, and
   * learns the columns unless `preprocessing` was given.
   * @throws as `fit`.
   */
  async partialFit(
    table: Table,
    target: string | readonly string[],
    options?: Omit<TableModelFitOptions, 'validation'>,
  ): Promise<History> {
    return this.estimator.fit('partialFit', table, target, options, (facade, { x, y }, rest) =>
      facade.partialFit(x, y, rest),
    );
  }

  /**
   * Returns a number for each row, in double; for several targets, an object of such columns by their names. The table
   * may have other columns, and need not have the targets.
   * @throws ValueError for a column that is not there or has another kind; StateError before `fit`.
   */
  predict(table: Table): P {
    const { facade, targets } = this.estimator.requireFitted('predict');
    const { x, open } = this.estimator.rowsFor('predict', table);
    return numberColumns(open.rows === 0 ? new Float64Array(0) : facade.predict(x), targets) as P;
  }

  /**
   * Returns the coefficient of determination R², the mean over targets: 1 if every number is met, 0 for predicting the
   * mean. The table has the targets.
   * @throws as `predict`.
   */
  score(table: Table): number {
    const { facade } = this.estimator.requireFitted('score');
    const { x, y } = this.estimator.partFor('score', table);
    return facade.score(x, y);
  }
}

/** Returns targets as facades take them: a number per row, or rows of numbers. */
const rowsOfNumbers = (numbers: Float64Array, width: number): Float64Array | Float64Array[] =>
  width === 1
    ? numbers
    : Array.from({ length: numbers.length / width }, (_, row) => numbers.subarray(row * width, (row + 1) * width));

/**
 * Makes a regressor for tables of mixed columns: numbers, texts, dates, true and false, with missing values. `fit`
 * learns how columns become numbers, and trains a multilayer perceptron as `mlpRegressor` does.
 * @throws ValueError for an unknown option or a number out of range.
 * @example
 * const table = {
 *   rooms: Array.from({ length: 64 }, (_, i) => 1 + (i % 4)),
 *   town: Array.from({ length: 64 }, (_, i) => (i % 3 === 0 ? 'Lyon' : 'Oslo')),
 *   rent: Array.from({ length: 64 }, (_, i) => 200 * (1 + (i % 4)) + (i % 3 === 0 ? 100 : 0)),
 * };
 * const regressor = tableRegressor({ hiddenLayers: [16], learningRate: 0.02 });
 * await regressor.fit(table, 'rent');
 * regressor.score(table) > 0.9; // true
 * @category Tables
 */
export const tableRegressor = <P extends PredictedNumbers = Float64Array>(
  options?: TableModelOptions,
): TableRegressor<P> => new TableRegressor<P>(options);
