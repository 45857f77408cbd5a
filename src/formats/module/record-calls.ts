/**
 * The kernel calls of a prediction as data. The forward table binds each operation to a runtime whose kernels note
 * their arguments instead of computing, so this has no table of its own. An argument is constant, or proportional to the rows.
 */
import { planForward } from '../../graph/memory-plan.js';
import { assignOffsets, type NetworkPlan } from '../../graph/plan.js';
import { bindForward } from '../../operations/forward.js';
import { matrixIn, parameterAddresses } from '../../graph/program.js';
import type { MatrixView } from '../../runtime/matrix-view.js';
import { DEFAULT_TILE, tileOf } from '../../runtime/tile.js';
import type { WasmRuntime } from '../../runtime/wasm-runtime.js';

/** An argument of a call: `constant + perRow · rows`. */
export interface Argument {
  readonly constant: number;
  readonly perRow: number;
}

/** A call of a kernel. */
export interface KernelCall {
  readonly kernel: string;
  readonly args: readonly Argument[];
}

/** What a prediction does, at which addresses. */
export interface RecordedProgram {
  readonly calls: readonly KernelCall[];
  readonly inputs: readonly MatrixView[];
  readonly outputs: readonly MatrixView[];
  /** Bytes of memory that it needs. */
  readonly bytes: number;
}

/** Where the weights begin: address 0 means none. */
export const WEIGHTS_ADDRESS = 64;

/** Kernels read at most 28 bytes past an operand. */
const GAP = 64;

/** Most rows of one run; more are computed in parts. */
export const MOST_ROWS = 64;

/** A plan whose weights are one piece, also where the model shares some of another. */
export const inOnePiece = (plan: NetworkPlan): NetworkPlan => ({ ...plan, ...assignOffsets(plan.parameters) });

/** Width of the panels in which weights are stored for the recorded calls. */
export const PANEL_WIDTH = /* @__PURE__ */ Number(DEFAULT_TILE.split('x')[1]);

type Noted = readonly [kernel: string, args: readonly number[]];

/** Returns a runtime whose kernels append their calls to a list. */
function notingRuntime(noted: Noted[]): WasmRuntime {
  const kernels = new Proxy({} as WasmRuntime['kernels'], {
    get:
      (_target, name) =>
      (...args: number[]) =>
        void noted.push([String(name), args]),
  });
  // What bindings read of a runtime. Without a buffer for packed rows, products read them where they are.
  return { kernels, tile: tileOf(kernels, DEFAULT_TILE), packedA: 0 } as unknown as WasmRuntime;
}

/** Records the prediction of a plan in one piece. */
export function recordProgram(plan: NetworkPlan): RecordedProgram {
  const memory = planForward(plan, MOST_ROWS);
  const region = Math.ceil((WEIGHTS_ADDRESS + 4 * plan.parameterFloats + GAP) / GAP) * GAP;
  const view = (value: number): MatrixView => matrixIn(region, memory.values[value]);
  const noted: Noted[] = [];
  const runtime = notingRuntime(noted);
  const steps = plan.nodes.flatMap((node) =>
    bindForward(node.operation, {
      runtime,
      inputs: node.inputs.map(view),
      output: view(node.output),
      parameters: parameterAddresses(plan, node, WEIGHTS_ADDRESS),
    }),
  );
  const callsOf = (rows: number): Noted[] => {
    noted.length = 0;
    for (const step of steps) step(rows);
    return [...noted];
  };
  const [one, two, most] = [callsOf(1), callsOf(2), callsOf(MOST_ROWS)];
  const calls = one.map(([kernel, args], index): KernelCall => {
    const [, twice] = two[index];
    const found = args.map((first, i): Argument => {
      const perRow = twice[i] - first;
      return { constant: first - perRow, perRow };
    });
    const [again, expected] = most[index];
    if (again !== kernel || found.some(({ constant, perRow }, i) => constant + perRow * MOST_ROWS !== expected[i])) {
      throw new Error(`toModule: arguments of ${kernel} expected to be proportional to the rows, got others.`);
    }
    return { kernel, args: found };
  });
  return {
    calls,
    inputs: plan.inputs.map(view),
    outputs: plan.outputs.map(view),
    bytes: region + memory.bytes + GAP,
  };
}
