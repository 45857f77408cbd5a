/**
 * The interface of a contestant.
 *
 * @typedef {import('../workloads/networks.mjs').Network} Network
 * @typedef {{ x: Float32Array, labels: Int32Array }} Data
 *
 * @typedef {object} Built A network with its data.
 * @property {(epochs: number) => Promise<void>} [train] trains for some epochs, in batches, with rows in a new order
 * each time
 * @property {(rows: Float32Array) => Float32Array | Promise<Float32Array>} predict outputs of many rows
 * @property {(row: Float32Array) => unknown} predictOne outputs of one row
 * @property {() => unknown} close
 *
 * @typedef {object} Contestant
 * @property {string} version
 * @property {boolean} [scores] whether its outputs are not probabilities
 * @property {(network: Network, data: Data) => Promise<Built>} build
 */
export {};
