/** Corners that a reviewer found: functions of the user's own that reach back, names that clash, waiting that never ends, sums of rows without a number. */
import { describe, expect, test } from 'vitest';
import {
  createEngine,
  dense,
  earlyStopping,
  input,
  mlpClassifier,
  mlpRegressor,
  nadam,
  normalization,
  prelu,
  reduceLROnPlateau,
  schedules,
  sgd,
  ShapeError,
  StateError,
  ValueError,
  type Model,
  type NamedTensor,
} from '../src/index.js';
import { any, expectError, thrownBy, X, Y } from './reference/refusals.js';
import { headerOf, withHeader } from './reference/safetensors.js';

const engine = await createEngine();
const x = input({ shape: [2] });

describe('functions of the user’s own', () => {
  test('cannot change the model whose step calls them', async () => {
    const model = engine.sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
    const tried: Error[] = [];
    const acts = [
      () => model.dispose(),
      () => model.compile({ optimizer: 'sgd', loss: 'hinge' }),
      () => model.evaluate(X, Y),
      () => model.predict(X),
      () => model.setWeights([]),
    ];
    const loss = {
      name: 'reaching',
      value: () => 0,
      gradient: (y: Float32Array) => y.map(() => 1),
    };
    for (const act of acts) {
      const reaching = {
        ...loss,
        value: () => {
          act();
          return 0;
        },
      };
      model.compile({ optimizer: 'sgd', loss: reaching });
      for (const step of [() => model.trainOnBatch(X, Y), () => model.evaluate(X, Y), () => model.fit(X, Y)]) {
        tried.push(await thrownBy(step));
      }
    }
    for (const error of tried) {
      expect(error).toBeInstanceOf(StateError);
      expect(error.message).toMatch(
        /: a model at rest expected, got one in the middle of a step that called this function\.$/,
      );
    }
    // It is at rest again.
    model.compile({ optimizer: 'sgd', loss });
    expect(model.trainOnBatch(X, Y).loss).toBe(0);
    model.dispose();
  });

  test('cannot dispose the engine in the middle of a step: it refuses before it disposes any model', async () => {
    const engine = await createEngine();
    const [other, model] = [0, 1].map(() =>
      engine.sequential({
        layers: [
          dense({
            units: 1,
            inputShape: [1],
            activation: {
              name: 'ending',
              forward: (z: Float32Array) => {
                if (z[0] > 5) engine.dispose();
                return z;
              },
              derivative: (z: Float32Array) => z.map(() => 1),
            },
            kernelInitializer: 'ones',
          }),
        ],
      }),
    );
    expect(await thrownBy(() => model.predict([[6]]))).toBeInstanceOf(StateError);
    expect([...other.predict([[1]]), ...model.predict([[2]])]).toEqual([1, 2]);
    engine.dispose();
    expect(await thrownBy(() => model.predict([[1]]))).toBeInstanceOf(StateError);
  });

  test('of one name are told apart by what they do', () => {
    const activation = {
      name: 'mine',
      forward: (z: Float32Array) => z,
      derivative: (z: Float32Array) => z.map(() => 1),
    };
    const loss = { name: 'mine', value: () => 1, gradient: (y: Float32Array) => y.map(() => 0) };
    const model = engine.sequential({ layers: [dense({ units: 3, activation, inputShape: [2] })] });
    model.compile({ optimizer: 'sgd', loss });
    for (const custom of [
      [activation, loss],
      [loss, activation],
    ]) {
      expect(engine.loadModel(model.save(), { custom }).evaluate(X, Y)).toEqual(model.evaluate(X, Y));
    }
  });

  test('give numbers', async () => {
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [2] })] });
    model.compile({ optimizer: 'sgd', loss: any({ name: 'word', value: () => 0, gradient: () => ['oops'] }) });
    const thrown = await thrownBy(() => model.trainOnBatch([[1, 2]], [[1]]));
    expectError(thrown, ValueError, 'loss "word": gradient expected numbers, got "oops" at index 0.');
  });
});

describe('names', () => {
  test('of outputs are all different', () => {
    const d = dense({ units: 1, name: 'd' });
    const z = dense({ units: 2, name: 'z' }).apply(x);
    const model = engine.model({
      inputs: x,
      outputs: [d.apply(x), d.apply(z), dense({ units: 1, name: 'd_1' }).apply(x)],
    });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    expect(
      Object.keys(
        model.evaluate(X, [
          [[1], [1], [1]],
          [[1], [1], [1]],
          [[1], [1], [1]],
        ]),
      ).length,
    ).toBe(4);
  });

  test('that make one key of two logs are refused', async () => {
    const model = engine.model({
      inputs: x,
      outputs: [dense({ units: 1, name: 'val' }).apply(x), dense({ units: 1 }).apply(x)],
    });
    const thrown = await thrownBy(() => model.compile({ optimizer: 'sgd', loss: 'hinge' }));
    expectError(
      thrown,
      ValueError,
      'compile: outputs expected names that give each log a key of its own, got "valLoss" twice. Rename the layer.',
    );
  });

  test('of weights are all different, and none is a moment’s', async () => {
    const a = dense({ units: 2, activation: 'prelu', name: 'a' }).apply(x);
    const twice = await thrownBy(() => engine.model({ inputs: x, outputs: prelu({ name: 'a.activation' }).apply(a) }));
    expectError(
      twice,
      ValueError,
      'model: weights expected different names, got "a.activation.weight" twice. Rename a layer.',
    );
    const moment = await thrownBy(() =>
      engine.model({ inputs: x, outputs: dense({ units: 1, name: 'optimizer.m' }).apply(x) }),
    );
    expect(moment).toBeInstanceOf(ValueError);
  });
});

describe('waiting', () => {
  const line = (): Model => {
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    return model;
  };
  const never = new Promise<never>(() => undefined);

  test.each(['source', 'callback'])('for a %s that never comes ends with an abort', async (what) => {
    const model = line();
    const controller = new AbortController();
    const { signal } = controller;
    async function* source(): AsyncGenerator<readonly [number[][], number[][]]> {
      yield [[[1]], [[1]]];
      await never;
    }
    setTimeout(() => controller.abort(new Error('enough')), 20);
    const fitting =
      what === 'source'
        ? model.fit(source, { signal })
        : model.fit([[1]], [[1]], { signal, callbacks: [{ onBatchEnd: () => never }] });
    await expect(fitting).rejects.toThrow('enough');
    model.trainOnBatch([[1]], [[1]]);
  });

  test('gives the thread away while it validates', async () => {
    const model = engine.sequential({
      layers: [dense({ units: 512, activation: 'gelu', inputShape: [512] }), dense({ units: 512, activation: 'gelu' })],
    });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const rows = new Float32Array(512 * 8192);
    let turns = 0;
    let counting = false;
    const count = (): void => {
      if (!counting) return;
      turns += 1;
      setImmediate(count);
    };
    await model.fit(rows.slice(0, 512), rows.slice(0, 512), {
      validationData: [rows, rows],
      callbacks: [
        {
          onBatchEnd: () => {
            counting = true;
            count();
          },
          onEpochEnd: () => void (counting = false),
        },
      ],
    });
    // 8,192 rows take far more than one breath of 8 ms.
    expect(turns).toBeGreaterThan(3);
    model.dispose();
  });
});

test('a source that starts anew goes on through epochs of a number of batches', async () => {
  const model = engine.sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const five = [1, 2, 3, 4, 5].map(() => [X, Y] as const);
  await model.fit(() => five, { epochs: 4, batchesPerEpoch: 2 });
  expect(model.stepCount).toBe(8);
  await model.fit(new Set(five) as never, { epochs: 4, batchesPerEpoch: 2 });
  expect(model.stepCount).toBe(16);
});

test('what cannot be is refused before anything is trained', async () => {
  const model = engine.sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
  const learningRate = schedules.constant({ learningRate: 0.1 });
  model.compile({ optimizer: sgd({ learningRate }), loss: 'meanSquaredError' });
  const before = model.save();
  for (const callback of [earlyStopping(), reduceLROnPlateau({ monitor: 'loss' })]) {
    await expect(model.fit(X, Y, { callbacks: [callback] })).rejects.toThrow(/valLoss|schedule/);
  }
  await expect(model.fit(any([[X, Y]]), any(undefined))).rejects.toThrow('For batches in an array pass () => batches.');
  await expect(model.fit(X, Y, { batchesPerEpoch: 1 })).rejects.toThrow('only with a source');
  await expect(
    model.fit(...([() => [], undefined, { epochs: 3 }] as never[] as [never, never, never])),
  ).rejects.toThrow('options expected in second place');
  expect(model.save()).toEqual(before);
});

describe('a row without a number', () => {
  test('writes no metric but its own', () => {
    const model = engine.sequential({ layers: [dense({ units: 3, activation: 'softmax', inputShape: [2] })] });
    const weights = model.getWeights();
    const metrics = ['accuracy', 'topKAccuracy', 'precision', 'recall', 'f1'] as const;
    model.compile({ optimizer: sgd({ learningRate: 1e38 }), loss: 'categoricalCrossentropy', metrics });
    for (let i = 0; i < 4; i++)
      model.trainOnBatch(
        [
          [1e30, 1],
          [1, 1e30],
          [1, 1],
        ],
        Y,
      );
    expect(model.getWeights()).not.toEqual(weights);
    const logs = model.evaluate(X, Y);
    expect(logs.loss).toBeNaN();
    expect({ ...logs, loss: 0, topKAccuracy: 0 }).toEqual({
      loss: 0,
      topKAccuracy: 0,
      accuracy: 0,
      precision: 0,
      recall: 0,
      f1: 0,
    });
  });
});

test('normalization keeps what float32 holds, or refuses', async () => {
  const model = engine.sequential({ layers: [normalization({ inputShape: [1] })] });
  const before: NamedTensor[] = model.getWeights();
  for (const rows of [
    [[1e25], [3e25]],
    [[1e-25], [3e-25]],
  ]) {
    const thrown = await thrownBy(() => model.adapt(rows));
    expect(thrown).toBeInstanceOf(ValueError);
    expect(thrown.message).toMatch(/^adapt: x expected columns whose variance float32 holds, got .* in column 0\./);
    await thrownBy(() => normalization().adapt(rows));
  }
  expect(model.getWeights()).toEqual(before);
});

test('a file that claims many updates is no hang', () => {
  const model = engine.sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
  model.compile({ optimizer: nadam(), loss: 'meanSquaredError' });
  const file = model.save();
  const header = headerOf(file);
  const own = JSON.parse(header.__metadata__['wasm-mlp']) as { training: { stepCount: number } };
  own.training.stepCount = 2 ** 52;
  header.__metadata__['wasm-mlp'] = JSON.stringify(own);
  const again = engine.loadModel(withHeader(file, header));
  expect(Number.isFinite(again.trainOnBatch(X, Y).loss)).toBe(true);
  expect(again.stepCount).toBe(2 ** 52 + 1);
});

describe('facades', () => {
  test('hold rows to the columns they were fitted on', async () => {
    const classifier = mlpClassifier({ engine, epochs: 1 });
    await classifier.fit(X, ['a', 'b', 'a']);
    expect(await thrownBy(() => classifier.score(new Float32Array(9), ['a', 'b']))).toBeInstanceOf(ShapeError);
    const regressor = mlpRegressor({ engine, epochs: 1 });
    await regressor.fit(X, [1, 2, 3]);
    expect(await thrownBy(() => regressor.score(new Float32Array(8), [1, 2]))).toBeInstanceOf(ShapeError);
    expect(await thrownBy(() => classifier.score(X, any(undefined)))).toBeInstanceOf(ValueError);
  });

  test('that diverge say so and keep the network they had', async () => {
    const classifier = mlpClassifier({ engine, epochs: 3, learningRate: 1e37 });
    expect(await thrownBy(() => classifier.fit(X, ['a', 'b', 'a']))).toBeInstanceOf(StateError);
    expect(await thrownBy(() => classifier.predict(X))).toBeInstanceOf(StateError);
  });

  test('refuse holes and what is no engine', async () => {
    // eslint-disable-next-line no-sparse-arrays -- what a caller may hand over
    const holes = ['a', , 'b'] as string[];
    expect(await thrownBy(() => mlpClassifier({ engine }).fit(X, holes))).toBeInstanceOf(ValueError);
    expect(await thrownBy(() => mlpClassifier({ engine: any(5) }))).toBeInstanceOf(ValueError);
  });
});

describe('diagnosis', () => {
  test('a small constant slope is no saturation', () => {
    for (let seed = 0; seed < 10; seed++) {
      const model = engine.sequential({
        seed,
        layers: [
          dense({ units: 64, activation: 'leakyRelu', kernelInitializer: 'heNormal', inputShape: [8] }),
          dense({ units: 64, activation: 'leakyRelu', kernelInitializer: 'heNormal' }),
          dense({ units: 1 }),
        ],
      });
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      const rows = Float32Array.from({ length: 8 * 64 }, (_, i) => Math.sin(7 * i + seed));
      expect(model.diagnose(rows, rows.slice(0, 64)).faults).toEqual([]);
      model.dispose();
    }
  });

  test('heads of different weight are each their own measure', () => {
    const body = dense({ units: 8, activation: 'tanh', name: 'body' }).apply(x);
    const model = engine.model({
      inputs: x,
      outputs: [dense({ units: 1, name: 'big' }).apply(body), dense({ units: 1, name: 'small' }).apply(body)],
    });
    model.compile({ optimizer: sgd(), loss: 'meanSquaredError', lossWeights: [1, 1e-6] });
    const { faults, layers } = model.diagnose(X, [
      [[1], [0], [1]],
      [[1], [0], [1]],
    ]);
    expect(faults.map(({ kind }) => kind)).not.toContain('explodingGradient');
    expect([...layers[0].next!].sort()).toEqual(['big', 'small']);
  });

  test('a shared layer is measured in all its places', () => {
    const shared = dense({ units: 2, activation: 'relu', name: 'shared', useBias: false });
    const flipped = dense({ units: 2, name: 'flip', useBias: false }).apply(x);
    const model = engine.model({ inputs: x, outputs: [shared.apply(x), shared.apply(flipped)] });
    model.setWeights(
      model.getWeights().map(({ name, shape }) => ({
        shape,
        data: name.startsWith('flip') ? [-1, 0, 0, -1] : [1, 0, 0, 1],
      })),
    );
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const rows = [
      [1, 2],
      [3, 4],
    ];
    const { layers } = model.diagnose(rows, [rows, rows]);
    expect(layers.find(({ layer }) => layer === 'shared')).toMatchObject({ hardSaturated: 0.5, deadUnits: 0 });
  });
});
