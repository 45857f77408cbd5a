/**
 * `compile` checks each loss and metric against the output before it: a combination that cannot be right is refused,
 * one that is probably a mistake is reported once.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  alphaDropout,
  activation,
  add,
  average,
  batchNormalization,
  binaryCrossentropy,
  concatenate,
  createEngine,
  dense,
  dropout,
  gaussianDropout,
  gaussianNoise,
  input,
  layerNormalization,
  leakyRelu,
  loadModel,
  maximum,
  maxout,
  minimum,
  mlpClassifier,
  mlpRegressor,
  multiply,
  prelu,
  rescaling,
  rmsNormalization,
  subtract,
  topKAccuracy,
  ValueError,
  type ActivationName,
  type CompileOptions,
  type Layer,
  type LossName,
  type Model,
} from '../../src/index.js';
import { any } from '../support/reference/refusals.js';

const engine = await createEngine();

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  vi.spyOn(console, 'warn').mockImplementation((message: string) => void warnings.push(message));
});
afterEach(() => void vi.restoreAllMocks());

/** A network of three inputs that ends with these layers. */
const ending = (...layers: Layer[]): Model =>
  engine.sequential({ layers: [dense({ units: 3, activation: 'tanh', inputShape: [2] }), ...layers] });

type Outcome = 'fine' | 'warning' | 'error';

/**
 * Whether `compile` accepts, warns or refuses; also checks that the message says what to write instead, and that
 * nothing changes on refusal.
 */
function outcome(model: Model, options: Omit<CompileOptions, 'optimizer'>): Outcome {
  warnings = [];
  try {
    model.compile({ optimizer: 'sgd', ...options });
  } catch (error) {
    expect(error).toBeInstanceOf(ValueError);
    const { message } = error as Error;
    expect(message).toMatch(
      /^compile: (loss|metrics).* expected .*, got .*\. (End on|For two classes).*checks: 'warn' or 'off'\.$/,
    );
    expect(warnings).toEqual([]);
    expect(() => model.evaluate([[1, 2]], [[1, 0, 0]])).toThrow('Call compile first');
    model.dispose();
    return 'error';
  }
  for (const message of warnings) {
    expect(message).toMatch(
      /^wasm-mlp: compile: (loss|metrics).* expected .*, got .*(End on|end on|Use|use) .*checks: 'off'\.$/,
    );
  }
  model.dispose();
  return warnings.length > 0 ? 'warning' : 'fine';
}

/** By last activation, the outcome with error losses, binary cross-entropy, categorical cross-entropies and hinge. */
const MATRIX: Record<
  ActivationName,
  readonly [errors: Outcome, binary: Outcome, categorical: Outcome, hinge: Outcome]
> = {
  linear: ['fine', 'error', 'error', 'fine'],
  tanh: ['fine', 'error', 'error', 'fine'],
  softsign: ['fine', 'error', 'error', 'fine'],
  leakyRelu: ['fine', 'error', 'error', 'fine'],
  prelu: ['fine', 'error', 'error', 'fine'],
  elu: ['fine', 'error', 'error', 'fine'],
  selu: ['fine', 'error', 'error', 'fine'],
  swish: ['fine', 'error', 'error', 'fine'],
  gelu: ['fine', 'error', 'error', 'fine'],
  mish: ['fine', 'error', 'error', 'fine'],
  relu: ['fine', 'error', 'error', 'warning'],
  softplus: ['fine', 'error', 'error', 'warning'],
  relu6: ['fine', 'error', 'error', 'warning'],
  hardSwish: ['fine', 'error', 'error', 'fine'],
  celu: ['fine', 'error', 'error', 'fine'],
  exponential: ['fine', 'error', 'error', 'warning'],
  tanhGelu: ['fine', 'error', 'error', 'fine'],
  sigmoid: ['fine', 'fine', 'warning', 'warning'],
  hardSigmoid: ['fine', 'fine', 'warning', 'warning'],
  unitStep: ['fine', 'fine', 'warning', 'warning'],
  softmax: ['fine', 'warning', 'fine', 'warning'],
  // Log-probabilities are logits.
  logSoftmax: ['fine', 'error', 'error', 'fine'],
};

const LOSSES: readonly (readonly LossName[])[] = [
  [
    'halfSquaredError',
    'meanSquaredError',
    'meanAbsoluteError',
    'huber',
    'logCosh',
    'meanAbsolutePercentageError',
    'meanSquaredLogarithmicError',
    'quantile',
  ],
  ['binaryCrossentropy', 'binaryFocalCrossentropy'],
  ['categoricalCrossentropy', 'sparseCategoricalCrossentropy', 'kullbackLeibler', 'categoricalFocalCrossentropy'],
  ['hinge', 'squaredHinge'],
];

describe('each loss on each activation has the stated outcome', () => {
  test.each(Object.entries(MATRIX))('%s', (name, expected) => {
    LOSSES.forEach((losses, column) => {
      for (const loss of losses) {
        const of = { activation: name as ActivationName };
        for (const units of [2, 3, 10]) {
          const found = outcome(ending(dense({ units, ...of })), { loss });
          expect(found, `${loss} on ${name}`).toBe(expected[column]);
        }
        // As a layer of its own, and before layers that do nothing in prediction.
        expect(outcome(ending(dense({ units: 3 }), activation(of)), { loss })).toBe(expected[column]);
        const behind = [
          dense({ units: 3, ...of }),
          dropout({ rate: 0.5 }),
          alphaDropout({ rate: 0.5 }),
          gaussianDropout({ rate: 0.5 }),
          gaussianNoise({ stddev: 1 }),
          activation('linear'),
        ];
        expect(outcome(ending(...behind), { loss })).toBe(expected[column]);
      }
    });
  });

  test('one output has the outcome of its activation', () => {
    for (const name of Object.keys(MATRIX) as ActivationName[]) {
      const of = (loss: CompileOptions['loss']): Outcome =>
        outcome(ending(dense({ units: 1, activation: name })), { loss });
      const [errors, binary, , hinge] =
        name === 'softmax' ? (['error', 'error', 'error', 'error'] as const) : MATRIX[name];
      expect(of('meanSquaredError')).toBe(errors);
      expect(of('binaryCrossentropy')).toBe(binary);
      expect(of('hinge')).toBe(hinge);
      expect(of('categoricalCrossentropy')).toBe('error');
      expect(of('sparseCategoricalCrossentropy')).toBe('error');
      const own = { name: 'own', value: () => 0, gradient: (y: Float32Array) => y };
      expect(of(own)).toBe(name === 'softmax' ? 'error' : 'fine');
    }
  });

  test('linear layers count as linear, and unknown layers are accepted', () => {
    const custom = { name: 'own', forward: (z: Float32Array) => z, derivative: (z: Float32Array) => z };
    const linear = [maxout({ units: 3 }), prelu(), dense({ units: 3, activation: leakyRelu({ alpha: 0.3 }) })];
    for (const layer of linear) {
      for (const loss of ['binaryCrossentropy', 'categoricalCrossentropy'] as const) {
        expect(outcome(ending(layer), { loss })).toBe('error');
      }
    }
    // Layers that keep an output linear do not hide a missing softmax before them.
    for (const layer of [
      batchNormalization(),
      layerNormalization(),
      rmsNormalization(),
      rescaling({ scale: 0.5, offset: 0.5 }),
    ]) {
      for (const loss of ['binaryCrossentropy', 'categoricalCrossentropy', 'sparseCategoricalCrossentropy'] as const) {
        expect(outcome(ending(dense({ units: 3 }), layer), { loss })).toBe('error');
      }
      expect(outcome(ending(dense({ units: 3 }), layer), { loss: 'meanSquaredError' })).toBe('fine');
    }
    const unknown = [rescaling({ scale: 0.5, offset: 0.5 }), activation(custom)];
    for (const layer of unknown) {
      for (const loss of LOSSES.flat()) expect(outcome(ending(layer), { loss })).toBe('fine');
      // A known activation after an unknown layer is checked again.
      expect(outcome(ending(layer, activation('tanh')), { loss: 'categoricalCrossentropy' })).toBe('error');
      expect(outcome(ending(layer, activation('softmax')), { loss: 'categoricalCrossentropy' })).toBe('fine');
    }
  });

  test('sums and concatenations are refused only where all parts are wrong', () => {
    const graph = (join: () => Layer, ...parts: Layer[]): Model => {
      const x = input({ shape: [2] });
      const outputs = join().apply(parts.map((part) => part.apply(x)));
      return engine.model({ inputs: x, outputs });
    };
    const softmax = (): Layer => dense({ units: 3, activation: 'softmax' });
    const plain = (): Layer => dense({ units: 3 });
    for (const join of [add, concatenate]) {
      expect(
        outcome(graph(join, plain(), dense({ units: 3, activation: 'tanh' })), { loss: 'categoricalCrossentropy' }),
      ).toBe('error');
      expect(outcome(graph(join, softmax(), softmax()), { loss: 'categoricalCrossentropy' })).toBe('fine');
      expect(outcome(graph(join, softmax(), plain()), { loss: 'binaryCrossentropy' })).toBe('fine');
    }
    for (const join of [subtract, average, maximum, minimum]) {
      expect(
        outcome(graph(join, plain(), dense({ units: 3, activation: 'tanh' })), { loss: 'categoricalCrossentropy' }),
      ).toBe('error');
    }
    // A mean of shares adds up to 1; the largest of them do not, but are between 0 and 1.
    expect(outcome(graph(average, softmax(), softmax()), { loss: 'categoricalCrossentropy' })).toBe('fine');
    expect(outcome(graph(average, softmax(), softmax()), { loss: 'binaryCrossentropy' })).toBe('warning');
    expect(outcome(graph(maximum, softmax(), softmax()), { loss: 'categoricalCrossentropy' })).toBe('warning');
    expect(outcome(graph(minimum, softmax(), softmax()), { loss: 'binaryCrossentropy' })).toBe('fine');
    for (const part of [softmax, plain]) {
      expect(outcome(graph(multiply, part(), part()), { loss: 'categoricalCrossentropy' })).toBe('fine');
    }
    const x = input({ shape: [3] });
    expect(
      outcome(engine.model({ inputs: x, outputs: dropout({ rate: 0.1 }).apply(x) }), {
        loss: 'categoricalCrossentropy',
      }),
    ).toBe('fine');
  });

  test('a graph of 100 doublings is checked quickly', () => {
    const x = input({ shape: [2] });
    let sum = dense({ units: 2 }).apply(x);
    for (let i = 0; i < 100; i++) sum = add().apply([sum, sum]);
    expect(outcome(engine.model({ inputs: x, outputs: sum }), { loss: 'categoricalCrossentropy' })).toBe('error');
  });
});

describe('metrics', () => {
  const metric = (metrics: CompileOptions['metrics'], loss: LossName, ...layers: Layer[]): Outcome =>
    outcome(ending(...layers), { loss, metrics });

  test('that count answers get a warning on a regression', () => {
    for (const name of ['accuracy', 'binaryAccuracy', 'precision', 'recall', 'f1'] as const) {
      for (const loss of LOSSES[0]) {
        expect(metric([name], loss, dense({ units: 1 }))).toBe('warning');
        expect(metric([name], loss, dense({ units: 1, activation: 'sigmoid' }))).toBe('fine');
        expect(metric([name], loss, dense({ units: 1, activation: 'tanh' }))).toBe('fine');
        expect(metric([name], loss, dense({ units: 3, activation: 'softmax' }))).toBe('fine');
      }
      expect(metric([name], 'hinge', dense({ units: 1 }))).toBe('fine');
    }
  });

  test('of a regression are accepted', () => {
    const all = ['meanSquaredError', 'meanAbsoluteError', 'rootMeanSquaredError', 'r2', 'auc'] as const;
    expect(metric(all, 'meanSquaredError', dense({ units: 1 }))).toBe('fine');
  });

  test('that are always 1 get a warning', () => {
    expect(metric(['categoricalAccuracy'], 'binaryCrossentropy', dense({ units: 1, activation: 'sigmoid' }))).toBe(
      'warning',
    );
    const softmax = dense({ units: 4, activation: 'softmax' });
    expect(metric(['topKAccuracy'], 'categoricalCrossentropy', softmax)).toBe('warning');
    expect(metric([topKAccuracy({ k: 4 })], 'categoricalCrossentropy', softmax)).toBe('warning');
    expect(metric([topKAccuracy({ k: 3 })], 'categoricalCrossentropy', softmax)).toBe('fine');
  });
});

describe('several outputs', () => {
  const build = (): Model<Float32Array[]> => {
    const x = input({ shape: [2] });
    return engine.model({
      inputs: x,
      outputs: [
        dense({ units: 3, activation: 'softmax', name: 'kind' }).apply(x),
        dense({ units: 3, name: 'price' }).apply(x),
      ],
    });
  };

  test('are checked one by one, and reported by name', () => {
    const model = build();
    const compile = (options: Omit<CompileOptions, 'optimizer'>) => () =>
      model.compile({ optimizer: 'sgd', ...options });
    expect(compile({ loss: 'categoricalCrossentropy' })).toThrow('compile: loss of "price" expected probabilities');
    expect(compile({ loss: ['binaryCrossentropy', 'binaryCrossentropy'] })).toThrow('compile: loss of "price"');
    compile({ loss: { kind: 'categoricalCrossentropy', price: 'meanSquaredError' } })();
    expect(warnings).toEqual([]);
    compile({ loss: { kind: 'categoricalCrossentropy', price: 'huber' }, metrics: ['accuracy'] })();
    expect(warnings).toEqual([expect.stringContaining('compile: metrics of "price" expected classes')]);
    model.dispose();
  });

  test('are not checked where the loss has weight 0', () => {
    const model = build();
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy', lossWeights: [1, 0] });
    expect(warnings).toEqual([]);
    model.dispose();
  });
});

describe('checks', () => {
  const wrong = (): Model => ending(dense({ units: 3 }));
  const loss = 'categoricalCrossentropy';

  test("'warn' reports what 'error' refuses, and 'off' reports nothing", () => {
    expect(outcome(wrong(), { loss })).toBe('error');
    expect(outcome(wrong(), { loss, checks: 'error' })).toBe('error');
    expect(outcome(wrong(), { loss, checks: 'warn' })).toBe('warning');
    expect(outcome(wrong(), { loss, checks: 'off' })).toBe('fine');
    const sigmoid = dense({ units: 3, activation: 'sigmoid' });
    expect(outcome(ending(sigmoid), { loss, checks: 'warn' })).toBe('warning');
    expect(outcome(ending(sigmoid), { loss, checks: 'off' })).toBe('fine');
    expect(() => wrong().compile({ optimizer: 'sgd', loss, checks: any('of') })).toThrow(
      `compile: checks is unknown: "of". Did you mean "off"?`,
    );
  });

  test('a warning is given once per model', () => {
    const model = ending(dense({ units: 3, activation: 'sigmoid' }));
    for (let i = 0; i < 3; i++) model.compile({ optimizer: 'adam', loss });
    expect(warnings).toHaveLength(1);
    model.compile({ optimizer: 'adam', loss: 'hinge' });
    expect(warnings).toHaveLength(2);
    ending(dense({ units: 3, activation: 'sigmoid' })).compile({ optimizer: 'adam', loss });
    expect(warnings).toHaveLength(3);
  });

  test('a refused compile keeps the previous training', () => {
    const model = wrong();
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    model.trainOnBatch([[1, 2]], [[1, 2, 3]]);
    const before = model.save();
    expect(() => model.compile({ optimizer: 'sgd', loss })).toThrow(ValueError);
    expect(model.save()).toEqual(before);
    model.dispose();
  });

  test('a file of a model compiled without checks loads without a warning', async () => {
    const model = wrong();
    model.compile({ optimizer: 'adam', loss, checks: 'off', metrics: ['accuracy'] });
    model.trainOnBatch([[1, 2]], [[0, 1, 0]]);
    const bytes = model.save();
    expect(new TextDecoder().decode(bytes)).not.toContain('checks');
    for (const loaded of [engine.loadModel(bytes), await loadModel(bytes)]) {
      expect(loaded.save()).toEqual(bytes);
      expect(loaded.trainOnBatch([[1, 2]], [[0, 1, 0]])).toEqual(expect.any(Object));
      // A new compile is checked.
      expect(() => loaded.compile({ optimizer: 'adam', loss })).toThrow(ValueError);
    }
    expect(warnings).toEqual([]);
    model.dispose();
  });

  test('a model compiled without checks trains in a worker', async () => {
    const [here, there] = [wrong(), wrong()];
    const x = [[1, 2], [3, 4]]; // prettier-ignore
    const y = [[0, 1, 0], [1, 0, 0]]; // prettier-ignore
    for (const model of [here, there]) model.compile({ optimizer: 'adam', loss, checks: 'off' });
    await here.fit(x, y, { epochs: 2 });
    await there.fit(x, y, { epochs: 2, runIn: 'worker' });
    expect(there.getWeights()).toEqual(here.getWeights());
    expect(warnings).toEqual([]);
  });

  test('the facades compile without a warning', async () => {
    const x = [[0, 1], [1, 0], [1, 1], [0, 0]]; // prettier-ignore
    const classifier = mlpClassifier({ epochs: 2, hiddenLayers: [4] });
    await classifier.fit(x, ['a', 'b', 'a', 'b']);
    const regressor = mlpRegressor({ epochs: 2, hiddenLayers: [4] });
    await regressor.fit(x, [1, 2, 3, 4]);
    expect(warnings).toEqual([]);
  });
});

test('a metric without the fromLogits of its loss is reported, one with it is not', () => {
  const loss = binaryCrossentropy({ fromLogits: true });
  const network = ending(dense({ units: 1 }));
  network.compile({ optimizer: 'sgd', loss, metrics: [loss, 'logLoss'] });
  expect(warnings).toEqual([]);
  network.compile({ optimizer: 'sgd', loss, metrics: ['binaryCrossentropy'] });
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("expected probabilities with 'binaryCrossentropy', got outputs of 'linear'");
  expect(warnings[0]).toContain('binaryCrossentropy({ fromLogits: true })');
});
