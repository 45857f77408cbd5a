/** Whatever the settings: a training never fails with an exception, and what is no number is explained. */
import { describe, expect, test } from 'vitest';
import { createEngine } from 'wasm-mlp';
import { settingsOf } from '../src/settings/address.js';
import { ACTIVATIONS, INITIALIZERS, LOSSES, OPTIMIZERS, SCHEDULES } from '../src/settings/choices.js';
import { RandomStream } from '../src/exact/random.js';
import { DATASETS } from '../src/data/datasets.js';
import { FEATURES } from '../src/data/features.js';
import { Session } from '../src/training/session.js';

const engine = await createEngine();

/** Trains, and returns what the page would say of numbers that are none. */
async function explained(address: string): Promise<{ finite: boolean; texts: string[] }> {
  const session = new Session(engine, settingsOf(address));
  try {
    const before = await session.snapshot(true, 0, true);
    for (let step = 0; step < 25; step++) await session.takeStep();
    const after = await session.snapshot(false, 0, true);
    const shown = [before, after].flatMap(({ trainingLoss, testLoss = 0, field, outputs, units, weights }) => [
      ...[trainingLoss, testLoss],
      ...[field.values, outputs, ...units, ...weights.map(({ weight }) => weight)].map((list) => list.find((value) => !Number.isFinite(value)) ?? 0), // prettier-ignore
    ]);
    const faults = [before, after].flatMap(({ diagnosis }) => diagnosis?.faults ?? []);
    const texts = [
      ...(after.stopped === undefined ? [] : [after.stopped]),
      ...faults.filter(({ kind }) => kind === 'nonFinite').map(({ message }) => message),
    ];
    return { finite: shown.every(Number.isFinite), texts };
  } finally {
    session.dispose();
  }
}

const random = new RandomStream(19);
const one = <T>(list: readonly T[]): T => list[Math.floor(list.length * random.next())];
const addresses = Array.from({ length: 150 }, () => {
  const layers = Array.from({ length: Math.floor(5 * random.next()) }, () => `${1 + Math.floor(8 * random.next())}${one(ACTIVATIONS)}`); // prettier-ignore
  return [
    `data=${one(Object.keys(DATASETS))}`,
    `layers=${layers.join('-') || 'none'}`,
    `features=${Object.keys(FEATURES).filter(() => random.next() < 0.5).join('-')}`, // prettier-ignore
    `loss=${one(Object.keys(LOSSES))}`,
    `optimizer=${one(Object.keys(OPTIMIZERS))}`,
    `initializer=${one(INITIALIZERS)}`,
    `schedule=${one(SCHEDULES)}`,
    `learningRate=${one([0, 1e-6, 0.001, 0.1, 3, 100])}`,
    `normalization=${one(['none', 'batch', 'layer'])}`,
    `regularizer=${one(['none', 'l1', 'l2'])}`,
    `regularization=${one([0.001, 1, 10])}`,
    `dropout=${one([0, 0.5, 0.9])}`,
    `batchSize=${one([1, 2, 16, 2000])}`,
    `noise=${one([0, 0.1, 0.5])}`,
    `testShare=${one([0, 0.3, 0.8])}`,
    `points=${one([20, 60])}`,
    `seed=${Math.floor(1000 * random.next())}`,
  ].join('&');
});

describe('a training', () => {
  test.each([
    'data=plane&loss=meanSquaredError&optimizer=sgd&learningRate=100&layers=6linear',
    'data=hills&loss=poisson&optimizer=lbfgs&layers=8exponential-8exponential-8exponential&initializer=ones',
    'data=hills&optimizer=levenbergMarquardt&layers=8exponential-8exponential-8exponential&initializer=ones',
    'layers=12exponential-12exponential-12exponential-12exponential&initializer=ones',
    'data=clusters&loss=cosineSimilarity&initializer=zeros&layers=4relu',
    'classes=0_0_0.0_0_0',
    'classes=0_0_0.0_0_1',
    'values=0_0_1000000.1_1_-1000000',
  ])('of %s explains what is no number', async (address) => {
    const { finite, texts } = await explained(address);
    if (!finite) expect(texts.join(' ')).toMatch(/\S/);
  });

  test('of any settings does not fail, and explains what is no number', async () => {
    let strange = 0;
    for (const address of addresses) {
      const { finite, texts } = await explained(address).catch((error: unknown) => {
        throw new Error(address, { cause: error });
      });
      if (finite) continue;
      strange++;
      expect(texts.join(' '), address).toMatch(/\S/);
    }
    expect(strange).toBeGreaterThan(1);
  });
});
