/**
 * Binds a plan to addresses for prediction and runs its steps over the rows in its inputs. memory-plan.ts decides where
 * buffers are; training/program.ts binds plans for training and evaluation.
 */
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { BindRows, RowPass } from '../runtime/threads/row-pass.js';
import { bindForward, isOfKernels } from '../operations/forward.js';
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
  /** The steps as a pass over rows that threads divide, if there are threads. */
  readonly pass: RowPass | undefined;
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

/** Returns the rows of a matrix from row `first` on. */
const rowsFrom = (matrix: MatrixView, first: number): MatrixView => ({
  ...matrix,
  address: matrix.address + 4 * first * matrix.ld,
});

/** Returns the addresses of a node's parameters in the flat vector at `weights`. */
export const parameterAddresses = (plan: NetworkPlan, node: OperationNode, weights: number): number[] =>
  node.parameters.map((parameter) => weights + 4 * plan.parameters[parameter].offset);

/** Returns steps that run before those of a node, for example to look at its inputs. */
export type StepsBefore = (node: OperationNode, inputs: readonly MatrixView[]) => readonly Step[];

/**
 * Bytes that a prediction may take more so that threads can divide its rows: about twice what 256 rows of
 * 784-512-512-10 take. Deep networks whose values share memory would take many times as much, and leave the caches.
 */
const MOST_APART_BYTES = 4 << 20;

/** Whether threads may divide the rows of a prediction. */
const divides = (
  { pool }: WasmRuntime,
  { nodes }: NetworkPlan,
  capacity: number,
  stepsBefore: StepsBefore | undefined,
): boolean =>
  pool?.live === true &&
  stepsBefore === undefined &&
  capacity > 1 &&
  nodes.every(
    ({ operation }) =>
      isOfKernels(operation) &&
      (operation.kind !== 'affineInt8' || pool.dividesInt8(operation.config.inputs, capacity)),
  );

/** Binds a plan to predict up to `capacity` rows with the weights at an address. */
export function bindPrediction(
  runtime: WasmRuntime,
  plan: NetworkPlan,
  weights: number,
  capacity: number,
  stepsBefore?: StepsBefore,
): ForwardProgram {
  const usual = planForward(plan, capacity);
  const apart = divides(runtime, plan, capacity, stepsBefore) ? planForward(plan, capacity, true) : undefined;
  const pool = apart !== undefined && apart.bytes - usual.bytes <= MOST_APART_BYTES ? runtime.pool : undefined;
  const memory = pool === undefined ? usual : apart!;
  const region = allocateRegion(runtime, memory.bytes);
  const view = (value: number, first = 0): MatrixView => rowsFrom(matrixIn(region, memory.values[value]), first);
  const bind: BindRows = (on, first) =>
    plan.nodes.flatMap((node) => {
      const inputs = node.inputs.map((value) => view(value, first));
      const [output, parameters] = [view(node.output, first), parameterAddresses(plan, node, weights)];
      const before = stepsBefore?.(node, inputs) ?? [];
      return [
        ...before,
        ...bindForward(node.operation, { runtime: on as unknown as WasmRuntime, inputs, output, parameters }),
      ];
    });
  let pass: RowPass | undefined;
  try {
    pass = pool?.bindPass(runtime.arena, bind, capacity);
  } catch (error) {
    runtime.arena.free(region);
    throw error;
  }
  return {
    capacity,
    bytes: memory.bytes,
    inputs: plan.inputs.map((value) => view(value)),
    outputs: plan.outputs.map((value) => view(value)),
    steps: bind(runtime, 0),
    pass,
    free: () => {
      pass?.free();
      runtime.arena.free(region);
    },
  };
}

/** Runs a program over the `rows` rows in its inputs. */
export function runProgram({ steps }: { readonly steps: readonly Step[] }, rows: number): void {
  for (let i = 0; i < steps.length; i++) steps[i](rows);
}
