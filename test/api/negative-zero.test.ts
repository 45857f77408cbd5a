/**
 * −0 counts as 0 wherever the library takes a number: a file's JSON holds only 0, so a model with −0 would load as
 * another model.
 */
import { expect, test } from 'vitest';
import * as library from '../../src/index.js';
import { baseFiles, OWN } from '../support/files/bases.mjs';
import { headerOf, withHeader } from '../support/reference/safetensors.js';

const { createEngineSync, dense, input, learningRateAt, loadModel, model, schedules, sequential, sgd, WasmMlpError } =
  library;

/** The part of a factory's result that these tests use. */
interface Made {
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Options that a factory requires. */
const needed: Record<string, object> = {
  dense: { units: 2 },
  maxout: { units: 2 },
  input: { shape: [2] },
  activation: { activation: 'relu' },
  dropout: { rate: 0.5 },
  alphaDropout: { rate: 0.5 },
  gaussianDropout: { rate: 0.5 },
  gaussianNoise: { stddev: 0.5 },
  rescaling: { scale: 2 },
  normalization: { mean: [1], variance: [1] },
  constant: { learningRate: 0.1 },
  step: { initialLearningRate: 0.1, dropEvery: 2 },
  exponential: { initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.5 },
  inverseTime: { initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.5 },
  polynomial: { initialLearningRate: 0.1, decaySteps: 2 },
  cosine: { initialLearningRate: 0.1, decaySteps: 2, restarts: true },
  oneCycle: { maxLearningRate: 0.1, totalSteps: 5 },
  warmUp: { schedule: 0.1, steps: 2 },
};

type Factory = (options?: object) => Made;

/** Every export that makes a description, and every schedule. */
const factories = [
  ...Object.entries(library as unknown as Record<string, Factory>).map((one) => [...one, needed[one[0]]] as const),
  ...Object.entries(schedules as unknown as Record<string, Factory>).map(
    ([name, make]) => [`schedules.${name}`, make, needed[name]] as const,
  ),
].flatMap(([name, make, options]): { name: string; make: Factory; config: Made['config'] }[] => {
  if (typeof make !== 'function' || /^[A-Z]|^create/.test(name)) return [];
  try {
    const made: unknown = make(options);
    // A result made by an engine is no description.
    if (made instanceof Promise) {
      made.catch(() => undefined);
      return [];
    }
    const { kind, config } = made as Made;
    return typeof kind === 'string' && typeof config === 'object' ? [{ name, make, config }] : [];
  } catch (error) {
    if (error instanceof WasmMlpError || error instanceof TypeError) return [];
    throw error;
  }
});

const holdsNegativeZero = (value: unknown): boolean =>
  Object.is(value, -0) || (typeof value === 'object' && value !== null && Object.values(value).some(holdsNegativeZero));

test('no factory keeps −0 in any of its options', () => {
  let tried = 0;
  for (const { make, config } of factories) {
    for (const [key, value] of Object.entries(config)) {
      const zero =
        typeof value === 'number' ? -0 : Array.isArray(value) && typeof value[0] === 'number' ? [-0] : undefined;
      if (zero === undefined) continue;
      let made: Made;
      try {
        made = make({ ...config, [key]: zero });
      } catch (error) {
        // 0 is not allowed here.
        expect(error).toBeInstanceOf(WasmMlpError);
        continue;
      }
      tried += 1;
      expect([make.name, key, holdsNegativeZero(made.config)]).toEqual([make.name, key, false]);
    }
  }
  // At least this many factories take a number that may be 0.
  expect(factories.length).toBeGreaterThan(50);
  expect(tried).toBeGreaterThan(25);
});

test.each([
  ['l1', library.l1(-0)],
  ['l2', library.l2(-0)],
  [
    'sequential, its seed',
    await sequential({ seed: -0, layers: [dense({ units: 1, inputShape: [1] })] }).then((one) => one.toJSON()),
  ],
  [
    'model, its seed',
    await (async () => {
      const x = input({ shape: [1] });
      return (await model({ inputs: x, outputs: dense({ units: 1 }).apply(x), seed: -0 })).toJSON();
    })(),
  ],
])('%s keeps no −0', (_, description) => {
  expect(holdsNegativeZero(description)).toBe(false);
});

test('a learning rate and loss weights keep no −0', async () => {
  const network = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
  network.compile({ optimizer: sgd(), loss: 'huber', lossWeights: [-0] });
  network.learningRate = -0;
  expect(Object.is(network.learningRate, 0)).toBe(true);
  const file = network.save();
  expect(JSON.parse(headerOf(file).__metadata__['wasm-mlp'])).toHaveProperty('training.options.lossWeights', [0]);
  expect(Buffer.compare((await loadModel(file)).save(), file)).toBe(0);
  expect(
    Object.is(
      learningRateAt(schedules.polynomial({ initialLearningRate: 1, decaySteps: 1, endLearningRate: -0 }), 5),
      0,
    ),
  ).toBe(true);
});

test('a file in which any one number is −0 is refused, or loads and saves the same bytes', () => {
  const engine = createEngineSync();
  let loaded = 0;
  for (const file of baseFiles(library, engine)) {
    const header = headerOf(file);
    const text = header.__metadata__['wasm-mlp'];
    for (const { index, 0: number } of text.matchAll(/(?<=[:[,])-?\d[\d.e+-]*/g)) {
      header.__metadata__['wasm-mlp'] = `${text.slice(0, index)}-0${text.slice(index + number.length)}`;
      let first: library.Model<Float32Array | Float32Array[]>;
      try {
        first = engine.loadModel(withHeader(file, header), { custom: OWN });
      } catch (error) {
        expect(error).toBeInstanceOf(library.FormatError);
        continue;
      }
      loaded += 1;
      expect(holdsNegativeZero(first.toJSON())).toBe(false);
      const saved = first.save();
      const second = engine.loadModel(saved, { custom: OWN });
      expect(Buffer.compare(second.save(), saved)).toBe(0);
      second.dispose();
      first.dispose();
    }
  }
  expect(loaded).toBeGreaterThan(30);
  engine.dispose();
});
