/**
 * Frozen layers: their bits stay, the rest trains as in PyTorch with `requires_grad_(False)` and `eval()`, and neither
 * time nor memory is spent on them.
 */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  activation,
  adam,
  attachModel,
  batchNormalization,
  createEngine,
  dense,
  dropout,
  embedding,
  input,
  l1,
  l2,
  layerNormalization,
  loadModel,
  maxNorm,
  maxout,
  model,
  prelu,
  rmsNormalization,
  sequential,
  sgd,
  StateError,
  ValueError,
  type Layer,
  type Model,
  type NamedTensor,
} from '../../src/index.js';
import * as library from '../../src/index.js';
import { layersCases, type LayersCase } from '../support/reference/golden.js';
import { tensorError } from '../support/reference/library.js';

const engine = await createEngine();
afterEach(() => vi.restoreAllMocks());

const X = [
  [0.5, -1, 2],
  [1.5, 0.25, -0.5],
  [-1, 1, 0.75],
  [0.1, 0.2, -0.3],
];
const Y = [[1], [0], [0.5], [-1]];

const bytes = (tensors: readonly NamedTensor[]): string =>
  tensors
    .map(({ name, data }) => `${name} ${new Uint32Array(data.buffer, data.byteOffset, data.length).join()}`)
    .join('\n');

const goldenModel = async ({ initial, frozen, factors }: LayersCase): Promise<Model> => {
  const names = ['first', 'norm', 'second', 'slopes', 'rows', 'last'];
  const of = (name: string): { name: string; trainable?: boolean; learningRateFactor?: number } => ({
    name,
    ...(frozen.includes(name) && { trainable: false }),
    ...(factors[name] !== undefined && { learningRateFactor: factors[name] }),
  });
  const x = input({ shape: [3] });
  const layers: Layer[] = [
    dense({ units: 4, ...of('first') }),
    activation('tanh'),
    batchNormalization(of('norm')),
    dense({ units: 5, ...of('second') }),
    prelu(of('slopes')),
    layerNormalization(of('rows')),
    dense({ units: 2, ...of('last') }),
  ];
  const network = await model({ inputs: x, outputs: layers.reduce((tensor, layer) => layer.apply(tensor), x), engine });
  for (const name of names) {
    const layer = network.getLayer(name);
    layer.setWeights(
      layer.getWeights().map((tensor) => ({ ...tensor, data: Float32Array.from(initial[tensor.name].flat()) })),
    );
  }
  network.compile({ optimizer: adam({ learningRate: 0.01 }), loss: 'meanSquaredError' });
  return network;
};

describe.each(layersCases)('as in PyTorch: %s', (_title, data) => {
  test('gradients, weights and running statistics agree', async () => {
    const network = await goldenModel(data);
    const gradients = network.gradients(data.x, data.t);
    expect(gradients.map(({ name }) => name).sort()).toEqual(Object.keys(data.gradients).sort());
    for (const { name, data: values } of gradients) {
      expect(tensorError(values, data.gradients[name].flat()), name).toBeLessThan(2e-6);
    }
    const before = new Map(network.getWeights().map((tensor) => [tensor.name, bytes([tensor])]));
    for (let step = 0; step < 10; step++) network.trainOnBatch(data.x, data.t);
    for (const tensor of network.getWeights()) {
      expect(tensorError(tensor.data, data.after[tensor.name].flat()), tensor.name).toBeLessThan(1e-5);
      if (data.frozen.includes(tensor.name.split('.')[0])) expect(bytes([tensor])).toBe(before.get(tensor.name));
    }
    network.dispose();
  });
});

/** A layer of each kind that has learned weights. */
const WEIGHTED: Record<string, (config: { trainable?: boolean }) => Layer> = {
  dense: (config) => dense({ units: 5, activation: 'prelu', kernelRegularizer: l2(0.1), ...config }),
  maxout: (config) => maxout({ units: 5, pieces: 2, kernelConstraint: maxNorm(0.1), ...config }),
  prelu,
  batchNormalization,
  layerNormalization,
  rmsNormalization,
};
/** Options that a kind of layer cannot do without. */
const OPTIONS: Record<string, object> = {
  dense: { units: 1 },
  maxout: { units: 1, pieces: 1 },
  activation: { activation: 'relu' },
  embedding: { inputDim: 3, outputDim: 2 },
  dropout: { rate: 0.5 },
  alphaDropout: { rate: 0.5 },
  gaussianDropout: { rate: 0.5 },
  gaussianNoise: { stddev: 1 },
  rescaling: { scale: 1 },
};

const MERGES = ['add', 'dot', 'multiply', 'subtract', 'average', 'maximum', 'minimum', 'concatenate'];

/** Between other layers; `trainable: undefined` leaves the default. */
const around = (layer: Layer): Model =>
  engine.sequential({
    seed: 3,
    layers: [
      dense({ units: 6, activation: 'tanh', inputShape: [3] }),
      layer,
      dense({ units: 4, activation: 'sigmoid' }),
      dense({ units: 1 }),
    ],
  });

test('every kind of layer with learned weights is among those tested here', () => {
  const registry = readFileSync(new URL('../../src/layers/registry.ts', import.meta.url), 'utf8');
  const kinds = /const LAYERS = \{([^}]*)\}/.exec(registry)![1].match(/\w+/g)!;
  expect(kinds).toContain('dense');
  for (const kind of kinds) {
    const factory = library[kind as 'dense'];
    const layer = factory({ inputShape: [2], ...OPTIONS[kind] } as never) as Layer;
    // A merge takes several inputs, and has no weights.
    const [x, z] = [input({ shape: [2] }), input({ shape: [2] })];
    const merges = MERGES.includes(kind);
    const network = engine.model({ inputs: merges ? [x, z] : x, outputs: layer.apply(merges ? [x, z] : x) });
    const tested = kind === 'embedding' || Object.keys(WEIGHTED).includes(kind);
    expect(tested, kind).toBe(network.parameterCount > 0);
    network.dispose();
  }
});

test('a frozen embedding, which reads categories and so comes first, keeps its bits', async () => {
  const tables = (trainable: boolean): Model => {
    const network = engine.sequential({
      seed: 4,
      layers: [embedding({ inputDim: 3, outputDim: 2, inputShape: [1], trainable }), dense({ units: 1 })],
    });
    network.compile({ optimizer: adam({ learningRate: 0.1 }), loss: 'meanSquaredError' });
    return network;
  };
  const [frozen, free] = [tables(false), tables(true)];
  const before = bytes(frozen.layers[0].getWeights());
  expect(frozen.gradients([[0], [2]], [[1], [2]]).map(({ name }) => name)).toEqual(['1.weight', '1.bias']);
  for (const network of [frozen, free]) await network.fit([[0], [2]], [[1], [2]], { epochs: 3 });
  expect(bytes(frozen.layers[0].getWeights())).toBe(before);
  expect(bytes(free.layers[0].getWeights())).not.toBe(before);
});

const CASES: [string, (config: { trainable?: boolean }) => Layer][] = [
  ...Object.entries(WEIGHTED),
  ['batchNormalization', (config) => batchNormalization({ scale: false, ...config })],
  ['layerNormalization', (config) => layerNormalization({ scale: false, ...config })],
];

describe.each(CASES)('%s', (kind, factory) => {
  test('frozen: its bits stay, the others have the gradients and updates of an unfrozen network', async () => {
    const [frozen, free] = [around(factory({ trainable: false })), around(factory({}))];
    const other = ({ name }: NamedTensor): boolean => !own.has(name);
    const own = new Set(frozen.layers[1].getWeights().map(({ name }) => name));
    for (const one of [frozen, free]) one.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: 'meanSquaredError' });
    const gradients = frozen.gradients(X, Y);
    expect(gradients.every(other)).toBe(true);
    expect(gradients).toHaveLength(6);
    // Batch normalization normalizes by other statistics.
    if (kind !== 'batchNormalization') expect(bytes(gradients)).toBe(bytes(free.gradients(X, Y).filter(other)));
    const before = frozen.getWeights();
    frozen.trainOnBatch(X, Y);
    free.trainOnBatch(X, Y);
    if (kind !== 'batchNormalization') {
      expect(bytes(frozen.getWeights().filter(other))).toBe(bytes(free.getWeights().filter(other)));
    }
    await frozen.fit(X, Y, { epochs: 3, batchSize: 2 });
    expect(bytes(frozen.layers[1].getWeights())).toBe(bytes(before.filter((tensor) => own.has(tensor.name))));
    for (const layer of [0, 2, 3].map((index) => frozen.layers[index])) {
      expect(bytes(layer.getWeights())).not.toBe(
        bytes(before.filter(({ name }) => name.startsWith(layer.getWeights()[0].name.split('.')[0]))),
      );
    }
    frozen.dispose();
    free.dispose();
  });

  test('saved, loaded and trained in a worker with the same bits', async () => {
    const network = around(factory({ trainable: false }));
    network.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    await network.fit(X, Y, { epochs: 2, batchSize: 2 });
    const again = await loadModel(network.save());
    const distant = await loadModel(network.save());
    expect(again.layers.map(({ trainable }) => trainable)).toEqual([true, false, true, true]);
    for (const one of [network, again]) await one.fit(X, Y, { epochs: 2, batchSize: 2 });
    await distant.fit(X, Y, { epochs: 2, batchSize: 2, runIn: 'worker' });
    for (const one of [again, distant]) expect(bytes(one.getWeights())).toBe(bytes(network.getWeights()));
    expect(again.save()).toEqual(network.save());
    [network, again, distant].forEach((one) => one.dispose());
  });
});

test('a frozen batch normalization uses its running statistics, also on one row, and keeps them', async () => {
  const network = await sequential({
    engine,
    layers: [dense({ units: 3, inputShape: [3] }), batchNormalization({ trainable: false }), dense({ units: 1 })],
  });
  network.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  // The forward pass of training is a prediction: the loss before the update is that of evaluate.
  expect(network.trainOnBatch(X, Y).loss).not.toBe(network.evaluate(X, Y).loss);
  const { loss } = network.evaluate(X, Y);
  expect(network.trainOnBatch(X, Y).loss).toBe(loss);
  // Without a batch normalization that takes statistics, batches of one row are fine.
  await network.fit(X, Y, { epochs: 1, batchSize: 1 });
  network.dispose();
});

test('takes effect at the next compile, with a warning from fit until then', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const network = around(dense({ units: 5 }));
  network.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const [first] = network.layers;
  first.trainable = false;
  expect(network.gradients(X, Y)).toHaveLength(8);
  const before = bytes(first.getWeights());
  await network.fit(X, Y, { epochs: 1 });
  expect(warn.mock.calls.flat().join()).toMatch(
    /fit: a model compiled after a change of trainable expected, got one whose "dense"/,
  );
  expect(bytes(first.getWeights())).not.toBe(before);
  // What was compiled is what a file continues, and what the layers say is what it says.
  const loaded = await loadModel(network.save());
  expect(loaded.layers[0].trainable).toBe(false);
  expect(loaded.gradients(X, Y)).toHaveLength(8);
  loaded.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  expect(loaded.gradients(X, Y)).toHaveLength(6);
  loaded.layers[0].trainable = true;
  const thawing = await loadModel(loaded.save());
  expect(thawing.layers[0].trainable).toBe(true);
  expect(thawing.gradients(X, Y)).toHaveLength(6);
  warn.mockClear();
  network.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  await network.fit(X, Y, { epochs: 1 });
  expect(warn).not.toHaveBeenCalled();
  [network, loaded, thawing].forEach((one) => one.dispose());
});

test('thawed again, a network has the file, the memory and the bits of one that was never frozen', async () => {
  const train = async (one: Model): Promise<Model> => {
    one.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    await one.fit(X, Y, { epochs: 3, batchSize: 2 });
    return one;
  };
  const [plain, thawed] = [around(dense({ units: 5 })), around(dense({ units: 5, trainable: false }))];
  thawed.getLayer('dense_1').trainable = true;
  await train(plain);
  await train(thawed);
  expect(thawed.memory()).toEqual(plain.memory());
  expect(thawed.save()).toEqual(plain.save());
  expect(thawed.toJSON()).toEqual(plain.toJSON());
  plain.dispose();
  thawed.dispose();
});

test('half of a network frozen: gradients, optimizer state and activations are smaller by it', () => {
  const wide = (trainable: boolean): Model =>
    engine.sequential({
      layers: [
        dense({ units: 64, activation: 'relu', inputShape: [64], trainable }),
        dense({ units: 64, activation: 'relu', trainable }),
        dense({ units: 64, activation: 'relu' }),
        dense({ units: 64 }),
      ],
    });
  const [free, half] = [wide(true), wide(false)];
  const x = new Float32Array(64 * 64).fill(0.5);
  for (const one of [free, half]) {
    one.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    one.trainOnBatch(x, x);
  }
  expect(half.memory().gradients).toBe(free.memory().gradients / 2);
  expect(half.memory().optimizerState).toBe(free.memory().optimizerState / 2);
  expect(half.memory().training).toBeLessThan(free.memory().training);
  expect(half.memory().weights).toBe(free.memory().weights);
  free.dispose();
  half.dispose();
});

test('a layer that is used twice, and one above which everything is frozen', () => {
  const x = input({ shape: [3] });
  const twice = dense({ units: 3, activation: 'tanh', trainable: false });
  const below = dense({ units: 3, activation: 'tanh', name: 'below' });
  const network = engine.model({
    inputs: x,
    outputs: dense({ units: 1, trainable: false }).apply(twice.apply(twice.apply(below.apply(x)))),
  });
  network.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const before = network.getWeights();
  expect(network.gradients(X, Y).map(({ name }) => name)).toEqual(['below.weight', 'below.bias']);
  network.trainOnBatch(X, Y);
  const moved = network.getWeights().filter((tensor, index) => bytes([tensor]) !== bytes([before[index]]));
  expect(moved.map(({ name }) => name)).toEqual(['below.weight', 'below.bias']);
  network.dispose();
});

test('with everything frozen nothing moves, and fit says so once', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const network = engine.sequential({
    layers: [
      dense({ units: 2, inputShape: [3], trainable: false }),
      dropout({ rate: 0.5 }),
      dense({ units: 1, trainable: false }),
    ],
  });
  network.compile({ optimizer: adam({ clipNorm: 1 }), loss: 'meanSquaredError' });
  const before = bytes(network.getWeights());
  expect(network.gradients(X, Y)).toEqual([]);
  await network.fit(X, Y, { epochs: 2 });
  await network.fit(X, Y, { epochs: 2 });
  expect(bytes(network.getWeights())).toBe(before);
  expect(warn.mock.calls).toHaveLength(1);
  expect(warn.mock.calls[0][0]).toMatch(/a layer that is not frozen expected, got none: no weight will change/);
  expect(network.diagnose(X, Y).layers.map(({ gradientNorm }) => gradientNorm)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  network.dispose();
});

test.each(['lbfgs', 'levenbergMarquardt'] as const)(
  '%s trains what is not frozen, with the bits of a model that gets the frozen layer’s outputs',
  async (optimizer) => {
    const layers = [
      dense({ units: 5, activation: 'tanh', inputShape: [3], trainable: false, kernelRegularizer: l2(0.1) }),
      dense({ units: 4, activation: 'tanh', kernelRegularizer: l2(0.01) }),
      dense({ units: 1, trainable: false }),
    ];
    const network = engine.sequential({ seed: 3, layers });
    const before = network.getWeights();
    network.compile({ optimizer, loss: 'meanSquaredError' });
    const { history } = await network.fit(X, Y, { epochs: 8 });
    expect(history.loss[7]).toBeLessThan(history.loss[0]);
    network.getWeights().forEach(({ name, data }, i) => {
      if (i === 2 || i === 3) expect(data, name).not.toEqual(before[i].data);
      else expect(data, name).toEqual(before[i].data);
    });
    // The same bits with the frozen layer's outputs as inputs.
    const features = engine.sequential({ layers: [dense({ units: 5, activation: 'tanh', inputShape: [3] })] });
    features.setWeights(before.slice(0, 2));
    const rest = engine.sequential({
      layers: [
        dense({ units: 4, activation: 'tanh', inputShape: [5], kernelRegularizer: l2(0.01) }),
        dense({ units: 1, trainable: false }),
      ],
    });
    rest.setWeights(before.slice(2).map((tensor, i) => ({ ...tensor, name: rest.getWeights()[i].name })));
    rest.compile({ optimizer, loss: 'meanSquaredError' });
    const outputs = features.predict(X);
    const inner = X.map((_, row) => [...outputs.subarray(5 * row, 5 * row + 5)]);
    expect((await rest.fit(inner, Y, { epochs: 8 })).history).toEqual(history);
    expect(rest.getWeights().map(({ data }) => data)).toEqual(network.getWeights().slice(2).map(({ data }) => data)); // prettier-ignore
    // Saved in the middle, with the optimizer's state of what is trained.
    const again = await loadModel(network.save(), { engine });
    await again.fit(X, Y, { epochs: 3 });
    await network.fit(X, Y, { epochs: 3 });
    expect(again.getWeights()).toEqual(network.getWeights());
    for (const one of [network, features, rest, again]) one.dispose();
  },
);

test.each(['lbfgs', 'levenbergMarquardt'] as const)(
  '%s takes l1 and constraints of frozen layers only',
  (optimizer) => {
    for (const options of [{ kernelRegularizer: l1(0.1) }, { kernelConstraint: maxNorm(1) }]) {
      const network = engine.sequential({
        layers: [dense({ units: 2, inputShape: [3], trainable: false, ...options }), dense({ units: 1 })],
      });
      network.compile({ optimizer, loss: 'meanSquaredError' });
      network.layers[0].trainable = true;
      expect(() => network.compile({ optimizer, loss: 'meanSquaredError' })).toThrow(ValueError);
      network.dispose();
    }
  },
);

test.each(['lbfgs', 'levenbergMarquardt'] as const)('%s ends at once where everything is frozen', async (optimizer) => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const network = engine.sequential({ layers: [dense({ units: 1, inputShape: [3], trainable: false })] });
  network.compile({ optimizer, loss: 'meanSquaredError' });
  const before = bytes(network.getWeights());
  const { stopReason } = await network.fit(X, Y, { epochs: 4 });
  expect(stopReason).toBe('gradientTolerance');
  expect(bytes(network.getWeights())).toBe(before);
  warn.mockRestore();
  network.dispose();
});

test('a diagnosis measures what is trained', () => {
  const network = around(dense({ units: 5, trainable: false }));
  network.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const { layers } = network.diagnose(X, Y);
  expect(layers.map(({ gradientNorm }) => gradientNorm === undefined)).toEqual([false, true, false, false]);
  expect(layers.map(({ updateRatio }) => updateRatio === undefined)).toEqual([false, true, false, false]);
  expect(layers[0].next).toEqual(['dense_2']);
  network.dispose();
});

test('the handle of a shared model stays valid when a layer is frozen after it', () => {
  const network = around(dense({ units: 5 }));
  const early = network.share();
  network.layers[0].trainable = false;
  network.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  network.trainOnBatch(X, Y);
  for (const handle of [early, network.share()]) {
    const attached = attachModel(handle);
    expect(attached.predict(X)).toEqual(network.predict(X));
    attached.dispose();
  }
  network.dispose();
});

test('layers by name and index, in order, as they are', () => {
  const network = around(dense({ units: 5, name: 'middle', trainable: false }));
  expect(network.layers.map(({ name, kind, trainable }) => [name, kind, trainable])).toEqual([
    ['dense', 'dense', true],
    ['middle', 'dense', false],
    ['dense_1', 'dense', true],
    ['dense_2', 'dense', true],
  ]);
  expect(network.layers[1]).toBe(network.getLayer('middle'));
  expect(network.getLayer(1)).toBe(network.getLayer('middle'));
  expect(network.getLayer('middle').config).toMatchObject({ units: 5, trainable: false });
  expect(network.getLayer('middle').parameterCount).toBe(35);
  for (const wrong of ['midle', 'relu', 4, -1, 0.5, NaN, undefined, {}, '']) {
    expect(() => network.getLayer(wrong as string)).toThrow(
      'getLayer: name expected one of dense, middle, dense_1, dense_2, or an index below 4, got ',
    );
  }
  expect(() => network.getLayer('midle')).toThrow('Did you mean "middle"?');
  expect(() => (network.getLayer(0).trainable = 0 as unknown as boolean)).toThrow(
    'trainable expected true or false, got 0.',
  );
  const layer = dense({ units: 1 }) as { trainable: boolean };
  expect(() => (layer.trainable = false)).toThrow('trainable');
  expect(network.summary()).toContain('53 trainable and 35 frozen');
  const [, middle] = network.layers;
  network.dispose();
  expect(() => (middle.trainable = true)).toThrow(StateError);
  expect(() => middle.getWeights()).toThrow(StateError);
});

test('trainable of a model freezes all of its layers, and no longer', async () => {
  const base = engine.sequential({ seed: 1, layers: [dense({ units: 2, inputShape: [3] }), batchNormalization()] });
  expect(base.trainable).toBe(true);
  base.trainable = false;
  expect(base.layers.map(({ trainable }) => trainable)).toEqual([false, false]);
  expect(base.trainable).toBe(false);
  const whole = engine.sequential({ seed: 2, layers: [base, dense({ units: 1, name: 'head' })] });
  expect(whole.trainable).toBe(true);
  whole.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const before = bytes(base.getWeights());
  await whole.fit(X, Y, { epochs: 2 });
  expect(bytes(base.getWeights())).toBe(before);
  whole.trainable = true;
  whole.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  await whole.fit(X, Y, { epochs: 1 });
  expect(bytes(base.getWeights())).not.toBe(before);
  expect(() => (base.trainable = 0 as unknown as boolean)).toThrow('trainable expected true or false, got 0.');
  whole.dispose();
  base.dispose();
  expect(() => (base.trainable = true)).toThrow(StateError);
});

test('the layers of a graph include its inputs', () => {
  const x = input({ shape: [2], name: 'x' });
  const network = engine.model({ inputs: x, outputs: dense({ units: 1, name: 'y' }).apply(x) });
  expect(network.layers.map(({ name }) => name)).toEqual(['x', 'y']);
  network.getLayer('y').setWeights([
    { shape: [1, 2], data: [1, 2] },
    { shape: [1], data: [3] },
  ]);
  expect([...network.predict([[1, 1]])]).toEqual([6]);
  expect(() => network.getLayer('y').setWeights([])).toThrow('weights expected 2 tensors, got 0');
  network.dispose();
});
