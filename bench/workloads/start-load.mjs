/**
 * From process start to the first prediction of a model that is loaded from a file. Prints the bits of the prediction
 * and the milliseconds of each part.
 *
 * Usage: start-load.mjs ENTRY FILE
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [entry, file] = process.argv.slice(2);
const began = performance.now();
const { loadModel } = await import(pathToFileURL(entry).href);
const imported = performance.now();
const model = await loadModel(readFileSync(file));
const loaded = performance.now();
const prediction = model.predict(Float32Array.from({ length: 784 }, (_, i) => (i % 8) / 8));
const predicted = performance.now();
const parts = { import: imported - began, load: loaded - imported, predict: predicted - loaded };
process.stdout.write(JSON.stringify({ bits: [...new Uint32Array(prediction.buffer)], parts }));
