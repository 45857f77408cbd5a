/**
 * The training side of activations: derivatives as kernels (assembly/activation), BP2's dz = dy ⊙ f', and facts about
 * outputs and slopes, for compile checks, metrics and `diagnose`. The table is typed by `ActivationName`, so that the
 * compiler requires an entry for each new activation. activations.ts has names and options.
 */
import { requireLength } from '../common/custom.js';
import type { KernelName } from '../runtime/abi.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import {
  BY_ROW,
  isByRow,
  scalarsOf,
  type ActivationName,
  type CustomActivation,
  type PlainActivation,
} from './activations.js';

/** Argument from which f' is computed: the output if that is exact, which lets y overwrite z, else the input. */
export type DerivativeFrom = 'input' | 'output';

/** A kernel (n, *from, *dy, *dx, …scalars). */
type DerivativeKernel = (n: number, from: number, dy: number, dx: number, a: number, b: number) => void;

/**
 * Values that outputs can have: probabilities that add up to 1 over a row, values from 0 to 1, from −1 to 1, from 0 up,
 * or any that go below 0 and beyond 1.
 */
export type OutputRange = 'distribution' | 'unit' | 'signed' | 'nonNegative' | 'any';

/**
 * Facts about an activation that compile checks, metrics and `diagnose` use.
 */
export interface ActivationProperties {
  /**
   * The largest |f'|; 1 for activations that pass their input on with slope 1, even where |f'| slightly exceeds 1; 0
   * for one that passes no gradient back.
   */
  readonly largestSlope: number;
  /**
   * Behaviour where f' is small: 'exact' zeros are intended; 'smooth' zeros are tails that float32 rounded to 0;
   * 'constant' slopes do not become smaller.
   */
  readonly tail: 'exact' | 'smooth' | 'constant';
  /** Values that the output can have; absent if unknown. */
  readonly range?: OutputRange;
}

/** The kernel of a derivative, and the argument that it reads. */
type DerivativeBy = readonly [KernelName, DerivativeFrom];

/** Entry of an activation; `derivative` exists for those that work value by value. */
interface Entry extends ActivationProperties {
  readonly derivative: DerivativeBy | undefined;
}

const entry = (
  range: OutputRange,
  tail: ActivationProperties['tail'],
  largestSlope: number,
  derivative?: DerivativeBy,
): Entry => ({ range, tail, largestSlope, derivative });

const ENTRIES: Readonly<Record<ActivationName, Entry>> = {
  linear: /* @__PURE__ */ entry('any', 'exact', 1),
  unitStep: /* @__PURE__ */ entry('unit', 'exact', 0, ['f32_unit_step_backward', 'output']),
  sigmoid: /* @__PURE__ */ entry('unit', 'smooth', 0.25, ['f32_sigmoid_backward', 'output']),
  tanh: /* @__PURE__ */ entry('signed', 'smooth', 1, ['f32_tanh_backward', 'output']),
  relu: /* @__PURE__ */ entry('nonNegative', 'exact', 1, ['f32_relu_backward', 'output']),
  leakyRelu: /* @__PURE__ */ entry('any', 'constant', 1, ['f32_leaky_relu_backward', 'output']),
  prelu: /* @__PURE__ */ entry('any', 'exact', 1),
  elu: /* @__PURE__ */ entry('any', 'smooth', 1, ['f32_elu_backward', 'output']),
  selu: /* @__PURE__ */ entry('any', 'smooth', 1, ['f32_elu_backward', 'output']),
  swish: /* @__PURE__ */ entry('any', 'smooth', 1, ['f32_swish_backward', 'input']),
  gelu: /* @__PURE__ */ entry('any', 'smooth', 1, ['f32_gelu_backward', 'input']),
  softplus: /* @__PURE__ */ entry('nonNegative', 'smooth', 1, ['f32_softplus_backward', 'input']),
  softsign: /* @__PURE__ */ entry('signed', 'smooth', 1, ['f32_softsign_backward', 'input']),
  mish: /* @__PURE__ */ entry('any', 'smooth', 1, ['f32_mish_backward', 'input']),
  hardSigmoid: /* @__PURE__ */ entry('unit', 'exact', 1 / 6, ['f32_hard_sigmoid_backward', 'input']),
  relu6: /* @__PURE__ */ entry('nonNegative', 'exact', 1, ['f32_relu6_backward', 'input']),
  hardSwish: /* @__PURE__ */ entry('any', 'exact', 1, ['f32_hard_swish_backward', 'input']),
  celu: /* @__PURE__ */ entry('any', 'smooth', 1, ['f32_celu_backward', 'output']),
  exponential: /* @__PURE__ */ entry('nonNegative', 'smooth', 1, ['f32_product', 'output']),
  tanhGelu: /* @__PURE__ */ entry('any', 'smooth', 1, ['f32_tanh_gelu_backward', 'input']),
  softmax: /* @__PURE__ */ entry('distribution', 'exact', 1),
  logSoftmax: /* @__PURE__ */ entry('any', 'exact', 1),
};

/** Properties of an unknown activation: its slope is assumed to be correct. */
const UNKNOWN: ActivationProperties = { largestSlope: 1, tail: 'exact' };

/**
 * Returns the properties of an activation by its kind. Custom activations and other operations have unknown
 * properties: their slope is assumed to be correct.
 */
export const propertiesOf = (kind: string): ActivationProperties =>
  Object.hasOwn(ENTRIES, kind) ? ENTRIES[kind as ActivationName] : UNKNOWN;

/** Whether outputs of an activation can be below 0; true if nothing is known. */
export function canBeNegative(kind: string | undefined): boolean {
  const range = kind === undefined ? undefined : propertiesOf(kind).range;
  return range === undefined || range === 'any' || range === 'signed';
}

/** Returns the argument from which the derivative of an activation is computed. */
export function derivativeFrom(activation: PlainActivation): DerivativeFrom {
  if (activation.kind === 'custom') return 'input';
  return ENTRIES[activation.kind].derivative?.[1] ?? 'output';
}

/** Returns the step dz = dy ⊙ f'. */
export function bindDerivative(
  runtime: WasmRuntime,
  activation: PlainActivation,
  { z, y }: { readonly z: MatrixView; readonly y: MatrixView },
  dy: MatrixView,
  dz: MatrixView,
): Step {
  const { kernels } = runtime;
  if (activation.kind === 'custom') return customStep(runtime, activation.custom, z, dy, dz);
  if (isByRow(activation.kind)) {
    const byRow = kernels[`${BY_ROW[activation.kind]}_backward`];
    return (rows) => byRow(rows, y.width, y.address, dy.address, dz.address, y.ld);
  }
  const [name, from] = ENTRIES[activation.kind].derivative!;
  const kernel = kernels[name] as DerivativeKernel;
  const { address, ld } = from === 'input' ? z : y;
  const [a, b] = scalarsOf(activation);
  return (rows) => kernel(rows * ld, address, dy.address, dz.address, a, b);
}

/** A user's function, called row by row on copies. */
const customStep =
  ({ memory }: WasmRuntime, activation: CustomActivation, z: MatrixView, dy: MatrixView, dz: MatrixView): Step =>
  (rows) => {
    const { f32 } = memory;
    for (let row = 0; row < rows; row++) {
      const from = z.address / 4 + row * z.ld;
      const result = activation.derivative(f32.slice(from, from + z.width));
      const slope = requireLength(`activation "${activation.name}": derivative`, result, z.width);
      const upstream = dy.address / 4 + row * dy.ld;
      const into = dz.address / 4 + row * dz.ld;
      for (let j = 0; j < z.width; j++) f32[into + j] = f32[upstream + j] * slope[j];
      f32.fill(0, into + z.width, into + dz.ld);
    }
  };
