/**
 * From process start to the first prediction. Prints the bits of the prediction and the milliseconds of each part.
 *
 * Usage: start-predict.mjs ENTRY ENGINE_OPTIONS [FILE that the model is saved to afterwards]
 */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [entry, options, file] = process.argv.slice(2);
const began = performance.now();
const { createEngine, dense } = await import(pathToFileURL(entry).href);
const imported = performance.now();
const engine = await createEngine(JSON.parse(options));
const made = performance.now();
const model = engine.sequential({
  seed: 1,
  layers: [dense({ units: 128, activation: 'relu', inputShape: [784] }), dense({ units: 10, activation: 'softmax' })],
});
const built = performance.now();
const prediction = model.predict(Float32Array.from({ length: 784 }, (_, i) => (i % 8) / 8));
const predicted = performance.now();
const parts = { import: imported - began, engine: made - imported, model: built - made, predict: predicted - built };
if (file !== undefined) writeFileSync(file, model.save());
process.stdout.write(JSON.stringify({ bits: [...new Uint32Array(prediction.buffer)], parts }));
