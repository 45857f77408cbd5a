/**
 * Constraints bound to the weights that they hold (kernels: assembly/optimizer/constraint.ts). A matrix is held row by
 * row, a row having the incoming weights of one unit; a vector, such as a bias, as one row. Vectors are short, so their
 * norms are taken here. constraints.ts has names and options.
 */
import { panelFloats, padded } from '../runtime/panels.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { Constraint } from './constraints.js';

/** A weight in linear memory: a matrix (units, inputs) in panels, or a vector (units). */
export interface Constrained {
  readonly address: number;
  readonly shape: readonly number[];
}

type Bind<C> = (runtime: WasmRuntime, weight: Constrained, config: C) => () => void;

const isMatrix = ({ shape }: Constrained): boolean => shape.length > 1;

/** Moves the Euclidean norm of a vector by the share `rate` of its way into the limits: the kernel's formula. */
function limitVector({ f32 }: WasmRuntime['memory'], start: number, n: number, [least, most, rate]: Limits): void {
  let sum = 0;
  for (let i = start; i < start + n; i++) sum += f32[i] * f32[i];
  const norm = Math.sqrt(sum);
  const limit = Math.min(Math.max(norm, least), most);
  if (norm === limit || norm === 0) return;
  const factor = (rate * limit + (1 - rate) * norm) / norm;
  for (let i = start; i < start + n; i++) f32[i] *= factor;
}

type Limits = readonly [least: number, most: number, rate: number];

/** Returns the step that moves norms into limits. The limits are rounded as the kernel rounds its arguments. */
function limitNorms(runtime: WasmRuntime, weight: Constrained, limits: Limits): () => void {
  const { kernels, tile, memory } = runtime;
  const { address, shape } = weight;
  const [least, most, rate] = limits.map(Math.fround);
  if (!isMatrix(weight)) return () => limitVector(memory, address / 4, shape[0], [least, most, rate]);
  const [units, inputs] = shape;
  return () => kernels.f32_limit_norm_panels(inputs, units, tile.panelWidth, address, least, most, rate);
}

const BINDINGS: { readonly [K in Constraint['kind']]: Bind<Extract<Constraint, { kind: K }>['config']> } = {
  maxNorm(runtime, weight, { limit }) {
    const { kernels, tile } = runtime;
    const { address, shape } = weight;
    if (!isMatrix(weight)) return limitNorms(runtime, weight, [0, limit, 1]);
    const [units, inputs] = shape;
    return () => kernels.f32_max_norm_panels(inputs, units, tile.panelWidth, address, limit);
  },
  nonNegative({ kernels }, weight) {
    const { address, shape } = weight;
    const floats = isMatrix(weight) ? panelFloats(shape[0], shape[1]) : padded(shape[0]);
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
