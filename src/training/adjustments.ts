/**
 * Binds the parts of an update besides the optimizer's rule: penalties and limits on the gradient before it,
 * constraints on the weights after it. optimizers/bind.ts binds the rule itself; trainer.ts calls all of them in order.
 */
import { ownOf } from '../common/objects.js';
import { bindConstraint } from '../constraints/bind.js';
import type { RegionGroup } from '../runtime/arena.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import { panelled, readParameters } from '../graph/parameters.js';
import { storedFloats, type NetworkPlan, type PlannedParameter } from '../graph/plan.js';
import type { TrainingLayout } from './layout.js';
import type { UpdateVectors } from '../optimizers/update-vectors.js';
import { isFullBatch } from '../optimizers/full-batch.js';
import type { Optimizer } from '../optimizers/optimizers.js';

/** Binds the step that adds the gradients of the layers' penalties on their weights; undefined if there are none. */
export function bindPenalties(
  { kernels }: WasmRuntime,
  { parameters }: NetworkPlan,
  { gradientOf }: TrainingLayout,
  { weights, gradients }: { readonly weights: number; readonly gradients: number },
): (() => void) | undefined {
  const penalties = parameters.flatMap(({ spec, offset }, index) => {
    const regularizer = ownOf(spec, 'regularizer');
    const gradient = gradientOf[index];
    if (regularizer === undefined || gradient === undefined) return [];
    const [from, to] = [weights + 4 * offset, gradients + 4 * gradient.offset];
    return [{ from, to, floats: storedFloats(spec), ...regularizer.config }];
  });
  if (penalties.length === 0) return undefined;
  return () => {
    for (let i = 0; i < penalties.length; i++) {
      const { from, to, floats, l1, l2 } = penalties[i];
      kernels.f32_penalty_gradient(floats, from, to, l1, l2);
    }
  };
}

/**
 * Binds a function that returns the penalties λ1·Σ|w| + λ2/2·Σw² of the layers on their weights; undefined if there are
 * none. Those of frozen layers are not counted, as in Keras.
 */
export function bindPenaltyLoss(
  runtime: WasmRuntime,
  plan: NetworkPlan,
  { gradientOf }: TrainingLayout,
  weights: number,
  regions: RegionGroup,
): (() => number) | undefined {
  const { kernels, memory } = runtime;
  const penalties = plan.parameters.flatMap((parameter, index) => {
    const regularizer = ownOf(parameter.spec, 'regularizer');
    if (regularizer === undefined || gradientOf[index] === undefined) return [];
    return [{ parameter, panels: panelled(runtime, parameter), ...regularizer.config }];
  });
  if (penalties.length === 0) return undefined;
  const total = regions.allocate(8);
  const absolute = (parameter: PlannedParameter): number =>
    readParameters(runtime, weights, [parameter])[0].data.reduce((sum, weight) => sum + Math.abs(weight), 0);
  return () =>
    penalties.reduce((sum, { parameter, panels, l1, l2 }) => {
      if (l1 !== 0) sum += l1 * absolute(parameter);
      if (l2 === 0) return sum;
      memory.f64[total / 8] = 0;
      const { at, units, inputs, width } = panels;
      kernels.f64_add_squares(inputs, units, width, weights + at, total);
      return sum + (l2 / 2) * memory.f64[total / 8];
    }, 0);
}

/** Added to a norm before dividing by it, as in PyTorch's clip_grad_norm_. */
const NORM_EPSILON = 1e-6;

/**
 * Binds the step that clips the gradient to the optimizer's limits; undefined if there are none. Allocates its memory
 * from `regions`.
 */
export function bindClip(
  runtime: WasmRuntime,
  { trained }: TrainingLayout,
  optimizer: Optimizer,
  { size, gradients }: Pick<UpdateVectors, 'size' | 'gradients'>,
  regions: RegionGroup,
): (() => void) | undefined {
  const { kernels, memory } = runtime;
  if (isFullBatch(optimizer)) return undefined;
  const { clipNorm, clipValue } = optimizer.config;
  if (clipValue !== undefined) return () => kernels.f32_clip_value(size, gradients, clipValue);
  if (clipNorm === undefined) return undefined;
  const limit = Math.fround(clipNorm);
  const total = regions.allocate(8);
  const parts = trained.map((parameter) => panelled(runtime, parameter));
  return () => {
    memory.f64[total / 8] = 0;
    for (let i = 0; i < parts.length; i++) {
      const { at, units, inputs, width } = parts[i];
      kernels.f64_add_squares(inputs, units, width, gradients + at, total);
    }
    const factor = limit / (Math.sqrt(memory.f64[total / 8]) + NORM_EPSILON);
    if (factor < 1) kernels.f32_scale(size, gradients, factor);
  };
}

/** Binds the step that applies the layers' constraints to their weights, except to frozen ones; undefined if there are none. */
export function bindConstraints(
  runtime: WasmRuntime,
  { parameters }: NetworkPlan,
  { gradientOf }: TrainingLayout,
  weights: number,
): (() => void) | undefined {
  const steps = parameters.flatMap(({ spec, offset }, index) => {
    if (gradientOf[index] === undefined) return [];
    const constraint = ownOf(spec, 'constraint');
    if (constraint === undefined) return [];
    return [
      bindConstraint(runtime, { address: weights + 4 * offset, shape: spec.shape, storage: spec.storage }, constraint),
    ];
  });
  if (steps.length === 0) return undefined;
  return () => {
    for (let i = 0; i < steps.length; i++) steps[i]();
  };
}
