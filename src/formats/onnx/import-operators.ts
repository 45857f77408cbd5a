/**
 * What each operator of an ONNX file becomes: a table by operator, of functions that append steps to the network which
 * is being built. Operators on constants alone are in folding.ts, activations of several operators in patterns.ts.
 */
import {
  activation,
  batchNormalization,
  gelu,
  hardSigmoid,
  normalizesRow,
  overRow,
  prelu,
  selu,
  withAlpha,
} from './import-activations.js';
import { addition, arithmetic, bounded, clip, gemm, matMul, negated, variadic } from './import-arithmetic.js';
import {
  argMax,
  arrayFeatureExtractor,
  binarizer,
  linearClassifier,
  linearRegressor,
  normalizer,
  scaler,
  slice,
  zipMap,
} from './import-learn.js';
import { cast, concat, expand, flatten, gather, reduceMax, reshape, resized, shape, tile } from './import-shapes.js';
import { passes, type Read } from './reading.js';

/** Operators by their set and name; the standard set has no name. */
export const READERS: Readonly<Record<string, Read>> = {
  Gemm: gemm,
  MatMul: matMul,
  Add: arithmetic(addition),
  Sub: arithmetic({
    rows: 'subtract',
    right: ({ columns, where }, rows, constant) => columns.subtract(where, rows, constant),
    left: ({ columns, where }, constant, rows) => columns.subtractFrom(where, constant, rows),
  }),
  Mul: arithmetic({
    rows: 'multiply',
    right: ({ columns, where }, rows, constant) => columns.multiply(where, rows, constant),
    left: ({ columns, where }, constant, rows) => columns.multiply(where, rows, constant),
  }),
  Div: arithmetic({
    rows: undefined,
    right: ({ columns, where }, rows, constant) =>
      constant.data.includes(0)
        ? 'divisors other than 0'
        : columns.multiply(where, rows, { ...constant, data: Float64Array.from(constant.data, (value) => 1 / value) }),
    left: () => 'a constant as the divisor',
  }),
  Sum: variadic('add', addition.right),
  Mean: variadic('average', () => 'rows'),
  Max: variadic('maximum', (reading, rows, constant) => bounded(reading, rows, constant, 1)),
  Min: variadic('minimum', (reading, rows, constant) => bounded(reading, rows, constant, -1)),
  Relu: activation('relu'),
  LeakyRelu: withAlpha('leakyRelu', 0.01),
  PRelu: prelu,
  Elu: withAlpha('elu', 1),
  Celu: withAlpha('celu', 1),
  Selu: selu,
  Sigmoid: activation('sigmoid'),
  Tanh: activation('tanh'),
  HardSigmoid: hardSigmoid,
  HardSwish: activation('hardSwish'),
  Softplus: activation('softplus'),
  Softsign: activation('softsign'),
  Mish: activation('mish'),
  Exp: activation('exponential'),
  Gelu: gelu,
  Softmax: overRow('softmax'),
  LogSoftmax: overRow('logSoftmax'),
  LayerNormalization: normalizesRow('layerNormalization'),
  RMSNormalization: normalizesRow('rmsNormalization'),
  BatchNormalization: batchNormalization,
  Clip: clip,
  Neg: negated,
  Dropout: passes,
  Identity: passes,
  Cast: cast,
  Flatten: flatten,
  Reshape: reshape,
  Squeeze: resized('remove'),
  Unsqueeze: resized('add'),
  Expand: expand,
  Tile: tile,
  Shape: shape,
  Concat: concat,
  Gather: gather,
  ReduceMax: reduceMax,
  Slice: slice,
  ArgMax: argMax,
  'ai.onnx.ml.Scaler': scaler,
  'ai.onnx.ml.ArrayFeatureExtractor': arrayFeatureExtractor,
  'ai.onnx.ml.ZipMap': zipMap,
  'ai.onnx.ml.Binarizer': binarizer,
  'ai.onnx.ml.Normalizer': normalizer,
  'ai.onnx.ml.LinearClassifier': linearClassifier,
  'ai.onnx.ml.LinearRegressor': linearRegressor,
};
