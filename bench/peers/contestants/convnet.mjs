// @ts-nocheck: only the benchmark installs the imported package.
/** ConvNetJS, row by row, as it works. */
import { createRequire } from 'node:module';
import { shuffledRows } from './rows.mjs';
import { firstWeights } from './weights.mjs';

/** @returns {Promise<import('../contestant.mjs').Contestant>} */
export async function open() {
  const require = createRequire(import.meta.url);
  const { Net, SGDTrainer, Vol } = require('convnetjs');
  return {
    version: require('convnetjs/package.json').version,
    async build(network, { x, labels }) {
      const { sizes, batch, learningRate } = network;
      const [inputs, classes] = [sizes[0], sizes[sizes.length - 1]];
      const net = new Net();
      net.makeLayers([
        { type: 'input', out_sx: 1, out_sy: 1, out_depth: inputs },
        ...sizes.slice(1, -1).map((num_neurons) => ({ type: 'fc', num_neurons, activation: 'relu' })),
        { type: 'softmax', num_classes: classes },
      ]);
      const layers = net.layers.filter(({ filters }) => filters !== undefined);
      firstWeights(network).forEach(({ inputs: width, units, weight, bias }, l) => {
        for (let u = 0; u < units; u++) {
          for (let i = 0; i < width; i++) layers[l].filters[u].w[i] = weight[u * width + i];
          layers[l].biases.w[u] = bias[u];
        }
      });
      const trainer = new SGDTrainer(net, { learning_rate: learningRate, momentum: 0, batch_size: batch, l2_decay: 0 });
      const volume = (row) => {
        const vol = new Vol(1, 1, inputs, 0);
        vol.w.set(row);
        return vol;
      };
      const volumes = Array.from(labels, (_, row) => volume(x.subarray(row * inputs, (row + 1) * inputs)));
      const order = shuffledRows(labels.length);
      return {
        async train(epochs) {
          for (let epoch = 0; epoch < epochs; epoch++)
            for (const row of order()) trainer.train(volumes[row], labels[row]);
        },
        predict(rows) {
          const out = new Float32Array((rows.length / inputs) * classes);
          for (let row = 0; row * inputs < rows.length; row++) {
            out.set(net.forward(volume(rows.subarray(row * inputs, (row + 1) * inputs))).w, row * classes);
          }
          return out;
        },
        predictOne: (row) => net.forward(volume(row)).w,
        close: () => undefined,
      };
    },
  };
}
