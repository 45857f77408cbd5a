/**
 * Common part of classifier and regressor: options, reading and standardizing a table's rows, a new network for each
 * fit, and disposal. The network of the last successful fit predicts. `classifier.ts` and `regressor.ts` convert
 * targets and predictions.
 */
import { activationCheck, type Activation, type ActivationLike } from '../activations/activations.js';
import { isFloat32Array, isList, isNumbers, newFloats, typedLength } from '../common/arrays.js';
import { counted } from '../common/describe.js';
import { ShapeError, StateError } from '../common/errors.js';
import { integer, listOf, nonNegative, positive, readOptions, type Check } from '../common/options.js';
import { copyRows, openRows, rowLength, type Rows, type RowSource } from '../common/rows.js';
import { glorotUniform } from '../initializers/initializers.js';
import { dense } from '../layers/dense.js';
import { normalization } from '../layers/preprocess.js';
import type { LossName } from '../losses/losses.js';
import { engineCheck, sequential } from '../engine/default-engine.js';
import type { Engine } from '../engine/engine.js';
import type { Model } from '../model/model.js';
import { adam } from '../optimizers/optimizers.js';
import { l2 } from '../regularizers/regularizers.js';
import type { History } from '../training/fit.js';
import { prepareColumns, scaled, type Scaling } from './columns.js';
import { stopOnPlateau } from './stopping.js';

/**
 * Options of `mlpClassifier` and `mlpRegressor`.
 * @category Tables
 */
export interface MlpOptions {
  /** Units of each hidden layer. Default [100]. */
  hiddenLayers?: readonly number[];
  /** Activation of the hidden layers. Default 'relu'. */
  activation?: ActivationLike;
  /** Learning rate of Adam. Default 0.001. */
  learningRate?: number;
  /** Strength of the penalty λ/2·Σw² on the weights. Default 1e-4. */
  l2?: number;
  /**
   * Most epochs. Training stops earlier if the loss has not been 1e-4 below its lowest value for more than ten epochs
   * in a row, as in scikit-learn. Default 200.
   */
  epochs?: number;
  /** Rows per update. Default 32. */
  batchSize?: number;
  /** Seed of weights and shuffles. Default 0. */
  seed?: number;
  /** Engine that runs the network. Default the one that all models share. */
  engine?: Engine;
}

const layerSizes: Check<readonly number[]> = listOf('a list of units', integer(1));

export type Settled = Required<Omit<MlpOptions, 'engine' | 'activation'>> & {
  activation: Activation;
  engine: Engine | undefined;
};

export const readMlpOptions = (where: string, options: MlpOptions | undefined): Settled =>
  readOptions<Settled>(where, options, {
    hiddenLayers: { check: layerSizes, or: [100] },
    activation: { check: activationCheck, or: { kind: 'relu', config: {} } },
    learningRate: { check: positive, or: 0.001 },
    l2: { check: nonNegative, or: 1e-4 },
    epochs: { check: integer(1), or: 200 },
    batchSize: { check: integer(1), or: 32 },
    seed: { check: integer(0, 0xffffffff), or: 0 },
    engine: { check: engineCheck, or: undefined },
  });

/** A network, with the scaling of the rows before they are passed to it. */
export interface Fitted {
  readonly model: Model;
  readonly scaling: Scaling | undefined;
}

/** Rows and targets of a fit, checked. */
export interface Table {
  readonly x: RowSource;
  readonly y: Float32Array | Int32Array;
  readonly outputs: number;
  readonly head: { readonly activation: 'softmax' | 'linear'; readonly loss: LossName };
}

/** Trains a new standardizing network at each fit, and predicts with the last one whose fit succeeded. */
export class Estimator {
  /** Number of `dispose` calls: a fit that began before one of them ends. */
  private disposals = 0;
  /** Networks in training. */
  private readonly training = new Set<Model>();

  constructor(
    private readonly where: string,
    readonly settings: Settled,
    private fitted?: Fitted,
  ) {}

  /** Scaling of the rows before they are passed to the network, if any. */
  get scaling(): Scaling | undefined {
    return this.fitted?.scaling;
  }

  /** Opens the rows of a table for `fit`, one per target; a flat array is cut into `rows` rows. */
  openTable(call: string, x: Rows, rows: number): RowSource {
    const where = `${this.where}.${call}`;
    const flat = isNumbers(x);
    const first: unknown = isList(x) ? x[0] : undefined;
    const width = flat ? typedLength(x) / rows : (rowLength(where, 'x', first) ?? 1);
    if (!Number.isInteger(width)) {
      throw new ShapeError(
        `${where}: x expected a multiple of ${counted(rows, 'value')}, one row per target, got ${typedLength(x)}.`,
      );
    }
    if (width === 0) throw new ShapeError(`${where}: x expected at least one value per row, got none.`);
    return this.requireRows(where, openRows(where, 'x', x, width), rows);
  }

  /** Returns rows for the fitted network, scaled as it needs them. */
  rowsFor(call: string, x: Rows, rows?: number): Float32Array {
    const { model, scaling } = this.requireFitted(call);
    const where = `${this.where}.${call}`;
    const source = openRows(where, 'x', x, model.widths.inputs[0]);
    if (rows !== undefined) this.requireRows(where, source, rows);
    if (scaling !== undefined) return scaled(copyRows(source), scaling);
    // The network reads the array once, and checks what it read.
    if (isFloat32Array(x)) return x;
    const flat = newFloats(source.rows * source.width);
    source.write(flat, 0);
    return flat;
  }

  private requireRows(where: string, source: RowSource, rows: number): RowSource {
    if (source.rows === rows) return source;
    throw new ShapeError(`${where}: x expected ${counted(rows, 'row')}, one per target, got ${source.rows}.`);
  }

  /** Trains a new network. Calls `accept` when it replaces the previous one. */
  async fit({ x: source, y, outputs, head }: Table, accept: () => void): Promise<History> {
    const { hiddenLayers, activation, learningRate, epochs, batchSize, seed, engine } = this.settings;
    const { disposals } = this;
    const { x, scaling, moments } = prepareColumns(`${this.where}.fit`, copyRows(source), source.width);
    const every = { kernelInitializer: glorotUniform(), kernelRegularizer: l2(this.settings.l2) };
    const model = await sequential({
      seed,
      ...(engine !== undefined && { engine }),
      layers: [
        normalization({ inputShape: [source.width], ...moments }),
        ...hiddenLayers.map((units) => dense({ units, activation, ...every })),
        dense({ units: outputs, activation: head.activation, ...every }),
      ],
    });
    let history: History;
    this.training.add(model);
    try {
      if (disposals !== this.disposals) {
        throw new StateError(`${this.where}.fit: a live model expected, got one that was disposed.`);
      }
      model.compile({ optimizer: adam({ learningRate }), loss: head.loss });
      history = await model.fit(x, y as Float32Array, { epochs, batchSize, callbacks: [stopOnPlateau()] });
      const loss = history.history.loss.at(-1);
      if (!Number.isFinite(loss)) {
        throw new StateError(
          `${this.where}.fit: a finite loss expected, got ${loss}. Lower the learningRate, or scale the data.`,
        );
      }
    } catch (error) {
      // The network of an earlier fit stays.
      model.dispose();
      throw error;
    } finally {
      this.training.delete(model);
    }
    this.fitted?.model.dispose();
    this.fitted = { model, scaling };
    accept();
    return history;
  }

  /** Returns the network of the last successful fit. */
  model(call: string): Model {
    return this.requireFitted(call).model;
  }

  /** Text for consoles: whether there is a fitted network, and its number of parameters. */
  get state(): string {
    return this.fitted === undefined ? 'not fitted' : `fitted, ${this.fitted.model.parameterCount} parameters`;
  }

  /** Frees the network, and those in training: their fits reject. */
  dispose(): void {
    this.disposals += 1;
    for (const model of this.training) model.dispose();
    this.fitted?.model.dispose();
    this.fitted = undefined;
  }

  private requireFitted(call: string): Fitted {
    if (this.fitted === undefined) {
      throw new StateError(`${this.where}.${call}: a fitted model expected, got one that is not. Call fit first.`);
    }
    return this.fitted;
  }
}
