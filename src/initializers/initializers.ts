/**
 * Initializers as descriptors: names, factories, options and checks. `initialize.ts` computes the values.
 */
import { readCustom, type Custom, type Named } from '../common/custom.js';
import { resolve, withoutOptions, type Descriptor } from '../common/descriptor.js';
import { ValueError } from '../common/errors.js';
import { finite, nameOf, nonNegative, positive, readOptions, type Check } from '../common/options.js';

/**
 * Description of a tensor that a custom initializer receives.
 * @category Initializers
 */
export interface InitializerContext {
  /** (units, inputs) or (units). */
  readonly shape: readonly number[];
  /** n_in: inputs of a unit. */
  readonly fanIn: number;
  /** n_out: units. */
  readonly fanOut: number;
  /**
   * An integer from 0 to 2^32 − 1 that follows from the model's seed and the tensor's position in the model: different
   * for each tensor.
   */
  readonly seed: number;
}

/**
 * A custom initializer. It is as reproducible as its `values`.
 * @category Initializers
 */
export interface CustomInitializer extends Named {
  /** Returns the initial values, row-major: as many as the shape has, all finite. */
  values(context: InitializerContext): Float32Array;
}

/**
 * Options of `constant`.
 * @category Initializers
 */
export interface ConstantOptions {
  /** Value of all elements. Default 0. */
  value?: number;
}

/**
 * Options of `randomNormal` and `truncatedNormal`.
 * @category Initializers
 */
export interface NormalOptions {
  /** Mean. Default 0. */
  mean?: number;
  /** Standard deviation, at least 0. Default 0.05. */
  stddev?: number;
}

/**
 * Options of `randomUniform`.
 * @category Initializers
 */
export interface UniformOptions {
  /** Smallest value. Default −0.05. */
  minval?: number;
  /** Largest value. Default 0.05. */
  maxval?: number;
}

/**
 * Options of `orthogonal`.
 * @category Initializers
 */
export interface OrthogonalOptions {
  /** Norm of the rows, or columns, > 0. Default 1. */
  gain?: number;
}

/**
 * Options of `varianceScaling`.
 * @category Initializers
 */
export interface VarianceScalingOptions {
  /** Variance times the width, > 0. Default 1. */
  scale?: number;
  /** The width: n_in, n_out, or their mean. Default 'fanIn'. */
  mode?: 'fanIn' | 'fanOut' | 'fanAvg';
  /** Default 'truncatedNormal'. */
  distribution?: 'truncatedNormal' | 'untruncatedNormal' | 'uniform';
}

/**
 * Options of `identity`.
 * @category Initializers
 */
export interface IdentityOptions {
  /** Value of the diagonal. Default 1. */
  gain?: number;
}

/**
 * An initializer of a parameter: a descriptor made by one of the factories below, or a custom initializer.
 * @category Initializers
 */
export type Initializer =
  | Descriptor<'zeros'>
  | Descriptor<'ones'>
  | Descriptor<'constant', Required<ConstantOptions>>
  | Descriptor<'randomNormal', Required<NormalOptions>>
  | Descriptor<'randomUniform', Required<UniformOptions>>
  | Descriptor<'truncatedNormal', Required<NormalOptions>>
  | Descriptor<'xavier'>
  | Descriptor<'heNormal'>
  | Descriptor<'heUniform'>
  | Descriptor<'glorotNormal'>
  | Descriptor<'glorotUniform'>
  | Descriptor<'lecunNormal'>
  | Descriptor<'lecunUniform'>
  | Descriptor<'orthogonal', Required<OrthogonalOptions>>
  | Descriptor<'varianceScaling', Required<VarianceScalingOptions>>
  | Descriptor<'identity', Required<IdentityOptions>>
  | Custom<CustomInitializer>;

/**
 * Zeros. The default for biases.
 * @throws ValueError for an option.
 * @example dense({ units: 10, biasInitializer: zeros() });
 * @category Initializers
 */
export const zeros = /* @__PURE__ */ withoutOptions('zeros');

/**
 * Ones.
 * @throws ValueError for an option.
 * @example dense({ units: 10, biasInitializer: ones() });
 * @category Initializers
 */
export const ones = /* @__PURE__ */ withoutOptions('ones');

/**
 * Constant: all elements are `value` (default 0). The slides' most primitive initialization; all units of a layer then
 * learn the same.
 * @throws ValueError for a value that is not finite, or an unknown option.
 * @example dense({ units: 10, biasInitializer: constant({ value: 0.1 }) });
 * @category Initializers
 */
export const constant = (options?: ConstantOptions): Descriptor<'constant', Required<ConstantOptions>> => ({
  kind: 'constant',
  config: readOptions('constant', options, { value: { check: finite, or: 0 } }),
});

const normal =
  <K extends string>(kind: K) =>
  (options?: NormalOptions): Descriptor<K, Required<NormalOptions>> => ({
    kind,
    config: readOptions<Required<NormalOptions>>(kind, options, {
      mean: { check: finite, or: 0 },
      stddev: { check: nonNegative, or: 0.05 },
    }),
  });

/**
 * Normal distribution with a fixed `mean` (default 0) and `stddev` (default 0.05). No value is further than 5.77 stddev
 * from the mean.
 * @throws ValueError for a mean that is not finite, a stddev < 0, or an unknown option.
 * @example dense({ units: 10, kernelInitializer: randomNormal({ stddev: 0.01 }) });
 * @category Initializers
 */
export const randomNormal = /* @__PURE__ */ normal('randomNormal');

/**
 * Truncated normal distribution with a `mean` (default 0) and a `stddev` (default 0.05): values are drawn again until
 * they are within two stddev of the mean, so their standard deviation is 0.8796·stddev. Keras' TruncatedNormal.
 * @throws ValueError for a mean that is not finite, a stddev < 0, or an unknown option.
 * @example dense({ units: 10, kernelInitializer: truncatedNormal({ stddev: 0.01 }) });
 * @category Initializers
 */
export const truncatedNormal = /* @__PURE__ */ normal('truncatedNormal');

/**
 * Uniform distribution from `minval` (default −0.05) to `maxval` (default 0.05), both rounded to float32.
 * @throws ValueError for a bound that is not finite, a minval above maxval, bounds further apart than float32 reaches,
 * or an unknown option.
 * @example dense({ units: 10, kernelInitializer: randomUniform({ minval: -0.1, maxval: 0.1 }) });
 * @category Initializers
 */
export function randomUniform(options?: UniformOptions): Descriptor<'randomUniform', Required<UniformOptions>> {
  const config = readOptions<Required<UniformOptions>>('randomUniform', options, {
    minval: { check: finite, or: -0.05 },
    maxval: { check: finite, or: 0.05 },
  });
  const { minval, maxval } = config;
  if (minval > maxval) throw new ValueError(`randomUniform: minval expected at most maxval, ${maxval}, got ${minval}.`);
  finite('randomUniform: maxval − minval', maxval - minval);
  return { kind: 'randomUniform', config };
}

/**
 * Xavier as in the slides: normal distribution N(0, 1/n_in). For sigmoid and tanh.
 * @throws ValueError for an option.
 * @example dense({ units: 10, activation: 'tanh', kernelInitializer: xavier() });
 * @category Initializers
 */
export const xavier = /* @__PURE__ */ withoutOptions('xavier');

/**
 * He, the slides' MSRA (He et al. 2015): normal distribution N(0, 2/n_in). For ReLU and its relatives. Keras truncates
 * it at two standard deviations; this library and PyTorch do not.
 * @throws ValueError for an option.
 * @example dense({ units: 10, activation: 'relu', kernelInitializer: heNormal() });
 * @category Initializers
 */
export const heNormal = /* @__PURE__ */ withoutOptions('heNormal');

/**
 * Slides' name for `heNormal`.
 * @throws ValueError for an option.
 * @example msra().kind; // 'heNormal'
 * @category Initializers
 */
export const msra = heNormal;

/**
 * He with a uniform distribution on ±√(6/n_in) (He et al. 2015): the variance of `heNormal`. For ReLU and its
 * relatives.
 * @throws ValueError for an option.
 * @example dense({ units: 10, activation: 'relu', kernelInitializer: heUniform() });
 * @category Initializers
 */
export const heUniform = /* @__PURE__ */ withoutOptions('heUniform');

/**
 * Glorot: normal distribution N(0, 2/(n_in + n_out)) (Glorot & Bengio 2010). Keras truncates it at two standard
 * deviations; this library and PyTorch do not.
 * @throws ValueError for an option.
 * @example dense({ units: 10, activation: 'tanh', kernelInitializer: glorotNormal() });
 * @category Initializers
 */
export const glorotNormal = /* @__PURE__ */ withoutOptions('glorotNormal');

/**
 * Glorot with a uniform distribution on ±√(6/(n_in + n_out)) (Glorot & Bengio 2010). The default for weights.
 * @throws ValueError for an option.
 * @example dense({ units: 10, activation: 'tanh', kernelInitializer: glorotUniform() });
 * @category Initializers
 */
export const glorotUniform = /* @__PURE__ */ withoutOptions('glorotUniform');

/**
 * LeCun: normal distribution N(0, 1/n_in) (LeCun et al. 1998), the values of `xavier`. For SELU. Keras truncates it at
 * two standard deviations.
 * @throws ValueError for an option.
 * @example dense({ units: 10, activation: 'selu', kernelInitializer: lecunNormal() });
 * @category Initializers
 */
export const lecunNormal = /* @__PURE__ */ withoutOptions('lecunNormal');

/**
 * LeCun with a uniform distribution on ±√(3/n_in) (LeCun et al. 1998): the variance of `lecunNormal`.
 * @throws ValueError for an option.
 * @example dense({ units: 10, activation: 'selu', kernelInitializer: lecunUniform() });
 * @category Initializers
 */
export const lecunUniform = /* @__PURE__ */ withoutOptions('lecunUniform');

/**
 * Orthogonal: `gain` (default 1) times a matrix with orthonormal rows, or, if there are more units than inputs,
 * orthonormal columns. It is drawn uniformly from all such matrices, as the Q of a Gaussian matrix whose R has a
 * positive diagonal (Saxe et al. 2014; Mezzadri 2007). For weights; for a maxout layer, the matrix has all pieces
 * together. The work grows with units·inputs·min(units, inputs).
 * @throws ValueError for a gain that is not > 0 or an unknown option, and, when a model is made, for a tensor that is
 * no matrix.
 * @example dense({ units: 10, activation: 'tanh', kernelInitializer: orthogonal() });
 * @category Initializers
 */
export const orthogonal = (options?: OrthogonalOptions): Descriptor<'orthogonal', Required<OrthogonalOptions>> => ({
  kind: 'orthogonal',
  config: readOptions('orthogonal', options, { gain: { check: positive, or: 1 } }),
});

/**
 * A distribution with mean 0 and variance `scale`/n (default scale 1), where n is n_in, n_out or their mean by `mode`
 * (default 'fanIn'). `distribution` 'truncatedNormal' (default) is a normal one within two deviations, widened so that
 * the variance is kept; 'untruncatedNormal' and 'uniform' give the values of `heNormal`, `glorotUniform` and their
 * relatives, which are cases of it. Keras' VarianceScaling.
 * @throws ValueError for a scale that is not > 0, an unknown mode or distribution, or an unknown option.
 * @example dense({ units: 10, kernelInitializer: varianceScaling({ scale: 2, mode: 'fanAvg' }) });
 * @category Initializers
 */
export const varianceScaling = (
  options?: VarianceScalingOptions,
): Descriptor<'varianceScaling', Required<VarianceScalingOptions>> => ({
  kind: 'varianceScaling',
  config: readOptions<Required<VarianceScalingOptions>>('varianceScaling', options, {
    scale: { check: positive, or: 1 },
    mode: { check: nameOf(['fanIn', 'fanOut', 'fanAvg']), or: 'fanIn' },
    distribution: { check: nameOf(['truncatedNormal', 'untruncatedNormal', 'uniform']), or: 'truncatedNormal' },
  }),
});

/**
 * Identity: `gain` (default 1) on the diagonal, 0 elsewhere, so that a layer starts by passing its inputs on. For
 * weights, of any shape.
 * @throws ValueError for a gain that is not finite or an unknown option, and, when a model is made, for a tensor that
 * is no matrix.
 * @example dense({ units: 10, kernelInitializer: identity({ gain: 0.5 }) });
 * @category Initializers
 */
export const identity = (options?: IdentityOptions): Descriptor<'identity', Required<IdentityOptions>> => ({
  kind: 'identity',
  config: readOptions('identity', options, { gain: { check: finite, or: 1 } }),
});

/** Factories by the names that users and saved models may give. */
export const INITIALIZERS = {
  zeros,
  ones,
  constant,
  randomNormal,
  randomUniform,
  truncatedNormal,
  xavier,
  heNormal,
  msra,
  heUniform,
  glorotNormal,
  glorotUniform,
  lecunNormal,
  lecunUniform,
  orthogonal,
  varianceScaling,
  identity,
} as const;

/**
 * Names of the initializers, with `msra` for `heNormal`. Each name means its factory with the default options.
 * @category Initializers
 */
export type InitializerName = keyof typeof INITIALIZERS;

/** Names of initializers in PyTorch. */
type OtherInitializerName = 'eye' | 'kaimingNormal' | 'kaimingUniform' | 'xavierNormal' | 'xavierUniform';

/**
 * Values accepted as an initializer; `kaiming` is `he`, and `xavier` with a distribution is `glorot`, as in PyTorch.
 * @category Initializers
 */
export type InitializerLike = InitializerName | OtherInitializerName | Initializer | CustomInitializer;

/** Reads a name, a factory's descriptor, or a custom initializer. */
export const initializerCheck: Check<Initializer> = (path, value) =>
  readCustom<CustomInitializer>(path, value, ['values']) ?? resolve(path, value, INITIALIZERS);
