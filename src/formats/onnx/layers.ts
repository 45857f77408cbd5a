/** The layer that each computation of an ONNX file becomes, with its tensors: a table. */
import { FormatError } from '../../common/errors.js';
import {
  activation,
  add,
  average,
  batchNormalization,
  concatenate,
  dense,
  dot,
  embedding,
  layerNormalization,
  maximum,
  maxout,
  minimum,
  multiply,
  normalization,
  prelu,
  rescaling,
  rmsNormalization,
  subtract,
  type Layer,
} from '../../index.js';
import { varianceFor } from '../variances.js';
import { given, type Columns, type Computation } from './computations.js';

/** A layer with the tensors that it gets once the model is made. */
export interface MadeLayer {
  readonly layer: Layer;
  readonly tensors: readonly Float32Array[];
}

/** Widest diagonal that is written as a matrix. */
const WIDEST_DIAGONAL = 1024;

const filled = (width: number, value: number): Float32Array => new Float32Array(width).fill(value);

/** Variances of factors, which thousands of layers may share. */
const VARIANCES = /* @__PURE__ */ new WeakMap<Float32Array, Float32Array>();

/** Returns the variances of columns that are multiplied by these factors; NaN where there is none. */
function variancesOf(factors: Float32Array): Float32Array {
  const variances = VARIANCES.get(factors) ?? factors.map((factor) => varianceFor(factor) ?? NaN);
  VARIANCES.set(factors, variances);
  return variances;
}

/** Returns the layer of y = (x − mean)·factor + offset per column. */
function columnsLayer({ where, computation, width, name }: Making<Columns>): MadeLayer {
  const { mean, factor, offset } = computation;
  const variances = factor === undefined ? filled(width, 1) : variancesOf(factor);
  // (x − mean)·factor + offset = (x − (mean − offset/factor))·factor
  if (!variances.includes(NaN)) {
    const means = offset?.map((value, i) => (mean?.[i] ?? 0) - value / (factor?.[i] ?? 1)) ?? mean;
    return { layer: normalization({ name }), tensors: [means ?? filled(width, 0), variances] };
  }
  // Factors that no variance gives, such as those below 0, are a diagonal matrix.
  if (width > WIDEST_DIAGONAL) {
    throw new FormatError(
      `${where} expected at most ${WIDEST_DIAGONAL} columns with factors of 0 or less, got ${width}.`,
    );
  }
  const weight = filled(width * width, 0);
  const bias = filled(width, 0);
  for (let i = 0; i < width; i++) {
    const scale = factor?.[i] ?? 1;
    weight[i * width + i] = scale;
    bias[i] = (offset?.[i] ?? 0) - (mean?.[i] ?? 0) * scale;
  }
  return { layer: dense({ units: width, name }), tensors: [weight, bias] };
}

/** How a layer is made of a computation. */
interface Making<C> {
  readonly where: string;
  readonly computation: C;
  readonly width: number;
  readonly name: string;
}

type Kind = Exclude<Computation['kind'], 'input'>;

type Makers = { readonly [K in Kind]: (making: Making<Extract<Computation, { kind: K }>>) => MadeLayer };

const merge =
  (factory: (options: { name: string }) => Layer) =>
  ({ name }: { readonly name: string }): MadeLayer => ({ layer: factory({ name }), tensors: [] });

/** Layers by the computations that they do. */
const MAKERS: Makers = {
  affine: ({ computation: { units, weight, bias }, name }) => ({
    layer: dense({ units, useBias: bias !== undefined, name }),
    tensors: given(weight, bias),
  }),
  maxout: ({ computation: { units, pieces, weight, bias }, name }) => ({
    layer: maxout({ units: units / pieces, pieces, useBias: bias !== undefined, name }),
    tensors: given(weight, bias),
  }),
  activation: ({ computation, name }) => ({
    layer: activation({ activation: computation.activation, name }),
    tensors: [],
  }),
  prelu: ({ computation: { slopes }, name }) => ({ layer: prelu({ name }), tensors: [slopes] }),
  rescaling: ({ computation: { scale, offset }, name }) => ({
    layer: rescaling({ scale, offset, name }),
    tensors: [],
  }),
  columns: columnsLayer,
  dot: ({ computation: { normalize }, name }) => ({ layer: dot({ normalize, name }), tensors: [] }),
  embedding: ({ computation: { tables, shared }, name }) => {
    const [inputDims, outputDims] = [0, 1].map((axis) => tables.map(({ dims }) => dims[axis]));
    const [inputDim, outputDim] = shared ? [inputDims[0], outputDims[0]] : [inputDims, outputDims];
    return { layer: embedding({ inputDim, outputDim, name }), tensors: tables.map(({ data }) => data) };
  },
  layerNormalization: ({ computation: { epsilon, scale, shift }, name }) => ({
    layer: layerNormalization({ epsilon, scale: scale !== undefined, center: shift !== undefined, name }),
    tensors: given(scale, shift),
  }),
  rmsNormalization: ({ computation: { epsilon, scale }, name }) => ({
    layer: rmsNormalization({ epsilon, scale: scale !== undefined, name }),
    tensors: given(scale),
  }),
  batchNormalization: ({ computation: { epsilon, momentum, tensors }, name }) => ({
    layer: batchNormalization({ epsilon, momentum, name }),
    tensors,
  }),
  add: merge(add),
  average: merge(average),
  concatenate: merge(concatenate),
  maximum: merge(maximum),
  minimum: merge(minimum),
  multiply: merge(multiply),
  subtract: merge(subtract),
};

/** Returns the layer that does a computation. */
export const layerOf = (making: Making<Exclude<Computation, { kind: 'input' }>>): MadeLayer =>
  (MAKERS[making.computation.kind] as (making: Making<Computation>) => MadeLayer)(making);
