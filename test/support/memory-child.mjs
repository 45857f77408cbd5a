/**
 * Measures what a long run leaves in memory, and prints it as JSON. Run with --expose-gc on the built package: in a
 * test runner's process the heap would include the runner's own data. test/runtime/no-garbage.test.ts checks the
 * results.
 *
 * Usage: node --expose-gc memory-child.mjs PATH_OF_INDEX_JS JOB
 */
import { pathToFileURL } from 'node:url';
import { BATCH_SIZE, buildEveryFeature, everyFeatureData } from './every-feature.mjs';

const [path, job] = process.argv.slice(2);
const library = await import(pathToFileURL(path).href);
const { createEngine, dense } = library;

const collect =
  globalThis.gc ??
  (() => {
    throw new Error('run with --expose-gc: without collections nothing is measured');
  });

/** Rounds of the job before the measurement and in it: V8 needs several collections until its own code has settled. */
const WARM_UP = 8;
const ROUNDS = 12;

const ROWS = 320;
const BATCH = 32;
const INPUTS = 20;
const CLASSES = 5;
const x = Float32Array.from({ length: ROWS * INPUTS }, (_, i) => Math.fround(((i * 37) % 101) / 50 - 1));
const y = Float32Array.from({ length: ROWS * CLASSES }, (_, i) =>
  Number(i % CLASSES === ((i / CLASSES) | 0) % CLASSES),
);

function build(engine, seed) {
  const model = engine.sequential({
    seed,
    layers: [
      dense({ units: 33, activation: 'relu', inputShape: [INPUTS] }),
      dense({ units: CLASSES, activation: 'softmax' }),
    ],
  });
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

/** Heap in use after a full collection. The second collection frees what finalizers of the first released. */
async function heap() {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collect();
  }
  return process.memoryUsage().heapUsed;
}

// With a tile that was asked for, the library does not look for a better one meanwhile, for which it loads code.
const engine = await createEngine({ tile: '3x12' });
const model = build(engine, 1);
const batchX = x.subarray(0, BATCH * INPUTS);
const batchY = y.subarray(0, BATCH * CLASSES);
const row = x.subarray(0, INPUTS);
const out = new Float32Array(CLASSES);

/** The network with every feature, and its data as flat arrays of whole batches. */
const rich = buildEveryFeature(library, engine);
const richRows = 8 * BATCH_SIZE;
const everything = everyFeatureData();
const richX = [everything.x.numbers, everything.x.ratings].map((rows) =>
  Float32Array.from(rows.slice(0, richRows).flat()),
);
const richY = [
  Int32Array.from(everything.y.kind.slice(0, richRows)),
  Float32Array.from(everything.y.amount.slice(0, richRows).flat()),
];
const firstBatch = (arrays) => arrays.map((array) => array.subarray(0, (BATCH_SIZE * array.length) / richRows));
const [richBatchX, richBatchY] = [firstBatch(richX), firstBatch(richY)];
const richRow = richX.map((array) => array.subarray(0, array.length / richRows));
const richOut = [new Float32Array(4), new Float32Array(1)];

const jobs = {
  everyFeature() {
    for (let i = 0; i < 1_000; i++) rich.trainOnBatch(richBatchX, richBatchY);
  },
  async everyFeatureFit() {
    // 125 epochs of 8 batches.
    await rich.fit(richX, richY, { epochs: 125, batchSize: BATCH_SIZE, validationData: [richBatchX, richBatchY] });
  },
  everyFeaturePredict() {
    for (let i = 0; i < 10_000; i++) rich.predictInto(richRow, richOut);
  },
  diagnose() {
    for (let i = 0; i < 1_000; i++) model.diagnose(batchX, batchY);
  },
  predictInto() {
    for (let i = 0; i < 10_000; i++) model.predictInto(row, out);
  },
  trainOnBatch() {
    for (let i = 0; i < 1_000; i++) model.trainOnBatch(batchX, batchY);
  },
  async fit() {
    // 100 epochs of 10 batches.
    await model.fit(x, y, { epochs: 100, batchSize: BATCH, validationData: [batchX, batchY] });
  },
  models() {
    for (let i = 0; i < 1_000; i++) {
      const other = build(engine, i);
      other.trainOnBatch(batchX, batchY);
      other.predict(row);
      other.dispose();
    }
  },
};

const heaps = [];
let memory;
let garbage;
for (let round = 0; round < WARM_UP + ROUNDS; round++) {
  if (round === WARM_UP) memory = engine.memory();
  const uncollected = process.memoryUsage().heapUsed;
  await jobs[job]();
  garbage = process.memoryUsage().heapUsed - uncollected;
  const settled = await heap();
  if (round >= WARM_UP) heaps.push(settled);
}
process.stdout.write(JSON.stringify({ heaps, garbage, memory, memoryAfter: engine.memory() }));
