import { readOptions } from '../common/options.js';
import { inputShapeCheck } from './checks.js';
import { Layer, SymbolicTensor, type LayerConfig } from './layer.js';
import { optional, text } from '../common/options.js';

/** What `input` takes. */
export interface InputOptions {
  /** [number of inputs]. */
  shape: readonly number[];
  /** Default 'input', numbered. */
  name?: string;
}

/** An input of a graph, settled. */
export interface InputConfig extends LayerConfig {
  /** [number of inputs]. */
  readonly shape: readonly number[];
}

/** Where data enters a graph, as a layer: what `input` wraps and a file names. */
export function inputLayer(options: InputOptions): Layer<'input', InputConfig> {
  const config = readOptions<{ shape: readonly number[]; name: string | undefined }>('input', options, {
    shape: { check: inputShapeCheck },
    name: { check: optional(text), or: undefined },
  });
  return new Layer('input', config, () => []);
}

/**
 * A place where data enters a graph: `shape` numbers per row.
 * @throws ShapeError, ValueError for a shape that is not [number of inputs], or an unknown option.
 * @example
 * const x = input({ shape: [4] });
 * const y = dense({ units: 3, activation: 'softmax' }).apply(x);
 * const network = await model({ inputs: x, outputs: y });
 * network.predict([[1, 2, 3, 4]]).length; // 3
 */
export function input(options: InputOptions): SymbolicTensor {
  return new SymbolicTensor(inputLayer(options), []);
}
