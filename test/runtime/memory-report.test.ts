/** The report `model.memory` against the memory in use and the documented bound; and `engine.warmUp`. */
import { describe, expect, test } from 'vitest';
import { createEngine, dense, StateError, ValueError, type Engine, type Model } from '../../src/index.js';
import { thrownBy } from '../support/reference/refusals.js';

const SIZES = [784, 512, 512, 10];
const BATCH = 128;
const PARAMETERS = SIZES.slice(1).reduce((sum, units, i) => sum + units * (SIZES[i] + 1), 0);
/** Values of the input, and of each layer before and after its activation. */
const VALUES = SIZES[0] + SIZES.slice(1).reduce((sum, units) => sum + 2 * units, 0);

function build(engine: Engine): Model {
  const layers = SIZES.slice(1).map((units, i) =>
    dense({
      units,
      activation: i === SIZES.length - 2 ? 'softmax' : 'relu',
      ...(i === 0 && { inputShape: [SIZES[0]] }),
    }),
  );
  return engine.sequential({ layers });
}

const x = new Float32Array(BATCH * SIZES[0]).fill(0.5);
const labels = Int32Array.from({ length: BATCH }, (_, row) => row % 10);

describe('model.memory', () => {
  test.each([
    ['sgd', 0],
    ['adam', 2],
  ] as const)(
    '%s: stays within 1.15 of parameters × (2 + %i of optimizer state + a transposed copy) and activations',
    async (optimizer, tensors) => {
      const engine = await createEngine();
      const model = build(engine);
      const before = engine.memory().used;
      model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
      await model.fit(x, labels, { batchSize: BATCH, shuffle: false });
      const { total, ...parts } = model.memory();
      expect(total).toBe(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0));
      expect(parts.optimizerState).toBe(tensors * parts.gradients);
      expect(parts.weights).toBeGreaterThanOrEqual(4 * PARAMETERS);
      expect(total).toBeLessThanOrEqual(1.15 * 4 * (PARAMETERS * (2 + tensors + 1) + BATCH * VALUES));
      // The engine's memory in use also has the alignment of regions, and labels before they become targets.
      const taken = engine.memory().used - before;
      const held = total - parts.weights;
      expect(taken).toBeGreaterThanOrEqual(held);
      expect(taken).toBeLessThanOrEqual(held + 4 * BATCH + 10 * 128);
      engine.dispose();
    },
  );

  test('grows only with larger batches, part by part', async () => {
    const engine = await createEngine();
    const model = build(engine);
    const { weights } = model.memory();
    expect(model.memory()).toEqual({
      weights,
      gradients: 0,
      optimizerState: 0,
      training: 0,
      evaluation: 0,
      prediction: 0,
      total: weights,
    });
    model.predict(x.subarray(0, SIZES[0]));
    const one = model.memory().prediction;
    model.predict(x);
    const many = model.memory().prediction;
    expect(many).toBeGreaterThan(one);
    model.predict(x);
    expect(model.memory().prediction).toBe(many);
    model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
    model.evaluate(x, labels);
    expect(model.memory().evaluation).toBeGreaterThan(0);
    expect(model.memory().training).toBe(0);
    engine.dispose();
    expect(await thrownBy(() => model.memory())).toBeInstanceOf(StateError);
  });
});

describe('engine.warmUp', () => {
  test('leaves models unchanged, and takes the time that it was given', async () => {
    const engine = await createEngine();
    const model = build(engine);
    // Compares bytes: comparing arrays of this size value by value takes half a minute.
    const seen = (): Buffer => Buffer.concat([model.save(), new Uint8Array(model.predict(x).buffer)]);
    const before = seen();
    const start = performance.now();
    await engine.warmUp({ milliseconds: 30, rows: 4 });
    expect(performance.now() - start).toBeGreaterThanOrEqual(30);
    expect(seen().equals(before)).toBe(true);
    engine.dispose();
  });

  test('yields to the event loop, and ends with a model that is disposed meanwhile', async () => {
    const engine = await createEngine();
    const model = build(engine);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const warm = engine.warmUp({ milliseconds: 60 });
    setTimeout(() => model.dispose(), 20);
    await warm;
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    engine.dispose();
  });

  test('accepts any number of rows, which it computes in blocks', async () => {
    const engine = await createEngine();
    engine.sequential({ layers: [dense({ units: 2, inputShape: [3] })] });
    await engine.warmUp({ milliseconds: 1, rows: 2 ** 40 });
    engine.dispose();
  });

  test('refuses invalid options, and a disposed engine', async () => {
    const engine = await createEngine();
    for (const options of [{ milliseconds: -1 }, { rows: 0 }, { millisecond: 1 }]) {
      expect(await thrownBy(() => engine.warmUp(options))).toBeInstanceOf(ValueError);
    }
    engine.dispose();
    expect(await thrownBy(() => engine.warmUp())).toBeInstanceOf(StateError);
  });
});
