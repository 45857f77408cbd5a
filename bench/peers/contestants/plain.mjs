/** Code without a library: loops over Float32Arrays, row by row, with the gradients of a batch added up. */
import { shuffledRows } from './rows.mjs';
import { firstWeights } from './weights.mjs';

/** @returns {Promise<import('../contestant.mjs').Contestant>} */
export async function open() {
  return {
    version: process.version,
    async build(network, { x, labels }) {
      const { sizes, batch, learningRate } = network;
      const layers = firstWeights(network).map((layer) => ({
        ...layer,
        h: new Float32Array(layer.units),
        delta: new Float32Array(layer.units),
        dWeight: new Float32Array(layer.weight.length),
        dBias: new Float32Array(layer.units),
      }));
      const last = layers[layers.length - 1];

      /** @param {Float32Array} input */
      function forward(input) {
        let from = input;
        for (const layer of layers) {
          const { inputs, units, weight, bias, h } = layer;
          for (let u = 0; u < units; u++) {
            let z = bias[u];
            for (let i = 0, at = u * inputs; i < inputs; i++) z += weight[at + i] * from[i];
            h[u] = layer === last || z > 0 ? z : 0;
          }
          from = h;
        }
        let largest = -Infinity;
        for (let j = 0; j < last.units; j++) largest = Math.max(largest, from[j]);
        let sum = 0;
        for (let j = 0; j < last.units; j++) sum += from[j] = Math.exp(from[j] - largest);
        for (let j = 0; j < last.units; j++) from[j] /= sum;
        return from;
      }

      /** @param {Float32Array} input @param {number} label */
      function backward(input, label) {
        for (let j = 0; j < last.units; j++) last.delta[j] = last.h[j] - Number(j === label);
        for (let l = layers.length - 1; l >= 0; l--) {
          const { inputs, units, weight, delta, dWeight, dBias } = layers[l];
          const from = l === 0 ? input : layers[l - 1].h;
          for (let u = 0; u < units; u++) {
            const d = delta[u];
            dBias[u] += d;
            for (let i = 0, at = u * inputs; i < inputs; i++) dWeight[at + i] += d * from[i];
          }
          if (l === 0) continue;
          const before = layers[l - 1].delta;
          before.fill(0);
          for (let u = 0; u < units; u++) {
            for (let i = 0, at = u * inputs; i < inputs; i++) before[i] += weight[at + i] * delta[u];
          }
          for (let i = 0; i < inputs; i++) if (!(from[i] > 0)) before[i] = 0;
        }
      }

      /** @param {number} rows */
      function update(rows) {
        for (const { weight, bias, dWeight, dBias } of layers) {
          for (let i = 0; i < weight.length; i++) weight[i] -= (learningRate / rows) * dWeight[i];
          for (let u = 0; u < bias.length; u++) bias[u] -= (learningRate / rows) * dBias[u];
          dWeight.fill(0);
          dBias.fill(0);
        }
      }

      const rowAt = (/** @type {number} */ row) => x.subarray(row * sizes[0], (row + 1) * sizes[0]);
      const order = shuffledRows(labels.length);
      return {
        async train(epochs) {
          for (let epoch = 0; epoch < epochs; epoch++) {
            const rows = order();
            for (let first = 0; first < rows.length; first += batch) {
              const count = Math.min(batch, rows.length - first);
              for (let i = 0; i < count; i++) {
                forward(rowAt(rows[first + i]));
                backward(rowAt(rows[first + i]), labels[rows[first + i]]);
              }
              update(count);
            }
          }
        },
        predict(rows) {
          const out = new Float32Array((rows.length / sizes[0]) * last.units);
          for (let row = 0; row * sizes[0] < rows.length; row++) {
            out.set(forward(rows.subarray(row * sizes[0], (row + 1) * sizes[0])), row * last.units);
          }
          return out;
        },
        predictOne: (row) => forward(row),
        close: () => undefined,
      };
    },
  };
}
