/**
 * `mlpRegressor`: standardizes targets and turns the network's outputs back into numbers, in double. `estimator.ts`
 * reads the rows and trains the network; `file.ts` reads and writes the file.
 */
import { isList, isNumbers, newDoubles } from '../common/arrays.js';
import { columnMoments } from '../common/column-moments.js';
import { counted, describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { lengthOf, openRows, rowLength, type Rows } from '../common/rows.js';
import { DISPOSE, INSPECT } from '../common/symbols.js';
import type { Model } from '../model/model.js';
import type { History } from '../training/fit.js';
import { scaled } from './columns.js';
import { Estimator, readMlpOptions, type MlpOptions } from './estimator.js';
import { decodeTable, encodeTable, type LoadTableOptions } from './file.js';
import { unscaled, type Scaling } from './outputs.js';
import { readRun, type Part, type PartialFitOptions, type Run, type TableFitOptions, type Targets } from './run.js';
import { readScaling } from './saved-fields.js';

/**
 * Targets of a regression: a number per row, or rows of numbers.
 * @category Tables
 */
export type Values = Rows;

/**
 * Scale of targets: a number for each.
 * @category Tables
 */
export interface TargetScaling {
  /** What is added to the outputs of the network, after the multiplication. */
  readonly shift: readonly number[];
  /** Factor of the outputs of the network. */
  readonly scale: readonly number[];
}

const KIND = 'mlpRegressor';

/** Targets in double, row-major. */
interface Doubles extends Targets {
  readonly data: Float64Array;
}

/**
 * A regressor for tables, made by `mlpRegressor` or `loadRegressor`.
 * @category Tables
 */
export class MlpRegressor {
  /** Internal: users call `mlpRegressor`. */
  constructor(
    private readonly estimator: Estimator,
    private targets: Scaling = { shift: [], scale: [] },
  ) {}

  /**
   * Network of the last successful fit, whose outputs are standardized targets. It takes rows as `fit` does, except for
   * columns that float32 cannot hold: the regressor standardizes these before.
   * @throws StateError before `fit`.
   */
  get model(): Model {
    return this.estimator.model('model');
  }

  /**
   * Mean and standard deviation of each target in the rows of the last successful fit, in double: the outputs of
   * `model` times `scale` plus `shift` are predictions. A target that does not vary has the scale 1.
   * @throws StateError before `fit`.
   */
  get targetScaling(): TargetScaling {
    this.estimator.model('targetScaling');
    const { shift, scale } = this.targets;
    return { shift: [...shift], scale: [...scale] };
  }

  /** Names of the columns, as `fit` was given them. */
  get featureNames(): readonly string[] | undefined {
    return this.estimator.featureNames;
  }

  /**
   * Trains a new network on n rows, as arrays or flat, and a number or a row of numbers for each. If that fails, the
   * network of an earlier fit stays.
   * @throws ShapeError, ValueError for rows, targets or options that do not match; the signal's reason when aborted;
   * any error that a callback throws.
   */
  async fit(x: Rows, y: Values, options?: TableFitOptions): Promise<History> {
    return this.train('fit', x, y, readRun(`${KIND}.fit`, options, 'validation'));
  }

  /**
   * Trains for one epoch on n rows, in place: on a part of a table that is too large for one `fit`, or on new rows. The
   * optimizer goes on, except that it starts anew after `loadRegressor`. The first call makes the network; it
   * standardizes by the rows and targets of that call.
   * @throws as `fit`.
   */
  async partialFit(x: Rows, y: Values, options?: PartialFitOptions): Promise<History> {
    return this.train('partialFit', x, y, readRun(`${KIND}.partialFit`, options));
  }

  private async train(call: 'fit' | 'partialFit', x: Rows, y: Values, run: Run): Promise<History> {
    const where = `${KIND}.${call}`;
    const { estimator } = this;
    const given = readTargets(where, 'y', y);
    const { width } = given;
    const continues = estimator.continues(call);
    if (continues) requireWidth(where, 'y', width, this.targets);
    const opened = estimator.open(call, x, given, run, (held) => {
      const own = readTargets(where, 'validation.y', held);
      requireWidth(where, 'validation.y', own.width, { shift: Array(width) });
      return own;
    });
    const { mean, variance } = columnMoments(where, opened.train.y as Float64Array, width, 'y');
    const fresh = { shift: mean, scale: variance.map((value) => (value === 0 ? 1 : Math.sqrt(value))) };
    const targets = continues ? this.targets : fresh;
    const standardized = (part: Part): Part => ({ ...part, y: scaled(part.y as Float64Array, targets) });
    const train = standardized(opened.train);
    const held = opened.held && standardized(opened.held);
    const head = { activation: 'linear', loss: 'meanSquaredError' } as const;
    return estimator[call](
      { ...opened, train, held, outputs: width, head, classWeight: undefined },
      run,
      () => (this.targets = targets),
    );
  }

  /**
   * Returns a number per row, or (n, outputs) row-major, in double: float32 would not hold large targets that differ
   * little.
   * @throws ShapeError, ValueError for rows that do not match; StateError before `fit`.
   */
  predict(x: Rows): Float64Array {
    return this.predictions('predict', x);
  }

  /**
   * Returns the coefficient of determination R², the mean over outputs: 1 if every target is met, 0 for predicting the
   * mean of the targets. Computed in double, from the numbers as given.
   * @throws as `predict`.
   */
  score(x: Rows, y: Values): number {
    this.estimator.model('score');
    const { rows, width, data } = readTargets(`${KIND}.score`, 'y', y);
    requireWidth(`${KIND}.score`, 'y', width, this.targets);
    const predicted = this.predictions('score', x, rows);
    const { variance } = columnMoments(`${KIND}.score`, data, width, 'y');
    let total = 0;
    for (let j = 0; j < width; j++) {
      let squares = 0;
      for (let i = j; i < data.length; i += width) squares += (data[i] - predicted[i]) * (data[i] - predicted[i]);
      const whole = variance[j] * rows;
      total += whole > 0 ? 1 - squares / whole : squares === 0 ? 1 : 0;
    }
    return total / width;
  }

  /**
   * Returns the regressor as one safetensors file, for `loadRegressor`: network, scale of the targets and options.
   * `loadModel` loads the network in it.
   * @throws StateError before `fit`.
   */
  save(): Uint8Array {
    return encodeTable(`${KIND}.save`, KIND, this.estimator, { targets: this.targets });
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
    return `MlpRegressor (${this.estimator.state})`;
  }

  private predictions(call: string, x: Rows, rows?: number): Float64Array {
    const model = this.estimator.model(call);
    return unscaled(model.predict(this.estimator.rowsFor(call, x, rows)), this.targets);
  }
}

function requireWidth(where: string, what: string, got: number, { shift }: Pick<Scaling, 'shift'>): void {
  if (got === shift.length) return;
  throw new ShapeError(`${where}: ${what} expected ${counted(shift.length, 'value')} per row, got ${got}.`);
}

/** Reads targets, each number once. */
function readTargets(where: string, what: string, y: unknown): Doubles {
  const list: unknown = y;
  const flat = isNumbers(list);
  if (!isList(list) && !flat) {
    throw new ValueError(`${where}: ${what} expected numbers or rows of numbers, got ${describe(list)}.`);
  }
  const length = lengthOf(where, what, list);
  if (length === 0) throw new ShapeError(`${where}: ${what} expected at least one row, got none.`);
  const first: unknown = flat ? undefined : list[0];
  if (!flat && typeof first !== 'number') {
    const source = openRows(where, what, list, Math.max(1, rowLength(where, what, first) ?? 1));
    const data = newDoubles(source.rows * source.width);
    source.write(data, 0);
    return { rows: source.rows, width: source.width, data };
  }
  const data = newDoubles(length);
  for (let row = 0; row < length; row++) {
    const value: unknown = (list as readonly unknown[])[row];
    if (typeof value !== 'number') {
      throw new ValueError(`${where}: ${what} expected numbers, got ${describe(value)} in row ${row}.`);
    }
    data[row] = value;
  }
  return { rows: length, width: 1, data };
}

/**
 * Makes a multilayer perceptron that predicts numbers from the rows of a table: standardization of inputs and targets,
 * hidden layers, squared error, Adam, and a stop when the loss no longer falls.
 * @throws ValueError for an unknown option or a number out of range.
 * @example
 * const regressor = mlpRegressor({ hiddenLayers: [16], learningRate: 0.02 });
 * const x = Array.from({ length: 64 }, (_, i) => [i / 8]);
 * await regressor.fit(x, x.map(([v]) => v * v));
 * regressor.score(x, x.map(([v]) => v * v)) > 0.95; // true
 * @category Tables
 */
export const mlpRegressor = (options?: MlpOptions): MlpRegressor =>
  new MlpRegressor(new Estimator(KIND, readMlpOptions(KIND, options)));

/**
 * Loads the regressor of a file that `save` wrote, on `engine` or on the default one. It predicts as the saved one did,
 * and can be fitted again.
 * @throws FormatError for a damaged or foreign file, or one that needs a custom activation which is not in
 * `custom`; MemoryError.
 * @example
 * const fitted = mlpRegressor({ epochs: 20 });
 * await fitted.fit([[1], [2], [3], [4]], [100, 110, 120, 130]);
 * const loaded = await loadRegressor(fitted.save());
 * loaded.predict([[2.5]])[0] === fitted.predict([[2.5]])[0]; // true
 * @category Tables
 */
export async function loadRegressor(
  bytes: Uint8Array | ArrayBuffer,
  options?: LoadTableOptions,
): Promise<MlpRegressor> {
  const { estimator, part } = await decodeTable(
    'loadRegressor',
    KIND,
    bytes,
    options,
    ['targets'],
    ({ targets }, outputs, requireField) => readScaling('targets', targets, outputs, requireField),
  );
  return new MlpRegressor(estimator, part);
}
