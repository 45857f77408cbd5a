/**
 * How each operation is written in ONNX's operators, opset 17: a table over the kinds of operations and one over the
 * kinds of activations. export.ts walks a plan and calls it.
 */
import type { Activation, PlainActivation } from '../../activations/activations.js';
import { SMALLEST_NORM } from '../../operations/dot.js';
import type { OperationConfigs, OperationKind } from '../../operations/operation.js';
import { floatAttribute, intAttribute, intsAttribute, type OnnxAttribute } from './messages.js';

/** Version of the operators that these tables use. LayerNormalization came with it. */
export const OPSET = 17;

/** What an operation writes into: nodes and constants with names that are free. */
export interface GraphWriter {
  /** Appends a node and returns the name of its output. */
  node(opType: string, inputs: readonly string[], attributes?: readonly OnnxAttribute[]): string;
  /** Adds a constant of float32 numbers and returns its name. */
  floats(label: string, values: readonly number[] | Float32Array, dims?: readonly number[]): string;
  /** Adds a constant of integers and returns its name. */
  ints(label: string, values: readonly number[], dims?: readonly number[]): string;
  /** Returns the name of a saved tensor of the operation, in the order of the operation's parameters. */
  parameter(index: number): string;
  /** Returns the numbers of that tensor. */
  values(index: number): Float32Array;
}

/** Writes an operation on named values; returns the name of its output. */
type Write<C> = (writer: GraphWriter, inputs: readonly string[], config: C) => string;

/** Weights of eight bits are refused before. */
type OperationTable = { readonly [K in Exclude<OperationKind, 'affineInt8'>]: Write<OperationConfigs[K]> };

/** Activations that ONNX cannot hold are absent: custom ones. */
export type Exportable = Exclude<PlainActivation, { kind: 'custom' }>;

type ActivationTable = {
  readonly [K in Exportable['kind']]: Write<Extract<Activation, { kind: K }>>;
};

/** Returns a writer of one operator without attributes. */
const plain =
  (opType: string): Write<unknown> =>
  (writer, inputs) =>
    writer.node(opType, inputs);

/** Returns a writer of one operator whose attribute `alpha` is the option of that name. */
const withAlpha =
  (opType: string): Write<{ readonly config: { readonly alpha: number } }> =>
  (writer, inputs, { config: { alpha } }) =>
    writer.node(opType, inputs, [floatAttribute('alpha', alpha)]);

/** Returns a writer of one operator along the last axis. */
const overRow =
  (opType: string): Write<unknown> =>
  (writer, inputs) =>
    writer.node(opType, inputs, [intAttribute('axis', -1)]);

const half = (writer: GraphWriter, x: string, factor: string): string =>
  writer.node('Mul', [writer.node('Mul', [x, writer.floats('half', [0.5], [])]), factor]);

/** 1 + x. */
const onePlus = (writer: GraphWriter, x: string): string => writer.node('Add', [x, writer.floats('one', [1], [])]);

const scaled = (writer: GraphWriter, x: string, label: string, factor: number): string =>
  writer.node('Mul', [x, writer.floats(label, [factor], [])]);

export const ACTIVATION_OPERATORS: ActivationTable = {
  unitStep: (writer, [x]) =>
    // Element type 1 is float32.
    writer.node('Cast', [writer.node('Greater', [x, writer.floats('zero', [0], [])])], [intAttribute('to', 1)]),
  sigmoid: plain('Sigmoid'),
  tanh: plain('Tanh'),
  relu: plain('Relu'),
  leakyRelu: withAlpha('LeakyRelu'),
  elu: withAlpha('Elu'),
  celu: withAlpha('Celu'),
  // The defaults of its attributes are SELU's numbers, rounded to float32.
  selu: plain('Selu'),
  swish: (writer, [x]) => writer.node('Mul', [x, writer.node('Sigmoid', [x])]),
  // x·(1 + erf(x/√2))/2
  gelu: (writer, [x]) =>
    half(writer, x, onePlus(writer, writer.node('Erf', [scaled(writer, x, 'sqrt_half', Math.SQRT1_2)]))),
  // x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2
  tanhGelu: (writer, [x]) => {
    const cube = writer.node('Mul', [writer.node('Mul', [x, x]), x]);
    const inner = writer.node('Add', [x, scaled(writer, cube, 'cubic', 0.044715)]);
    const argument = scaled(writer, inner, 'sqrt_2_by_pi', Math.sqrt(2 / Math.PI));
    return half(writer, x, onePlus(writer, writer.node('Tanh', [argument])));
  },
  softplus: plain('Softplus'),
  softsign: plain('Softsign'),
  mish: (writer, [x]) => writer.node('Mul', [x, writer.node('Tanh', [writer.node('Softplus', [x])])]),
  hardSigmoid: (writer, inputs) =>
    writer.node('HardSigmoid', inputs, [floatAttribute('alpha', 1 / 6), floatAttribute('beta', 0.5)]),
  hardSwish: plain('HardSwish'),
  relu6: (writer, [x]) => writer.node('Clip', [x, writer.floats('zero', [0], []), writer.floats('six', [6], [])]),
  exponential: plain('Exp'),
  softmax: overRow('Softmax'),
  logSoftmax: overRow('LogSoftmax'),
};

/** Returns a writer that hands its input on: what acts only in training. */
const passes: Write<unknown> = (_writer, [x]) => x;

/** γ and β of a normalization; ones and zeros where the layer has none, since the operators expect them. */
function scaleAndShift(
  writer: GraphWriter,
  { width, scale, center }: { readonly width: number; readonly scale: boolean; readonly center: boolean },
): [string, string] {
  return [
    scale ? writer.parameter(0) : writer.floats('ones', new Float32Array(width).fill(1)),
    center ? writer.parameter(+scale) : writer.floats('zeros', new Float32Array(width)),
  ];
}

/** Σ a·b of each row, one column. */
const rowDot = (writer: GraphWriter, a: string, b: string): string =>
  writer.node('ReduceSum', [writer.node('Mul', [a, b]), writer.ints('row', [-1])]);

/** The norm of each row; ∞ where it is at most 1e-8, so that the cosine of a row without direction is 0. */
function rowNorm(writer: GraphWriter, x: string): string {
  const norm = writer.node('ReduceL2', [x], [intsAttribute('axes', [-1])]);
  const none = writer.node('LessOrEqual', [norm, writer.floats('smallest_norm', [SMALLEST_NORM], [])]);
  return writer.node('Where', [none, writer.floats('infinity', [Infinity], []), norm]);
}

/** Operations that read indices: int64 in ONNX. All others read float32. */
export const READS_INDICES: ReadonlySet<OperationKind> = /* @__PURE__ */ new Set<OperationKind>(['embedding']);

export const OPERATORS: OperationTable = {
  // Y = X·Wᵀ + b with W (units, inputs), as here.
  affine: (writer, [x], { useBias }) =>
    writer.node(
      'Gemm',
      [x, writer.parameter(0), ...(useBias ? [writer.parameter(1)] : [])],
      [intAttribute('transB', 1)],
    ),
  activation: (writer, inputs, { activation }) => {
    const write = ACTIVATION_OPERATORS[activation.kind as Exportable['kind']] as Write<unknown>;
    return write(writer, inputs, activation);
  },
  prelu: (writer, [x]) => writer.node('PRelu', [x, writer.parameter(0)]),
  maxPieces: (writer, [x], { units, pieces }) =>
    writer.node(
      'ReduceMax',
      [writer.node('Reshape', [x, writer.ints('shape', [-1, units, pieces])])],
      [intsAttribute('axes', [2]), intAttribute('keepdims', 0)],
    ),
  identity: passes,
  dropout: passes,
  alphaDropout: passes,
  gaussianDropout: passes,
  gaussianNoise: passes,
  activityPenalty: passes,
  add: plain('Sum'),
  multiply: (writer, inputs) => inputs.reduce((product, x) => writer.node('Mul', [product, x])),
  subtract: plain('Sub'),
  average: plain('Mean'),
  maximum: plain('Max'),
  minimum: plain('Min'),
  concatenate: (writer, inputs) => writer.node('Concat', inputs, [intAttribute('axis', 1)]),
  dot: (writer, [a, b], { normalize }) =>
    normalize
      ? writer.node('Div', [rowDot(writer, a, b), writer.node('Mul', [rowNorm(writer, a), rowNorm(writer, b)])])
      : rowDot(writer, a, b),
  batchNormalization: (writer, [x], config) =>
    writer.node(
      'BatchNormalization',
      [
        x,
        ...scaleAndShift(writer, config),
        ...[0, 1].map((index) => writer.parameter(+config.scale + +config.center + index)),
      ],
      [floatAttribute('epsilon', config.epsilon)],
    ),
  layerNormalization: (writer, [x], config) => {
    const [scale, shift] = scaleAndShift(writer, config);
    return writer.node(
      'LayerNormalization',
      [x, scale, ...(config.center ? [shift] : [])],
      [intAttribute('axis', -1), floatAttribute('epsilon', config.epsilon)],
    );
  },
  rmsNormalization: (writer, [x], { epsilon, scale }) => {
    const mean = writer.node('ReduceMean', [writer.node('Mul', [x, x])], [intsAttribute('axes', [-1])]);
    const root = writer.node('Sqrt', [writer.node('Add', [mean, writer.floats('epsilon', [epsilon], [])])]);
    const normalized = writer.node('Div', [x, root]);
    return scale ? writer.node('Mul', [normalized, writer.parameter(0)]) : normalized;
  },
  embedding: (writer, [x], { inputDims, shared }) => {
    // One table for all columns: (rows, columns, values), whose columns are put side by side.
    if (shared || inputDims.length === 1) {
      return writer.node('Flatten', [writer.node('Gather', [writer.parameter(0), x])], [intAttribute('axis', 1)]);
    }
    const vectors = inputDims.map((_, column) => {
      const indices = writer.node('Gather', [x, writer.ints('column', [column], [])], [intAttribute('axis', 1)]);
      return writer.node('Gather', [writer.parameter(column), indices]);
    });
    return writer.node('Concat', vectors, [intAttribute('axis', 1)]);
  },
  rescaling: (writer, [x], { scale, offset }) =>
    writer.node('Add', [scaled(writer, x, 'scale', scale), writer.floats('offset', [offset], [])]),
  // (x − mean)·(1/√variance), rounded as in the kernel; where the variance is 0, x − mean.
  normalization: (writer, [x]) => {
    const factors = writer.values(1).map((variance) => (variance === 0 ? 1 : 1 / Math.fround(Math.sqrt(variance))));
    return writer.node('Mul', [writer.node('Sub', [x, writer.parameter(0)]), writer.floats('factor', factors)]);
  },
};
