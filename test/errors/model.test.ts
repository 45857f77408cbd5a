/**
 * Invalid architectures and weights, and calls before compile or after dispose: each must be refused with the exact
 * error class and message, and leave the model unchanged.
 */
import { describe, expect, test } from 'vitest';
import {
  constant,
  createEngine,
  dense,
  loadModel,
  randomNormal,
  sequential,
  ShapeError,
  StateError,
  ValueError,
  type Model,
  type NamedTensor,
} from '../../src/index.js';
import {
  any,
  check,
  expectError,
  refuses,
  thrownBy,
  trained,
  X,
  Y,
  type Refusal,
} from '../support/reference/refusals.js';

const layer = (options: object) => () =>
  sequential({ layers: [dense(any({ units: 2, inputShape: [2], ...options }))] });

describe('layers', () => {
  refuses([
    ['an unknown option', layer({ unit: 3 }), ValueError, 'dense: unknown option "unit". Did you mean "units"?'],
    ['units of 0', layer({ units: 0 }), ValueError, 'dense: units expected an integer >= 1, got 0.'],
    ['units that are a fraction', layer({ units: 1.5 }), ValueError, 'dense: units expected an integer >= 1, got 1.5.'],
    ['missing units', layer({ units: undefined }), ValueError, 'dense: units expected an integer >= 1, got undefined.'],
    [
      'an unknown activation',
      layer({ activation: 'rleu' }),
      ValueError,
      'dense: activation is unknown: "rleu". Did you mean "relu"?',
    ],
    [
      'an activation of the wrong kind',
      layer({ activation: 3 }),
      ValueError,
      'dense: activation expected a name or the result of its factory, got 3.',
    ],
    ['useBias that is no boolean', layer({ useBias: 1 }), ValueError, 'dense: useBias expected true or false, got 1.'],
    [
      'an unknown initializer',
      layer({ kernelInitializer: 'heNormall' }),
      ValueError,
      'dense: kernelInitializer is unknown: "heNormall". Did you mean "heNormal"?',
    ],
    [
      'a constant of NaN',
      () => constant({ value: NaN }),
      ValueError,
      'constant: value expected a finite number, got NaN.',
    ],
    [
      'an unknown option of constant',
      () => constant(any({ val: 1 })),
      ValueError,
      'constant: unknown option "val". Did you mean "value"?',
    ],
    [
      'a negative stddev',
      () => randomNormal({ stddev: -1 }),
      ValueError,
      'randomNormal: stddev expected a number >= 0, got -1.',
    ],
    [
      'an inputShape of two dimensions',
      layer({ inputShape: [2, 3] }),
      ShapeError,
      'dense: inputShape expected [number of inputs], got [2,3]. Rows are flat: flatten them first.',
    ],
    [
      'an inputShape that is a number',
      layer({ inputShape: 2 }),
      ValueError,
      'dense: inputShape expected [number of inputs], got 2.',
    ],
    [
      'an inputShape of 0',
      layer({ inputShape: [0] }),
      ValueError,
      'dense: inputShape[0] expected an integer >= 1, got 0.',
    ],
    [
      'dense without options',
      () => dense(any(undefined)),
      ValueError,
      'dense: units expected an integer >= 1, got undefined.',
    ],
    [
      'a missing inputShape',
      () => sequential({ layers: [dense({ units: 2 })] }),
      ValueError,
      'sequential: inputShape expected on the first layer, got none. Add inputShape: [number of inputs].',
    ],
    [
      'an inputShape that differs from the width before it',
      () => sequential({ layers: [dense({ units: 2, inputShape: [2] }), dense({ units: 2, inputShape: [3] })] }),
      ShapeError,
      'sequential: inputShape of layer 1 expected [2], got [3].',
    ],
    [
      'an empty list of layers',
      () => sequential({ layers: [] }),
      ValueError,
      'sequential: layers expected at least one layer, got none.',
    ],
    [
      'missing layers',
      () => sequential(any({})),
      ValueError,
      'sequential: layers expected a list of layers, got undefined.',
    ],
    [
      'a layer of the wrong kind',
      () => sequential({ layers: [any('dense')] }),
      ValueError,
      'dense: units expected an integer >= 1, got undefined.',
    ],
    [
      'an unknown option of sequential',
      () => sequential(any({ layers: [], sed: 1 })),
      ValueError,
      'sequential: unknown option "sed". Did you mean "seed"?',
    ],
    [
      'a negative seed',
      () => sequential({ layers: [dense({ units: 1, inputShape: [1] })], seed: -1 }),
      ValueError,
      'sequential: seed expected an integer from 0 to 4294967295, got -1.',
    ],
    [
      'a seed that is a fraction',
      () => sequential({ layers: [dense({ units: 1, inputShape: [1] })], seed: 0.5 }),
      ValueError,
      'sequential: seed expected an integer from 0 to 4294967295, got 0.5.',
    ],
    [
      'an unknown option of createEngine',
      () => createEngine(any({ thread: 2 })),
      ValueError,
      'createEngine: unknown option "thread". Did you mean "threads"?',
    ],
  ]);
});

describe('setWeights', () => {
  /** Sets the model's weights with one tensor changed. */
  const set = (index: number, change: (tensor: NamedTensor) => object) => (model: Model) =>
    model.setWeights(
      model.getWeights().map((tensor, i) => any(i === index ? { ...tensor, ...change(tensor) } : tensor)),
    );
  refuses([
    [
      'too few tensors',
      (m) => m.setWeights(m.getWeights().slice(1)),
      ShapeError,
      'setWeights: weights expected 4 tensors, got 3.',
    ],
    [
      'too many tensors',
      (m) => m.setWeights([...m.getWeights(), m.getWeights()[0]]),
      ShapeError,
      'setWeights: weights expected 4 tensors, got 5.',
    ],
    [
      'a wrong shape',
      set(2, () => ({ shape: [4, 3] })),
      ShapeError,
      'setWeights: "2.weight" expected shape (3, 4), got (4, 3).',
    ],
    [
      'a wrong length',
      set(1, () => ({ data: new Float32Array(5) })),
      ShapeError,
      'setWeights: "0.bias" expected 4 values, got 5.',
    ],
    [
      'a wrong name',
      set(2, () => ({ name: '1.weight' })),
      ValueError,
      'setWeights: "2.weight" expected next, got "1.weight".',
    ],
    [
      'NaN',
      set(3, () => ({ data: Float32Array.of(0, NaN, 1) })),
      ValueError,
      'setWeights: "2.bias" expected finite numbers, got NaN at index 1.',
    ],
    [
      'an infinity',
      set(0, ({ data }) => ({ data: data.map(() => -Infinity) })),
      ValueError,
      'setWeights: "0.weight" expected finite numbers, got -Infinity at index 0.',
    ],
    [
      'data of the wrong kind',
      set(3, () => ({ data: 'abc' })),
      ValueError,
      'setWeights: "2.bias" expected data as a Float32Array, got "abc".',
    ],
    [
      'weights that are no list',
      (m) => m.setWeights(any({})),
      ValueError,
      'setWeights: weights expected a list of tensors, got an object.',
    ],
    [
      'NaN in an array whose own `includes` does not find it',
      set(3, ({ data }) => {
        const array = data.map(() => NaN);
        return { data: Object.assign(array, { includes: () => false }) };
      }),
      ValueError,
      'setWeights: "2.bias" expected finite numbers, got NaN at index 0.',
    ],
    [
      'null in a list',
      set(3, () => ({ data: [0, null, 1] })),
      ValueError,
      'setWeights: "2.bias" expected finite numbers, got null at index 1.',
    ],
  ]);

  test('stores the values that it checked, whatever changes them later', async () => {
    const model = await sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
    const [weight, bias] = model.getWeights();
    const values = weight.data.slice();
    const spoiling = {
      shape: bias.shape,
      get data() {
        weight.data.fill(NaN);
        return bias.data;
      },
    };
    model.setWeights([weight, spoiling]);
    expect(model.getWeights()[0].data).toEqual(values);
  });
});

const calls: [name: string, act: (model: Model) => unknown][] = [
  ['fit', (m) => m.fit(X, Y)],
  ['evaluate', (m) => m.evaluate(X, Y)],
  ['trainOnBatch', (m) => m.trainOnBatch(X, Y)],
  ['gradients', (m) => m.gradients(X, Y)],
];

describe('before compile', () => {
  test.each(calls)('%s is refused', async (name, act) => {
    const model = await sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
    await check(model, [
      name,
      act,
      StateError,
      `${name}: a compiled model expected, got one that is not. Call compile first.`,
    ]);
  });
});

describe('after dispose', () => {
  const all: typeof calls = [
    ...calls,
    ['predict', (m) => m.predict(X)],
    ['predictInto', (m) => m.predictInto(new Float32Array(2), new Float32Array(3))],
    ['compile', (m) => m.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })],
    ['getWeights', (m) => m.getWeights()],
    ['setWeights', (m) => m.setWeights([])],
    ['save', (m) => m.save()],
  ];

  test.each(all)('%s is refused', async (name, act) => {
    const model = trained();
    model.dispose();
    expectError(
      await thrownBy(() => act(model)),
      StateError,
      `${name}: a live model expected, got one that was disposed.`,
    );
  });

  test('a second dispose does nothing', () => {
    const model = trained();
    model.dispose();
    expect(() => model.dispose()).not.toThrow();
  });

  test('disposing an engine disposes its models', async () => {
    const engine = await createEngine();
    const model = engine.sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
    const file = model.save();
    engine.dispose();
    const refusals: Refusal[] = [
      ['predict', () => model.predict(X), StateError, 'predict: a live model expected, got one that was disposed.'],
      [
        'sequential',
        () => engine.sequential({ layers: [dense({ units: 3, inputShape: [2] })] }),
        StateError,
        'sequential: a live engine expected, got one that was disposed.',
      ],
      [
        'loadModel',
        () => loadModel(file, { engine }),
        StateError,
        'loadModel: a live engine expected, got one that was disposed.',
      ],
    ];
    for (const [, act, error, message] of refusals) expectError(await thrownBy(() => act(model)), error, message);
  });
});
