/**
 * Constraints bound to the weights that they hold (kernels: assembly/optimizer/constraint.ts for panels,
 * row-constraint.ts for rows). A matrix is held row by row: a row has the incoming weights of one unit, or the vector
 * of one category. A vector, such as a bias, is held as one row. constraints.ts has names and options.
 */
import { sizeOf } from '../common/tensors.js';
import { panelFloats, padded } from '../runtime/panels.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { Constraint } from './constraints.js';

/** A weight in linear memory: a matrix in panels, or a matrix or vector whose values are in order. */
export interface Constrained {
  readonly address: number;
  readonly shape: readonly number[];
  readonly storage: 'panels' | 'vector' | 'int8';
}

type Bind<C> = (runtime: WasmRuntime, weight: Constrained, config: C) => () => void;

type Limits = readonly [least: number, most: number, rate: number];

/** Returns the step that moves norms into limits. */
function limitNorms(
  { kernels, tile }: WasmRuntime,
  { address, shape, storage }: Constrained,
  limits: Limits,
): () => void {
  const [least, most, rate] = limits;
  const [rows, width] = shape.length > 1 ? shape : [1, shape[0]];
  return storage === 'panels'
    ? () => kernels.f32_limit_norm_panels(width, rows, tile.panelWidth, address, least, most, rate)
    : () => kernels.f32_limit_norm_rows(rows, width, address, least, most, rate);
}

const BINDINGS: { readonly [K in Constraint['kind']]: Bind<Extract<Constraint, { kind: K }>['config']> } = {
  maxNorm(runtime, weight, { limit }) {
    const { kernels, tile } = runtime;
    const { address, shape, storage } = weight;
    if (storage !== 'panels') return limitNorms(runtime, weight, [0, limit, 1]);
    const [units, inputs] = shape;
    return () => kernels.f32_max_norm_panels(inputs, units, tile.panelWidth, address, limit);
  },
  nonNegative({ kernels }, weight) {
    const { address, shape, storage } = weight;
    const floats = storage === 'panels' ? panelFloats(shape[0], shape[1]) : padded(sizeOf(shape));
    // max(w, 0) is what ReLU computes.
    return () => kernels.f32_relu(floats, address, address);
  },
  unitNorm: (runtime, weight) => limitNorms(runtime, weight, [1, 1, 1]),
  minMaxNorm: (runtime, weight, { minValue, maxValue, rate }) =>
    limitNorms(runtime, weight, [minValue, maxValue, rate]),
};

/** Returns the step that holds a weight to its constraint. */
export const bindConstraint = <C extends Constraint>(
  runtime: WasmRuntime,
  weight: Constrained,
  { kind, config }: C,
): (() => void) => (BINDINGS[kind] as Bind<C['config']>)(runtime, weight, config);
