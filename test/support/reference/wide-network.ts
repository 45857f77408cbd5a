/** A network whose layers are large enough to be shared between threads, whatever the measurement at the start. */
import { dense, type Engine, type Model } from '../../../src/index.js';

/** Inputs, and units of both hidden layers. Its update takes longer than the products of small batches. */
export const UNITS = 512;

/** Builds and compiles a classifier of ten classes. */
export function wideNetwork(engine: Engine): Model {
  const hidden = { units: UNITS, activation: 'relu' } as const;
  const model = engine.sequential({
    seed: 4,
    layers: [dense({ ...hidden, inputShape: [UNITS] }), dense(hidden), dense({ units: 10, activation: 'softmax' })],
  });
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  return model;
}

/** Returns copies of all parameters. */
export const weightsOf = (model: Model): Float32Array[] => model.getWeights().map(({ data }) => data);
