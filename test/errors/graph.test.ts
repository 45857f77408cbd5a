/**
 * Invalid graphs, models of several outputs and files of graphs: each must be refused with the exact error class and
 * message, and leave nothing behind.
 */
import { describe, expect, test } from 'vitest';
import {
  add,
  concatenate,
  dense,
  FormatError,
  input,
  maximum,
  ShapeError,
  subtract,
  ValueError,
  type Model,
} from '../../src/index.js';
import { any, engine, expectError, LABELS, refusesAll, thrownBy, X } from '../support/reference/refusals.js';
import { headerOf, withHeader } from '../support/reference/safetensors.js';

const x = input({ shape: [3] });
const other = input({ shape: [2], name: 'other' });
const h = dense({ units: 4, name: 'h' }).apply(x);

describe('graphs', () => {
  refusesAll([
    [
      'missing inputs',
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
      'a layer as an output',
      () => engine.model({ inputs: x, outputs: any(dense({ units: 1 })) }),
      ValueError,
      'model: outputs expected what input() or apply() returns, got an object.',
    ],
    [
      "a layer's output as an input",
      () => engine.model({ inputs: [x, h], outputs: h }),
      ValueError,
      'model: inputs[1] expected what input() returns, got a "dense".',
    ],
    [
      'the same input twice',
      () => engine.model({ inputs: [x, x], outputs: h }),
      ValueError,
      'model: inputs expected each once, got one twice.',
    ],
    [
      'the same output twice',
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
      'an input on which no output depends',
      () => engine.model({ inputs: [x, other], outputs: h }),
      ValueError,
      'model: inputs[1], "other", expected to reach an output, got none that depends on it.',
    ],
    [
      'two layers with the same name',
      () => engine.model({ inputs: x, outputs: dense({ units: 2, name: 'h' }).apply(h) }),
      ValueError,
      'model: layers expected different names, got "h" twice.',
    ],
    [
      'widths that do not match',
      () => engine.model({ inputs: x, outputs: add({ name: 'sum' }).apply([x, h]) }),
      ShapeError,
      'model: "sum" expected inputs of the same width, got 3, 4.',
    ],
    [
      'widths that do not match in another merge',
      () => engine.model({ inputs: x, outputs: maximum({ name: 'most' }).apply([x, h]) }),
      ShapeError,
      'model: "most" expected inputs of the same width, got 3, 4.',
    ],
    [
      'three inputs for a difference',
      () => engine.model({ inputs: x, outputs: subtract().apply([x, x, x]) }),
      ValueError,
      'model: "subtract" expected two inputs, got 3. Apply subtract twice, or add() to what is subtracted.',
    ],
    [
      'an inputShape that differs from the width',
      () => engine.model({ inputs: x, outputs: dense({ units: 2, name: 'out', inputShape: [5] }).apply(h) }),
      ShapeError,
      'model: inputShape of "out" expected [4], got [5].',
    ],
    [
      'one input for a layer that takes several',
      () => engine.model({ inputs: x, outputs: add().apply(h) }),
      ValueError,
      'model: "add" expected at least two inputs, got 1.',
    ],
    [
      'several inputs for a layer that takes one',
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
      'apply without tensors',
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
      'a merging layer in a chain',
      () => engine.sequential({ layers: [dense({ units: 1, inputShape: [1] }), add()] }),
      ValueError,
      'sequential: "add" expected at least two inputs, got 1.',
    ],
    [
      'an input without a shape',
      () => input(any({})),
      ValueError,
      'input: shape expected [number of inputs], got undefined.',
    ],
    [
      'an input of two dimensions',
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
      'a loss that is missing for an output',
      (m) => m.compile({ optimizer: 'sgd', loss: { kind: 'hinge' } }),
      ValueError,
      'compile: loss of "size" expected a name or the result of its factory, got undefined.',
    ],
    [
      'too few losses',
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
    [
      'one input for a model of two',
      (m) => m.fit(X, any(ys)),
      ShapeError,
      'fit: x expected a list of 2, one for each, got 3.',
    ],
    [
      'a flat input for a model of two',
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
      'predict: x has an unknown name "third". There are: a, b.',
    ],
    [
      'targets for one output of two',
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
      'class weights for two outputs',
      (m) => m.trainOnBatch(xs, ys, { classWeight: { 0: 2 } }),
      ValueError,
      'trainOnBatch: classWeight expected weights by class for each of 2 outputs, got an object. ' +
        'Write { "kind": { 0: 1, 1: 2 }, "size": { 0: 1, 1: 2 } }.',
    ],
    [
      'one array to predict two outputs into',
      (m) => m.predictInto([new Float32Array(2), new Float32Array(1)], any(new Float32Array(3))),
      ShapeError,
      'predictInto: out expected a list of 2, got Float32Array(3).',
    ],
    [
      'an array of the wrong length to predict into',
      (m) => m.predictInto([new Float32Array(2), new Float32Array(1)], [new Float32Array(3), new Float32Array(2)]),
      ShapeError,
      'predictInto: out[1] expected 1 value for 1 row, got 2.',
    ],
  ];
  test.each(cases)('refuses %s', async (_title, act, error, message) => {
    const model = compiled();
    const before = [model.save(), engine.memory()];
    expectError(await thrownBy(() => act(model)), error, message);
    expect([model.save(), engine.memory()]).toEqual(before);
    model.dispose();
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
      'a node that is its own input',
      (g) => (g.nodes[1].inputs = [1]),
      'loadModel: nodes[1].inputs[0] expected an index below 1, got 1.',
    ],
    [
      'a node without a layer',
      (g) => (g.nodes[1].layer = 9),
      'loadModel: nodes[1].layer[0] expected an index below 3, got 9.',
    ],
    ['nodes that are no list', (g) => (g.nodes = any('many')), 'loadModel: nodes expected a list, got "many".'],
    [
      'an output that is no index',
      (g) => (g.outputs = [1.5]),
      'loadModel: outputs[0] expected an index below 3, got 1.5.',
    ],
    [
      "an input that is a layer's output",
      (g) => (g.inputs = [1]),
      'loadModel: inputs expected every input of the graph and nothing else, got nodes[0].',
    ],
    [
      'an input layer with an input',
      (g) => (g.nodes[1] = { layer: 0, inputs: [0] }),
      'loadModel: nodes[1] expected inputs for every layer except an input, got 1.',
    ],
    [
      'a layer without inputs',
      (g) => (g.nodes[1].inputs = []),
      'loadModel: nodes[1] expected inputs for every layer except an input, got 0.',
    ],
  ];
  test.each(cases)('refuses %s', async (_title, forge, message) => {
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
