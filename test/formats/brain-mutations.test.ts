/**
 * Networks of brain.js that were mutated: each is refused by a FormatError or is a model that predicts, within a second
 * and a few times its size. `BRAIN_MUTATIONS` is the number of files, `BRAIN_SEED` the first seed.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fromBrain } from '../../src/brain.js';
import { FormatError } from '../../src/index.js';
import { mutatedJson } from '../support/files/mutate-json.js';
import { source } from '../support/reference/random.js';

const count = Number(process.env.BRAIN_MUTATIONS ?? 3000);
const firstSeed = Number(process.env.BRAIN_SEED ?? 1);

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

/** Bytes that a read may leave behind before garbage is collected, besides four times the file. */
const ROOM = 64 * 1024 * 1024;

const inUse = (): number => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

test(
  `${count} mutated networks are refused or predict`,
  async () => {
    const faults: string[] = [];
    let models = 0;
    for (let seed = firstSeed; seed < firstSeed + count; seed++) {
      const random = source(seed);
      const text = mutatedJson(cases[random.below(cases.length)].json, WORDS, random);
      const before = inUse();
      const start = performance.now();
      try {
        const model = await fromBrain(text);
        models++;
        const { inputShape } = model.toJSON().layers[0].config as { inputShape: number[] };
        model.predict(new Float32Array(inputShape[0]));
        model.dispose();
      } catch (error) {
        if (!(error instanceof FormatError)) faults.push(`seed ${seed}: ${String(error)} ${(error as Error).stack}`);
      }
      const [time, memory] = [performance.now() - start, inUse() - before];
      if (time > 1000) faults.push(`seed ${seed}: ${time} ms`);
      if (memory > 4 * text.length + ROOM) faults.push(`seed ${seed}: ${memory} bytes for ${text.length}`);
    }
    expect(faults.slice(0, 5).join('\n')).toBe('');
    expect(models).toBeGreaterThan(count / 20);
    expect(models).toBeLessThan(count);
    expect(Object.keys(Object.prototype)).toEqual([]);
  },
  60_000 + 20 * count,
);
