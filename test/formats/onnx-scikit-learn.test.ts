/**
 * Files that skl2onnx wrote of scikit-learn's models, in two of its versions, by test/golden/make_skl2onnx_files.py:
 * what scikit-learn predicts, in float64, and the labels. Graphs made here have the
 * forms that are refused.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/index.js';
import { importOnnx } from '../../src/onnx.js';
import { chain, inputs } from '../support/files/onnx-handmade.js';
import { onnxFile, tensor, type FileText, type NodeText } from '../support/files/onnx.js';

interface Case {
  readonly file: string;
  readonly rows: 'x' | 'integers';
  readonly y: readonly (readonly number[])[];
  readonly classes: readonly (string | number)[] | null;
}

const golden = JSON.parse(readFileSync(new URL('../golden/skl2onnx.json', import.meta.url), 'utf8')) as Record<
  string,
  { readonly x: number[][]; readonly models: Record<string, Case> }
>;

describe.each(Object.entries(golden))('skl2onnx %s', (_, { x, models }) => {
  test.each(Object.entries(models))('%s', async (_name, { file, rows, y, classes }) => {
    const model = await importOnnx(Uint8Array.from(Buffer.from(file, 'base64')));
    const predicted = model.predict(rows === 'x' ? x : x.map((row) => row.map(Math.trunc)));
    expect(predicted).toBeInstanceOf(Float32Array);
    const expected = y.flat();
    expect(predicted.length).toBe(expected.length);
    const worst = expected.map((value, i) => Math.abs(predicted[i] - value) / Math.max(1, Math.abs(value)));
    expect(Math.max(...worst)).toBeLessThanOrEqual(1e-6);
    expect(model.labels ?? null).toEqual(classes);
    model.dispose();
  });
});

/** A linear model of three features and two classes. */
const linear = (attributes: NodeText['attributes']): FileText['nodes'] => [
  {
    op: 'LinearClassifier',
    domain: 'ai.onnx.ml',
    inputs: ['x'],
    outputs: ['label', 'p'],
    attributes: { coefficients: [1.5, 2.5, 3.5, -1.5, -2.5, -3.5], classlabels_ints: [4, 7], ...attributes },
  },
];
const normalized = (attributes: NodeText['attributes']): FileText['nodes'] => [
  ...linear({ post_transform: 'LOGISTIC', ...attributes }),
  { op: 'Normalizer', domain: 'ai.onnx.ml', inputs: ['p'], outputs: ['y'], attributes: { norm: 'L1' } },
];
const bounds = [0, 1, 2, 3].map((at) => tensor(`at${at}`, [1], [at], 7));

describe('graphs of classifiers', () => {
  const read = (nodes: FileText['nodes'], outputs: readonly string[]) =>
    importOnnx(onnxFile({ nodes, inputs, outputs: [...outputs], tensors: bounds }));
  const messageOf = async (nodes: FileText['nodes'], outputs: readonly string[]): Promise<string> => {
    const error: unknown = await read(nodes, outputs).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FormatError);
    return (error as Error).message;
  };

  test('of opposite scores have shares whose sum is 1, with and without a normalizer', async () => {
    for (const [nodes, output] of [
      [linear({ post_transform: 'LOGISTIC' }), 'p'],
      [normalized({}), 'y'],
    ] as const) {
      const model = await read(nodes, ['label', output]);
      const [no, yes] = model.predict([[1, 0, -0.5]]);
      expect(no).toBeCloseTo(1 / (1 + Math.exp(0.25)), 6);
      expect(no + yes).toBeCloseTo(1, 6);
      expect(model.labels).toEqual([4, 7]);
      model.dispose();
    }
  });

  test('are refused where shares would have to be divided by their sum', async () => {
    const nodes = normalized({ coefficients: [1.5, 2.5, 3.5, 1.5, -2.5, -3.5] });
    expect(await messageOf(nodes, ['y'])).toMatch(/Normalizer of opset \d+, expected shares whose sum is 1/);
  });

  test.each([
    [{ coefficients: [1.5, 2.5] }, '2 × 3 coefficients'],
    [{ intercepts: [1.5] }, '2 intercepts'],
    [{ post_transform: 'constructor' }, 'a post_transform of NONE, SOFTMAX or LOGISTIC'],
    [{ post_transform: 'PROBIT' }, 'a post_transform of NONE, SOFTMAX or LOGISTIC'],
  ])('are refused with %j', async (attributes, expected) => {
    expect(await messageOf(linear(attributes), ['p'])).toContain(`expected ${expected}`);
  });

  const column = (from: number, to: number, output: string): FileText['nodes'][number] => ({
    op: 'Slice',
    inputs: ['r', `at${from}`, `at${to}`, 'at1'],
    outputs: [output],
  });
  const relu: FileText['nodes'][number] = { op: 'Relu', inputs: ['x'], outputs: ['r'] };

  test('whose outputs are all columns in order have one output', async () => {
    const model = await read([relu, column(0, 1, 'a'), column(1, 3, 'b')], ['a', 'b']);
    expect([...model.predict([[-1, 2, 3]])]).toEqual([0, 2, 3]);
    model.dispose();
  });

  test('are refused where columns are missing, in another order or read by another node', async () => {
    const parts = [relu, column(0, 1, 'a'), column(1, 3, 'b')];
    const some = /output "[ab]" expected to be among all columns of its node, in order/;
    expect(await messageOf(parts, ['a'])).toMatch(some);
    expect(await messageOf(parts, ['b', 'a'])).toMatch(some);
    const more: FileText['nodes'] = [...parts, { op: 'Tanh', inputs: ['b'], outputs: ['y'] }];
    expect(await messageOf(more, ['y'])).toMatch(/Slice of opset \d+, expected columns that only outputs read/);
  });

  test('of a class and of the scores it is the largest of have the scores alone', async () => {
    for (const op of ['Softmax', 'LogSoftmax', 'Sigmoid']) {
      const nodes: FileText['nodes'] = [
        relu,
        { op: 'ArgMax', inputs: ['r'], outputs: ['label'], attributes: { axis: 1 } },
        { op, inputs: ['r'], outputs: ['y'] },
      ];
      const model = await read(nodes, ['label', 'y']);
      expect(model.predict([[1, 2, 3]])).toBeInstanceOf(Float32Array);
      model.dispose();
    }
    const other: FileText['nodes'] = [
      ...chain(['Relu']),
      { op: 'ArgMax', inputs: ['y'], outputs: ['label'], attributes: { axis: 1 } },
      { op: 'Neg', inputs: ['y'], outputs: ['z'] },
    ];
    const model = await importOnnx<Float32Array[]>(onnxFile({ nodes: other, inputs, outputs: ['label', 'z'] }));
    expect(model.predict([[1, 2, 3]]).map((rows) => [...rows])).toEqual([
      [1, 2, 3],
      [-1, -2, -3],
    ]);
    model.dispose();
  });
});
