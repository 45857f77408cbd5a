/**
 * Makes and drops the same thing many times, and prints as JSON how much memory the process had at the start, at most,
 * and at the end. Nothing forces a collection: run it without --expose-gc. It runs on the built package.
 * test/runtime/lifetimes-process.test.ts runs it with small counts.
 *
 * Usage: node lifetime-child.mjs PATH_OF_INDEX_JS JOB COUNT [SIZE]
 */
import { pathToFileURL } from 'node:url';

const [path, job, times, size] = process.argv.slice(2);
const count = Number(times);
const { createEngine, createEngineSync, dense, loadModel, mlpClassifier, sequential } = await import(
  pathToFileURL(path).href
);

/** Number of memory samples that are also printed. */
const SAMPLES = 12;

/** Random numbers from a fixed seed. */
let state = 1;
const random = () => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff;

const table = (rows, width) => Array.from({ length: rows }, () => Array.from({ length: width }, random));
const layers = (inputs, units) => [
  dense({ units, activation: 'relu', inputShape: [inputs] }),
  dense({ units: 10, activation: 'softmax' }),
];
const LOSS = { optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' };

const jobs = {
  /** Classifiers that are fitted, used and dropped. SIZE is the width of the table. */
  classifiers(width = 1000) {
    const x = table(40, width);
    const labels = x.map((_, row) => `class ${row % 4}`);
    return async () => {
      const classifier = mlpClassifier({ hiddenLayers: [200], epochs: 2 });
      await classifier.fit(x, labels);
      classifier.predict(x.slice(0, 1));
    };
  },
  /** Models that are made, trained for an epoch and dropped. SIZE is the number of hidden units. */
  models(units = 500) {
    const x = table(32, 784);
    const labels = x.map((_, row) => row % 10);
    return async () => {
      const model = await sequential({ layers: layers(784, units) });
      model.compile(LOSS);
      await model.fit(x, labels);
    };
  },
  /** Models that are loaded from a file, predict once and are dropped. */
  async loaded(units = 1000) {
    const bytes = (await sequential({ layers: layers(784, units) })).save();
    const x = table(1, 784);
    return async () => (await loadModel(bytes)).predict(x);
  },
  /** One model that is trained in a worker again and again. SIZE is the number of hidden units. */
  async workerFits(units = 6000) {
    const x = table(32, 784);
    const labels = x.map((_, row) => row % 10);
    const model = await sequential({ layers: layers(784, units) });
    model.compile(LOSS);
    return () => model.fit(x, labels, { runIn: 'worker' });
  },
  /** Models that are trained in a worker once each and dropped. */
  droppedWorkerFits(units = 2000) {
    const x = table(32, 784);
    const labels = x.map((_, row) => row % 10);
    return async () => {
      const model = await sequential({ layers: layers(784, units) });
      model.compile(LOSS);
      await model.fit(x, labels, { runIn: 'worker' });
    };
  },
  /** Engines that are filled, used and disposed. SIZE is their memory in MB. */
  disposedEngines(megabytes = 16) {
    return async () => {
      const engine = await createEngine({ initialMemory: megabytes << 20 });
      fill(engine, megabytes);
      engine.dispose();
    };
  },
  /** The same without a turn of the event loop in between. */
  disposedEnginesSync(megabytes = 16) {
    return () => {
      const engine = createEngineSync({ initialMemory: megabytes << 20 });
      fill(engine, megabytes);
      engine.dispose();
    };
  },
  /** The same without `dispose`. */
  droppedEngines(megabytes = 16) {
    return async () => fill(await createEngine({ initialMemory: megabytes << 20 }), megabytes);
  },
};

/** Uses most of an engine's memory: one model of about that size predicts. */
function fill(engine, megabytes) {
  const units = Math.round((megabytes << 20) / 4 / 1100);
  engine.sequential({ layers: layers(1000, units) }).predict([new Float32Array(1000)]);
}

const rss = () => Math.round(process.memoryUsage.rss() / 2 ** 20);
const run = await jobs[job](size && Number(size));
const curve = [];
let peak = 0;
await run();
const start = rss();
for (let i = 0; i < count; i++) {
  await run();
  const now = rss();
  peak = Math.max(peak, now);
  if ((i + 1) % Math.ceil(count / SAMPLES) === 0) curve.push(now);
}
process.stdout.write(`${JSON.stringify({ job, count, start, peak, end: rss(), curve })}\n`);
