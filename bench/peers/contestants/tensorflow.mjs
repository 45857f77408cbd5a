// @ts-nocheck: only the benchmark installs the imported package.
/** TensorFlow.js with its layers API, on one of its backends. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { firstWeights, transposed } from './weights.mjs';

/** @param {{ backend: 'cpu' | 'wasm' }} options @returns {Promise<import('../contestant.mjs').Contestant>} */
export async function open({ backend }) {
  const require = createRequire(import.meta.url);
  // It advertises its native package on standard output.
  console.log = console.warn = () => undefined;
  const tf = require('@tensorflow/tfjs');
  if (backend === 'wasm') {
    const wasm = require('@tensorflow/tfjs-backend-wasm');
    wasm.setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')), '/'));
  }
  await tf.setBackend(backend);
  await tf.ready();
  if (tf.getBackend() !== backend) throw new Error(`backend ${backend} expected, got ${tf.getBackend()}.`);
  return {
    version: tf.version.tfjs,
    async build(network, { x, labels }) {
      const { sizes, batch, learningRate } = network;
      const model = tf.sequential();
      sizes.slice(1).forEach((units, i) => {
        const activation = i === sizes.length - 2 ? 'softmax' : 'relu';
        model.add(tf.layers.dense({ units, activation, ...(i === 0 && { inputShape: [sizes[0]] }) }));
      });
      model.compile({ optimizer: tf.train.sgd(learningRate), loss: 'categoricalCrossentropy' });
      model.setWeights(
        firstWeights(network).flatMap((layer) => [
          tf.tensor2d(transposed(layer), [layer.inputs, layer.units]),
          tf.tensor1d(layer.bias),
        ]),
      );
      const classes = sizes[sizes.length - 1];
      const xs = tf.tensor2d(x, [labels.length, sizes[0]]);
      const ys = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), classes).toFloat());
      return {
        train: async (epochs) =>
          void (await model.fit(xs, ys, { epochs, batchSize: batch, shuffle: true, verbose: 0 })),
        predict: (rows) =>
          tf.tidy(() =>
            model.predict(tf.tensor2d(rows, [rows.length / sizes[0], sizes[0]]), { batchSize: 256 }).dataSync(),
          ),
        predictOne: (row) => tf.tidy(() => model.predict(tf.tensor2d(row, [1, sizes[0]])).dataSync()),
        close() {
          model.dispose();
          tf.dispose([xs, ys]);
        },
      };
    },
  };
}
