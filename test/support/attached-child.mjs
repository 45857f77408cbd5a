/** A worker thread that attaches to a model of the thread that started it, and predicts from it on request. */
import { parentPort } from 'node:worker_threads';
import { attachModel } from '../../dist/index.js';

/** @type {ReturnType<typeof attachModel> | undefined} */
let model;

/** @param {() => unknown} act */
const attempt = (act) => {
  try {
    return act();
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    return { error: { name, message } };
  }
};

/** @type {Record<string, (message: any) => unknown>} */
const acts = {
  attach: ({ handle }) =>
    attempt(() => {
      model = attachModel(handle);
      return model.parameterCount;
    }),
  predict: ({ x }) => attempt(() => model?.predict(x)),
  /** Predicts repeatedly and returns each different result once. Ends when the shared word, an Int32Array, is set. */
  repeat: ({ x, stop }) => {
    const seen = new Set();
    let count = 0;
    const out = new Float32Array(1);
    while (Atomics.load(/** @type {Int32Array} */ (stop), 0) === 0) {
      model?.predictInto(x, out);
      seen.add(out[0]);
      count++;
    }
    return { seen: [...seen], count };
  },
  /** Attaches and disposes repeatedly. */
  cycle: ({ handle, x, times }) => {
    for (let i = 0; i < times; i++) {
      const one = attachModel(handle);
      one.predict(x);
      one.dispose();
    }
    return handle.memory.buffer.byteLength;
  },
  dispose: () => attempt(() => model?.dispose()),
};

parentPort?.on('message', (message) => parentPort?.postMessage(acts[message.act](message)));
