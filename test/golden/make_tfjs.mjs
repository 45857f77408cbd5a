/**
 * Writes tfjs.json: what TensorFlow.js 4.22 predicts from the files of test/support/files/keras-files.mjs that it can
 * load. Usage: node scripts/checks/install-oracles.mjs && node test/golden/make_tfjs.mjs
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { kerasFile, ROWS } from '../support/files/keras-files.mjs';

const tf = createRequire(resolve('.oracles/index.js'))('@tensorflow/tfjs');
await tf.setBackend('cpu');

const predict = async (/** @type {'tfjs' | 'keras2'} */ form) => {
  const { file, bytes } = kerasFile(form);
  const model = await tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology: file.modelTopology,
      weightSpecs: file.weightsManifest[0].weights,
      weightData: bytes.buffer,
    }),
  );
  const outputs = model.predict([tf.tensor2d(ROWS.sizes, [2, 4]), tf.tensor2d(ROWS.words, [2, 2])]);
  return outputs.map((/** @type {{ dataSync(): Float32Array }} */ output) => [...output.dataSync()]);
};

writeFileSync(
  'test/golden/tfjs.json',
  `${JSON.stringify({ by: 'TensorFlow.js 4.22.0', tfjs: await predict('tfjs'), keras2: await predict('keras2') }, null, 2)}\n`,
);
