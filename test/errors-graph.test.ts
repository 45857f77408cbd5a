/** Graphs, layers and functions of one's own that cannot be: each refused by class and exact words, with nothing left behind. */
import { describe, expect, test } from 'vitest';
import {
  activation,
  add,
  batchNormalization,
  concatenate,
  csvLogger,
  dense,
  diagnostics,
  dropout,
  earlyStopping,
  FormatError,
  gaussianNoise,
  input,
  layerNormalization,
  learningRateScheduler,
  maxNorm,
  maxout,
  mlpClassifier,
  mlpRegressor,
  normalization,
  prelu,
  reduceLROnPlateau,
  rescaling,
  schedules,
  sgd,
  ShapeError,
  StateError,
  terminateOnNaN,
  ValueError,
  type Model,
} from '../src/index.js';
import { any, check, engine, expectError, LABELS, thrownBy, trained, X, Y } from './reference/refusals.js';
import { headerOf, withHeader } from './reference/safetensors.js';

type Case = [title: string, act: () => unknown, error: new (...args: never[]) => Error, message: string];

/** Each act throws, and the engine's memory is as before. */
const refuses = (cases: Case[]): void =>
  test.each(cases)('%s', async (_title, act, error, message) => {
    const before = engine.memory();
    expectError(await thrownBy(act), error, message);
    expect(engine.memory()).toEqual(before);
  });

const x = input({ shape: [3] });
const other = input({ shape: [2], name: 'other' });
const h = dense({ units: 4, name: 'h' }).apply(x);

describe('graphs', () => {
  refuses([
    [
      'nothing',
      () => engine.model(any(undefined)),
      ValueError,
      'model: inputs expected what input() or apply() returns, got undefined.',
    ],
    [
      'no inputs',
      () => engine.model({ inputs: [], outputs: h }),
      ValueError,
      'model: inputs expected at least one, got none.',
    ],
    [
      'no outputs',
      () => engine.model({ inputs: x, outputs: [] }),
      ValueError,
      'model: outputs expected at least one, got none.',
    ],
    [
      'a layer as output',
      () => engine.model({ inputs: x, outputs: any(dense({ units: 1 })) }),
      ValueError,
      'model: outputs expected what input() or apply() returns, got an object.',
    ],
    [
      'no input as input',
      () => engine.model({ inputs: [x, h], outputs: h }),
      ValueError,
      'model: inputs[1] expected what input() returns, got a "dense".',
    ],
    [
      'an input twice',
      () => engine.model({ inputs: [x, x], outputs: h }),
      ValueError,
      'model: inputs expected each once, got one twice.',
    ],
    [
      'an output twice',
      () => engine.model({ inputs: x, outputs: [h, h] }),
      ValueError,
      'model: outputs expected each once, got one twice.',
    ],
    [
      'an input that is not listed',
      () => engine.model({ inputs: x, outputs: concatenate().apply([h, other]) }),
      ValueError,
      'model: inputs expected every input that outputs[0] depends on, got a graph with another "other" of shape [2].',
    ],
    [
      'an input that reaches nothing',
      () => engine.model({ inputs: [x, other], outputs: h }),
      ValueError,
      'model: inputs[1], "other", expected to reach an output, got none that depends on it.',
    ],
    [
      'two layers of one name',
      () => engine.model({ inputs: x, outputs: dense({ units: 2, name: 'h' }).apply(h) }),
      ValueError,
      'model: layers expected different names, got "h" twice.',
    ],
    [
      'widths that do not add up',
      () => engine.model({ inputs: x, outputs: add({ name: 'sum' }).apply([x, h]) }),
      ShapeError,
      'model: "sum" expected inputs of the same width, got 3, 4.',
    ],
    [
      'an inputShape that is not the width',
      () => engine.model({ inputs: x, outputs: dense({ units: 2, name: 'out', inputShape: [5] }).apply(h) }),
      ShapeError,
      'model: inputShape of "out" expected [4], got [5].',
    ],
    [
      'one input where several are wanted',
      () => engine.model({ inputs: x, outputs: add().apply(h) }),
      ValueError,
      'model: "add" expected at least two inputs, got 1.',
    ],
    [
      'several inputs where one is wanted',
      () => engine.model({ inputs: x, outputs: dense({ units: 2 }).apply([x, h]) }),
      ValueError,
      'model: "dense" expected one input, got 2.',
    ],
    [
      'a layer shared between different widths',
      () => {
        const shared = dense({ units: 2, name: 'shared' });
        return engine.model({ inputs: x, outputs: [shared.apply(x), shared.apply(h)] });
      },
      ShapeError,
      'model: "shared" expected the same inputs in every place, got weights of (2, 3) and (2, 4).',
    ],
    [
      'a cycle',
      () => {
        const a = dense({ units: 3 }).apply(x);
        const b = add({ name: 'loop' }).apply([a, x]);
        (a.inputs as unknown[])[0] = b;
        return engine.model({ inputs: x, outputs: b });
      },
      ValueError,
      'model: graph expected no cycle, got one through "add".',
    ],
    [
      'apply to nothing',
      () => dense({ units: 1 }).apply(any([])),
      ValueError,
      'dense: apply expected at least one tensor, got none.',
    ],
    [
      'apply to a layer',
      () => dense({ units: 1 }).apply(any(dense({ units: 1 }))),
      ValueError,
      'dense: apply expected what input() or apply() returns, got an object at index 0.',
    ],
    [
      'merging in a chain',
      () => engine.sequential({ layers: [dense({ units: 1, inputShape: [1] }), add()] }),
      ValueError,
      'sequential: "add" expected at least two inputs, got 1.',
    ],
    [
      'input without shape',
      () => input(any({})),
      ValueError,
      'input: shape expected [number of inputs], got undefined.',
    ],
    [
      'input of two dimensions',
      () => input({ shape: [2, 3] }),
      ShapeError,
      'input: shape expected [number of inputs], got [2,3]. Rows are flat: flatten them first.',
    ],
    [
      'an unknown option of model',
      () => engine.model(any({ inputs: x, outputs: h, sed: 1 })),
      ValueError,
      'model: unknown option "sed". Did you mean "seed"?',
    ],
  ]);
});

describe('options of layers, callbacks, schedules and facades', () => {
  refuses([
    [
      'dropout without rate',
      () => dropout(any({})),
      ValueError,
      'dropout: rate expected a number in [0, 1), got undefined.',
    ],
    [
      'dropout of everything',
      () => dropout({ rate: 1 }),
      ValueError,
      'dropout: rate expected a number in [0, 1), got 1.',
    ],
    [
      'negative noise',
      () => gaussianNoise({ stddev: -1 }),
      ValueError,
      'gaussianNoise: stddev expected a number >= 0, got -1.',
    ],
    [
      'momentum of 1',
      () => batchNormalization({ momentum: 1 }),
      ValueError,
      'batchNormalization: momentum expected a number in [0, 1), got 1.',
    ],
    [
      'no epsilon',
      () => layerNormalization({ epsilon: 0 }),
      ValueError,
      'layerNormalization: epsilon expected a number > 0, got 0.',
    ],
    ['no scale', () => rescaling(any({})), ValueError, 'rescaling: scale expected a finite number, got undefined.'],
    [
      'a negative variance',
      () => normalization({ variance: [1, -1] }),
      ValueError,
      'normalization: variance[1] expected a number >= 0, got -1.',
    ],
    [
      'a mean that is no list',
      () => normalization(any({ mean: 1 })),
      ValueError,
      'normalization: mean expected a list of numbers, got 1.',
    ],
    [
      'a mean for other inputs',
      () => engine.sequential({ layers: [normalization({ mean: [1, 2], inputShape: [3] })] }),
      ShapeError,
      'sequential: "normalization": mean expected 3 values, got 2.',
    ],
    [
      'adapt to nothing',
      () => normalization().adapt([]),
      ValueError,
      'normalization: adapt expected rows, or an inputShape for a flat Float32Array.',
    ],
    [
      'adapt to NaN',
      () => normalization().adapt([[1], [NaN]]),
      ValueError,
      'adapt: x expected finite numbers, got NaN in row 1, column 0.',
    ],
    [
      'an unknown activation',
      () => activation(any('rleu')),
      ValueError,
      'activation: activation is unknown: "rleu". Did you mean "relu"?',
    ],
    [
      'an unknown option of prelu',
      () => prelu(any({ slope: 1 })),
      ValueError,
      'prelu: unknown option "slope". There are: slopeInitializer, inputShape, name.',
    ],
    ['a limit of 0', () => maxNorm(0), ValueError, 'maxNorm: limit expected a number > 0, got 0.'],
    [
      'an unknown constraint',
      () => maxout(any({ units: 1, kernelConstraint: 'maxnorm' })),
      ValueError,
      'maxout: kernelConstraint is unknown: "maxnorm". Did you mean "maxNorm"?',
    ],
    [
      'patience below 0',
      () => earlyStopping({ patience: -1 }),
      ValueError,
      'earlyStopping: patience expected an integer >= 0, got -1.',
    ],
    [
      'an unknown mode',
      () => earlyStopping(any({ mode: 'most' })),
      ValueError,
      'earlyStopping: mode is unknown: "most". There are: auto, min, max.',
    ],
    [
      'a factor of 1',
      () => reduceLROnPlateau({ factor: 1 }),
      ValueError,
      'reduceLROnPlateau: factor expected a number in (0, 1), got 1.',
    ],
    [
      'a rate for a scheduler',
      () => learningRateScheduler(any(0.1)),
      ValueError,
      'learningRateScheduler: rate expected a function, got 0.1.',
    ],
    [
      'a log to nowhere',
      () => csvLogger(any(undefined)),
      ValueError,
      'csvLogger: target expected a path or a function, got undefined.',
    ],
    [
      'a diagnosis every 0 epochs',
      () => diagnostics({ every: 0 }),
      ValueError,
      'diagnostics: every expected an integer >= 1, got 0.',
    ],
    [
      'hidden layers of 0',
      () => mlpClassifier({ hiddenLayers: [0] }),
      ValueError,
      'mlpClassifier: hiddenLayers[0] expected an integer >= 1, got 0.',
    ],
    [
      'an unknown option of a facade',
      () => mlpRegressor(any({ epoch: 1 })),
      ValueError,
      'mlpRegressor: unknown option "epoch". Did you mean "epochs"?',
    ],
  ]);
});

describe('facades', () => {
  const rows = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  refuses([
    [
      'predict before fit',
      () => mlpClassifier({ engine }).predict(rows),
      StateError,
      'mlpClassifier.predictProbabilities: a fitted model expected, got one that is not. Call fit first.',
    ],
    [
      'score before fit',
      () => mlpRegressor({ engine }).score(rows, [1, 2, 3]),
      StateError,
      'mlpRegressor.score: a fitted model expected, got one that is not. Call fit first.',
    ],
    [
      'one class',
      () => mlpClassifier({ engine }).fit(rows, ['a', 'a', 'a']),
      ValueError,
      'mlpClassifier.fit: labels expected at least two different ones, got 1.',
    ],
    [
      'labels of another kind',
      () => mlpClassifier({ engine }).fit(rows, any([1, 2, null])),
      ValueError,
      'mlpClassifier.fit: labels expected strings or finite numbers, got null in row 2.',
    ],
    [
      'fewer labels than rows',
      () => mlpClassifier({ engine }).fit(rows, ['a', 'b']),
      ShapeError,
      'mlpClassifier.fit: x expected 2 rows, one per target, got 3.',
    ],
    [
      'ragged rows',
      () => mlpRegressor({ engine }).fit([[1, 2], [3]], [1, 2]),
      ShapeError,
      'mlpRegressor.fit: x expected 2 values per row, got 1 in row 1.',
    ],
    [
      'a NaN',
      () => mlpRegressor({ engine }).fit(rows, [1, NaN, 2]),
      ValueError,
      'mlpRegressor.fit: y expected finite numbers, got NaN in row 1, column 0.',
    ],
  ]);
});

describe('compile and data of several outputs', () => {
  const build = (): Model<Float32Array[]> => {
    const a = input({ shape: [2], name: 'a' });
    const b = input({ shape: [1], name: 'b' });
    const body = concatenate().apply([a, b]);
    return engine.model({
      inputs: [a, b],
      outputs: [
        dense({ units: 3, activation: 'softmax', name: 'kind' }).apply(body),
        dense({ units: 1, name: 'size' }).apply(body),
      ],
    });
  };
  const xs = [X, [[1], [2], [3]]] as const;
  const ys = { kind: LABELS, size: [[1], [2], [3]] };
  const losses = { kind: 'sparseCategoricalCrossentropy', size: 'meanSquaredError' } as const;
  const compiled = (): Model<Float32Array[]> => {
    const model = build();
    model.compile({ optimizer: 'sgd', loss: losses });
    return model;
  };
  const cases: [string, (model: Model<Float32Array[]>) => unknown, new (...args: never[]) => Error, string][] = [
    [
      'a loss for an unknown output',
      (m) => m.compile({ optimizer: 'sgd', loss: { kid: 'hinge' } }),
      ValueError,
      'compile: loss has no output "kid". Did you mean "kind"?',
    ],
    [
      'a loss missing',
      (m) => m.compile({ optimizer: 'sgd', loss: { kind: 'hinge' } }),
      ValueError,
      'compile: loss of "size" expected a name or what its factory makes, got undefined.',
    ],
    [
      'losses of another number',
      (m) => m.compile({ optimizer: 'sgd', loss: ['hinge'] }),
      ShapeError,
      'compile: loss expected one for each of 2 outputs, got 1.',
    ],
    [
      'a negative loss weight',
      (m) => m.compile({ optimizer: 'sgd', loss: losses, lossWeights: { size: -1 } }),
      ValueError,
      'compile: lossWeights of "size" expected a number >= 0, got -1.',
    ],
    [
      'metrics of an unknown output',
      (m) => m.compile({ optimizer: 'sgd', loss: losses, metrics: { sizes: ['r2'] } }),
      ValueError,
      'compile: metrics has no output "sizes". Did you mean "size"?',
    ],
    ['one input for two', (m) => m.fit(X, any(ys)), ShapeError, 'fit: x expected a list of 2, one for each, got 3.'],
    [
      'a flat input for two',
      (m) => m.predict(new Float32Array(3)),
      ValueError,
      'predict: x expected a list or an object for "a", "b", got Float32Array(3).',
    ],
    [
      'inputs of different lengths',
      (m) => m.predict([X, [[1]]]),
      ShapeError,
      'predict: x[1] expected 3 rows as in x[0], got 1.',
    ],
    [
      'an unknown input',
      (m) => m.predict(any({ a: X, third: [[1]] })),
      ValueError,
      'predict: x has no place "third". There are: a, b.',
    ],
    [
      'targets of one output',
      (m) => m.evaluate(xs, any({ kind: LABELS })),
      ValueError,
      'evaluate: y.size expected a Float32Array or an array of rows, got undefined.',
    ],
    [
      'a class out of range',
      (m) => m.trainOnBatch(xs, { ...ys, kind: [0, 1, 3] }),
      ValueError,
      'trainOnBatch: y.kind expected a class index from 0 to 2, got 3 in row 2.',
    ],
    [
      'class weights',
      (m) => m.trainOnBatch(xs, ys, { classWeight: { 0: 2 } }),
      ValueError,
      'trainOnBatch: classWeight expected a model with one output, got 2 outputs.',
    ],
    [
      'one array to predict into',
      (m) => m.predictInto([new Float32Array(2), new Float32Array(1)], any(new Float32Array(3))),
      ShapeError,
      'predictInto: out expected a list of 2, got Float32Array(3).',
    ],
    [
      'a wrong length to predict into',
      (m) => m.predictInto([new Float32Array(2), new Float32Array(1)], [new Float32Array(3), new Float32Array(2)]),
      ShapeError,
      'predictInto: out[1] expected 1 values for 1 rows, got 2.',
    ],
  ];
  test.each(cases)('%s', async (_title, act, error, message) => {
    const model = compiled();
    const before = [model.save(), engine.memory()];
    expectError(await thrownBy(() => act(model)), error, message);
    expect([model.save(), engine.memory()]).toEqual(before);
    model.dispose();
  });
});

describe('weights of rows and classes, sources of batches', () => {
  const cases: Parameters<typeof check>[1][] = [
    [
      'too few weights',
      (m) => m.fit(X, Y, { sampleWeight: [1, 2] }),
      ShapeError,
      'fit: sampleWeight expected 3 values, got 2.',
    ],
    [
      'a negative weight',
      (m) => m.evaluate(X, Y, { sampleWeight: [1, -2, 1] }),
      ValueError,
      'evaluate: sampleWeight expected numbers >= 0, got -2 in row 1.',
    ],
    [
      'a weight that is none',
      (m) => m.trainOnBatch(X, Y, { sampleWeight: any(1) }),
      ValueError,
      'trainOnBatch: sampleWeight expected a number per row, got 1.',
    ],
    [
      'an unknown class',
      (m) => m.fit(X, Y, { classWeight: { 3: 1 } }),
      ValueError,
      'fit: classWeight expected classes from 0 to 2, got "3".',
    ],
    [
      'a negative class weight',
      (m) => m.fit(X, Y, { classWeight: [1, -1, 1] }),
      ValueError,
      'fit: classWeight of class 1 expected a number >= 0, got -1.',
    ],
    [
      'batchSize with a source',
      (m) => m.fit([[X, Y]][Symbol.iterator]() as never, { batchSize: 2 } as never),
      ValueError,
      'fit: batchSize expected only with rows in memory, got it with a source of batches.',
    ],
    [
      'a source without batches',
      (m) => m.fit(() => []),
      ValueError,
      'fit: x expected at least one batch in epoch 0, got 0. A generator runs once: pass a function that makes one for each epoch.',
    ],
    [
      'a function that returns none',
      (m) => m.fit(any(() => 1)),
      ValueError,
      'fit: x expected a function that returns an iterable, got one that returns 1.',
    ],
    [
      'a batch that does not fit',
      (m) => m.fit(() => [[X, [[1]]]]),
      ShapeError,
      'fit: batch 0 of epoch 0: y expected 3 values per row, got 1 in row 0.',
    ],
    [
      'a learning rate below 0',
      (m) => void (m.learningRate = -1),
      ValueError,
      'learningRate: rate expected a number >= 0, got -1.',
    ],
    [
      'adapt without normalization',
      (m) => m.adapt(X),
      StateError,
      'adapt: a model with a normalization layer on an input expected, got one without.',
    ],
  ];
  test.each(cases)('%s', async (...refusal) => {
    const model = trained();
    await check(model, refusal);
    model.dispose();
  });

  test('a monitor that is not in the logs ends fit before its first step', async () => {
    const model = trained();
    expectError(
      await thrownBy(() => model.fit(X, Y, { epochs: 3, callbacks: [earlyStopping()] })),
      ValueError,
      'earlyStopping: monitor expected a key of the logs, got "valLoss". There are: loss, accuracy. Keys that start with val need validation data.',
    );
    expect(model.stepCount).toBe(1);
    model.dispose();
  });

  test('a batch that does not fit ends fit with the steps before it', async () => {
    const [model, one] = [trained(), trained()];
    const thrown = await thrownBy(() => model.fit(any(() => [[X, Y], 7])));
    expectError(thrown, ValueError, 'fit: batch 1 of epoch 0 expected [x, y] or [x, y, sampleWeight], got 7.');
    one.trainOnBatch(X, Y);
    expect(model.getWeights()).toEqual(one.getWeights());
    model.dispose();
    one.dispose();
  });

  test('a generator that is used up', async () => {
    const model = trained();
    function* once(): Generator<readonly [number[][], number[][]]> {
      yield [X, Y];
    }
    const thrown = await thrownBy(() => model.fit(once(), { epochs: 2 }));
    expectError(
      thrown,
      ValueError,
      'fit: x expected at least one batch in epoch 1, got 0. A generator runs once: pass a function that makes one for each epoch.',
    );
    model.dispose();
  });

  test('a learning rate beside a schedule', async () => {
    const model = trained();
    model.compile({ optimizer: sgd({ learningRate: schedules.constant({ learningRate: 0.1 }) }), loss: 'hinge' });
    await check(model, [
      'set',
      (m) => void (m.learningRate = 1),
      StateError,
      'learningRate: an optimizer with a fixed learning rate expected, got one with a schedule.',
    ]);
    model.dispose();
  });
});

describe("functions of the user's own", () => {
  const square = {
    name: 'square',
    forward: (z: Float32Array) => z.map((v) => v * v),
    derivative: (z: Float32Array) => z.map((v) => 2 * v),
  };
  const build = (own: object): Model =>
    engine.sequential({ layers: [dense({ units: 3, activation: any(own), inputShape: [2] })] });
  const quadratic = {
    name: 'quadratic',
    value: (y: Float32Array, t: Float32Array) => y.reduce((sum, v, j) => sum + (v - t[j]) ** 2, 0),
    gradient: (y: Float32Array, t: Float32Array) => y.map((v, j) => 2 * (v - t[j])),
  };

  const cases: [string, object, object, (model: Model) => unknown, new (...args: never[]) => Error, string][] = [
    [
      'forward too short',
      { ...square, forward: () => [1] },
      quadratic,
      (m) => m.predict(X),
      ShapeError,
      'activation "square": forward expected 3 values, got 1.',
    ],
    [
      'forward of nothing',
      { ...square, forward: () => undefined },
      quadratic,
      (m) => m.predict(X),
      ValueError,
      'activation "square": forward expected a Float32Array of 3 values, got undefined.',
    ],
    [
      'derivative too long',
      { ...square, derivative: () => new Float32Array(4) },
      quadratic,
      (m) => m.trainOnBatch(X, Y),
      ShapeError,
      'activation "square": derivative expected 3 values, got 4.',
    ],
    [
      'a loss that is no number',
      square,
      { ...quadratic, value: () => 'much' },
      (m) => m.fit(X, Y),
      ValueError,
      'loss "quadratic": value expected a number, got "much".',
    ],
    [
      'a gradient too short',
      square,
      { ...quadratic, gradient: () => new Float32Array(2) },
      (m) => m.fit(X, Y),
      ShapeError,
      'loss "quadratic": gradient expected 3 values, got 2.',
    ],
    [
      'a loss without gradient',
      square,
      quadratic,
      (m) => m.compile({ optimizer: 'sgd', loss: any({ name: 'half', value: quadratic.value }) }),
      ValueError,
      'compile: loss expected "half" to have a function gradient, got undefined.',
    ],
    [
      'a loss without name',
      square,
      quadratic,
      (m) => m.compile({ optimizer: 'sgd', loss: any({ value: quadratic.value, gradient: quadratic.gradient }) }),
      ValueError,
      'compile: loss expected an object with a name, got undefined as its name.',
    ],
  ];
  test.each(cases)('%s', async (_title, own, loss, act, error, message) => {
    const model = build(own);
    model.compile({ optimizer: 'sgd', loss: any(loss) });
    const before = model.save();
    expectError(await thrownBy(() => act(model)), error, message);
    expect(model.save()).toEqual(before);
    model.dispose();
  });

  test('an activation without derivative', async () => {
    const thrown = await thrownBy(() => build({ name: 'half', forward: square.forward }));
    expectError(thrown, ValueError, 'dense: activation expected "half" to have a function derivative, got undefined.');
  });

  test('are asked for again by loadModel', async () => {
    const model = build(square);
    model.compile({ optimizer: 'sgd', loss: quadratic });
    model.trainOnBatch(X, Y);
    const bytes = model.save();
    expectError(
      await thrownBy(() => engine.loadModel(bytes)),
      FormatError,
      `loadModel: the file's model is refused. dense: activation expected the object "square" with its functions, got its name alone. ` +
        'Pass it in custom, an option of loadModel and attachModel.',
    );
    const again = engine.loadModel(bytes, { custom: [square, quadratic] });
    again.trainOnBatch(X, Y);
    model.trainOnBatch(X, Y);
    expect(again.save()).toEqual(model.save());
    model.dispose();
    again.dispose();
  });

  test('that are no objects', async () => {
    const bytes = build(square).save();
    const thrown = await thrownBy(() => engine.loadModel(bytes, { custom: any([square.forward]) }));
    expectError(thrown, ValueError, 'loadModel: custom[0] expected an object with a name, got a function.');
  });
});

describe('files of graphs', () => {
  const source = (): Uint8Array => {
    const a = input({ shape: [2], name: 'a' });
    const b = dense({ units: 2, name: 'b' }).apply(a);
    return engine.model({ inputs: a, outputs: add({ name: 'c' }).apply([a, b]) }).save();
  };
  type Forged = { nodes: { layer: unknown; inputs: unknown }[]; inputs: unknown; outputs: unknown; layers: unknown[] };
  const cases: [string, (architecture: Forged) => void, string][] = [
    ['a cycle', (g) => (g.nodes[1].inputs = [2]), 'loadModel: nodes[1].inputs[0] expected an index below 1, got 2.'],
    [
      'a node on itself',
      (g) => (g.nodes[1].inputs = [1]),
      'loadModel: nodes[1].inputs[0] expected an index below 1, got 1.',
    ],
    ['no layer', (g) => (g.nodes[1].layer = 9), 'loadModel: nodes[1].layer[0] expected an index below 3, got 9.'],
    ['nodes that are none', (g) => (g.nodes = any('many')), 'loadModel: nodes expected a list, got "many".'],
    ['outputs that are none', (g) => (g.outputs = [1.5]), 'loadModel: outputs[0] expected an index below 3, got 1.5.'],
    [
      'an input that is a layer',
      (g) => (g.inputs = [1]),
      'loadModel: inputs expected every input of the graph and nothing else, got nodes[0].',
    ],
    [
      'an input layer on something',
      (g) => (g.nodes[1] = { layer: 0, inputs: [0] }),
      'loadModel: nodes[1] expected inputs for every layer but an input, got 1.',
    ],
    [
      'nothing before a layer',
      (g) => (g.nodes[1].inputs = []),
      'loadModel: nodes[1] expected inputs for every layer but an input, got 0.',
    ],
  ];
  test.each(cases)('%s', async (_title, forge, message) => {
    const bytes = source();
    const before = engine.memory();
    const header = headerOf(bytes);
    const own = JSON.parse(header.__metadata__['wasm-mlp']) as { architecture: Forged };
    forge(own.architecture);
    header.__metadata__['wasm-mlp'] = JSON.stringify(own);
    const thrown = await thrownBy(() => engine.loadModel(withHeader(bytes, header)));
    expect(thrown).toBeInstanceOf(FormatError);
    expect(thrown.message.replace("the file's model is refused. ", '')).toBe(message);
    expect(engine.memory()).toEqual(before);
  });
});

test('terminateOnNaN and the rest are plain callbacks', () => {
  expect(Object.keys(terminateOnNaN())).toEqual(['onBatchEnd']);
});
