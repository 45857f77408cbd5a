// @ts-nocheck: only the benchmark installs the imported package.
/** brain.js on the processor: row by row, no softmax, squared error. Its outputs are scores, not probabilities. */
import { createRequire } from 'node:module';

/** @returns {Promise<import('../contestant.mjs').Contestant>} */
export async function open() {
  const require = createRequire(import.meta.url);
  const { NeuralNetwork } = require('brain.js');
  return {
    version: require('brain.js/package.json').version,
    scores: true,
    async build({ sizes, learningRate }, { x, labels }) {
      const [inputs, classes] = [sizes[0], sizes[sizes.length - 1]];
      const net = new NeuralNetwork({
        inputSize: inputs,
        outputSize: classes,
        hiddenLayers: sizes.slice(1, -1),
        activation: 'sigmoid',
        learningRate,
      });
      const data = Array.from(labels, (label, row) => ({
        input: x.subarray(row * inputs, (row + 1) * inputs),
        output: Float32Array.from({ length: classes }, (_, j) => Number(j === label)),
      }));
      // It creates its weights at the first row.
      net.train(data.slice(0, 1), { iterations: 1, learningRate });
      return {
        async train(epochs) {
          // It refuses a threshold of 0.
          net.train(data, {
            iterations: epochs,
            errorThresh: 1e-9,
            learningRate,
            logPeriod: 1e9,
            errorCheckInterval: 1e9,
          });
        },
        predict(rows) {
          const out = new Float32Array((rows.length / inputs) * classes);
          for (let row = 0; row * inputs < rows.length; row++) {
            out.set(net.run(rows.subarray(row * inputs, (row + 1) * inputs)), row * classes);
          }
          return out;
        },
        predictOne: (row) => net.run(row),
        close: () => undefined,
      };
    },
  };
}
