import { isFloat32Array, isList } from '../common/arrays.js';
import { activationCheck, type Activation, type ActivationLike } from '../activations/activations.js';
import { propertiesOf } from '../activations/properties.js';
import { ShapeError, StateError } from '../common/errors.js';
import { integer, listOf, nonNegative, positive, readOptions, type Check } from '../common/options.js';
import { rowSource, type Rows, type RowSource } from '../common/rows.js';
import { heNormal, xavier } from '../initializers/initializers.js';
import { dense } from '../layers/dense.js';
import { normalization } from '../layers/preprocess.js';
import type { LossName } from '../losses/losses.js';
import { engineCheck, sequential } from '../model/default-engine.js';
import type { Engine } from '../model/engine.js';
import type { Model } from '../model/model.js';
import { adam } from '../optimizers/optimizers.js';
import { l2 } from '../regularizers/regularizers.js';
import { earlyStopping } from '../training/callbacks/early-stopping.js';
import type { History } from '../training/fit.js';

/** What `mlpClassifier` and `mlpRegressor` take. */
export interface MlpOptions {
  /** Units of each hidden layer. Default [100]. */
  hiddenLayers?: readonly number[];
  /** Of the hidden layers. Default 'relu'. */
  activation?: ActivationLike;
  /** Of Adam. Default 0.001. */
  learningRate?: number;
  /** Strength of the penalty λ/2·Σw² on the weights. Default 1e-4. */
  l2?: number;
  /** Epochs at most; training stops before when the loss has not fallen by 1e-4 for ten. Default 200. */
  epochs?: number;
  /** Rows per update. Default 32. */
  batchSize?: number;
  /** What weights and shuffles are drawn from. Default 0. */
  seed?: number;
  /** Default the one that all models share. */
  engine?: Engine;
}

const layerSizes: Check<readonly number[]> = listOf('a list of units', integer(1));

type Settled = Required<Omit<MlpOptions, 'engine' | 'activation'>> & {
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

/** scikit-learn's: the loss counts as falling while it falls by this within so many epochs. */
const TOLERANCE = 1e-4;
const PATIENCE = 10;

/** What the two facades have in common: a standardizing network that is made anew by each fit. */
export class Estimator {
  private fitted: Model | undefined;
  /** How often it was disposed: a fit that began before ends. */
  private disposals = 0;
  /** Networks that are being trained. */
  private readonly training = new Set<Model>();

  constructor(
    private readonly where: string,
    private readonly settings: Settled,
  ) {}

  /** Number of rows, and values per row; a flat array has as many rows as there are targets. */
  readRows(call: string, x: Rows, rows?: number): RowSource {
    const where = `${this.where}.${call}`;
    const first: unknown = isList(x) ? x[0] : undefined;
    const flat = isFloat32Array(x);
    const width = this.fitted !== undefined && call !== 'fit' ? this.inputs : flat ? x.length / rows! : undefined;
    if (flat && !Number.isInteger(width)) {
      throw new ShapeError(`${where}: x expected a multiple of ${rows} values, one row per target, got ${x.length}.`);
    }
    const length = isList(first) || isFloat32Array(first) ? first.length : 0;
    const source = rowSource(where, 'x', x, width ?? length);
    if (rows !== undefined && (source.rows !== rows || rows === 0)) {
      throw new ShapeError(`${where}: x expected ${Math.max(1, rows)} rows, one per target, got ${source.rows}.`);
    }
    if (rows !== undefined && source.width === 0) {
      throw new ShapeError(`${where}: x expected at least one value per row, got none.`);
    }
    return source;
  }

  /** Trains a new network on rows and targets that were checked. `accept` is called as it takes the place of that before. */
  async fit(
    source: RowSource,
    y: Float32Array | Int32Array,
    outputs: number,
    head: { readonly activation: 'softmax' | 'linear'; readonly loss: LossName },
    accept: () => void,
  ): Promise<History> {
    const { hiddenLayers, activation, learningRate, epochs, batchSize, seed, engine } = this.settings;
    const { disposals } = this;
    const x = new Float32Array(source.rows * source.width);
    source.write(x, 0);
    const hidden = {
      activation,
      kernelInitializer: propertiesOf(activation.kind).halfSilent ? heNormal() : xavier(),
      kernelRegularizer: l2(this.settings.l2),
    };
    const model = await sequential({
      seed,
      ...(engine !== undefined && { engine }),
      layers: [
        normalization({ inputShape: [source.width] }).adapt(x),
        ...hiddenLayers.map((units) => dense({ units, ...hidden })),
        dense({ units: outputs, activation: head.activation, kernelRegularizer: l2(this.settings.l2) }),
      ],
    });
    let history: History;
    this.training.add(model);
    try {
      if (disposals !== this.disposals) {
        throw new StateError(`${this.where}.fit: a live model expected, got one that was disposed.`);
      }
      model.compile({ optimizer: adam({ learningRate }), loss: head.loss });
      const callbacks = [earlyStopping({ monitor: 'loss', minDelta: TOLERANCE, patience: PATIENCE })];
      history = await model.fit(x, y as Float32Array, { epochs, batchSize, callbacks });
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
    this.fitted?.dispose();
    this.fitted = model;
    accept();
    return history;
  }

  /** The network. */
  model(call: string): Model {
    if (this.fitted === undefined) {
      throw new StateError(`${this.where}.${call}: a fitted model expected, got one that is not. Call fit first.`);
    }
    return this.fitted;
  }

  /** Gives up the network, and those that are being trained: their fits reject. */
  dispose(): void {
    this.disposals += 1;
    for (const model of this.training) model.dispose();
    this.fitted?.dispose();
    this.fitted = undefined;
  }

  private get inputs(): number {
    return this.fitted!.getWeights()[0].data.length;
  }
}
