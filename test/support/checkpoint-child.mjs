/**
 * Trains with checkpoints on the built package, in any engine that runs this file: continues from the newest one in a
 * folder, or begins. Prints, as a line of JSON, what it begins with, and another with what it ends with. Arguments: the
 * folder, the number of epochs, and optionally JSON of { runIn, keep, killedIn }: the epoch in which the process kills
 * itself, so that nothing can be tidied up.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import process from 'node:process';

const { adam, dense, dropout, earlyStopping, reduceLROnPlateau, sequential } = await import(
  new URL('../../dist/index.js', import.meta.url).href
);
const { latestCheckpoint, modelCheckpoint } = await import(new URL('../../dist/node.js', import.meta.url).href);

const [folder, epochs, more = '{}'] = process.argv.slice(2);
const { runIn = 'main', keep = 3, killedIn } = JSON.parse(more);
const path = join(folder, 'model-{epoch:04d}.safetensors');

/** @param {{ save(): Uint8Array }} network */
const hashOf = (network) => createHash('sha256').update(network.save()).digest('hex');
const print = (/** @type {object} */ line) => console.log(JSON.stringify(line));

const rows = 48;
const x = Float32Array.from({ length: rows * 8 }, (_, i) => ((i * 7919) % 251) / 125 - 1);
const y = Float32Array.from({ length: rows }, (_, i) => (x[8 * i] * x[8 * i + 1] > 0 ? 1 : 0));

const found = await latestCheckpoint(path);
let model = found?.model;
if (model === undefined) {
  model = await sequential({
    seed: 3,
    layers: [
      dense({ units: 64, activation: 'relu', inputShape: [8] }),
      dropout({ rate: 0.1 }),
      dense({ units: 32, activation: 'tanh' }),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  model.compile({ optimizer: adam({ learningRate: 0.01 }), loss: 'binaryCrossentropy' });
}
const initialEpoch = found?.initialEpoch ?? 0;
print({ initialEpoch, hash: hashOf(model), skipped: found?.skipped.length ?? 0 });

const killing = {
  onEpochBegin: (/** @type {number} */ epoch) => epoch === killedIn && process.kill(process.pid, 'SIGKILL'),
};
const callbacks = [
  modelCheckpoint(path, { keep }),
  reduceLROnPlateau({ monitor: 'loss', patience: 2, minDelta: 0.02, factor: 0.9 }),
  earlyStopping({ monitor: 'loss', patience: 1e6, restoreBestWeights: true }),
  killing,
];
try {
  await model.fit(x, y, { epochs: Number(epochs), batchSize: 16, initialEpoch, callbacks, runIn });
  print({ epochs: Number(epochs), hash: hashOf(model), learningRate: model.learningRate });
} catch (error) {
  const { name, message } = /** @type {Error} */ (error);
  print({ name, message });
}
// Engines may keep a worker for a while.
process.exit(0);
