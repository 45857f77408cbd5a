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

/** A pass that begins with f32_first_nonfinite on each input. */
export interface CheckedPass {
  readonly rows: RowPass;
  /** Whether an input has a value that is not finite in the rows of the last pass. */
  foundNonFinite(input: number): boolean;
  free(): void;
}

/** A bound plan. */
export interface ForwardProgram {
  /** Largest number of rows of a run. */
  readonly capacity: number;
  /** Bytes of its region. */
  readonly bytes: number;
  readonly inputs: readonly MatrixView[];
  readonly outputs: readonly MatrixView[];
  readonly steps: readonly Step[];
  /** Checks of the inputs and the steps, as a pass over rows that threads divide, if there are threads. */
  readonly pass: CheckedPass | undefined;
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

/** Binds a plan to predict up to `capacity` rows with the weights at an address. */
export function bindPrediction(
  runtime: WasmRuntime,
  plan: NetworkPlan,
  weights: number,
  capacity: number,
  stepsBefore?: StepsBefore,
): ForwardProgram {
  const divides =
    runtime.pool !== undefined &&
    stepsBefore === undefined &&
    capacity > 1 &&
    plan.nodes.every(({ operation }) => isOfKernels(operation));
  const memory = planForward(plan, capacity, divides);
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
  const inputs = plan.inputs.map((value) => view(value));
  const pass = divides ? bindPass(runtime, inputs, capacity, bind) : undefined;
  return {
    capacity,
    bytes: memory.bytes,
    inputs,
    outputs: plan.outputs.map((value) => view(value)),
    steps: bind(runtime, 0),
    pass,
    free: () => {
      pass?.free();
      runtime.arena.free(region);
    },
  };
}

/** Binds a pass over rows, with a result of the check for the part that starts at each row. */
function bindPass(
  { pool, arena, memory }: WasmRuntime,
  inputs: readonly MatrixView[],
  capacity: number,
  bind: BindRows,
): CheckedPass | undefined {
  if (pool === undefined) return undefined;
  const results = arena.allocate(4 * capacity * inputs.length);
  const pass = pool.bindPass(arena, (on, first) => [
    ...inputs.map((input, i): Step => {
      const { address, ld } = rowsFrom(input, first);
      return (rows) => on.kernels.f32_first_nonfinite(rows * ld, address, results + 4 * (i * capacity + first));
    }),
    ...bind(on, first),
  ]);
  return {
    rows: pass,
    foundNonFinite(input) {
      for (let part = 0; part < pass.parts; part++) {
        if (memory.i32[results / 4 + input * capacity + pass.startOf(part)] !== -1) return true;
      }
      return false;
    },
    free() {
      pass.free();
      arena.free(results);
    },
  };
}

/** Runs a program over the `rows` rows in its inputs. */
export function runProgram({ steps }: { readonly steps: readonly Step[] }, rows: number): void {
  for (let i = 0; i < steps.length; i++) steps[i](rows);
}
