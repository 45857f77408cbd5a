import { isFloat32Array, isList } from '../common/arrays.js';
import { columnMoments } from '../common/column-moments.js';
import { describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { rowSource, type Rows, type RowSource } from '../common/rows.js';
import type { Model } from '../model/model.js';
import type { History } from '../training/fit.js';
import { Estimator, readMlpOptions, type MlpOptions } from './estimator.js';

/** Targets of a regression: a number per row, or rows of numbers. */
export type Values = readonly number[] | Rows;

/** A regressor for tables, made by `mlpRegressor`. */
export class MlpRegressor {
  private mean: readonly number[] = [];
  private scale: readonly number[] = [];

  /** For the library's own use: users call `mlpRegressor`. */
  constructor(private readonly estimator: Estimator) {}

  /** The network, whose outputs are standardized targets. @throws StateError before `fit`. */
  get model(): Model {
    return this.estimator.model('model');
  }

  /**
   * Trains a new network on n rows, as arrays or flat, and a number or a row of numbers for each.
   * @throws ShapeError, ValueError for rows or targets that do not fit.
   */
  async fit(x: Rows, y: Values): Promise<History> {
    const targets = readTargets('mlpRegressor.fit', y);
    const source = this.estimator.readRows('fit', x, targets.rows);
    const { mean, variance } = columnMoments('mlpRegressor.fit', targets, 'y');
    const scale = variance.map((value) => (value === 0 ? 1 : Math.sqrt(value)));
    const standardized = new Float32Array(targets.rows * targets.width);
    targets.write(standardized, 0);
    standardized.forEach((value, i) => {
      standardized[i] = (value - mean[i % targets.width]) / scale[i % targets.width];
    });
    const head = { activation: 'linear', loss: 'meanSquaredError' } as const;
    return this.estimator.fit(source, standardized, targets.width, head, () => {
      this.mean = mean;
      this.scale = scale;
    });
  }

  /** A number per row, or (n, outputs) row-major. @throws ShapeError, ValueError for rows that do not fit; StateError before `fit`. */
  predict(x: Rows): Float32Array {
    const model = this.estimator.model('predict');
    this.estimator.readRows('predict', x);
    const { mean, scale } = this;
    return model.predict(x).map((value, i) => value * scale[i % mean.length] + mean[i % mean.length]);
  }

  /**
   * Coefficient of determination R², the mean over outputs: 1 where every target is met, 0 for their mean as prediction.
   * @throws as `predict`.
   */
  score(x: Rows, y: Values): number {
    this.estimator.model('score');
    const targets = readTargets('mlpRegressor.score', y);
    const width = this.mean.length;
    if (targets.width !== width) {
      throw new ShapeError(`mlpRegressor.score: y expected ${width} values per row, got ${targets.width}.`);
    }
    this.estimator.readRows('score', x, targets.rows);
    const t = new Float32Array(targets.rows * width);
    targets.write(t, 0);
    const { variance } = columnMoments('mlpRegressor.score', targets, 'y');
    const predicted = this.predict(x);
    let total = 0;
    for (let j = 0; j < width; j++) {
      let squares = 0;
      for (let i = j; i < t.length; i += width) squares += (t[i] - predicted[i]) * (t[i] - predicted[i]);
      const whole = variance[j] * targets.rows;
      total += whole > 0 ? 1 - squares / whole : squares === 0 ? 1 : 0;
    }
    return total / width;
  }

  /** Gives the network's memory back. A fit that is going on rejects with a StateError. */
  dispose(): void {
    this.estimator.dispose();
  }
}

/** Targets as rows. */
function readTargets(where: string, y: Values): RowSource {
  const list: unknown = y;
  if (!isList(list) && !isFloat32Array(list)) {
    throw new ValueError(`${where}: y expected numbers or rows of numbers, got ${describe(list)}.`);
  }
  const first: unknown = list[0];
  if (typeof first !== 'number') {
    const width = isList(first) || isFloat32Array(first) ? first.length : 0;
    return rowSource(where, 'y', list, Math.max(1, width));
  }
  const values: number[] = [];
  // By index: a list may be of any length, and be refused at its first element.
  for (let row = 0; row < list.length; row++) {
    const value: unknown = list[row];
    if (typeof value !== 'number') {
      throw new ValueError(`${where}: y expected numbers, got ${describe(value)} in row ${row}.`);
    }
    values.push(value);
  }
  return rowSource(where, 'y', Float32Array.from(values), 1);
}

/**
 * A multilayer perceptron that predicts numbers from the rows of a table: standardization of inputs and targets, hidden layers, squared error,
 * Adam, and an end when the loss no longer falls.
 * @throws ValueError for an unknown option or a number out of range.
 * @example
 * const regressor = mlpRegressor({ hiddenLayers: [16], learningRate: 0.02 });
 * const x = Array.from({ length: 64 }, (_, i) => [i / 8]);
 * await regressor.fit(x, x.map(([v]) => v * v));
 * regressor.score(x, x.map(([v]) => v * v)) > 0.95; // true
 */
export const mlpRegressor = (options?: MlpOptions): MlpRegressor =>
  new MlpRegressor(new Estimator('mlpRegressor', readMlpOptions('mlpRegressor', options)));
