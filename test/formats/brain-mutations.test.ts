/**
 * Networks of brain.js that were mutated: each is refused by a FormatError or is a model that predicts, within a second
 * and a few times its size. `BRAIN_MUTATIONS` is the number of files, `BRAIN_SEED` the first seed.
 */
import { readFileSync } from 'node:fs';
import { test } from 'vitest';
import { fromBrain } from '../../src/brain.js';
import { mutatedJson } from '../support/files/mutate-json.js';
import { expectSafe, predictOnce } from '../support/files/safe.js';

const count = Number(process.env.BRAIN_MUTATIONS ?? 3000);

const { cases } = JSON.parse(readFileSync('test/golden/brain.json', 'utf8')) as { cases: { json: object }[] };

const WORDS = [
  ...['type', 'NeuralNetwork', 'LSTM', 'sizes', 'layers', 'weights', 'biases', 'bias', 'inputLookup', 'outputLookup'],
  ...[
    'trainOpts',
    'activation',
    'leakyReluAlpha',
    'sigmoid',
    'relu',
    'leaky-relu',
    'tanh',
    'warm',
    'wet',
    '0',
    '1',
    '2',
  ],
  ...['hiddenLayers', '__proto__', 'constructor'],
];

test(
  `${count} mutated networks are refused or predict`,
  async () => {
    await expectSafe(count, Number(process.env.BRAIN_SEED ?? 1), (random) => {
      const text = mutatedJson(cases[random.below(cases.length)].json, WORDS, random);
      return { bytes: text.length, read: async () => predictOnce(await fromBrain(text)) };
    });
  },
  60_000 + 20 * count,
);
