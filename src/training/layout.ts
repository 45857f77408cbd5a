/**
 * The layout of a training: which weights it changes, and where their gradients are in the flat vectors of gradients
 * and optimizer state. Weights of frozen layers have no place in these vectors. graph/plan.ts has the layout of the
 * weights themselves; trainer.ts allocates the vectors.
 */
import { ownOf } from '../common/objects.js';
import { alignedFloats, type NetworkPlan, type PlannedParameter } from '../graph/plan.js';
import { bindUpdate, type Update } from '../optimizers/bind.js';
import type { UpdateVectors } from '../optimizers/update-vectors.js';
import type { Optimizer } from '../optimizers/optimizers.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';

/**
 * Weights one after another whose gradients are one after another too, and which have one learning rate: an update of
 * them is one kernel call.
 */
export interface Stretch {
  /** First float, counted from the address of the weights. */
  readonly weights: number;
  /** First float in the vectors of gradients and optimizer state. */
  readonly gradients: number;
  readonly floats: number;
  /** Factor of the learning rate. */
  readonly factor: number;
}

/** The weights that a training changes. If no layer is frozen, gradients have the layout of the learned weights. */
export interface TrainingLayout {
  /** Indices of the layers that are not trained. */
  readonly frozen: ReadonlySet<number>;
  /** Floats in each vector. */
  readonly floats: number;
  /** Trained parameters in the order of the plan, at their offsets in these vectors. */
  readonly trained: readonly PlannedParameter[];
  /** By parameter of the plan: its entry in `trained`, if it is trained. */
  readonly gradientOf: readonly (PlannedParameter | undefined)[];
  readonly stretches: readonly Stretch[];
}

/** Lays out the gradients of a plan whose layers `frozen` are not trained. */
export function layOutTraining({ parameters, graph }: NetworkPlan, frozen: ReadonlySet<number>): TrainingLayout {
  let floats = 0;
  const stretches: { weights: number; gradients: number; floats: number; factor: number }[] = [];
  const gradientOf = new Map<PlannedParameter, PlannedParameter>();
  const trained = parameters.filter(({ spec, layer }) => spec.learned && !frozen.has(layer));
  for (const parameter of trained) {
    const { offset, layer } = parameter;
    const factor = ownOf(graph.layers[layer].config, 'learningRateFactor') ?? 1;
    const size = alignedFloats(parameter.spec);
    const last = stretches.at(-1);
    if (last?.factor === factor && last.weights + last.floats === offset) last.floats += size;
    else stretches.push({ weights: offset, gradients: floats, floats: size, factor });
    gradientOf.set(parameter, { ...parameter, offset: floats });
    floats += size;
  }
  return {
    frozen,
    floats,
    trained: trained.map((parameter) => gradientOf.get(parameter)!),
    gradientOf: parameters.map((parameter) => gradientOf.get(parameter)),
    stretches,
  };
}

/** Floats from which on the update of a parameter is worth a hand-over to other threads of its own. */
const LARGE = 65_536;

/**
 * Cuts stretches before each large parameter. Threads that share an update each take a half of what one call updates,
 * so it is the half of the parameter whose products they compute, and stays in their cache.
 */
function cutBeforeLarge(stretches: readonly Stretch[], parameters: UpdateVectors['parameters']): Stretch[] {
  return stretches.flatMap((stretch) => {
    const end = stretch.gradients + stretch.floats;
    const starts = parameters
      .filter(({ offset }, i) => offset > stretch.gradients && offset < end && sizeOf(parameters, i, end) >= LARGE)
      .map(({ offset }) => offset);
    return [stretch.gradients, ...starts].map((gradients, i): Stretch => ({
      ...stretch,
      weights: stretch.weights + gradients - stretch.gradients,
      gradients,
      floats: (starts[i] ?? end) - gradients,
    }));
  });
}

/** Returns the floats between parameter `i` and the next, or the end of their stretch. */
const sizeOf = (parameters: UpdateVectors['parameters'], i: number, end: number): number =>
  Math.min(end, parameters[i + 1]?.offset ?? end) - parameters[i].offset;

/** Binds the update of all trained weights: one kernel call, or two, for each stretch, or part of it for threads. */
export function bindUpdates(
  runtime: WasmRuntime,
  optimizer: Optimizer,
  { weights, gradients, parameters, optimizerState }: UpdateVectors,
  stretches: readonly Stretch[],
): Update {
  const parts = runtime.pool === undefined ? stretches : cutBeforeLarge(stretches, parameters);
  const updates = parts.map((stretch): Update => {
    const within = parameters
      .map(({ name, offset }) => ({ name, offset: offset - stretch.gradients }))
      .filter(({ offset }) => offset >= 0 && offset < stretch.floats);
    const update = bindUpdate(runtime, optimizer, {
      size: stretch.floats,
      parameters: within,
      weights: weights + 4 * stretch.weights,
      gradients: gradients + 4 * stretch.gradients,
      optimizerState: optimizerState.map((state) => state + 4 * stretch.gradients),
    });
    const { factor } = stretch;
    return factor === 1 ? update : (step, rate, momentum) => update(step, factor * rate, momentum);
  });
  if (updates.length === 1) return updates[0];
  return (step, learningRate, momentum) => {
    for (let i = 0; i < updates.length; i++) updates[i](step, learningRate, momentum);
  };
}
