import { optional, text } from '../common/options.js';
import { inputShapeCheck } from './checks.js';
import type { LayerDefinition } from './definition.js';
import { makeLayer, SymbolicTensor, type Layer } from './layer.js';

/**
 * Options of `input`.
 * @category Layers
 */
export interface InputOptions {
  /** [number of inputs]. */
  shape: readonly number[];
  /** Default 'input', numbered. */
  name?: string;
}

/**
 * Settled options of `input`.
 * @category Layers
 */
export interface InputConfig {
  /** [number of inputs]. */
  readonly shape: readonly number[];
  /** The name, if it was given. */
  readonly name?: string | undefined;
}

/** Layer definition of `input`. */
export const inputDefinition: LayerDefinition<'input', InputConfig> = {
  kind: 'input',
  merges: false,
  options: () => ({
    shape: { check: inputShapeCheck },
    name: { check: optional(text), or: undefined },
  }),
  lower: () => () => [],
};

/** Makes an input as a layer: `input` wraps it, and files list it among the layers of a graph. */
export const inputLayer = (options: InputOptions): Layer<'input', InputConfig> => makeLayer(inputDefinition, options);

/**
 * An input of a graph: `shape` numbers per row.
 * @throws ShapeError, ValueError for a shape that is not [number of inputs], or an unknown option.
 * @example
 * const x = input({ shape: [4] });
 * const y = dense({ units: 3, activation: 'softmax' }).apply(x);
 * const network = await model({ inputs: x, outputs: y });
 * network.predict([[1, 2, 3, 4]]).length; // 3
 * @category Layers
 */
export function input(options: InputOptions): SymbolicTensor {
  return new SymbolicTensor(inputLayer(options), []);
}
