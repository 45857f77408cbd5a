/**
 * The layers `rescaling` and `normalization`: fixed transformations of inputs. `Normalization.adapt` takes mean and
 * variance from data by common/column-moments.ts; the operations are in operations/normalization.ts.
 */
import { isList } from '../common/arrays.js';
import { float32Moments, momentsToAdapt } from '../common/column-moments.js';
import { counted } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { finite, listOf, optional, readOptions, type Check } from '../common/options.js';
import { openRows, rowLength, type Rows } from '../common/rows.js';
import type { Initializer } from '../initializers/initializers.js';
import { rescale, standardize } from '../operations/normalization.js';
import { LAYER_OPTIONS, OPTION_CHECKS } from './checks.js';
import { inputsOf, onOne, type LayerConfig, type LayerDefinition } from './definition.js';
import { Layer, makeLayer, type LayerOptions } from './layer.js';

/**
 * Options of `rescaling`.
 * @category Layers
 */
export interface RescalingOptions extends LayerOptions {
  /** Factor of each value. */
  scale: number;
  /** Added after the multiplication. Default 0. */
  offset?: number;
}

/**
 * Settled options of `rescaling`.
 * @category Layers
 */
export interface RescalingConfig extends LayerConfig {
  /** Factor of each value. */
  readonly scale: number;
  /** Added after the multiplication. */
  readonly offset: number;
}

/** Layer definition of `rescaling`. */
export const rescalingDefinition: LayerDefinition<'rescaling', RescalingConfig> = {
  kind: 'rescaling',
  merges: false,
  options: () => ({ scale: { check: finite }, offset: { check: finite, or: 0 }, ...LAYER_OPTIONS }),
  lower: ({ scale, offset }) => onOne((width) => [[rescale({ width, scale, offset })]]),
};

/**
 * Rescales inputs: y = scale·x + offset. A scale of 1/255 brings bytes to [0, 1].
 * @throws ValueError for an unknown option or a number that is not finite.
 * @example
 * rescaling({ scale: 1 / 127.5, offset: -1, inputShape: [784] }).config.offset; // -1
 * @category Layers
 */
export function rescaling(options: RescalingOptions): Layer<'rescaling', RescalingConfig> {
  return makeLayer(rescalingDefinition, options);
}

/**
 * Options of `normalization`.
 * @category Layers
 */
export interface NormalizationOptions extends LayerOptions {
  /** Mean of each input, if known. Default 0, until `adapt`. */
  mean?: readonly number[];
  /** Variance of each input, at least 0, if known. Default 1, until `adapt`. */
  variance?: readonly number[];
}

/**
 * Settled options of `normalization`.
 * @category Layers
 */
export interface NormalizationConfig extends LayerConfig {
  /** Mean of each input, once it is known. */
  readonly mean?: readonly number[] | undefined;
  /** Variance of each input, once it is known. */
  readonly variance?: readonly number[] | undefined;
}

const numbers = (least: number): Check<readonly number[]> =>
  listOf('a list of numbers', (path, value) => {
    const number = finite(path, value);
    if (number < least) throw new ValueError(`${path} expected a number >= ${least}, got ${number}.`);
    return number;
  });

/** Returns an initializer that gives these values, or the constant `or` if there are none. */
function valuesOf(
  where: string,
  what: string,
  width: number,
  values: readonly number[] | undefined,
  or: number,
): Initializer {
  if (values === undefined) return { kind: 'constant', config: { value: or } };
  if (values.length !== width) {
    throw new ShapeError(`${where}: ${what} expected ${counted(width, 'value')}, got ${values.length}.`);
  }
  return { kind: 'custom', config: { name: what }, custom: { name: what, values: () => Float32Array.from(values) } };
}

/** Layer definition of `normalization`. */
export const normalizationDefinition: LayerDefinition<'normalization', NormalizationConfig> = {
  kind: 'normalization',
  merges: false,
  options: () => ({
    mean: { check: optional(numbers(-Infinity)), or: undefined },
    variance: { check: optional(numbers(0)), or: undefined },
    ...LAYER_OPTIONS,
  }),
  inputs: ({ mean, variance }) => (mean ?? variance)?.length,
  // Reads the config when a model is built: `adapt` may have changed it.
  lower: (config) =>
    onOne((width, where) => [
      [
        standardize(
          width,
          valuesOf(where, 'mean', width, config.mean, 0),
          valuesOf(where, 'variance', width, config.variance, 1),
        ),
      ],
    ]),
};

/**
 * The layer that `normalization` makes.
 * @category Layers
 */
export class Normalization extends Layer<'normalization', NormalizationConfig> {
  /** For the library's own use: users call `normalization`. */
  constructor(config: NormalizationConfig) {
    super('normalization', config, normalizationDefinition.lower(config), () =>
      inputsOf(normalizationDefinition, config),
    );
  }

  /**
   * Sets mean and variance from data, (n, inputs) with n ≥ 1, in float64, of the numbers as they are given. A flat
   * array needs the layer's inputShape. Models built afterwards use them; for a model that is already built, call its
   * `adapt`. Returns the layer. A model computes in float32: a column whose numbers float32 cannot tell apart, such as
   * times in milliseconds, is an error, and a column that it tells apart badly causes a warning on the console.
   * @throws ShapeError, ValueError for data that does not fit.
   * @example
   * normalization().adapt([[1, 5], [3, 5]]).config.mean; // [2, 5]
   */
  adapt(data: Rows): this {
    const first: unknown = isList(data) ? data[0] : undefined;
    const width = this.config.inputShape?.[0] ?? (typeof first === 'number' ? 1 : rowLength('adapt', 'x', first));
    if (isList(data) && data.length === 0) {
      throw new ShapeError('adapt: x expected at least one row, got none.');
    }
    if (width === undefined) {
      throw new ValueError(
        'normalization: adapt expected rows as arrays, [[1],[2],…], or an inputShape for a flat Float32Array.',
      );
    }
    const source = openRows('adapt', 'x', data, width);
    if (source.rows === 0) throw new ShapeError('adapt: x expected at least one row, got none.');
    const moments = momentsToAdapt('adapt', 'x', source);
    // Checks that float32, in which the model will store them, can represent them; throws before the config changes.
    float32Moments('adapt', moments);
    Object.assign(this.config, moments);
    return this;
  }
}

/**
 * Standardizes inputs: y = (x − mean)/√variance for each input; an input whose variance is 0 becomes 0. Mean and
 * variance come from the options or from data by `adapt`, are not learned, and are saved with the model as weights
 * (inputs) each. Without either, y = x. As the first layer of a sequential model it needs no inputShape once they are
 * known.
 * @throws ValueError for an unknown option or numbers out of range; ShapeError where a model has another number of
 * inputs.
 * @example
 * normalization({ mean: [2, 5], variance: [1, 4] }).kind; // 'normalization'
 * @category Layers
 */
export function normalization(options?: NormalizationOptions): Normalization {
  return new Normalization(
    readOptions<NormalizationConfig>('normalization', options, normalizationDefinition.options(OPTION_CHECKS)),
  );
}
