/**
 * Binds the parts of an update besides the optimizer's rule: penalties and limits on the gradient before it,
 * constraints on the weights after it. optimizers/bind.ts binds the rule itself; trainer.ts calls all of them in order.
 */
import { ownOf } from '../common/objects.js';
import { sizeOf } from '../common/tensors.js';
import type { RegionGroup } from '../runtime/arena.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import { padded } from '../runtime/panels.js';
import { storedFloats, type NetworkPlan } from '../graph/plan.js';
import type { UpdateVectors } from '../optimizers/bind.js';
import type { Optimizer } from '../optimizers/optimizers.js';

/** Binds the step that adds the gradients of the layers' penalties on their weights. */
export function bindPenalties(
  { kernels }: WasmRuntime,
  plan: NetworkPlan,
  { weights, gradients }: { readonly weights: number; readonly gradients: number },
): () => void {
  const penalties = plan.parameters.flatMap(({ spec, offset }) => {
    const regularizer = ownOf(spec, 'regularizer');
    return regularizer === undefined ? [] : [{ at: 4 * offset, floats: storedFloats(spec), ...regularizer.config }];
  });
  return () => {
    for (let i = 0; i < penalties.length; i++) {
      const { at, floats, l1, l2 } = penalties[i];
      kernels.f32_penalty_gradient(floats, weights + at, gradients + at, l1, l2);
    }
  };
}

/** Added to a norm before dividing by it, as in PyTorch's clip_grad_norm_. */
const NORM_EPSILON = 1e-6;

/**
 * Binds the step that clips the gradient to the optimizer's limits; it does nothing if there are none. Allocates its
 * memory from `regions`.
 */
export function bindClip(
  runtime: WasmRuntime,
  plan: NetworkPlan,
  { config }: Optimizer,
  { size, gradients }: Pick<UpdateVectors, 'size' | 'gradients'>,
  regions: RegionGroup,
): () => void {
  const { kernels, memory, tile } = runtime;
  const { clipNorm, clipValue } = config;
  if (clipValue !== undefined) return () => kernels.f32_clip_value(size, gradients, clipValue);
  if (clipNorm === undefined) return () => undefined;
  const limit = Math.fround(clipNorm);
  const total = regions.allocate(8);
  const parts = plan.parameters
    .filter(({ spec }) => spec.learned)
    .map(({ spec: { shape, storage }, offset }) => ({
      at: gradients + 4 * offset,
      units: storage === 'panels' ? shape[0] : sizeOf(shape),
      inputs: storage === 'panels' ? shape[1] : 1,
      width: storage === 'panels' ? tile.panelWidth : padded(sizeOf(shape)),
    }));
  return () => {
    memory.f64[total / 8] = 0;
    for (let i = 0; i < parts.length; i++) {
      const { at, units, inputs, width } = parts[i];
      kernels.f64_add_squares(inputs, units, width, at, total);
    }
    const factor = limit / (Math.sqrt(memory.f64[total / 8]) + NORM_EPSILON);
    if (factor < 1) kernels.f32_scale(size, gradients, factor);
  };
}

/** Binds the step that applies the layers' constraints to their weights. */
export function bindConstraints({ kernels, tile }: WasmRuntime, plan: NetworkPlan, weights: number): () => void {
  const constraints = plan.parameters.flatMap(({ spec, offset }) => {
    const constraint = ownOf(spec, 'constraint');
    const [units, inputs] = spec.shape;
    return constraint === undefined ? [] : [{ at: weights + 4 * offset, units, inputs, ...constraint.config }];
  });
  return () => {
    for (let i = 0; i < constraints.length; i++) {
      const { at, units, inputs, limit } = constraints[i];
      kernels.f32_max_norm_panels(inputs, units, tile.panelWidth, at, limit);
    }
  };
}
