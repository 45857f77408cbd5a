/**
 * The networks for training and prediction, with fixed work: layer sizes, rows per batch, rows of data, epochs. ReLU
 * between layers, softmax with cross-entropy at the end, plain gradient descent. This table may only change together
 * with checksums.json.
 */

/**
 * @typedef {object} Network
 * @property {string} name
 * @property {readonly number[]} sizes inputs, units of each layer
 * @property {number} batch
 * @property {number} rows
 * @property {number} epochs
 * @property {number} learningRate
 */

/** @type {readonly Network[]} */
export const NETWORKS = [
  { name: 'tiny', sizes: [4, 16, 3], batch: 16, rows: 4096, epochs: 64, learningRate: 0.1 },
  { name: 'small', sizes: [784, 128, 10], batch: 32, rows: 4096, epochs: 2, learningRate: 0.05 },
  { name: 'mid', sizes: [784, 512, 512, 10], batch: 128, rows: 2048, epochs: 1, learningRate: 0.05 },
  { name: 'big', sizes: [1024, 2048, 2048, 1000], batch: 256, rows: 512, epochs: 1, learningRate: 0.05 },
];

/** Units and inputs of each layer. @param {Pick<Network, 'sizes'>} network */
export const layersOf = ({ sizes }) => sizes.slice(1).map((units, i) => ({ inputs: sizes[i], units }));

/** Multiply-adds of all layers for one row. @param {Pick<Network, 'sizes'>} network */
const products = (network) => layersOf(network).reduce((sum, { inputs, units }) => sum + inputs * units, 0);

/**
 * Floating-point operations of a training step, per row: two for each weight forward, two for its gradient, two to
 * propagate the deltas, which the first layer does not do.
 *
 * @param {Pick<Network, 'sizes'>} network
 */
export const trainingFlops = (network) => 6 * products(network) - 2 * network.sizes[0] * network.sizes[1];

/** @param {Pick<Network, 'sizes'>} network */
export const predictionFlops = (network) => 2 * products(network);
