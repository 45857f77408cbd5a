import { ShapeError } from '../common/errors.js';
import { sideBySide, sum } from '../operations/merge.js';
import { LAYER_OPTIONS } from './checks.js';
import { onMany, type LayerDefinition } from './definition.js';
import { makeLayer, type Layer, type LayerOptions } from './layer.js';

/** Layer definition of `add`. */
export const addDefinition: LayerDefinition<'add'> = {
  kind: 'add',
  options: () => LAYER_OPTIONS,
  lower: () =>
    onMany((widths, where) => {
      if (widths.some((width) => width !== widths[0])) {
        throw new ShapeError(`${where} expected inputs of the same width, got ${widths.join(', ')}.`);
      }
      return sum(widths[0]);
    }),
};

/**
 * Adds two or more outputs of the same width, value by value: residual connections.
 * @throws ValueError for an unknown option; ShapeError in `model` where widths differ.
 * @example
 * const x = input({ shape: [8] });
 * const h = dense({ units: 8, activation: 'relu' }).apply(x);
 * const network = await model({ inputs: x, outputs: add().apply([x, h]) });
 * network.predict([[0, 0, 0, 0, 0, 0, 0, 1]]).length; // 8
 * @category Layers
 */
export function add(options?: LayerOptions): Layer<'add'> {
  return makeLayer(addDefinition, options);
}

/** Layer definition of `concatenate`. */
export const concatenateDefinition: LayerDefinition<'concatenate'> = {
  kind: 'concatenate',
  options: () => LAYER_OPTIONS,
  lower: () => onMany(sideBySide),
};

/**
 * Concatenates the columns of two or more outputs: (a, b) from a (n, 2) and b (n, 3) is (n, 5).
 * @throws ValueError for an unknown option.
 * @example
 * const a = input({ shape: [2] });
 * const b = input({ shape: [3] });
 * const network = await model({ inputs: [a, b], outputs: concatenate().apply([a, b]) });
 * network.predict([[[1, 2]], [[3, 4, 5]]]); // [1, 2, 3, 4, 5]
 * @category Layers
 */
export function concatenate(options?: LayerOptions): Layer<'concatenate'> {
  return makeLayer(concatenateDefinition, options);
}
