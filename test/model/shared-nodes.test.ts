/**
 * A tensor that `apply` returned belongs to one model at a time: two models on it would have two sets of weights, and
 * training one would not change the other.
 */
import { expect, test } from 'vitest';
import {
  activation,
  add,
  attachModel,
  batchNormalization,
  createEngine,
  dense,
  input,
  model,
  normalization,
  prelu,
  sequential,
  StateError,
  type Engine,
  type Layer,
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
const MESSAGE =
  'model: outputs expected layers whose weights no other model has, got "features" of a model that was built before. ' +
  'Each model has weights of its own. To share them, build one model with all outputs; for new weights, apply the layers anew or dispose the other model first.';

test('a second model on the same nodes is refused, with the way to share weights', async () => {
  const { x, features, y } = body();
  const first = engine.model({ inputs: x, outputs: y });
  for (const on of [engine, other]) {
    const { used } = on.memory();
    // The same outputs, and an output in the middle.
    for (const outputs of [y, features, dense({ units: 2 }).apply(features)]) {
      expect(() => on.model({ inputs: x, outputs })).toThrow(StateError);
      expect(() => on.model({ inputs: x, outputs })).toThrow(MESSAGE);
    }
    expect(on.memory().used).toBe(used);
    await expect(model({ inputs: x, outputs: y, engine: on })).rejects.toThrow(MESSAGE);
  }
  await expect(model({ inputs: x, outputs: y })).rejects.toThrow(MESSAGE);
  // The first model is unchanged.
  expect(first.predict([[1, 2, 3, 4]])).toHaveLength(1);
  first.dispose();
});

test('one model with all outputs shares weights', () => {
  const { x, features, y } = body();
  const both = engine.model({ inputs: x, outputs: [features, y] });
  expect(both.getWeights()).toHaveLength(4);
  both.dispose();
});

test.each<[string, Layer]>([
  ['prelu', prelu({ name: 'features' })],
  ['batchNormalization', batchNormalization({ name: 'features' })],
  ['normalization, whose weights are not learned', normalization({ name: 'features' })],
])('every layer with weights counts: %s', (_, layer) => {
  const { x, features } = body(layer);
  const first = engine.model({ inputs: x, outputs: features });
  expect(() => engine.model({ inputs: x, outputs: features })).toThrow(MESSAGE);
  first.dispose();
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

test('the nodes are free again once the model or its engine is disposed', async () => {
  const { x, y } = body();
  for (let round = 0; round < 3; round++) {
    const one = engine.model({ inputs: x, outputs: y, seed: round });
    expect(() => engine.model({ inputs: x, outputs: y })).toThrow(StateError);
    one.dispose();
  }
  const brief = await createEngine();
  brief.model({ inputs: x, outputs: y });
  expect(() => engine.model({ inputs: x, outputs: y })).toThrow(StateError);
  brief.dispose();
  const last = engine.model({ inputs: x, outputs: y });
  // Models disposed before no longer own anything: the nodes belong to the last one.
  expect(() => engine.model({ inputs: x, outputs: y })).toThrow(StateError);
  last.dispose();
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

test('loaded, worker-trained and attached copies of a model do not conflict with it', async () => {
  const { x, features, y } = body();
  const first = engine.model({ inputs: x, outputs: y });
  first.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const copies = [engine.loadModel(first.save()), other.loadModel(first.save())];
  await first.fit([[1, 2, 3, 4]], [[1]], { epochs: 2, runIn: 'worker' });
  const attached = attachModel(first.share());
  expect(attached.predict([[1, 2, 3, 4]])).toEqual(first.predict([[1, 2, 3, 4]]));
  copies.forEach((one) => one.dispose());
  attached.dispose();
  expect(() => engine.model({ inputs: x, outputs: features })).toThrow(StateError);
  first.dispose();
});
