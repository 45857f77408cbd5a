// @ts-nocheck: only the benchmark installs the imported package.
/** jax-js on its WebAssembly backend: a jitted step of gradient descent, as its documentation writes one. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { shuffledRows } from './rows.mjs';
import { firstWeights, transposed } from './weights.mjs';

/** @returns {Promise<import('../contestant.mjs').Contestant>} */
export async function open() {
  const { numpy: np, nn, jit, valueAndGrad, init, defaultDevice } = await import('@jax-js/jax');
  await init('wasm');
  defaultDevice('wasm');
  const manifest = join(dirname(createRequire(import.meta.url).resolve('@jax-js/jax')), '../package.json');
  return {
    version: JSON.parse(readFileSync(manifest, 'utf8')).version,
    async build(network, { x, labels }) {
      const { sizes, batch, learningRate } = network;
      const classes = sizes[sizes.length - 1];
      let weights = firstWeights(network).map((layer) => ({
        w: np.array(transposed(layer)).reshape([layer.inputs, layer.units]),
        b: np.array(layer.bias),
      }));
      /** Returns logits. Consumes its arguments, as jax-js requires. */
      const forward = (params, input) =>
        params.reduce((h, { w, b }, i) => {
          const z = np.matmul(h, w).add(b);
          return i === params.length - 1 ? z : nn.relu(z);
        }, input);
      const lossOf = (params, input, target) => {
        const rows = input.shape[0];
        return nn
          .logSoftmax(forward(params, input))
          .mul(target)
          .sum()
          .mul(-1 / rows);
      };
      const step = jit((params, input, target) => {
        const [loss, gradients] = valueAndGrad(lossOf)(
          params.map(({ w, b }) => ({ w: w.ref, b: b.ref })),
          input,
          target,
        );
        const updated = params.map(({ w, b }, i) => ({
          w: w.sub(gradients[i].w.mul(learningRate)),
          b: b.sub(gradients[i].b.mul(learningRate)),
        }));
        return [updated, loss];
      });
      const predict = jit((params, input) => nn.softmax(forward(params, input)));
      const kept = () => weights.map(({ w, b }) => ({ w: w.ref, b: b.ref }));
      const predictRows = (rows) =>
        predict(kept(), np.array(rows).reshape([rows.length / sizes[0], sizes[0]])).dataSync();
      const order = shuffledRows(labels.length);
      return {
        async train(epochs) {
          for (let epoch = 0; epoch < epochs; epoch++) {
            const rows = order();
            for (let first = 0; first + batch <= rows.length; first += batch) {
              const input = new Float32Array(batch * sizes[0]);
              const target = new Float32Array(batch * classes);
              for (let i = 0; i < batch; i++) {
                const row = rows[first + i];
                input.set(x.subarray(row * sizes[0], (row + 1) * sizes[0]), i * sizes[0]);
                target[i * classes + labels[row]] = 1;
              }
              const [updated, loss] = step(
                weights,
                np.array(input).reshape([batch, sizes[0]]),
                np.array(target).reshape([batch, classes]),
              );
              loss.dispose();
              weights = updated;
            }
          }
          // Arrays are lazy: the time counts until the last one is computed.
          await weights[0].b.ref.data();
        },
        predict: predictRows,
        predictOne: predictRows,
        close: () => weights.forEach(({ w, b }) => [w, b].forEach((array) => array.dispose())),
      };
    },
  };
}
