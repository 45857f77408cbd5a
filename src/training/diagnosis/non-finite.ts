/**
 * Finds NaN and infinity in a batch that was differentiated, for `diagnose`, and for callbacks that look after each.
 */
import { storedFloats, type PlannedParameter } from '../../graph/plan.js';
import type { MatrixView } from '../../runtime/matrix-view.js';
import type { WasmRuntime } from '../../runtime/wasm-runtime.js';
import type { ExecutionContext } from '../execution-context.js';
import type { TrainingProgram } from '../program.js';
import type { Trainer } from '../trainer.js';
import type { NonFinite } from './diagnosis.js';

/** A batch that was differentiated. */
interface Batch {
  readonly trainer: Trainer;
  readonly program: TrainingProgram;
  readonly rows: number;
  readonly gradients: number;
}
/** Whether a vector holds a NaN or an infinity. */
function hasNonFinite({ kernels, memory, arena }: WasmRuntime, address: number, floats: number): boolean {
  const result = arena.allocate(4);
  kernels.f32_first_nonfinite(floats, address, result);
  const index = memory.i32[result / 4];
  arena.free(result);
  return index !== -1;
}

/**
 * Whether the batch that was just differentiated has a NaN or an infinity in its loss, its gradients or the weights.
 */
export function holdsNonFinite(trainer: Trainer, { accumulator }: ExecutionContext): boolean {
  const { size, weights, gradients } = trainer.vectors;
  const { runtime } = trainer.model;
  if (!accumulator.finite || hasNonFinite(runtime, gradients, size)) return true;
  return trainer.layout.stretches.some((one) => hasNonFinite(runtime, weights + 4 * one.weights, one.floats));
}

/** Returns the first NaN or infinity in the order of a step: weights, activations, loss, deltas, gradients. */
export function firstNonFinite({ trainer, program, rows, gradients }: Batch, loss: number): NonFinite | undefined {
  const { runtime, plan } = trainer.model;
  const { names } = plan.graph;
  const has = (address: number, floats: number): boolean => hasNonFinite(runtime, address, floats);
  const matrixHas = ({ address, ld }: MatrixView): boolean => has(address, rows * ld);
  const tensorHas = (base: number, { spec, offset }: PlannedParameter): boolean =>
    has(base + 4 * offset, storedFloats(spec));
  const weight = plan.parameters.find((parameter) => tensorHas(trainer.vectors.weights, parameter));
  if (weight !== undefined) return { what: 'weights', layer: names[weight.layer] };
  const node = program.nodes.find(({ output }) => matrixHas(output));
  if (node !== undefined) return { what: 'activations', layer: names[node.layer] };
  if (!Number.isFinite(loss)) return { what: 'loss' };
  const back = [...program.nodes]
    .reverse()
    .find(({ outputDelta }) => outputDelta !== undefined && matrixHas(outputDelta));
  if (back !== undefined) return { what: 'deltas', layer: names[back.layer] };
  const gradient = [...trainer.layout.trained].reverse().find((parameter) => tensorHas(gradients, parameter));
  return gradient && { what: 'gradients', layer: names[gradient.layer] };
}
