/**
 * Common part of classifier and regressor: options, reading and standardizing a table's rows, a new network for each
 * fit, and disposal. The network of the last successful fit predicts. `classifier.ts` and `regressor.ts` convert
 * targets and predictions.
 */
import { activationCheck, type Activation, type ActivationLike } from '../activations/activations.js';
import { isFloat32Array, isList, isNumbers, typedLength } from '../common/arrays.js';
import { counted, describe } from '../common/describe.js';
import { ShapeError, StateError, ValueError } from '../common/errors.js';
import { flag, integer, listOf, nonNegative, positive, readOptions, type Check } from '../common/options.js';
import { copyRows, openRows, rowLength, type Inputs, type Rows } from '../common/rows.js';
import { engineCheck } from '../engine/default-engine.js';
import type { Engine } from '../engine/engine.js';
import type { Model } from '../model/model.js';
import { adam } from '../optimizers/optimizers.js';
import type { ClassWeight } from '../training/data/shape.js';
import type { FitOptions } from '../training/fit-options.js';
import type { History } from '../training/fit.js';
import { prepareColumns } from './columns.js';
import { inputsOf, makeNetwork, numbersIn, type ColumnEmbedding, type Head } from './network.js';
import type { Scaling } from './outputs.js';
import { divide, readPart, requireRows, type Part, type Run, type Targets } from './run.js';
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
   * Most epochs. Training stops earlier if the loss has not been `minDelta` below its lowest value for more than
   * `patience` epochs in a row, as in scikit-learn: the loss of the rows to validate on, if there are any. Default 200.
   */
  epochs?: number;
  /** Epochs in a row in which the loss may stay above that. Default 10. */
  patience?: number;
  /** Amount by which the loss must fall below its lowest value. Default 1e-4. */
  minDelta?: number;
  /** Rows per update. Default 32. */
  batchSize?: number;
  /** Seed of weights, shuffles and the rows to validate on. Default 0. */
  seed?: number;
  /**
   * Whether `fit` continues from the weights, the standardization and the classes of the last fit, as in scikit-learn,
   * with a new optimizer. Default false.
   */
  warmStart?: boolean;
  /** Columns of x that hold categories; all others are numbers. Default none. */
  embeddings?: readonly ColumnEmbedding[];
  /** Whether the network standardizes numbers by their mean and variance in `fit`. Default true. */
  standardize?: boolean;
  /** Engine that runs the network. Default the one that all models share. */
  engine?: Engine;
}

const embeddingList: Check<readonly ColumnEmbedding[]> = listOf(
  'a list of { column, categories, units }',
  (path, one) =>
    readOptions<ColumnEmbedding>(path, one, {
      column: { check: integer(0) },
      categories: { check: integer(1, 2 ** 24) },
      units: { check: integer(1) },
    }),
);

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
    patience: { check: integer(0), or: 10 },
    minDelta: { check: nonNegative, or: 1e-4 },
    batchSize: { check: integer(1), or: 32 },
    seed: { check: integer(0, 0xffffffff), or: 0 },
    warmStart: { check: flag, or: false },
    embeddings: { check: embeddingList, or: [] },
    standardize: { check: flag, or: true },
    engine: { check: engineCheck, or: undefined },
  });

/** A network, with the scaling of the rows before they are passed to it. */
export interface Fitted {
  readonly model: Model;
  readonly scaling: Scaling | undefined;
  featureNames: readonly string[] | undefined;
  /** Whether it has an optimizer, which goes on in `partialFit`. */
  compiled: boolean;
}

/** Options of the model's `fit` that differ between the methods. */
type Epochs = Required<Pick<FitOptions, 'epochs' | 'callbacks'>>;

/** Rows of `width` numbers to train on, and rows to validate on, if any. */
interface Opened {
  readonly width: number;
  readonly train: Part;
  readonly held: Part | undefined;
}

/** What a network is trained on: rows in two parts, with targets as the network takes them. */
export interface Table extends Opened {
  readonly outputs: number;
  readonly head: Head;
  readonly classWeight: ClassWeight | undefined;
}

/** Trains a standardizing network, new at each `fit`, and predicts with the last one whose fit succeeded. */
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

  get featureNames(): readonly string[] | undefined {
    return this.fitted?.featureNames;
  }

  /** Whether a call trains the network that is there, rather than a new one. */
  continues(call: 'fit' | 'partialFit'): boolean {
    return this.fitted !== undefined && (call === 'partialFit' || this.settings.warmStart);
  }

  /** Number of columns of the fitted network. */
  private get width(): number {
    return this.fitted!.model.widths.inputs.reduce((sum, width) => sum + width, 0);
  }

  /**
   * Reads the rows of a table for training, one per target; a flat array is cut into `rows` rows. `read` reads the
   * targets of rows to validate on.
   */
  open(call: 'fit' | 'partialFit', x: Rows, targets: Targets, run: Run, read: (y: unknown) => Targets): Opened {
    const where = `${this.where}.${call}`;
    const { seed, embeddings } = this.settings;
    const width = this.continues(call) ? this.width : this.newWidth(where, x, targets.rows);
    const whole = readPart(where, '', x, width, targets, run.sampleWeight);
    const { featureNames } = run;
    if (featureNames !== undefined && (featureNames.length !== width || new Set(featureNames).size !== width)) {
      throw new ValueError(
        `${where}: featureNames expected ${counted(width, 'different name')}, one per column, got ${describe(featureNames)}.`,
      );
    }
    const columns = embeddings.map(({ column }) => column);
    if (columns.some((column) => column >= width) || new Set(columns).size < columns.length) {
      throw new ValueError(
        `${where}: embeddings expected different columns from 0 to ${width - 1}, got ${describe(columns)}.`,
      );
    }
    return { width, ...divide(where, whole, targets, width, run, seed, read) };
  }

  private newWidth(where: string, x: Rows, rows: number): number {
    const first: unknown = isList(x) ? x[0] : undefined;
    const width = isNumbers(x) ? typedLength(x) / rows : (rowLength(where, 'x', first) ?? 1);
    if (!Number.isInteger(width)) {
      throw new ShapeError(
        `${where}: x expected a multiple of ${counted(rows, 'value')}, one row per target, got ${typedLength(x)}.`,
      );
    }
    if (width === 0) throw new ShapeError(`${where}: x expected at least one value per row, got none.`);
    return width;
  }

  /** Returns rows for the fitted network, scaled as it needs them. */
  rowsFor(call: string, x: Rows, rows?: number): Inputs {
    const { scaling } = this.requireFitted(call);
    const where = `${this.where}.${call}`;
    const source = openRows(where, 'x', x, this.width);
    if (rows !== undefined) requireRows(where, 'x', source.rows, rows);
    const { embeddings } = this.settings;
    // The network reads the array once, and checks what it read.
    if (scaling === undefined && embeddings.length === 0 && isFloat32Array(x)) return x;
    return inputsOf(copyRows(source), source.width, embeddings, scaling);
  }

  /** Trains a new network, with new weights or those of the last. Calls `accept` when it replaces the last one. */
  async fit(table: Table, run: Run, accept: () => void): Promise<History> {
    const { epochs, warmStart } = this.settings;
    const stop = stopOnPlateau(this.settings, table.held === undefined ? 'loss' : 'valLoss');
    const callbacks = [...run.callbacks!, stop];
    return this.replace('fit', table, run, warmStart ? this.fitted : undefined, { epochs, callbacks }, accept);
  }

  /** Trains the network that is there for an epoch, in place, or a new one. Calls `accept` for a new one. */
  async partialFit(table: Table, run: Run, accept: () => void): Promise<History> {
    const options = { epochs: 1, callbacks: run.callbacks! };
    const { fitted } = this;
    if (fitted === undefined) return this.replace('partialFit', table, run, undefined, options, accept);
    fitted.featureNames = run.featureNames ?? fitted.featureNames;
    return this.train(`${this.where}.partialFit`, fitted, table, run, options);
  }

  /** Trains a network of its own, which replaces the last one if that succeeds; otherwise the last one stays. */
  private async replace(
    call: string,
    table: Table,
    run: Run,
    from: Fitted | undefined,
    options: Epochs,
    accept: () => void,
  ): Promise<History> {
    const where = `${this.where}.${call}`;
    const { disposals, settings } = this;
    const { train, width, outputs, head } = table;
    const { embeddings, standardize } = settings;
    const numbers = numbersIn(train.x, width, embeddings);
    const { scaling, moments } = standardize
      ? prepareColumns(where, numbers, width - embeddings.length)
      : { scaling: undefined, moments: undefined };
    const model = await makeNetwork(settings, width, outputs, head, moments);
    const fitted = {
      model,
      scaling: from === undefined ? scaling : from.scaling,
      featureNames: run.featureNames ?? from?.featureNames,
      compiled: false,
    };
    let history: History;
    this.training.add(model);
    try {
      if (disposals !== this.disposals) {
        throw new StateError(`${where}: a live model expected, got one that was disposed.`);
      }
      if (from !== undefined) model.setWeights(from.model.getWeights());
      history = await this.train(where, fitted, table, run, options);
    } catch (error) {
      model.dispose();
      throw error;
    } finally {
      this.training.delete(model);
    }
    this.fitted?.model.dispose();
    this.fitted = fitted;
    accept();
    return history;
  }

  private async train(where: string, fitted: Fitted, table: Table, run: Run, options: Epochs): Promise<History> {
    const { model, scaling } = fitted;
    const { train, held, width, head, classWeight } = table;
    const { learningRate, batchSize, embeddings } = this.settings;
    const inputs = ({ x }: Part): Float32Array | Float32Array[] => inputsOf(x, width, embeddings, scaling);
    if (!fitted.compiled) model.compile({ optimizer: adam({ learningRate }), loss: head.loss });
    fitted.compiled = true;
    const { signal, runIn, verbose } = run;
    const { history, ...rest } = await model.fit(
      inputs(train),
      train.y as Float32Array,
      {
        ...options,
        batchSize,
        signal,
        runIn,
        verbose,
        classWeight,
        sampleWeight: train.sampleWeight,
        validationData: held && [inputs(held), held.y, held.sampleWeight],
      } as FitOptions,
    );
    const loss = history.loss.at(-1);
    if (!Number.isFinite(loss)) {
      throw new StateError(`${where}: a finite loss expected, got ${loss}. Lower the learningRate, or scale the data.`);
    }
    return { history, ...rest };
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
