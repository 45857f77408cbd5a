/**
 * Models that are built from the same tensors share the weights of their layers, in the same memory. A model that was
 * loaded from a file of such a model has weights of its own, so it is the independent reference of all that a model
 * with shared weights computes.
 */
import { expect, test } from 'vitest';
import {
  activation,
  adam,
  add,
  attachModel,
  batchNormalization,
  createEngine,
  dense,
  input,
  l2,
  layerNormalization,
  maxNorm,
  model,
  normalization,
  prelu,
  sequential,
  StateError,
  ValueError,
  type Engine,
  type Layer,
  type Model,
  type NamedTensor,
  type SymbolicTensor,
} from '../../src/index.js';

const engine = await createEngine();
const other = await createEngine();

const body = (
  layer: Layer = dense({ units: 4, name: 'features' }),
): { x: SymbolicTensor; features: SymbolicTensor; y: SymbolicTensor } => {
  const x = input({ shape: [4] });
  const features = layer.apply(x);
  return { x, features, y: dense({ units: 1 }).apply(features) };
};
const X = [
  [1, 2, -1, 0.5],
  [0, -1, 0.25, 1],
  [0.5, 0.5, -2, 1.5],
];
const Y = [[1], [-1], [0.5]];
const COMPILED = { optimizer: 'adam', loss: 'meanSquaredError' } as const;

const bits = (tensors: readonly NamedTensor[]): string =>
  tensors.map(({ data }) => new Uint32Array(data.buffer, data.byteOffset, data.length).join()).join('\n');

test('a feature extractor sees the weights of the whole model, now and later, without memory for them', async () => {
  const { x, features, y } = body(dense({ units: 400, activation: 'tanh', name: 'features' }));
  const whole = engine.model({ inputs: x, outputs: y });
  whole.compile(COMPILED);
  const { used } = engine.memory();
  const extractor = engine.model({ inputs: x, outputs: features, seed: 9 });
  expect(engine.memory().used - used).toBeLessThan(1024);
  expect(bits(extractor.getWeights())).toBe(bits(whole.getWeights().slice(0, 2)));
  const before = extractor.predict(X);
  for (const runIn of ['main', 'worker'] as const) {
    await whole.fit(X, Y, { epochs: 2, runIn });
    expect(bits(extractor.getWeights())).toBe(bits(whole.getWeights().slice(0, 2)));
  }
  expect(extractor.predict(X)).not.toEqual(before);
  const twin = engine.loadModel(extractor.save());
  expect(extractor.predict(X)).toEqual(twin.predict(X));
  // In the other direction too.
  extractor.setWeights(extractor.getWeights().map((tensor) => ({ ...tensor, data: tensor.data.fill(0.25) })));
  expect(whole.getLayer('features').getWeights()[0].data[0]).toBe(0.25);
  [whole, extractor, twin].forEach((one) => one.dispose());
});

const LAYERS: [string, () => Layer][] = [
  ['dense', () => dense({ units: 5, activation: 'prelu', name: 'features', kernelRegularizer: l2(0.1) })],
  ['prelu', () => prelu({ name: 'features' })],
  ['batchNormalization', () => batchNormalization({ name: 'features' })],
  ['layerNormalization', () => layerNormalization({ name: 'features' })],
  ['normalization', () => normalization({ mean: [1, 2, 3, 4], name: 'features' })],
];

test.each(LAYERS)('a model on the %s of another trains it with the bits of a model of its own', async (_, layer) => {
  const { x, features, y } = body(layer());
  const first = engine.model({ inputs: x, outputs: y });
  const hidden = dense({ units: 6, activation: 'tanh', kernelConstraint: maxNorm(0.5) }).apply(features);
  const second = engine.model({ inputs: x, outputs: dense({ units: 1 }).apply(hidden), seed: 3 });
  expect(bits(second.getLayer('features').getWeights())).toBe(bits(first.getLayer('features').getWeights()));
  const head = bits(first.getLayer('dense').getWeights());
  const twin = other.loadModel(second.save());
  for (const one of [second, twin]) one.compile({ ...COMPILED, optimizer: adam({ clipNorm: 1 }) });
  expect(second.gradients(X, Y)).toEqual(twin.gradients(X, Y));
  expect(second.diagnose(X, Y).toString()).toBe(twin.diagnose(X, Y).toString());
  for (const runIn of ['main', 'worker', 'main'] as const) {
    for (const one of [second, twin]) await one.fit(X, Y, { epochs: 2, batchSize: 2, runIn });
    expect(bits(second.getWeights())).toBe(bits(twin.getWeights()));
    expect(second.predict(X)).toEqual(twin.predict(X));
    expect(second.evaluate(X, Y)).toEqual(twin.evaluate(X, Y));
  }
  expect(second.save()).toEqual(twin.save());
  expect(bits(first.getLayer('features').getWeights())).toBe(bits(second.getLayer('features').getWeights()));
  expect(bits(first.getLayer('dense').getWeights())).toBe(head);
  [first, second, twin].forEach((one) => one.dispose());
});

test.each([
  ...LAYERS.map(([name, layer]) => ['lbfgs', name, layer] as const),
  ...LAYERS.slice(4).map(([name, layer]) => ['levenbergMarquardt', name, layer] as const),
  ['levenbergMarquardt', 'dense', () => dense({ units: 5, activation: 'tanh', name: 'features' })] as const,
])('%s trains the %s of another model with the bits of a model of its own', async (optimizer, _, layer) => {
  const { x, features, y } = body(layer());
  const first = engine.model({ inputs: x, outputs: y });
  const attached = attachModel(first.share());
  const hidden = dense({ units: 6, activation: 'tanh', kernelRegularizer: l2(0.01) }).apply(features);
  const second = engine.model({ inputs: x, outputs: dense({ units: 1 }).apply(hidden), seed: 3 });
  const head = bits(first.getLayer('dense').getWeights());
  const twin = other.loadModel(second.save());
  for (const one of [second, twin]) one.compile({ optimizer, loss: 'meanSquaredError' });
  for (const runIn of ['main', 'worker', 'main'] as const) {
    const [fitted, expected] = [await second.fit(X, Y, { epochs: 3, runIn }), await twin.fit(X, Y, { epochs: 3 })];
    expect(fitted).toEqual(expected);
    expect(bits(second.getWeights())).toBe(bits(twin.getWeights()));
    expect(attached.predict(X)).toEqual(first.predict(X));
    // The other model changes the weights in between.
    const moved = second.getLayer('features').getWeights().map((tensor) => ({ ...tensor, data: tensor.data.map((value) => 0.875 * value) })); // prettier-ignore
    first.getLayer('features').setWeights(moved);
    twin.getLayer('features').setWeights(moved);
  }
  expect(bits(first.getLayer('features').getWeights())).toBe(bits(twin.getLayer('features').getWeights()));
  expect(bits(first.getLayer('dense').getWeights())).toBe(head);
  attached.dispose();
  [first, second, twin].forEach((one) => one.dispose());
});

test('the first model initializes; a later one only what is new, as it would be without the first', () => {
  const build = (on: Engine, alone: boolean): NamedTensor[] => {
    const { x, features, y } = body();
    const made = alone ? [] : [on.model({ inputs: x, outputs: y, seed: 1 })];
    const second = on.model({ inputs: x, outputs: dense({ units: 3, name: 'new' }).apply(features), seed: 2 });
    const weights = second.getWeights();
    [...made, second].forEach((one) => one.dispose());
    return weights;
  };
  const [shared, alone] = [build(engine, false), build(engine, true)];
  expect(bits(shared.slice(2))).toBe(bits(alone.slice(2)));
  expect(bits(shared.slice(0, 1))).not.toBe(bits(alone.slice(0, 1)));
});

test('each model has its own optimizer state, counters, frozen layers and names', () => {
  const { x, features, y } = body();
  const first = engine.model({ inputs: x, outputs: y });
  const second = engine.model({ inputs: x, outputs: dense({ units: 1, name: 'second' }).apply(features) });
  first.getLayer('features').trainable = false;
  for (const one of [first, second]) one.compile(COMPILED);
  expect(second.getLayer('features').trainable).toBe(true);
  const before = bits(first.getLayer('features').getWeights());
  first.trainOnBatch(X, Y);
  expect(bits(first.getLayer('features').getWeights())).toBe(before);
  second.trainOnBatch(X, Y);
  second.trainOnBatch(X, Y);
  expect(bits(first.getLayer('features').getWeights())).not.toBe(before);
  expect([first.stepCount, second.stepCount]).toEqual([1, 2]);
  first.dispose();
  second.dispose();
});

test('weights on another engine, and two sets for one layer, are refused, and take no memory', async () => {
  const { x, features, y } = body();
  const first = engine.model({ inputs: x, outputs: y });
  const { used } = other.memory();
  expect(() => other.model({ inputs: x, outputs: features })).toThrow(ValueError);
  const message =
    'model: outputs expected layers whose weights are on the same engine, got "features" of a model on another one. ' +
    'Make both models on one engine, or apply the layers anew for new weights.';
  expect(() => other.model({ inputs: x, outputs: features })).toThrow(message);
  await expect(model({ inputs: x, outputs: y, engine: other })).rejects.toThrow(message);
  expect(other.memory().used).toBe(used);
  const layer = dense({ units: 4, name: 'twice' });
  const [a, b] = [layer.apply(x), layer.apply(x)];
  const models = [engine.model({ inputs: x, outputs: a }), engine.model({ inputs: x, outputs: b })];
  expect(() => engine.model({ inputs: x, outputs: add().apply([a, b]) })).toThrow(
    'model: "twice" expected one set of weights, got those of two models.',
  );
  [first, ...models].forEach((one) => one.dispose());
});

test('a model with new applications of a layer uses the weights that it has', () => {
  const x = input({ shape: [4] });
  const layer = dense({ units: 4, name: 'layer' });
  const first = engine.model({ inputs: x, outputs: layer.apply(x) });
  const once = layer.apply(x);
  const second = engine.model({ inputs: x, outputs: once, seed: 1 });
  const again = engine.model({ inputs: x, outputs: [once, layer.apply(once)], seed: 2 });
  expect(bits(again.getWeights())).toBe(bits(second.getWeights()));
  expect(bits(again.getWeights())).not.toBe(bits(first.getWeights()));
  [first, second, again].forEach((one) => one.dispose());
});

test('one model with all outputs shares weights', () => {
  const { x, features, y } = body();
  const both = engine.model({ inputs: x, outputs: [features, y] });
  expect(both.getWeights()).toHaveLength(4);
  both.dispose();
});

test('inputs and layers without weights may be in any number of models', () => {
  const x = input({ shape: [4] });
  const positive = activation('relu').apply(x);
  const doubled = add().apply([positive, positive]);
  const models = [1, 2, 3].map((units) => engine.model({ inputs: x, outputs: dense({ units }).apply(doubled) }));
  expect(models.map((one) => one.parameterCount)).toEqual([5, 10, 15]);
  models.push(engine.model({ inputs: x, outputs: doubled }), engine.model({ inputs: x, outputs: doubled }));
  models.forEach((one) => one.dispose());
});

test('weights live until the last of their models is disposed, in any order', async () => {
  const { x, features, y } = body();
  const { used } = engine.memory();
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    const models = [engine.model({ inputs: x, outputs: y, seed: 5 }), engine.model({ inputs: x, outputs: features })];
    const expected = models.map((one) => one.predict(X));
    models[order[0]].dispose();
    const left = models[order[1]];
    expect(left.predict(X)).toEqual(expected[order[1]]);
    left.compile({ ...COMPILED, checks: 'off' });
    await left.fit(X, order[1] === 0 ? Y : X, { epochs: 1 });
    left.dispose();
    expect(engine.memory().used).toBe(used);
  }
  // Then the next model has new weights, also on another engine, and after its engine was disposed.
  const brief = await createEngine();
  brief.model({ inputs: x, outputs: y });
  brief.dispose();
  const last = other.model({ inputs: x, outputs: y, seed: 6 });
  const fresh = body();
  const reference = other.model({ inputs: fresh.x, outputs: fresh.y, seed: 6 });
  expect(bits(last.getWeights())).toBe(bits(reference.getWeights()));
  last.dispose();
  reference.dispose();
});

test('weights outlive a model that was collected, as long as a model or a tensor has them', async () => {
  const collect = (globalThis as { gc?: () => void }).gc!;
  const collected = async (): Promise<void> => {
    for (let i = 0; i < 4; i++) {
      await new Promise((resume) => setTimeout(resume, 5));
      collect();
    }
    await new Promise((resume) => setTimeout(resume, 5));
  };
  const { used } = engine.memory();
  const scope = async (): Promise<void> => {
    const { x, features, y } = body(dense({ units: 4000, name: 'features' }));
    const expected = ((): string => bits(engine.model({ inputs: x, outputs: y, seed: 8 }).getWeights()))();
    await collected();
    // Whether a collection ran or not, the tensors have the weights.
    const next = engine.model({ inputs: x, outputs: y, seed: 1 });
    expect(bits(next.getWeights())).toBe(expected);
    const extractor = ((): Model => engine.model({ inputs: x, outputs: features }))();
    next.dispose();
    await collected();
    expect(bits(extractor.getWeights())).toBe(expected.split('\n').slice(0, 2).join('\n'));
  };
  await scope();
  await collected();
  expect(engine.memory().used).toBe(used);
});

test('a model is refused training while another trains weights of it, and may predict', async () => {
  const { x, features, y } = body();
  const [first, second] = [
    engine.model({ inputs: x, outputs: y }),
    engine.model({ inputs: x, outputs: dense({ units: 1 }).apply(features) }),
  ];
  for (const one of [first, second]) one.compile(COMPILED);
  for (const runIn of ['main', 'worker'] as const) {
    const seen: boolean[] = [];
    const callbacks = [
      { onEpochEnd: () => void seen.push(bits(second.getWeights()).startsWith(bits(first.getWeights().slice(0, 2)))) },
    ];
    const training = first.fit(X, Y, { epochs: 3, runIn, callbacks });
    const message =
      ': a model at rest expected, got one whose weights another model trains in fit. Wait for the promise of that fit.';
    expect(() => second.trainOnBatch(X, Y)).toThrow(`trainOnBatch${message}`);
    expect(() => second.setWeights(second.getWeights())).toThrow(`setWeights${message}`);
    const layer = second.getLayer('features');
    expect(() => layer.setWeights(layer.getWeights())).toThrow(`setWeights${message}`);
    expect(() => second.compile(COMPILED)).toThrow(`compile${message}`);
    await expect(second.fit(X, Y)).rejects.toThrow(`fit${message}`);
    second.predict(X);
    second.evaluate(X, Y);
    await training;
    expect(seen).toEqual([true, true, true]);
    expect(second.predict(X)).toEqual(engine.loadModel(second.save()).predict(X));
    await second.fit(X, Y, { epochs: 1 });
  }
  first.dispose();
  second.dispose();
});

test('a function that a step calls cannot change its weights through another model', () => {
  const { x, features, y } = body();
  const first = engine.model({ inputs: x, outputs: y });
  const second = engine.model({ inputs: x, outputs: features });
  const thrown: string[] = [];
  const attempt = (call: () => unknown): void => {
    try {
      call();
      thrown.push('nothing');
    } catch (error) {
      thrown.push((error as Error).message);
    }
  };
  first.compile({
    optimizer: 'sgd',
    loss: {
      name: 'own',
      value: (p, t) => {
        if (thrown.length === 0) {
          attempt(() => second.setWeights(second.getWeights()));
          attempt(() => second.compile(COMPILED));
          attempt(() => second.predict(X));
        }
        return (p[0] - t[0]) ** 2;
      },
      gradient: (p, t) => [2 * (p[0] - t[0])],
    },
  });
  first.trainOnBatch(X, Y);
  expect(thrown[0]).toMatch(
    /^setWeights: a model at rest expected, got one whose weights another model uses in the step/,
  );
  expect(thrown[1]).toMatch(/^compile: a model at rest expected/);
  expect(thrown[2]).toBe('nothing');
  first.dispose();
  second.dispose();
});

test('other threads predict from weights that another model trains; one that borrows is not shared with them', () => {
  const { x, features, y } = body();
  const first = engine.model({ inputs: x, outputs: y });
  const attached = attachModel(first.share());
  const second = engine.model({ inputs: x, outputs: dense({ units: 1 }).apply(features) });
  expect(() => second.share()).toThrow(StateError);
  expect(() => second.share()).toThrow(
    'share: a model with weights of its own expected, got one that uses those of another model. Share that model, or a copy of this one: loadModel(model.save()).',
  );
  second.compile(COMPILED);
  for (let step = 0; step < 3; step++) {
    second.trainOnBatch(X, Y);
    expect(attached.predict(X)).toEqual(first.predict(X));
  }
  // The lock of a disposed model is no longer touched.
  first.dispose();
  second.trainOnBatch(X, Y);
  expect(() => attached.predict(X)).toThrow(StateError);
  attached.dispose();
  second.dispose();
});

test('a model that could not be built owns nothing', async () => {
  const { x, y } = body();
  const wide = dense({ units: 4, inputShape: [9] }).apply(x);
  expect(() => engine.model({ inputs: x, outputs: [y, wide] })).toThrow('inputShape');
  expect(() => engine.model({ inputs: x, outputs: y, seed: -1 })).toThrow('seed');
  const small: Engine = await createEngine({ maximumMemory: 1 << 20 });
  const huge = dense({ units: 1 << 20 }).apply(y);
  expect(() => small.model({ inputs: x, outputs: huge })).toThrow('memory');
  let throws = true;
  const failing = dense({
    units: 2,
    kernelInitializer: {
      name: 'failing',
      values: ({ shape: [rows, columns] }) => {
        if (throws) throw new Error('not now');
        return new Float32Array(rows * columns);
      },
    },
  }).apply(y);
  expect(() => engine.model({ inputs: x, outputs: failing })).toThrow('not now');
  throws = false;
  engine.model({ inputs: x, outputs: failing }).dispose();
  small.dispose();
});

test('layers applied again make other nodes, with weights of their own', () => {
  const layers = [dense({ units: 3, activation: 'tanh' }), dense({ units: 1 })];
  const models = [1, 2].map((seed) => {
    const x = input({ shape: [4] });
    return engine.model({
      inputs: x,
      outputs: layers.reduce((tensor: SymbolicTensor, one) => one.apply(tensor), x),
      seed,
    });
  });
  expect(models[0].getWeights()[0].data).not.toEqual(models[1].getWeights()[0].data);
  models.forEach((one) => one.dispose());
});

test('sequential makes fresh weights for the same layers each time, as cross-validation needs', async () => {
  const layers = [dense({ units: 3, inputShape: [2] }), batchNormalization(), dense({ units: 1 })];
  const folds = [engine.sequential({ layers }), engine.sequential({ layers }), await sequential({ layers })];
  folds[0].compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const before = folds[1].getWeights();
  await folds[0].fit(
    [
      [1, 2],
      [3, 4],
    ],
    [[1], [2]],
    { epochs: 3 },
  );
  expect(folds[1].getWeights()).toEqual(before);
  expect(folds[2].getWeights()).toEqual(before);
  folds.forEach((one) => one.dispose());
});
