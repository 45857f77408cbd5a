/**
 * Binds a plan to addresses for prediction and runs its steps over the rows in its inputs. memory-plan.ts decides where
 * buffers are; training/program.ts binds plans for training and evaluation.
 */
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import { bindForward } from '../operations/forward.js';
import { planForward } from './memory-plan.js';
import type { NetworkPlan, OperationNode } from './plan.js';

/** A bound plan. */
export interface ForwardProgram {
  /** Largest number of rows of a run. */
  readonly capacity: number;
  /** Bytes of its region. */
  readonly bytes: number;
  readonly inputs: readonly MatrixView[];
  readonly outputs: readonly MatrixView[];
  readonly steps: readonly Step[];
  free(): void;
}

/**
 * Allocates a region for planned buffers, filled with zeros: padding columns are read and must not contain an old NaN.
 */
export function allocateRegion({ arena, kernels }: WasmRuntime, bytes: number): number {
  const region = arena.allocate(bytes);
  kernels.f32_fill(bytes / 4, region, 0);
  return region;
}

/** Returns a planned matrix with its address instead of its offset. */
export const matrixIn = (region: number, planned: MatrixView): MatrixView => ({
  ...planned,
  address: region + planned.address,
});

/** Returns the addresses of a node's parameters in the flat vector at `weights`. */
export const parameterAddresses = (plan: NetworkPlan, node: OperationNode, weights: number): number[] =>
  node.parameters.map((parameter) => weights + 4 * plan.parameters[parameter].offset);

/** Returns steps that run before those of a node, for example to look at its inputs. */
export type StepsBefore = (node: OperationNode, inputs: readonly MatrixView[]) => readonly Step[];

/** Binds a plan to predict up to `capacity` rows with the weights at an address. */
export function bindPrediction(
  runtime: WasmRuntime,
  plan: NetworkPlan,
  weights: number,
  capacity: number,
  stepsBefore?: StepsBefore,
): ForwardProgram {
  const memory = planForward(plan, capacity);
  const region = allocateRegion(runtime, memory.bytes);
  const view = (value: number): MatrixView => matrixIn(region, memory.values[value]);
  return {
    capacity,
    bytes: memory.bytes,
    inputs: plan.inputs.map(view),
    outputs: plan.outputs.map(view),
    steps: plan.nodes.flatMap((node) => {
      const inputs = node.inputs.map(view);
      const [output, parameters] = [view(node.output), parameterAddresses(plan, node, weights)];
      const before = stepsBefore?.(node, inputs) ?? [];
      return [...before, ...bindForward(node.operation, { runtime, inputs, output, parameters })];
    }),
    free: () => runtime.arena.free(region),
  };
}

/** Runs a program over the `rows` rows in its inputs. */
export function runProgram({ steps }: { readonly steps: readonly Step[] }, rows: number): void {
  for (let i = 0; i < steps.length; i++) steps[i](rows);
}
