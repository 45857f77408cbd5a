/**
 * Embeddings: trainings against PyTorch's, gradients against the float64 twin, vectors that no row reads, what data is
 * refused, and the same bits in files, predictions, workers and threads.
 */
import { describe, expect, test } from 'vitest';
import {
  adagrad,
  adam,
  concatenate,
  createEngine,
  dense,
  embedding,
  input,
  l2,
  maxNorm,
  rmsprop,
  sequential,
  sgd,
  ShapeError,
  ValueError,
  type Model,
  type Optimizer,
} from '../../src/index.js';
import { loadModel as loadForPrediction } from '../../dist/predict.js';
import * as golden from '../support/reference/golden.js';
import { anyDirection, axis, compareGradients } from '../support/reference/graph-check.js';
import { bringWeights, dataOf, graphModel } from '../support/reference/graph-model.js';
import { GraphTwin, type Network, type Objective } from '../support/reference/graph.js';
import { tensorError } from '../support/reference/library.js';
import { matrix, source } from '../support/reference/random.js';
import { any, thrownBy } from '../support/reference/refusals.js';

const engine = await createEngine();

/** Two columns, of 7 and of 4 categories, or of the same 7. */
const network = (form: 'own' | 'shared', on = engine): Model =>
  on.sequential({
    seed: 3,
    layers: [
      form === 'own'
        ? embedding({ inputDim: [7, 4], outputDim: [3, 2] })
        : embedding({ inputDim: 7, outputDim: 3, inputShape: [2] }),
      dense({ units: 2 }),
    ],
  });

const flat = (values: number[] | number[][]): number[] => (values as number[][]).flat();

describe.each(['own', 'shared'] as const)('PyTorch, %s vectors', (form) => {
  const { x, t, batchSize } = golden.embeddings;
  const { weights, ...trainings } = golden.embeddings[form];
  const optimizers: Record<string, Optimizer> = {
    sgd: sgd({ learningRate: 0.2 }),
    momentum: sgd({ learningRate: 0.1, momentum: 0.9 }),
    adam: adam({ learningRate: 0.05, epsilon: 1e-8 }),
    rmsprop: rmsprop({ learningRate: 0.02, rho: 0.9, epsilon: 1e-7 }),
    adagrad: adagrad({ learningRate: 0.1, epsilon: 1e-10 }),
  };

  test.each(Object.entries(trainings))('%s: gradients, losses and weights match', (name, training) => {
    const model = network(form);
    const names = form === 'own' ? ['0.0.weight', '0.1.weight'] : ['0.weight'];
    expect(model.getWeights().map((one) => one.name)).toEqual([...names, '1.weight', '1.bias']);
    model.setWeights(model.getWeights().map(({ shape }, i) => ({ shape, data: Float32Array.from(flat(weights[i])) })));
    model.compile({ optimizer: optimizers[name], loss: 'meanSquaredError' });
    const batch = (s: number): [number[][], number[][]] =>
      [x, t].map((rows) => rows.slice(s * batchSize, (s + 1) * batchSize)) as [number[][], number[][]];
    model.gradients(...batch(0)).forEach(({ data }, i) => {
      expect(tensorError(data, flat(training.gradients[i]))).toBeLessThanOrEqual(1e-6);
    });
    training.losses.forEach((loss, s) => {
      expect(Math.abs(model.trainOnBatch(...batch(s)).loss / loss - 1)).toBeLessThanOrEqual(5e-6);
    });
    model.getWeights().forEach(({ data }, i) => {
      expect(tensorError(data, flat(training.after[i]))).toBeLessThanOrEqual(1e-5);
    });
    model.dispose();
  });
});

test.each([
  ['one column', [5], [3], false],
  ['three columns', [5, 1, 4], [3, 4, 2], false],
  ['columns that share', [5, 5], [3, 3], true],
])('gradients agree with the twin: %s joined with numbers, used twice', (_, inputDims, outputDims, shared) => {
  const from = source(61);
  const layer = { kind: 'embedding', inputDims, outputDims, shared } as const;
  const again = { kind: 'dense', units: 4, activation: 'tanh', useBias: true } as const;
  const nodes: Network['nodes'] = [
    { layer: { kind: 'input', width: inputDims.length }, inputs: [] },
    { layer: { kind: 'input', width: 2 }, inputs: [] },
    { layer: { kind: 'input', width: inputDims.length }, inputs: [] },
    { layer, inputs: [0] },
    { layer, inputs: [2] },
    { layer: { kind: 'concatenate' }, inputs: [3, 1, 4] },
    { layer: again, inputs: [5] },
    { layer: { kind: 'dense', units: 2, activation: 'linear', useBias: true }, inputs: [6] },
  ];
  const twin = new GraphTwin({ nodes, outputs: [7], seed: 5 }, from);
  const objectives: Objective[] = [{ loss: 'meanSquaredError', weight: 1, labelSmoothing: 0 }];
  const categories = (): number[][] => matrix(6, 1, () => 0).map(() => inputDims.map((count) => from.below(count)));
  const batch = {
    x: [categories(), matrix(6, 2, () => from.symmetric(1)), categories()],
    t: [matrix(6, 2, () => from.symmetric(1))],
  };
  const model = graphModel(engine, twin.network);
  bringWeights(twin, model);
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const { x, y } = dataOf(batch, objectives);
  const run = twin.run(batch, objectives, 0);
  const directions = (size: number): number[][] => [
    anyDirection(size, from),
    ...Array.from({ length: size }, (__, i) => axis(size, i)),
  ];
  for (const { name, error } of compareGradients(twin, run, objectives, model.gradients(x, y), directions)) {
    expect(error, name).toBeLessThanOrEqual(1);
  }
  expect(tensorError(model.predict(x) as Float32Array, twin.predict(batch.x).flat(2))).toBeLessThanOrEqual(1e-6);
  model.dispose();
});

describe('vectors that no row reads', () => {
  const table = (model: Model): number[][] => {
    const { data } = model.getWeights()[0];
    return Array.from({ length: 7 }, (_, i) => [...data.subarray(3 * i, 3 * i + 3)]);
  };
  const step = (model: Model, x: number[][]): void => void model.trainOnBatch(x, [[1, 2]]);

  test.each([
    ['sgd', sgd({ learningRate: 0.1 })],
    ['rmsprop', rmsprop()],
    ['adagrad', adagrad()],
  ])('keep their bits under %s', (_, optimizer) => {
    const model = network('shared');
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const before = table(model);
    step(model, [[6, 2]]);
    step(model, [[6, 0]]);
    table(model).forEach((vector, i) => {
      if ([0, 2, 6].includes(i)) expect(vector).not.toEqual(before[i]);
      else expect(vector).toEqual(before[i]);
    });
    model.dispose();
  });

  test('have a gradient of 0, also after one that was not', () => {
    const model = network('shared');
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const gradient = (x: number[][]): Float32Array => model.gradients(x, [[1, 2]])[0].data;
    const zeros = (index: number): boolean =>
      gradient([[index, index]]).every((v, i) => (v !== 0) === (Math.floor(i / 3) === index));
    expect([6, 0, 3].map(zeros)).toEqual([true, true, true]);
    model.dispose();
  });

  test('move by momentum after they were read, and by penalties', () => {
    const moving = network('shared');
    moving.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    step(moving, [[6, 6]]);
    const before = table(moving);
    step(moving, [[1, 1]]);
    const after = table(moving);
    expect(after[6]).not.toEqual(before[6]);
    expect(after[5]).toEqual(before[5]);
    const held = engine.sequential({
      layers: [
        embedding({ inputDim: 7, outputDim: 3, inputShape: [1], embeddingsRegularizer: l2(0.5) }),
        dense({ units: 2 }),
      ],
    });
    held.compile({ optimizer: sgd({ learningRate: 1 }), loss: 'meanSquaredError' });
    const start = table(held);
    step(held, [[1]]);
    expect(table(held)[5]).toEqual(start[5].map((value) => 0.5 * value));
    moving.dispose();
    held.dispose();
  });

  test('are held to maxNorm, each vector on its own', () => {
    const model = engine.sequential({
      layers: [
        embedding({
          inputDim: 7,
          outputDim: 3,
          inputShape: [1],
          embeddingsInitializer: { name: 'own', values: () => Float32Array.from({ length: 21 }, (_, i) => i) },
          embeddingsConstraint: maxNorm(5),
        }),
        dense({ units: 2, kernelInitializer: 'zeros' }),
      ],
    });
    model.compile({ optimizer: sgd({ learningRate: 1e-30 }), loss: 'meanSquaredError' });
    step(model, [[1]]);
    table(model).forEach((vector, i) => {
      const values = [3 * i, 3 * i + 1, 3 * i + 2];
      const factor = Math.min(1, 5 / Math.hypot(...values));
      expect(
        tensorError(
          vector,
          values.map((value) => factor * value),
        ),
      ).toBeLessThanOrEqual(1e-6);
    });
    model.dispose();
  });
});

describe('data that is no category', () => {
  const refusals: [title: string, x: number[][], message: string][] = [
    [
      'too large',
      [
        [0, 0],
        [6, 3],
        [1, 4],
      ],
      'x expected categories from 0 to 3, got 4 in row 2, column 1.',
    ],
    ['negative', [[-1, 0]], 'x expected categories from 0 to 6, got -1 in row 0, column 0.'],
    [
      'no integer',
      [
        [0, 1],
        [2.5, 9],
      ],
      'x expected categories from 0 to 6, got 2.5 in row 1, column 0.',
    ],
    ['a fraction', [[2.5, 0]], 'x expected categories from 0 to 6, got 2.5 in row 0, column 0.'],
  ];

  test.each(refusals)('%s is refused by every call, and nothing changes', async (_, x, message) => {
    const model = network('own');
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const before = model.getWeights();
    const y = x.map(() => [0, 0]);
    const fine = x.map(() => [0, 0]);
    const hint = ' Number categories from 0; inputDim of embedding is their number.';
    const out = new Float32Array(2 * x.length).fill(7);
    const calls: [string, () => unknown][] = [
      ['predict', () => model.predict(x)],
      ['predict', () => model.predict(x, { batchSize: 1 })],
      ['predictInto', () => model.predictInto(Float32Array.from(x.flat()), out)],
      ['evaluate', () => model.evaluate(x, y)],
      ['trainOnBatch', () => model.trainOnBatch(x, y)],
      ['gradients', () => model.gradients(x, y)],
      ['diagnose', () => model.diagnose(x, y)],
      ['fit', () => model.fit(x, y, { epochs: 1 })],
      ['fit', () => model.fit(x, y, { epochs: 1, runIn: 'worker' })],
    ];
    for (const [where, call] of calls) {
      const error = await thrownBy(call);
      expect(error).toBeInstanceOf(ValueError);
      expect(error.message).toBe(`${where}: ${message}${hint}`);
    }
    const validation = await thrownBy(() => model.fit(fine, y, { epochs: 1, validationData: [x, y] }));
    expect(validation).toBeInstanceOf(ValueError);
    expect(validation.message).toContain('column');
    const batches = await thrownBy(() => model.fit(() => [[x, y] as const], { epochs: 1 }));
    expect(batches).toBeInstanceOf(ValueError);
    expect(out.every((value) => value === 7)).toBe(true);
    expect(model.getWeights()).toEqual(before);
    model.dispose();
  });

  test('is refused in any part of many rows, before outputs of the first are written', async () => {
    const model = network('own');
    const x = new Float32Array(2000);
    x[1999] = 4;
    const out = new Float32Array(2000).fill(7);
    const message = 'x expected categories from 0 to 3, got 4 in row 999, column 1.';
    expect((await thrownBy(() => model.predictInto(x, out))).message).toContain(message);
    expect((await thrownBy(() => model.predict(x))).message).toContain(message);
    expect(out.every((value) => value === 7)).toBe(true);
    model.dispose();
  });

  test('is refused by the name of its input', async () => {
    const colour = input({ shape: [1], name: 'colour' });
    const size = input({ shape: [1], name: 'size' });
    const joined = concatenate().apply([embedding({ inputDim: 1, outputDim: 2 }).apply(colour), size]);
    const model = engine.model({ inputs: [size, colour], outputs: dense({ units: 1 }).apply(joined) });
    expect(model.predict({ size: [[0.5]], colour: [[0]] })).toHaveLength(1);
    const error = await thrownBy(() => model.predict({ size: [[0.5]], colour: [[1]] }));
    expect(error.message).toMatch(/^predict: x\S* expected the category 0, got 1 in row 0, column 0\./);
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const inTraining = await thrownBy(() => model.trainOnBatch({ size: [[0.5]], colour: [[1]] }, [[1]]));
    expect(inTraining.message).toMatch(/^trainOnBatch: x\S* expected the category 0, got 1/);
    model.dispose();
  });
});

test('options and positions that cannot be are refused', async () => {
  const refused: [() => unknown, new (message: string) => Error, string][] = [
    [
      () => embedding(any({ outputDim: 2 })),
      ValueError,
      'embedding: inputDim expected an integer from 1 to 16777216, got undefined.',
    ],
    [
      () => embedding({ inputDim: 0, outputDim: 2 }),
      ValueError,
      'embedding: inputDim expected an integer from 1 to 16777216, got 0.',
    ],
    [
      () => embedding({ inputDim: [], outputDim: 2 }),
      ValueError,
      'embedding: inputDim expected a number for each column, got none.',
    ],
    [
      () => embedding({ inputDim: [3, 2 ** 25], outputDim: 2 }),
      ValueError,
      'embedding: inputDim[1] expected an integer from 1 to 16777216, got 33554432.',
    ],
    [
      () => embedding({ inputDim: 3, outputDim: [2] }),
      ValueError,
      'embedding: outputDim expected a number where inputDim is one',
    ],
    [
      () => embedding({ inputDim: [3, 4], outputDim: [2] }),
      ShapeError,
      'embedding: outputDim expected 2 numbers as in inputDim, got 1.',
    ],
    [
      () => embedding(any({ numEmbeddings: 3, outputDim: 2 })),
      ValueError,
      'embedding: unknown option "numEmbeddings". Did you mean "inputDim"?',
    ],
    [
      () => engine.sequential({ layers: [embedding({ inputDim: [3, 4], outputDim: 2, inputShape: [3] })] }),
      ShapeError,
      'sequential: "embedding": inputDim expected 3 numbers, one for each column of its input, got 2.',
    ],
    [
      () => engine.sequential({ layers: [embedding({ inputDim: 3, outputDim: 2 })] }),
      ValueError,
      'sequential: inputShape expected on the first layer',
    ],
    [
      () =>
        engine.sequential({ layers: [dense({ units: 2, inputShape: [2] }), embedding({ inputDim: 3, outputDim: 2 })] }),
      ValueError,
      'sequential: "embedding" expected an input of the model, whose values are integers, got the output of a layer. Put it first, or apply it to what input() returns.',
    ],
  ];
  for (const [call, type, message] of refused) {
    const error = await thrownBy(call);
    expect(error).toBeInstanceOf(type);
    expect(error.message.slice(0, message.length)).toBe(message);
  }
});

test('a model of an embedding is a layer where it reads an input', async () => {
  const vectors = network('own');
  const whole = engine.sequential({ layers: [vectors, dense({ units: 1 })] });
  expect(whole.predict([[6, 3]])).toHaveLength(1);
  expect((await thrownBy(() => whole.predict([[7, 3]]))).message).toContain('categories from 0 to 6, got 7');
  const error = await thrownBy(() => engine.sequential({ layers: [dense({ units: 2, inputShape: [2] }), vectors] }));
  expect(error).toBeInstanceOf(ValueError);
  expect(error.message).toContain('"sequential.embedding" expected an input of the model, whose values are integers');
});

const DATA = {
  x: matrix(64, 1, () => 0).map((_, i) => [(i * 5) % 7, (i * 3) % 4]),
  y: matrix(64, 1, () => 0).map((_, i) => [((i * 5) % 7) / 7, ((i * 3) % 4) - 1]),
};

test('a file is the model, and predicts in the prediction entry', async () => {
  const model = network('own');
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  await model.fit(DATA.x, DATA.y, { epochs: 2, batchSize: 8 });
  const bytes = model.save();
  const loaded = engine.loadModel(bytes);
  expect(loaded.toJSON()).toEqual(model.toJSON());
  expect(JSON.parse(JSON.stringify(loaded.toJSON())).layers[0].config).toMatchObject({
    inputDim: [7, 4],
    outputDim: [3, 2],
  });
  const again = engine.sequential(model.toJSON());
  expect(again.parameterCount).toBe(7 * 3 + 4 * 2 + 5 * 2 + 2);
  const small = await loadForPrediction(bytes);
  for (const one of [loaded, small]) expect(one.predict(DATA.x)).toEqual(model.predict(DATA.x));
  expect(() => small.predict([[7, 0]])).toThrow('categories from 0 to 6, got 7');
  for (const one of [model, loaded]) await one.fit(DATA.x, DATA.y, { epochs: 2, batchSize: 8 });
  expect(loaded.getWeights()).toEqual(model.getWeights());
  expect(model.summary()).toContain('7 + 4 categories');
  for (const one of [model, loaded, again, small]) one.dispose();
});

test('bits do not depend on threads, workers or batches', async () => {
  const threaded = await createEngine({ threads: 2 });
  const trained = async (on: typeof engine, runIn: 'main' | 'worker') => {
    const model = network('shared', on);
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const { history } = await model.fit(DATA.x, DATA.y, { epochs: 3, batchSize: 10, runIn });
    expect(history.loss[2]).toBeLessThan(history.loss[0]);
    const whole = model.predict(DATA.x);
    DATA.x.forEach((row, i) => expect(model.predict([row])).toEqual(whole.slice(2 * i, 2 * i + 2)));
    return model.getWeights();
  };
  const expected = await trained(engine, 'main');
  expect(await trained(engine, 'worker')).toEqual(expected);
  expect(await trained(threaded, 'main')).toEqual(expected);
  threaded.dispose();
});

test('initial vectors are uniform in ±0.05', async () => {
  const model = await sequential({ layers: [embedding({ inputDim: 1000, outputDim: 8, inputShape: [1] })] });
  const { data } = model.getWeights()[0];
  expect(Math.max(...data)).toBeLessThanOrEqual(Math.fround(0.05));
  expect(Math.max(...data)).toBeGreaterThan(0.049);
  expect(Math.min(...data)).toBeLessThan(-0.049);
  model.dispose();
});
