/**
 * Rows of weight 0 add nothing to an update, even where their activations overflow; and neither do outputs whose loss
 * has weight 0.
 */
import { describe, expect, test } from 'vitest';
import {
  add,
  alphaDropout,
  activation,
  batchNormalization,
  concatenate,
  createEngine,
  dense,
  diagnostics,
  dropout,
  gaussianDropout,
  gaussianNoise,
  input,
  layerNormalization,
  maxout,
  prelu,
  rescaling,
  type ActivationName,
  type Layer,
  type LossName,
  type Model,
  type SymbolicTensor,
} from '../../src/index.js';

const engine = await createEngine();

/** Networks of two inputs and two outputs, by what they hold. */
const apply = (layers: readonly Layer[], x: SymbolicTensor): SymbolicTensor =>
  layers.reduce((value, layer) => layer.apply(value), x);
const chain =
  (...layers: Layer[]) =>
  (x: SymbolicTensor): SymbolicTensor =>
    apply([...layers, dense({ units: 5 }), dense({ units: 2 })], x);
const activated = (name: ActivationName) => () =>
  chain(dense({ units: 5, activation: name }), dense({ units: 6, activation: name }));

const ACTIVATIONS: readonly ActivationName[] = [
  'linear',
  'unitStep',
  'sigmoid',
  'tanh',
  'relu',
  'leakyRelu',
  'prelu',
  'elu',
  'selu',
  'swish',
  'gelu',
  'softplus',
  'softsign',
  'mish',
  'hardSigmoid',
  'softmax',
  'logSoftmax',
];

const NETWORKS: Readonly<Record<string, () => (x: SymbolicTensor) => SymbolicTensor>> = {
  ...Object.fromEntries(ACTIVATIONS.map((name) => [`${name} in dense layers`, activated(name)])),
  maxout: () => chain(maxout({ units: 3, pieces: 2 }), maxout({ units: 4, pieces: 3 })),
  dropout: () => chain(dense({ units: 8, activation: 'relu' }), dropout({ rate: 0.5 }), dense({ units: 8 })),
  alphaDropout: () => chain(dense({ units: 8, activation: 'selu' }), alphaDropout({ rate: 0.5 }), dense({ units: 8 })),
  gaussianDropout: () => chain(dense({ units: 8 }), gaussianDropout({ rate: 0.5 }), dense({ units: 8 })),
  gaussianNoise: () => chain(gaussianNoise({ stddev: 0.1 }), dense({ units: 4 }), gaussianNoise({ stddev: 0.1 })),
  prelu: () => chain(dense({ units: 4 }), prelu(), dense({ units: 4 }), prelu()),
  rescaling: () => chain(rescaling({ scale: 1e30 }), dense({ units: 4 })),
  layerNormalization: () => chain(layerNormalization(), dense({ units: 4 }), layerNormalization()),
  'a softmax layer between': () => chain(dense({ units: 4 }), activation('softmax'), dense({ units: 3 })),
  'a dense layer after a batch normalization': () =>
    // Its statistics include the row, whose values before it are bounded.
    chain(
      dense({ units: 4, activation: 'tanh' }),
      batchNormalization(),
      rescaling({ scale: 1e38 }),
      dense({ units: 3 }),
    ),
  'branches side by side and added': () => (x) => {
    const left = dense({ units: 4, activation: 'relu' }).apply(x);
    const right = dense({ units: 4, activation: 'swish' }).apply(left);
    const both = concatenate().apply([left, right, x]);
    const sum = add().apply([right, dense({ units: 4 }).apply(both)]);
    return dense({ units: 2 }).apply(sum);
  },
};

const LOSSES: readonly LossName[] = ['meanSquaredError', 'meanAbsoluteError', 'huber', 'hinge', 'halfSquaredError'];

const OTHERS = [
  [0.5, -1],
  [2, 0.25],
];
const Y = [
  [1, 0],
  [0, 1],
  [1, 1],
];

/** Gradients, and the weights after an update, of a batch whose row in the middle has weight 0. */
function seen(model: Model, middle: number[]): unknown[] {
  const x = [OTHERS[0], middle, OTHERS[1]];
  const given = { sampleWeight: [1, 0, 2] };
  const gradients = model.gradients(x, Y, given);
  const { loss } = model.trainOnBatch(x, Y, given);
  return [loss, gradients, model.getWeights()];
}

const FAR = 3.4e38;
const rows = [[FAR, -FAR], [-FAR, -FAR], [FAR, FAR], [1e20, 0], [0, -1e30]]; // prettier-ignore

describe.each(Object.entries(NETWORKS))('a row of weight 0 adds nothing: %s', (name, network) => {
  test.each(LOSSES)('under %s', (loss) => {
    const run = (middle: number[]): unknown[] => {
      const x = input({ shape: [2] });
      const model = engine.model({ seed: 7, inputs: x, outputs: network()(x) });
      model.compile({ optimizer: 'adam', loss, checks: 'off' });
      try {
        return seen(model, middle);
      } finally {
        model.dispose();
      }
    };
    // Batch normalization counts the row: there the values before it are the same, since tanh is saturated.
    const finite = run(name.includes('batch normalization') ? [1e6, -1e6] : [1, 2]);
    for (const middle of name.includes('batch normalization') ? rows.slice(0, 1) : rows) {
      expect(run(middle)).toEqual(finite);
    }
  });
});

test.each(['softmax', 'sigmoid'] as const)('a row of weight 0 adds nothing before a paired %s', (name) => {
  const run = (middle: number[]): unknown[] => {
    const x = input({ shape: [2] });
    const hidden = dense({ units: 4, activation: 'relu' }).apply(dense({ units: 4, activation: 'relu' }).apply(x));
    const model = engine.model({ seed: 7, inputs: x, outputs: dense({ units: 2, activation: name }).apply(hidden) });
    const [first, second] = [[1, 0], [0, 1]]; // prettier-ignore
    model.compile({ optimizer: 'sgd', loss: name === 'softmax' ? 'categoricalCrossentropy' : 'binaryCrossentropy' });
    const given = { sampleWeight: [1, 0, 1] };
    const batch = [
      [OTHERS[0], middle, OTHERS[1]],
      [first, second, first],
    ] as const;
    const result = [model.gradients(...batch, given), model.trainOnBatch(...batch, given), model.getWeights()];
    model.dispose();
    return result;
  };
  for (const middle of rows) expect(run(middle)).toEqual(run([1, 2]));
});

test('a batch of one row of weight 0 changes nothing, though batch normalization comes after its overflow', () => {
  const x = input({ shape: [2] });
  const model = engine.model({
    inputs: x,
    outputs: apply([dense({ units: 3 }), dense({ units: 3 }), batchNormalization(), dense({ units: 1 })], x),
  });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const before = model.getWeights();
  expect(model.trainOnBatch([[FAR, -FAR]], [[1]], { sampleWeight: [0] }).loss).toBe(0);
  expect(model.getWeights()).toEqual(before);
  model.dispose();
});

test.each([false, true])(
  'an output whose loss has weight 0 adds nothing, with a batch normalization %s',
  (normalizes) => {
    const run = (scale: number): unknown[] => {
      const x = input({ shape: [2] });
      const trunk = dense({ units: 4, activation: 'tanh', name: 'trunk' }).apply(x);
      const far = dense({ units: 4 }).apply(rescaling({ scale }).apply(trunk));
      const one = dense({ units: 1, name: 'one' }).apply(trunk);
      const other = dense({ units: 1, name: 'other' }).apply(normalizes ? batchNormalization().apply(far) : far);
      const model = engine.model({ seed: 4, inputs: x, outputs: [one, other] });
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', lossWeights: [1, 0] });
      const batch = [
        OTHERS,
        [
          [[1], [0]],
          [[1], [0]],
        ],
      ] as const;
      const gradients = model.gradients(...batch);
      const { loss } = model.trainOnBatch(...batch);
      const learned = model.getWeights().filter(({ name }) => !name.includes('running'));
      model.dispose();
      return [gradients, loss, learned];
    };
    expect(run(3.4e38)).toEqual(run(1));
  },
);

test('a row of weight 0 that overflows is no fault to a diagnosis', async () => {
  const x = input({ shape: [2] });
  const hidden = dense({ units: 4, activation: 'relu' }).apply(dense({ units: 4, activation: 'relu' }).apply(x));
  const model = engine.model({ seed: 7, inputs: x, outputs: dense({ units: 2 }).apply(hidden) });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const watched = diagnostics();
  const sampleWeight = [1, 0, 1];
  await model.fit([OTHERS[0], [FAR, -FAR], OTHERS[1]], Y, { epochs: 2, sampleWeight, callbacks: [watched] });
  expect(watched.firstNonFinite).toBeUndefined();
  for (const { diagnosis } of watched.epochs) expect(diagnosis.nonFinite).toBeUndefined();
  model.dispose();
});
