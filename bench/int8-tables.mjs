/**
 * Prints what weights of eight bits change on rows that no training saw, beside the spread between trainings that
 * differ in their seed alone: `node bench/int8-tables.mjs`, after `npm run build`. The five tables are those that
 * scikit-learn brings with it, read by Python; without them it says so and ends. Takes a minute or two.
 *
 * A quarter of the rows is held out, the columns are standardized by the others. Two hidden layers of 256 units, Adam,
 * 15 epochs with weight decay. All layers of 4,096 weights or more are quantized. The score is the share of right
 * decisions, or R² of the regression.
 */
import { spawnSync } from 'node:child_process';
import { adamw, createEngine, dense, quantize } from '../dist/index.js';
import { generator } from './measure/statistics.mjs';

const SEEDS = 12;
const EPOCHS = 15;
const HIDDEN = 256;
const HELD_OUT = 0.25;

const TABLES = /** @type {const} */ ({
  iris: 'classes',
  wine: 'classes',
  breast_cancer: 'classes',
  digits: 'classes',
  diabetes: 'amounts',
});

const PROGRAM = `
import json, sys
import sklearn.datasets as tables
name = sys.argv[1]
x, y = getattr(tables, 'load_' + name)(return_X_y=True)
json.dump({'x': x.tolist(), 'y': y.tolist()}, sys.stdout)
`;

/** The Python of the system, which has Debian's packages, or another one. */
const PYTHONS = ['/usr/bin/python3', 'python3'];

/** @param {string} name @returns {{ x: number[][], y: number[] }} */
function read(name) {
  let why = '';
  for (const python of PYTHONS) {
    const options = /** @type {const} */ ({ encoding: 'utf8', maxBuffer: 1 << 28 });
    const { status, stdout, stderr, error } = spawnSync(python, ['-c', PROGRAM, name], options);
    if (status === 0) return JSON.parse(stdout);
    why = error?.message ?? stderr.trim().split('\n').at(-1) ?? '';
  }
  console.error(`skipped: ${name} expected from a Python with scikit-learn (Debian: python3-sklearn), got: ${why}`);
  process.exit(0);
}

/** @param {readonly number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Standard deviation between values. @param {readonly number[]} values */
function deviation(values) {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/**
 * Subtracts the mean and divides by the deviation of `base`, column by column.
 *
 * @param {number[][]} rows
 * @param {number[][]} base
 */
function standardize(rows, base) {
  const moments = base[0].map((_, column) => {
    const values = base.map((row) => row[column]);
    return { middle: mean(values), scale: deviation(values) || 1 };
  });
  return rows.map((row) => row.map((value, column) => (value - moments[column].middle) / moments[column].scale));
}

/** Shuffled rows, the held out ones last, always the same. @param {{ x: number[][], y: number[] }} table */
function split({ x, y }) {
  const random = generator(3);
  const order = x.map((_, row) => row);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  const count = Math.round((1 - HELD_OUT) * order.length);
  const pick = (/** @type {number[]} */ rows) => ({ x: rows.map((row) => x[row]), y: rows.map((row) => y[row]) });
  const [train, test] = [pick(order.slice(0, count)), pick(order.slice(count))];
  return { train: { ...train, x: standardize(train.x, train.x) }, test: { ...test, x: standardize(test.x, train.x) } };
}

const cells = (/** @type {(string | number)[]} */ row) =>
  row.map((cell) => (typeof cell === 'number' ? cell.toFixed(4) : cell)).join(' | ');

console.log(
  '| table | rows held out | float32: mean score | deviation between seeds | change by int8: mean | largest | calibrated: mean | largest | decisions changed |',
);
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
let within = true;
for (const [name, kind] of Object.entries(TABLES)) {
  const { train, test } = split(read(name));
  const classes = kind === 'classes';
  // A regression learns amounts of mean 0 and deviation 1.
  const [middle, scale] = classes ? [0, 1] : [mean(train.y), deviation(train.y)];
  const targets = train.y.map((value) => (value - middle) / scale);
  const outputs = classes ? 1 + Math.max(...train.y) : 1;
  const engine = await createEngine();
  /** @param {Float32Array} predictions */
  const decisions = (predictions) =>
    test.y.map((_, row) => {
      const own = predictions.subarray(row * outputs, (row + 1) * outputs);
      return classes ? own.indexOf(Math.max(...own)) : own[0] * scale + middle;
    });
  /** @param {number[]} decided */
  const score = (decided) => {
    if (classes) return mean(decided.map((one, row) => (one === test.y[row] ? 1 : 0)));
    const average = mean(test.y);
    const left = mean(decided.map((one, row) => (one - test.y[row]) ** 2));
    return 1 - left / mean(test.y.map((one) => (one - average) ** 2));
  };
  /** @type {{ float: number, dynamic: number, calibrated: number, changed: number }[]} */
  const found = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const model = engine.sequential({
      seed,
      layers: [
        dense({ units: HIDDEN, activation: 'relu', inputShape: [train.x[0].length] }),
        dense({ units: HIDDEN, activation: 'relu' }),
        dense({ units: outputs, ...(classes && { activation: 'softmax' }) }),
      ],
    });
    model.compile({
      optimizer: adamw({ learningRate: 0.001, weightDecay: 0.01 }),
      loss: classes ? 'sparseCategoricalCrossentropy' : 'meanSquaredError',
    });
    await model.fit(train.x, classes ? train.y : targets.map((value) => [value]), { epochs: EPOCHS, batchSize: 32 });
    const [dynamic, calibrated] = [await quantize(model), await quantize(model, { calibration: train.x })];
    const all = [model, dynamic, calibrated].map((one) => decisions(one.predict(test.x)));
    const [float, ...others] = all.map(score);
    const changed = classes ? all[1].filter((one, row) => one !== all[0][row]).length : 0;
    found.push({ float, dynamic: others[0] - float, calibrated: others[1] - float, changed });
    for (const one of [model, dynamic, calibrated]) one.dispose();
  }
  engine.dispose();
  const spread = deviation(found.map(({ float }) => float));
  const change = (/** @type {'dynamic' | 'calibrated'} */ which) => {
    const values = found.map((one) => one[which]);
    return [mean(values), Math.max(...values.map(Math.abs))];
  };
  const [dynamic, calibrated] = [change('dynamic'), change('calibrated')];
  within &&= Math.abs(dynamic[0]) <= spread && Math.abs(calibrated[0]) <= spread;
  const total = found.reduce((sum, { changed }) => sum + changed, 0);
  const decided = classes ? `${total} of ${SEEDS * test.y.length}` : '';
  console.log(
    `| ${cells([name, `${test.y.length}`, mean(found.map(({ float }) => float)), spread, ...dynamic, ...calibrated, decided])} |`,
  );
}
console.log(
  within
    ? '\nEvery mean change is within the deviation between seeds.'
    : '\nA mean change is beyond the deviation between seeds.',
);
if (!within) process.exitCode = 1;
