import { ShapeError, ValueError } from '../common/errors.js';
import { merge, sideBySide, type ElementwiseMerge } from '../operations/merge.js';
import type { Operation } from '../operations/operation.js';
import { LAYER_OPTIONS } from './checks.js';
import { onMany, type LayerDefinition } from './definition.js';
import { makeLayer, type Layer, type LayerOptions } from './layer.js';

/** A layer that merges inputs of the same width, value by value; two of them where only two make sense. */
const elementwise = <K extends ElementwiseMerge>(kind: K, onlyTwo = false): LayerDefinition<K> => ({
  kind,
  merges: true,
  options: () => LAYER_OPTIONS,
  lower: () =>
    onMany((widths, where) => {
      if (onlyTwo && widths.length > 2) {
        throw new ValueError(
          `${where} expected two inputs, got ${widths.length}. Apply ${kind} twice, or add() to what is subtracted.`,
        );
      }
      if (widths.some((width) => width !== widths[0])) {
        throw new ShapeError(`${where} expected inputs of the same width, got ${widths.join(', ')}.`);
      }
      return merge(kind, widths[0]) as Operation;
    }),
});

/** Layer definition of `add`. */
export const addDefinition = /* @__PURE__ */ elementwise('add');

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

/** Layer definition of `multiply`. */
export const multiplyDefinition = /* @__PURE__ */ elementwise('multiply');

/**
 * The product of two or more outputs of the same width, value by value: gates.
 * @throws ValueError for an unknown option; ShapeError in `model` where widths differ.
 * @example
 * const x = input({ shape: [8] });
 * const gate = dense({ units: 8, activation: 'sigmoid' }).apply(x);
 * const network = await model({ inputs: x, outputs: multiply().apply([x, gate]) });
 * network.predict([[0, 0, 0, 0, 0, 0, 0, 1]])[0]; // 0
 * @category Layers
 */
export function multiply(options?: LayerOptions): Layer<'multiply'> {
  return makeLayer(multiplyDefinition, options);
}

/** Layer definition of `subtract`. */
export const subtractDefinition = /* @__PURE__ */ elementwise('subtract', true);

/**
 * The first of two outputs of the same width minus the second, value by value.
 * @throws ValueError for an unknown option, or in `model` for more than two inputs; ShapeError in `model` where widths
 * differ.
 * @example
 * const a = input({ shape: [2] });
 * const b = input({ shape: [2] });
 * const network = await model({ inputs: [a, b], outputs: subtract().apply([a, b]) });
 * network.predict([[[5, 2]], [[3, 4]]]); // [2, -2]
 * @category Layers
 */
export function subtract(options?: LayerOptions): Layer<'subtract'> {
  return makeLayer(subtractDefinition, options);
}

/** Layer definition of `average`. */
export const averageDefinition = /* @__PURE__ */ elementwise('average');

/**
 * The mean of two or more outputs of the same width, value by value: the sum, from left to right, over their number.
 * @throws ValueError for an unknown option; ShapeError in `model` where widths differ.
 * @example
 * const a = input({ shape: [2] });
 * const b = input({ shape: [2] });
 * const network = await model({ inputs: [a, b], outputs: average().apply([a, b]) });
 * network.predict([[[5, 2]], [[3, 4]]]); // [4, 3]
 * @category Layers
 */
export function average(options?: LayerOptions): Layer<'average'> {
  return makeLayer(averageDefinition, options);
}

/** Layer definition of `maximum`. */
export const maximumDefinition = /* @__PURE__ */ elementwise('maximum');

/**
 * The largest of two or more outputs of the same width, value by value; NaN where one is NaN. Where several are largest
 * their gradients are equal shares, as in PyTorch.
 * @throws ValueError for an unknown option; ShapeError in `model` where widths differ.
 * @example
 * const a = input({ shape: [2] });
 * const b = input({ shape: [2] });
 * const network = await model({ inputs: [a, b], outputs: maximum().apply([a, b]) });
 * network.predict([[[5, 2]], [[3, 4]]]); // [5, 4]
 * @category Layers
 */
export function maximum(options?: LayerOptions): Layer<'maximum'> {
  return makeLayer(maximumDefinition, options);
}

/** Layer definition of `minimum`. */
export const minimumDefinition = /* @__PURE__ */ elementwise('minimum');

/**
 * The smallest of two or more outputs of the same width, value by value; NaN where one is NaN. Where several are
 * smallest their gradients are equal shares, as in PyTorch.
 * @throws ValueError for an unknown option; ShapeError in `model` where widths differ.
 * @example
 * const a = input({ shape: [2] });
 * const b = input({ shape: [2] });
 * const network = await model({ inputs: [a, b], outputs: minimum().apply([a, b]) });
 * network.predict([[[5, 2]], [[3, 4]]]); // [3, 2]
 * @category Layers
 */
export function minimum(options?: LayerOptions): Layer<'minimum'> {
  return makeLayer(minimumDefinition, options);
}

/** Layer definition of `concatenate`. */
export const concatenateDefinition: LayerDefinition<'concatenate'> = {
  kind: 'concatenate',
  merges: true,
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
