/** Handmade ONNX files of the forms that exporters write, with what they compute. */
import { tensor, value, type FileText, type NodeText } from './onnx.js';

/** Rows of three numbers. */
export const inputs = [value('x', 1, [0, 3])];
/** Nodes of which each reads what the one before it has computed, and constants. */
export const chain = (
  ...ops: readonly (readonly [op: string, more?: readonly string[], attributes?: NodeText['attributes']])[]
) =>
  ops.map(([op, more = [], attributes = {}], index) => ({
    op,
    inputs: [index === 0 ? 'x' : `v${index}`, ...more],
    outputs: [index === ops.length - 1 ? 'y' : `v${index + 1}`],
    attributes,
  }));

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.log(1 + Math.exp(x));

/** Files with the formula of each column. */
export const FORMULAS: Readonly<
  Record<string, readonly [Omit<FileText, 'inputs' | 'outputs'>, (x: number) => number]>
> = {
  Relu: [{ nodes: chain(['Relu']) }, (x) => Math.max(x, 0)],
  LeakyRelu: [{ nodes: chain(['LeakyRelu', [], { alpha: 0.2 }]) }, (x) => (x > 0 ? x : 0.2 * x)],
  PRelu: [{ nodes: chain(['PRelu', ['s']]), tensors: [tensor('s', [1], [0.3])] }, (x) => (x > 0 ? x : 0.3 * x)],
  Elu: [{ nodes: chain(['Elu', [], { alpha: 0.5 }]) }, (x) => (x > 0 ? x : 0.5 * Math.expm1(x))],
  Celu: [{ nodes: chain(['Celu', [], { alpha: 2 }]) }, (x) => (x > 0 ? x : 2 * Math.expm1(x / 2))],
  Selu: [{ nodes: chain(['Selu']) }, (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x))],
  'Selu of other numbers': [
    { nodes: chain(['Selu', [], { alpha: 2, gamma: 3 }]) },
    (x) => 3 * (x > 0 ? x : 2 * Math.expm1(x)),
  ],
  Sigmoid: [{ nodes: chain(['Sigmoid']) }, sigmoid],
  Tanh: [{ nodes: chain(['Tanh']) }, Math.tanh],
  HardSigmoid: [{ nodes: chain(['HardSigmoid']) }, (x) => Math.min(Math.max(0.2 * x + 0.5, 0), 1)],
  HardSwish: [{ nodes: chain(['HardSwish']) }, (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6],
  Softplus: [{ nodes: chain(['Softplus']) }, softplus],
  Softsign: [{ nodes: chain(['Softsign']) }, (x) => x / (1 + Math.abs(x))],
  Mish: [{ nodes: chain(['Mish']), opset: 18 }, (x) => x * Math.tanh(softplus(x))],
  'Clip of two inputs': [
    { nodes: chain(['Clip', ['a', 'b']]), tensors: [tensor('a', [], [-1]), tensor('b', [], [2])] },
    (x) => Math.min(Math.max(x, -1), 2),
  ],
  'Clip of attributes': [
    { nodes: chain(['Clip', [], { min: 0, max: 6 }]), opset: 6 },
    (x) => Math.min(Math.max(x, 0), 6),
  ],
  'Max and Min with numbers': [
    { nodes: chain(['Max', ['a']], ['Min', ['b']]), tensors: [tensor('a', [], [-1]), tensor('b', [1], [2])] },
    (x) => Math.min(Math.max(x, -1), 2),
  ],
  Neg: [{ nodes: chain(['Neg']) }, (x) => -x],
  'Sub and Div by numbers': [
    { nodes: chain(['Sub', ['a']], ['Div', ['b']]), tensors: [tensor('a', [], [3]), tensor('b', [], [4])] },
    (x) => (x - 3) / 4,
  ],
  'Mul by numbers below 0, and Add': [
    {
      nodes: chain(['Mul', ['a']], ['Add', ['b']]),
      tensors: [tensor('a', [3], [-1, -1, -1]), tensor('b', [3], [2, 2, 2])],
    },
    (x) => 2 - x,
  ],
  'Sub, Mul and Add of columns': [
    {
      nodes: chain(['Sub', ['a']], ['Mul', ['b']], ['Add', ['c']]),
      tensors: [tensor('a', [1, 3], [1, 1, 1]), tensor('b', [3], [2, 2, 2]), tensor('c', [3], [5, 5, 5])],
    },
    (x) => (x - 1) * 2 + 5,
  ],
  'SiLU as Sigmoid·x': [
    {
      nodes: [
        { op: 'Sigmoid', inputs: ['x'], outputs: ['s'] },
        { op: 'Mul', inputs: ['s', 'x'], outputs: ['y'] },
      ],
    },
    (x) => x * sigmoid(x),
  ],
  'Mish by its parts': [
    {
      nodes: [
        { op: 'Exp', inputs: ['x'], outputs: ['e'] },
        { op: 'Add', inputs: ['one', 'e'], outputs: ['s'] },
        { op: 'Log', inputs: ['s'], outputs: ['l'] },
        { op: 'Tanh', inputs: ['l'], outputs: ['t'] },
        { op: 'Mul', inputs: ['x', 't'], outputs: ['y'] },
      ],
      tensors: [tensor('one', [], [1])],
    },
    (x) => x * Math.tanh(softplus(x)),
  ],
  'HardSwish by its parts': [
    {
      nodes: [
        { op: 'Add', inputs: ['x', 'three'], outputs: ['s'] },
        { op: 'Clip', inputs: ['s', 'zero', 'six'], outputs: ['c'] },
        { op: 'Mul', inputs: ['x', 'c'], outputs: ['m'] },
        { op: 'Div', inputs: ['m', 'six'], outputs: ['y'] },
      ],
      tensors: [tensor('three', [], [3]), tensor('zero', [], [0]), tensor('six', [], [6])],
    },
    (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
  ],
};

/** A classifier as skl2onnx writes it. */
export const CLASSIFIER: FileText = {
  nodes: [
    {
      op: 'Scaler',
      domain: 'ai.onnx.ml',
      inputs: ['x'],
      outputs: ['z'],
      attributes: { offset: [1, 1, 1], scale: [2, 2, 2] },
    },
    { op: 'MatMul', inputs: ['z', 'w'], outputs: ['m'] },
    { op: 'Add', inputs: ['m', 'b'], outputs: ['a'] },
    { op: 'Softmax', inputs: ['a'], outputs: ['p'], attributes: { axis: 1 } },
    { op: 'ArgMax', inputs: ['p'], outputs: ['i'], attributes: { axis: 1 } },
    { op: 'ArrayFeatureExtractor', domain: 'ai.onnx.ml', inputs: ['classes', 'i'], outputs: ['l'] },
    { op: 'Reshape', inputs: ['l', 'flat'], outputs: ['label'] },
    {
      op: 'ZipMap',
      domain: 'ai.onnx.ml',
      inputs: ['p'],
      outputs: ['shares'],
      attributes: { classlabels_strings: ['no', 'yes'] },
    },
  ],
  tensors: [
    tensor('w', [3, 2], [1, 0, 0, 1, 0, 0]),
    tensor('b', [1, 2], [0, 0]),
    tensor('classes', [2], ['no', 'yes']),
    tensor('flat', [1], [-1], 7),
  ],
  inputs,
  outputs: ['label', 'shares'],
};

/** A layer normalization by its parts. */
export const NINE_NODES: FileText = {
  nodes: [
    { op: 'ReduceMean', inputs: ['x'], outputs: ['m'], attributes: { axes: [-1] } },
    { op: 'Sub', inputs: ['x', 'm'], outputs: ['d'] },
    { op: 'Pow', inputs: ['d', 'two'], outputs: ['q'] },
    { op: 'ReduceMean', inputs: ['q'], outputs: ['v'], attributes: { axes: [-1] } },
    { op: 'Add', inputs: ['v', 'eps'], outputs: ['e'] },
    { op: 'Sqrt', inputs: ['e'], outputs: ['r'] },
    { op: 'Div', inputs: ['d', 'r'], outputs: ['n'] },
    { op: 'Mul', inputs: ['n', 'g'], outputs: ['s'] },
    { op: 'Add', inputs: ['s', 'b'], outputs: ['y'] },
  ],
  tensors: [
    tensor('two', [], [2]),
    tensor('eps', [], [1e-5]),
    tensor('g', [3], [1, 2, 3]),
    tensor('b', [3], [4, 5, 6]),
  ],
  inputs,
  outputs: ['y'],
};

/** All of them. */
export const HANDMADE: readonly FileText[] = [
  ...Object.values(FORMULAS).map(([file]) => ({ ...file, inputs, outputs: ['y'] })),
  CLASSIFIER,
  NINE_NODES,
];
