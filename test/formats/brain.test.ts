/** `fromBrain`: networks that brain.js 1.6.1 and 2.0 saved, against what they return; and what is refused. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { fromBrain, type BrainFile } from '../../src/brain.js';
import { FormatError, ValueError } from '../../src/index.js';

interface Case {
  readonly version: string;
  readonly activation: string;
  readonly named: boolean;
  readonly json: Readonly<Record<string, unknown>>;
  readonly outputs: readonly { readonly input: number[]; readonly output: readonly [string, number][] }[];
}

const { cases, refused } = JSON.parse(readFileSync('test/golden/brain.json', 'utf8')) as {
  cases: Case[];
  refused: object[];
};

async function refusal(json: BrainFile): Promise<string> {
  const error: unknown = await fromBrain(json).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FormatError);
  return (error as Error).message;
}

describe('networks of brain.js', () => {
  test.each(cases.map((one) => [`${one.version}, ${one.activation}${one.named ? ', with names' : ''}`, one] as const))(
    '%s returns the same',
    async (_, { json, outputs, named }) => {
      const model = await fromBrain(JSON.stringify(json));
      expect(model.columns).toEqual(named ? ['warm', 'wet', 'windy'] : undefined);
      expect(model.labels).toEqual(named ? outputs[0].output.map(([name]) => name) : undefined);
      const predicted = model.predict(outputs.map(({ input }) => input));
      const expected = outputs.flatMap(({ output }) => output.map(([, value]) => value));
      expect(predicted.length).toBe(expected.length);
      expected.forEach((value, i) => expect(Math.abs(predicted[i] - value)).toBeLessThanOrEqual(1e-6));
      model.dispose();
    },
  );

  it('text, bytes and objects are the same, and can be trained further', async () => {
    const { json } = cases.find(({ version, named }) => version.startsWith('2') && named)!;
    const text = JSON.stringify(json);
    const [a, b, c] = [await fromBrain(text), await fromBrain(new TextEncoder().encode(text)), await fromBrain(json)];
    expect(b.getWeights()).toEqual(a.getWeights());
    expect(c.getWeights()).toEqual(a.getWeights());
    a.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    await a.fit([[1, 0, 0]], [[1, 0, 0]], { epochs: 1 });
    expect(a.getWeights()).not.toEqual(b.getWeights());
  });

  it('of the first versions have no sizes', async () => {
    const { json, outputs } = cases.find(({ version, named }) => version.startsWith('1') && named)!;
    const { sizes, ...rest } = json;
    expect(sizes).toEqual([3, 4, 3]);
    const model = await fromBrain(rest);
    expect([...model.predict([outputs[1].input])].length).toBe(3);
  });
});

describe('refusals', () => {
  const network = {
    type: 'NeuralNetwork',
    sizes: [2, 1],
    layers: [
      { weights: [], biases: [] },
      { weights: [[1, 2]], biases: [3] },
    ],
    trainOpts: { activation: 'relu' },
  };
  const named = {
    sizes: [2, 1],
    layers: [{ a: {}, b: {} }, { y: { bias: 1, weights: { a: 1, b: 2 } } }],
    activation: 'tanh',
  };

  it('the networks that are changed below are read', async () => {
    expect([...(await fromBrain(network)).predict([[1, 1]])]).toEqual([6]);
    expect((await fromBrain(named)).columns).toEqual(['a', 'b']);
  });

  test.each(refused.map((json) => [(json as { type?: string }).type, json] as const))(
    '%s is recurrent',
    async (_, json) => {
      expect(await refusal(json)).toContain('type expected NeuralNetwork, got "LSTM');
    },
  );

  test.each<[string, object, string]>([
    ['a recurrent network of version 1', { hiddenLayers: [], input: {} }, 'Recurrent networks are not read'],
    ['an autoencoder', { ...network, type: 'AE' }, 'type expected NeuralNetwork, got "AE"'],
    [
      'an activation',
      { ...network, trainOpts: { activation: 'swish' } },
      'activation expected sigmoid, relu, tanh, leaky-relu',
    ],
    ['an activation of all objects', { ...network, trainOpts: { activation: 'constructor' } }, 'activation expected'],
    ['a slope', { ...network, trainOpts: { activation: 'leaky-relu', leakyReluAlpha: -1 } }, 'leakyReluAlpha expected'],
    [
      'a slope above float32',
      { ...network, trainOpts: { activation: 'leaky-relu', leakyReluAlpha: 1e39 } },
      'leakyReluAlpha expected a number from 0 to 3.4e38',
    ],
    ['sizes', { ...network, sizes: [2] }, 'sizes expected at least two layers'],
    ['a size', { ...network, sizes: [2, 1.5] }, 'sizes[1] expected an integer'],
    ['a large size', { ...network, sizes: [2, 1e9] }, 'sizes[1] expected an integer from 1 to 1048576'],
    ['too few layers', { ...network, sizes: [2, 1, 1] }, 'layers.length expected 3, got 2'],
    ['too few weights', { ...network, sizes: [3, 1] }, 'layers[1].weights[0].length expected 3, got 2'],
    ['too few units', { ...network, sizes: [2, 2] }, 'layers[1].weights.length expected 2, got 1'],
    [
      'text',
      { ...network, layers: [{}, { weights: [['x', 2]], biases: [3] }] },
      'layers[1].weights[0][0] expected a number',
    ],
    [
      'null',
      { ...network, layers: [{}, { weights: [[1, 2]], biases: [null] }] },
      'layers[1].biases[0] expected a number',
    ],
    ['a lookup', { ...network, inputLookup: { a: 0, b: 2 } }, 'inputLookup.b expected a column below 2, got 2'],
    ['a lookup of one', { ...network, inputLookup: { a: 0 } }, 'inputLookup expected a name for each of 2 columns'],
    [
      'the same column',
      { ...network, inputLookup: { a: 0, b: 0 } },
      'inputLookup expected a name for each of 2 columns',
    ],
    [
      'a missing weight',
      { ...named, layers: [{ a: {}, b: {} }, { y: { bias: 1, weights: { a: 1, c: 2 } } }] },
      'a number, got undefined',
    ],
    ['a missing unit', { ...named, layers: [{ a: {}, b: {} }, {}] }, '1 units as in sizes, got 0'],
    ['a unit', { ...named, layers: [{ a: {}, b: {} }, { y: 3 }] }, 'layers[1].y expected an object'],
  ])('%s', async (_, json, message) => {
    expect(await refusal(json)).toContain(message);
  });

  it('what is no JSON', async () => {
    expect(await refusal('{"a":')).toContain('json expected JSON');
    expect(await refusal('[1]')).toContain('json expected an object');
    await expect(fromBrain(3 as never)).rejects.toThrow(ValueError);
    await expect(fromBrain(undefined as never)).rejects.toThrow(ValueError);
  });
});
