import { ShapeError, ValueError } from '../common/errors.js';
import { flag } from '../common/options.js';
import { dotProduct } from '../operations/dot.js';
import { LAYER_OPTIONS } from './checks.js';
import { onMany, type LayerConfig, type LayerDefinition } from './definition.js';
import { makeLayer, type Layer, type LayerOptions } from './layer.js';

/**
 * Options of `dot`.
 * @category Layers
 */
export interface DotOptions extends LayerOptions {
  /**
   * Whether rows are divided by their Euclidean norms first: the product is the cosine of their angle. Default false.
   */
  normalize?: boolean;
}

/**
 * Settled options of `dot`.
 * @category Layers
 */
export interface DotConfig extends LayerConfig {
  /** Whether rows are divided by their norms first. */
  readonly normalize: boolean;
}

/** Layer definition of `dot`. */
export const dotDefinition: LayerDefinition<'dot', DotConfig> = {
  kind: 'dot',
  merges: true,
  options: () => ({ normalize: { check: flag, or: false }, ...LAYER_OPTIONS }),
  lower: ({ normalize }) =>
    onMany((widths, where) => {
      const [width, other] = widths;
      if (widths.length > 2) throw new ValueError(`${where} expected two inputs, got ${widths.length}.`);
      if (width !== other) {
        throw new ShapeError(
          `${where} expected inputs of the same width, got ${width}, ${other}. Put a dense before one.`,
        );
      }
      return dotProduct(width, normalize);
    }),
};

/**
 * The dot product of the rows of two outputs of the same width, one value per row: a likeness of embeddings. With
 * `normalize` it is the cosine of the angle between the rows; 0, without a gradient, where one of them has a norm of at
 * most 1e-8 and so no direction.
 * @throws ValueError for an unknown option, or in `model` for more than two inputs; ShapeError in `model` where widths
 * differ.
 * @example
 * const a = input({ shape: [2] });
 * const b = input({ shape: [2] });
 * const network = await model({ inputs: [a, b], outputs: dot().apply([a, b]) });
 * network.predict([[[5, 2]], [[3, 4]]]); // [23]
 * @category Layers
 */
export function dot(options?: DotOptions): Layer<'dot', DotConfig> {
  return makeLayer(dotDefinition, options);
}
