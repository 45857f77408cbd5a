/** Cases of tfjs-layers/src/layers/merge_test.ts (TensorFlow.js at 0fc04d9): layers of several inputs. */
import { describe, expect, it } from 'vitest';
import {
  average,
  input,
  maximum,
  minimum,
  model,
  multiply,
  subtract,
  type Layer,
  type Model,
} from '../../../src/index.js';
import { expectClose, mergeOf, type Matrix } from '../support.js';

const LAYERS = { average, maximum, minimum, multiply };

type Merge = keyof typeof LAYERS;

const ONES: Matrix = [
  [1, 2],
  [3, 4],
];
const TENS: Matrix = [
  [10, 20],
  [30, 40],
];
const MIXED: readonly [Matrix, Matrix] = [
  [
    [1, 20],
    [3, 40],
  ],
  [
    [10, 2],
    [30, 4],
  ],
];

const values: [title: string, kind: Merge, a: Matrix, b: Matrix, expected: Matrix][] = [
  [
    'Multiply-Functional: tensors',
    'multiply',
    ONES,
    TENS,
    [
      [10, 40],
      [90, 160],
    ],
  ],
  [
    'Average-Functional: tensors',
    'average',
    ONES,
    TENS,
    [
      [5.5, 11],
      [16.5, 22],
    ],
  ],
  ['Maximum-Functional: tensors', 'maximum', ...MIXED, TENS],
  ['Minimum-Functional: tensors', 'minimum', ...MIXED, ONES],
  [
    'Multiply Layer: 2D times 2D',
    'multiply',
    TENS,
    [
      [-1, -2],
      [-3, -4],
    ],
    [
      [-10, -40],
      [-90, -160],
    ],
  ],
  [
    'Average Layer: 2D and 2D',
    'average',
    TENS,
    [
      [-2, -4],
      [-6, -8],
    ],
    [
      [4, 8],
      [12, 16],
    ],
  ],
  [
    'Maximum Layer: 2D and 2D',
    'maximum',
    [
      [10, 20],
      [-6, -8],
    ],
    [
      [-2, -4],
      [30, 40],
    ],
    TENS,
  ],
  [
    'Minimum Layer: 2D and 2D',
    'minimum',
    [
      [10, 20],
      [-6, -8],
    ],
    [
      [-2, -4],
      [30, 40],
    ],
    [
      [-2, -4],
      [-6, -8],
    ],
  ],
];

/** Builds a network of one layer applied to that number of inputs. */
async function built(layer: Layer, count: number): Promise<Model> {
  const inputs = Array.from({ length: count }, () => input({ shape: [2] }));
  return model({ inputs, outputs: layer.apply(inputs) });
}

describe('merges of TensorFlow.js', () => {
  it.each(values)('%s', async (_title, kind, a, b, expected) => {
    expectClose(await mergeOf(LAYERS[kind](), a, b), expected, 1e-5);
  });

  describe.each(Object.entries(LAYERS))('%s', (kind, layer) => {
    it('Calling without arg returns Layer', () => {
      expect(layer().kind).toBe(kind);
    });

    it('Calling with config arg returns Layer', () => {
      expect(layer({ name: `${kind}Layer` }).config.name).toBe(`${kind}Layer`);
    });

    it.each([2, 4])('Symbolic, %i inputs', (count) => {
      const inputs = Array.from({ length: count }, () => input({ shape: [3] }));
      const output = layer().apply(inputs);
      expect(output.inputs).toEqual(inputs);
      expect(output.layer.kind).toBe(kind);
    });

    it('Single input leads to exception', async () => {
      await expect(built(layer(), 1)).rejects.toThrow(/ two inputs/);
    });
  });

  it('Subtract of one or three inputs leads to exception (Keras: exactly 2 inputs)', async () => {
    for (const count of [1, 3]) await expect(built(subtract(), count)).rejects.toThrow(/ two inputs/);
  });
});
