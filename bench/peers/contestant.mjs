/**
 * What a contestant has to be able to do.
 *
 * @typedef {import('../workloads/networks.mjs').Network} Network
 * @typedef {{ x: Float32Array, labels: Int32Array }} Data
 *
 * @typedef {object} Built A network with its data.
 * @property {(epochs: number) => Promise<void>} [train] goes through the data so many times, in batches, rows in a new
 * order each time
 * @property {(rows: Float32Array) => Float32Array | Promise<Float32Array>} predict outputs of many rows
 * @property {(row: Float32Array) => unknown} predictOne outputs of one row
 * @property {() => unknown} close
 *
 * @typedef {object} Contestant
 * @property {string} version
 * @property {boolean} [scores] its outputs are no probabilities
 * @property {(network: Network, data: Data) => Promise<Built>} build
 */
export {};
