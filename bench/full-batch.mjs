/**
 * Prints the losses that optimizers on all rows reach on small regressions, and those of Adam: `node
 * bench/full-batch.mjs`, after `npm run build`. Takes about a minute. The tests assert a small part of it
 * (test/training/full-batch).
 */
import { createEngine, dense, adam, lbfgs, levenbergMarquardt } from '../dist/index.js';
import { friedman1, sine } from './workloads/tables.mjs';

const SEEDS = [1, 2, 3, 4, 5];
const RATES = [0.001, 0.003, 0.01, 0.03, 0.1];
const ITERATIONS = 60;
const EPOCHS = 2000;

const engine = await createEngine();

/**
 * The lowest loss of an epoch, the epochs that ran, and milliseconds.
 *
 * @param {{ x: number[][], y: number[][] }} table
 * @param {number} units
 * @param {import('../dist/index.js').CompileOptions['optimizer']} optimizer
 * @param {{ seed: number, epochs: number, batchSize?: number }} options
 */
async function train({ x, y }, units, optimizer, { seed, ...options }) {
  const model = engine.sequential({
    seed,
    layers: [dense({ units, activation: 'tanh', inputShape: [x[0].length] }), dense({ units: 1 })],
  });
  model.compile({ optimizer, loss: 'meanSquaredError' });
  const start = performance.now();
  const { history, epoch } = await model.fit(x, y, options);
  const milliseconds = performance.now() - start;
  model.dispose();
  return { loss: Math.min(...history.loss), epochs: epoch.length, milliseconds };
}

/**
 * Prints the losses of all seeds, sorted, and the mean time.
 *
 * @param {string} name
 * @param {(seed: number) => ReturnType<typeof train>} run
 */
async function report(name, run) {
  const results = [];
  for (const seed of SEEDS) results.push(await run(seed));
  const losses = results.map(({ loss }) => loss).sort((a, b) => a - b);
  const time = results.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / results.length;
  console.log(`  ${name.padEnd(38)} ${losses.map((loss) => loss.toExponential(1)).join('  ')}  ${time.toFixed(0)} ms`);
}

for (const [name, table, units] of /** @type {const} */ ([
  ['sine, 1-10-1', sine(), 10],
  ['friedman1, 10-10-1', friedman1(), 10],
  ['friedman1, 10-20-1', friedman1(), 20],
])) {
  console.log(`${name}: losses of ${SEEDS.length} seeds, mean time`);
  await report(`levenbergMarquardt, ${ITERATIONS} iterations`, (seed) =>
    train(table, units, levenbergMarquardt(), { seed, epochs: ITERATIONS }),
  );
  await report(`lbfgs, up to ${EPOCHS} iterations`, (seed) =>
    train(table, units, lbfgs({ changeTolerance: 0 }), { seed, epochs: EPOCHS }),
  );
  for (const batchSize of [32, table.x.length]) {
    for (const learningRate of RATES) {
      await report(`adam, ${EPOCHS} epochs, ${batchSize} rows, ${learningRate}`, (seed) =>
        train(table, units, adam({ learningRate }), { seed, epochs: EPOCHS, batchSize }),
      );
    }
  }
}

console.log('levenbergMarquardt, time of an iteration on friedman1:');
for (const units of [20, 80, 160, 400]) {
  const epochs = 3;
  const { milliseconds } = await train(friedman1(), units, levenbergMarquardt(), { seed: 1, epochs });
  console.log(`  ${String(12 * units + 1).padStart(5)} weights  ${(milliseconds / epochs).toFixed(0)} ms`);
}
engine.dispose();
