/**
 * Models as layers: applied to tensors, among the layers of `sequential`, and continued from their symbolic tensors.
 * The reference is a prediction of one model after another, and a model with weights of its own, from a file.
 */
import { expect, test } from 'vitest';
import {
  activation,
  batchNormalization,
  createEngine,
  dense,
  dropout,
  input,
  model,
  normalization,
  sequential,
  ShapeError,
  StateError,
  subtract,
  ValueError,
  type Model,
  type NamedTensor,
  type SymbolicTensor,
} from '../../src/index.js';

const engine = await createEngine();
const other = await createEngine();
const X = [
  [1, 2, -1],
  [0, -1, 0.25],
  [0.5, 0.5, -2],
];
const Y = [[1], [-1], [0.5]];
const COMPILED = { optimizer: 'adam', loss: 'meanSquaredError' } as const;

const bits = (tensors: readonly NamedTensor[]): string =>
  tensors.map(({ data }) => new Uint32Array(data.buffer, data.byteOffset, data.length).join()).join('\n');
const names = (one: Pick<Model, 'getWeights'>): string[] => one.getWeights().map(({ name }) => name);
const rowsOf = (flat: Float32Array, width: number): number[][] =>
  Array.from({ length: flat.length / width }, (_, i) => [...flat.subarray(width * i, width * (i + 1))]);

const base = (): Model =>
  engine.sequential({
    seed: 4,
    layers: [
      normalization({ mean: [1, 2, 3], inputShape: [3] }),
      dense({ units: 4, activation: 'tanh' }),
      batchNormalization(),
      dense({ units: 2 }),
    ],
  });

test('sequential with a model: the layers of both, the weights of the first, names with a prefix', async () => {
  const first = base();
  first.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  await first.fit(
    X,
    [
      [1, 0],
      [0, 1],
      [1, 1],
    ],
    { epochs: 3 },
  );
  const whole = await sequential({ engine, seed: 1, layers: [first, activation('relu'), dense({ units: 1 })] });
  expect(names(whole)).toEqual([
    ...['mean', 'variance'].map((name) => `sequential.normalization.${name}`),
    ...['weight', 'bias'].map((name) => `sequential.dense.${name}`),
    ...['weight', 'bias', 'running_mean', 'running_var'].map((name) => `sequential.batchNormalization.${name}`),
    ...['weight', 'bias'].map((name) => `sequential.dense_1.${name}`),
    ...['weight', 'bias'].map((name) => `dense.${name}`),
  ]);
  const head = engine.sequential({
    layers: [activation({ activation: 'relu', inputShape: [2] }), dense({ units: 1 })],
  });
  head.setWeights(
    whole
      .getWeights()
      .slice(-2)
      .map(({ shape, data }) => ({ shape, data })),
  );
  expect(whole.predict(X)).toEqual(head.predict(rowsOf(first.predict(X), 2)));
  const twin = other.loadModel(whole.save());
  for (const runIn of ['main', 'worker'] as const) {
    for (const one of [whole, twin]) {
      one.compile(COMPILED);
      await one.fit(X, Y, { epochs: 2, batchSize: 2, runIn });
    }
    expect(bits(whole.getWeights())).toBe(bits(twin.getWeights()));
    expect(bits(first.getWeights())).toBe(bits(whole.getWeights().slice(0, -2)));
  }
  expect(engine.modelFromJSON(JSON.stringify(whole)).toJSON()).toEqual(whole.toJSON());
  [first, head, whole, twin].forEach((one) => one.dispose());
});

test('a frozen base is built frozen, and keeps its bits and running statistics', async () => {
  const first = base();
  for (const layer of first.layers) layer.trainable = false;
  const whole = engine.sequential({ layers: [first, dense({ units: 1, name: 'head' })] });
  expect(whole.layers.map(({ trainable }) => trainable)).toEqual([true, false, false, false, false, true]);
  whole.compile(COMPILED);
  expect(whole.gradients(X, Y).map(({ name }) => name)).toEqual(['head.weight', 'head.bias']);
  const before = bits(first.getWeights());
  await whole.fit(X, Y, { epochs: 3, batchSize: 2 });
  expect(bits(first.getWeights())).toBe(before);
  // In the base itself a thaw has no influence on the other, which is saved as it is.
  first.layers[1].trainable = true;
  expect(whole.layers[2].trainable).toBe(false);
  expect(other.loadModel(whole.save()).layers.map(({ trainable }) => trainable)).toEqual(
    whole.layers.map(({ trainable }) => trainable),
  );
  first.dispose();
  whole.dispose();
});

test('a model applied twice in one graph has one set of weights, also beside its own tensors', () => {
  const encoder = engine.sequential({
    layers: [dense({ units: 2, activation: 'tanh', inputShape: [3] }), dropout({ rate: 0.5 })],
  });
  const [a, b] = [input({ shape: [3] }), input({ shape: [3] })];
  const siamese = engine.model({ inputs: [a, b], outputs: subtract().apply([encoder.apply(a), encoder.apply(b)]) });
  expect(names(siamese)).toEqual(['sequential.dense.weight', 'sequential.dense.bias']);
  expect(siamese.layers.map(({ name }) => name)).toEqual([
    'input',
    'input_1',
    'sequential.dense',
    'sequential.dropout',
    'sequential.dropout_1',
    'subtract',
  ]);
  expect([...siamese.predict([X, X])]).toEqual([0, 0, 0, 0, 0, 0]);
  const twin = other.loadModel(siamese.save());
  const swapped = [X[1], X[2], X[0]];
  for (const one of [siamese, twin]) {
    one.compile(COMPILED);
    one.trainOnBatch(
      [X, swapped],
      [
        [1, 2],
        [0, 1],
        [-1, 1],
      ],
    );
  }
  expect(bits(siamese.getWeights())).toBe(bits(twin.getWeights()));
  expect(bits(encoder.getWeights())).toBe(bits(siamese.getWeights()));
  const [mine] = encoder.inputs;
  const mixed = engine.model({ inputs: [mine, b], outputs: subtract().apply([encoder.outputs[0], encoder.apply(b)]) });
  expect(mixed.getWeights()).toHaveLength(2);
  [encoder, siamese, mixed, twin].forEach((one) => one.dispose());
});

test('several models and applications keep names apart', () => {
  const [first, second] = [base(), base()];
  const x = input({ shape: [3] });
  const outputs = [
    first.apply(x, { name: 'left' }),
    second.apply(x, { name: 'right' }),
    base().apply(x),
    base().apply(x),
  ];
  const whole = engine.model({ inputs: x, outputs });
  const found = names(whole);
  expect(new Set(found).size).toBe(found.length);
  expect(found).toContain('left.dense.weight');
  expect(found).toContain('right.dense.weight');
  expect(found).toContain('sequential.dense_1.weight');
  expect(
    other
      .loadModel(whole.save())
      .getWeights()
      .map(({ name }) => name),
  ).toEqual(found);
  const outer = engine.sequential({ layers: [first, dense({ units: 3 }), second] });
  const outermost = engine.sequential({ layers: [outer, dense({ units: 1 })] });
  expect(names(outermost)).toContain('model.sequential.dense.weight');
  expect(outermost.predict(X)).toEqual(other.loadModel(outermost.save()).predict(X));
  [first, second, whole, outer, outermost].forEach((one) => one.dispose());
});

test('a model of several inputs and outputs takes and gives lists', () => {
  const [a, b] = [input({ shape: [3] }), input({ shape: [3] })];
  const sum = subtract().apply([a, b]);
  const two = engine.model({ inputs: [a, b], outputs: [dense({ units: 2 }).apply(sum), sum] });
  const x = input({ shape: [3] });
  const outputs: SymbolicTensor[] = two.apply([x, x]);
  expect(outputs).toHaveLength(2);
  const whole = engine.model({ inputs: x, outputs });
  expect(whole.predict(X)).toEqual(two.predict([X, X]));
  expect(() => two.apply(x)).toThrow('apply: inputs expected 2 tensors, got 1.');
  expect(() => two.apply([x, X as never])).toThrow(ValueError);
  expect(() => engine.sequential({ layers: [two as never] })).toThrow(
    'sequential: layers[0] expected a model of one input and one output, got one of 2 inputs and 2 outputs.',
  );
  two.dispose();
  whole.dispose();
  expect(() => two.apply([x, x])).toThrow(StateError);
  expect(() => two.apply([x, x], { nam: 'a' } as never)).toThrow(StateError);
});

test('symbolic tensors of any model: its inputs, its outputs, and what is between', async () => {
  const trained = engine.loadModel(base().save());
  const middle = engine.model({ inputs: trained.inputs, outputs: trained.getLayer('dense').output });
  expect(middle.outputs).toHaveLength(1);
  expect(bits(middle.getWeights())).toBe(bits(trained.getWeights().slice(0, 4)));
  const longer = engine.model({ inputs: trained.inputs, outputs: dense({ units: 1 }).apply(trained.outputs[0]) });
  longer.compile(COMPILED);
  await longer.fit(X, Y, { epochs: 1 });
  expect(bits(middle.getWeights())).toBe(bits(trained.getWeights().slice(0, 4)));
  expect(bits(longer.getWeights().slice(0, -2))).toBe(bits(trained.getWeights()));
  // Of a graph they are those that it was built from.
  const x = input({ shape: [3] });
  const layer = dense({ units: 3, name: 'twice' });
  const y = layer.apply(layer.apply(x));
  const graph = engine.model({ inputs: x, outputs: y });
  expect(graph.inputs[0]).toBe(x);
  expect(graph.outputs[0]).toBe(y);
  expect(() => graph.getLayer('twice').output).toThrow(
    'output: a layer that is applied once expected, got "twice", applied 2 times.',
  );
  [trained, middle, longer, graph].forEach((one) => one.dispose());
});

test('inputs that do not fit, and other engines, are refused', async () => {
  const first = base();
  const wide = input({ shape: [5] });
  expect(() => engine.model({ inputs: wide, outputs: first.apply(wide) })).toThrow(ShapeError);
  const free = engine.model({
    inputs: first.inputs,
    outputs: dense({ units: 2, name: 'free' }).apply(first.inputs[0]),
  });
  expect(() => engine.model({ inputs: wide, outputs: free.apply(wide) })).toThrow(
    'model: "model.free" expected inputs for its weights of (2, 3), got inputs for (2, 5).',
  );
  expect(() => other.sequential({ layers: [first, dense({ units: 1 })] })).toThrow(ValueError);
  await expect(model({ inputs: first.inputs, outputs: first.outputs, engine: other })).rejects.toThrow(
    'weights are on the same engine',
  );
  expect(() => engine.sequential({ layers: [dense({ units: 4, inputShape: [2] }), first] })).toThrow(ShapeError);
  first.dispose();
  expect(() => engine.sequential({ layers: [first] })).toThrow(StateError);
  free.dispose();
});
