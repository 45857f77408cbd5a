/** `modelFromJSON`: models from what `toJSON` gives, checked as files are. */
import { describe, expect, test } from 'vitest';
import {
  activation,
  add,
  batchNormalization,
  createEngine,
  dense,
  FormatError,
  input,
  l2,
  modelFromJSON,
  normalization,
  ShapeError,
  ValueError,
  type WasmMlpError,
  type Architecture,
  type Model,
} from '../../src/index.js';

const engine = await createEngine();
const other = await createEngine();

const chain = (): Model =>
  engine.sequential({
    seed: 9,
    layers: [
      normalization({ mean: [1, 2], variance: [3, 4], inputShape: [2] }),
      dense({ units: 3, activation: 'prelu', kernelRegularizer: l2(0.1), trainable: false }),
      batchNormalization({ momentum: 0.5, learningRateFactor: 0.5 }),
      dense({ units: 1 }),
    ],
  });
function graph(): Model<Float32Array[]> {
  const [a, b] = [input({ shape: [2], name: 'a' }), input({ shape: [2] })];
  const shared = dense({ units: 2, name: 'shared' });
  const sum = add().apply([shared.apply(a), shared.apply(b)]);
  return engine.model({ inputs: [a, b], outputs: [sum, activation('relu').apply(sum)], seed: 4 });
}

describe.each<[string, () => Model<Float32Array | Float32Array[]>]>([
  ['a chain', chain],
  ['a graph', graph],
])('%s', (_, build) => {
  test.each<[string, (network: Model<Float32Array | Float32Array[]>) => Architecture | string]>([
    ['the object', (network) => network.toJSON()],
    ['its text', (network) => JSON.stringify(network)],
    ['the object of its text', (network) => JSON.parse(JSON.stringify(network)) as Architecture],
  ])('from %s: the same architecture, names and initial weights', async (_form, form) => {
    const network = build();
    const json = form(network);
    for (const again of [
      engine.modelFromJSON<Float32Array | Float32Array[]>(json),
      await modelFromJSON<Float32Array | Float32Array[]>(json, { engine: other }),
    ]) {
      expect(again.toJSON()).toEqual(network.toJSON());
      expect(again.getWeights()).toEqual(network.getWeights());
      expect(again.layers.map(({ name, trainable }) => [name, trainable])).toEqual(
        network.layers.map(({ name, trainable }) => [name, trainable]),
      );
      expect(again.epochCount).toBe(0);
      again.dispose();
    }
    network.dispose();
  });
});

test('custom objects are found by their names', () => {
  const own = {
    name: 'double',
    forward: (z: Float32Array) => z.map((v) => 2 * v),
    derivative: (z: Float32Array) => z.map(() => 2),
  };
  const network = engine.sequential({ layers: [dense({ units: 1, activation: own, inputShape: [2] })] });
  const json = JSON.stringify(network);
  const again = engine.modelFromJSON(json, { custom: [own] });
  expect(again.predict([[1, 2]])).toEqual(network.predict([[1, 2]]));
  expect(() => engine.modelFromJSON(json)).toThrow(/double/);
  again.dispose();
  network.dispose();
});

test('what is no architecture is refused, and takes no memory', () => {
  const { used } = engine.memory();
  const chained = { seed: 0, layers: [{ kind: 'dense', config: { units: 1, inputShape: [2] } }] };
  const cases: [unknown, typeof WasmMlpError, string][] = [
    ['no json', FormatError, 'modelFromJSON: json expected JSON, got something else.'],
    [`[${'0,'.repeat(1_100_000)}0]`, FormatError, 'at most 1048576 values'],
    ['[]', ValueError, 'modelFromJSON: json expected what model.toJSON() gives, or its text'],
    [
      { ...chained, layers: [() => 1] },
      ValueError,
      'modelFromJSON: json.layers[0] expected plain data, got a function',
    ],
    ['"text"', ValueError, 'json expected what model.toJSON() gives'],
    [undefined, ValueError, 'got undefined'],
    [null, ValueError, 'got null'],
    [new Uint8Array(8), ValueError, 'json expected what model.toJSON() gives'],
    [{}, ValueError, 'modelFromJSON: layers expected a list of layers, got undefined'],
    [{ ...chained, epochs: 3 }, ValueError, 'modelFromJSON: unknown option "epochs"'],
    [{ ...chained, layers: [] }, ValueError, 'layers expected at least one layer'],
    [
      { ...chained, layers: [{ kind: 'dens', config: {} }] },
      ValueError,
      'layers[0] is unknown: "dens". Did you mean "dense"?',
    ],
    [
      { ...chained, layers: [{ kind: 'dense', config: { units: 0, inputShape: [2] } }] },
      ValueError,
      'units expected an integer >= 1',
    ],
    [{ ...chained, seed: -1 }, ValueError, 'seed expected an integer'],
    [
      { ...graph().toJSON(), nodes: [{ layer: 9, inputs: [] }] },
      ValueError,
      'nodes[0].layer[0] expected an index below 5',
    ],
    [
      { ...chained, layers: [...chained.layers, { kind: 'dense', config: { units: 1, inputShape: [5] } }] },
      ShapeError,
      'inputShape of layer 1 expected [1], got [5]',
    ],
  ];
  for (const [json, type, message] of cases) {
    const call = (): unknown => engine.modelFromJSON(json as string);
    expect(call, message).toThrow(type);
    expect(call).toThrow(message);
  }
  expect(engine.memory().used).toBeLessThan(used + 4096);
});
