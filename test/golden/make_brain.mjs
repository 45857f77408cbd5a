/**
 * Writes brain.json: networks as brain.js 1.6.1 and 2.0.0-beta.24 save them, and what they return. Usage:
 * npm install --prefix .oracles --ignore-scripts --no-save brain.js@2.0.0-beta.24 brain.js-1@npm:brain.js@1.6.1 &&
 * node test/golden/make_brain.mjs
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const load = createRequire(resolve('.oracles/index.js'));
const [one, two] = [load('brain.js-1'), load('brain.js')];

const LISTS = [
  { input: [0, 0, 0.2], output: [0.1, 1] },
  { input: [0, 1, 0.7], output: [1, 0.3] },
  { input: [1, 0, -0.4], output: [0.9, 0.2] },
  { input: [1, 1, 1], output: [0, 0.8] },
];
const OBJECTS = [
  { input: { warm: 1, wet: 0.2 }, output: { beach: 1 } },
  { input: { wet: 1, windy: 0.5 }, output: { home: 1, museum: 0.4 } },
  { input: { warm: 0.3, windy: 1 }, output: { museum: 1 } },
];
const COLUMNS = ['warm', 'wet', 'windy'];

/** Rows as the network takes them, and as columns. */
const rowsOf = (/** @type {boolean} */ named) =>
  [
    [0, 0, 0],
    [1, 0.5, -0.25],
    [-2, 3, 1.5],
    [0.1, 0.9, 0.6],
  ].map((row) => ({ row, given: named ? Object.fromEntries(row.map((value, i) => [COLUMNS[i], value])) : row }));

const cases = [];
for (const [version, { NeuralNetwork }] of /** @type {const} */ ([
  ['1.6.1', one],
  ['2.0.0-beta.24', two],
])) {
  for (const activation of ['sigmoid', 'relu', 'leaky-relu', 'tanh']) {
    for (const named of [false, true]) {
      const options = { hiddenLayers: named ? [4] : [5, 3], activation, leakyReluAlpha: 0.2, learningRate: 0.05 };
      const network = new NeuralNetwork(options);
      network.train(named ? OBJECTS : LISTS, { iterations: 200, learningRate: 0.05, activation, leakyReluAlpha: 0.2 });
      // What another program reads from the text: version 1 does not save the slope of leaky-relu.
      const json = JSON.parse(JSON.stringify(network.toJSON()));
      const read = new NeuralNetwork();
      read.fromJSON(JSON.parse(JSON.stringify(json)));
      const outputs = rowsOf(named).map(({ row, given }) => ({
        input: row,
        output: Object.entries(read.run(given)).map(([name, value]) => [name, value]),
      }));
      cases.push({ version, activation, named, json, outputs });
    }
  }
}
const lstm = new one.recurrent.LSTM({ hiddenLayers: [2] });
lstm.train([{ input: 'ab', output: 'c' }], { iterations: 2 });
const recurrent = new two.recurrent.LSTMTimeStep({ inputSize: 1, hiddenLayers: [2], outputSize: 1 });
recurrent.train([[1, 2, 3]], { iterations: 2 });
const refused = [lstm.toJSON(), recurrent.toJSON()].map((json) => ({ type: json.type, hiddenLayers: json.hiddenLayers }));
writeFileSync('test/golden/brain.json', `${JSON.stringify({ cases, refused })}\n`);
