/**
 * Training from end to end: `fit` on data in memory, rows shuffled each epoch, a new model each time. networks.mjs
 * lists the networks, data.mjs makes the rows.
 */
import { sha256 } from '../measure/checksum.mjs';
import { dataOf } from './data.mjs';
import { layersOf, trainingFlops } from './networks.mjs';

/**
 * @typedef {import('../measure/unit.mjs').Unit} Unit
 * @typedef {import('./networks.mjs').Network} Network
 * @typedef {typeof import('../../dist/index.js')} Library
 * @typedef {import('../../dist/index.js').Engine} Engine
 */

const SEED = 1;

/**
 * @param {Library} library
 * @param {Engine} engine
 * @param {Pick<Network, 'sizes' | 'learningRate'>} network
 */
export function buildNetwork({ dense, sgd }, engine, { sizes, learningRate }) {
  const layers = layersOf({ sizes });
  const model = engine.sequential({
    seed: SEED,
    layers: layers.map(({ inputs, units }, i) =>
      dense({
        units,
        activation: i === layers.length - 1 ? 'softmax' : 'relu',
        ...(i === 0 && { inputShape: [inputs] }),
      }),
    ),
  });
  model.compile({ optimizer: sgd({ learningRate }), loss: 'sparseCategoricalCrossentropy' });
  return model;
}

/**
 * @param {Library} library
 * @param {Engine} engine
 * @param {Network} network
 * @param {string} [group]
 * @returns {Unit}
 */
export function trainingUnit(library, engine, network, group = 'train') {
  const { name, rows, epochs, batch } = network;
  /** @type {ReturnType<typeof dataOf> | undefined} */
  let data;
  const run = async () => {
    data ??= dataOf(network);
    const model = buildNetwork(library, engine, network);
    try {
      const start = performance.now();
      await model.fit(data.x, data.labels, { epochs, batchSize: batch });
      const seconds = (performance.now() - start) / 1000;
      return { seconds: { '': seconds }, checksum: sha256(model.getWeights().map((tensor) => tensor.data)) };
    } finally {
      model.dispose();
    }
  };
  return {
    name: `${group}/${name}`,
    of: 'sample',
    async prepare() {
      const { checksum } = await run();
      return { amount: rows * epochs, flops: rows * epochs * trainingFlops(network), checksum };
    },
    run,
  };
}
