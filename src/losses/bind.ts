/**
 * Losses bound to kernels and addresses (kernels: assembly/loss): values and gradients of a batch, label smoothing, and
 * the pairs of loss and output activation that are computed from logits. `losses.ts` declares the losses; the trainer
 * chooses the buffers.
 */
import { requireLength } from '../common/custom.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { CustomLoss, Loss, LossConfig, LossName } from './losses.js';
import { lossProperties, type LossProperties } from './properties.js';

/** Buffers that a loss reads and writes. */
export interface LossBuffers {
  /** Outputs y; in the paired form the kernel writes them. */
  readonly y: MatrixView;
  /** Logits z, paired form only. */
  readonly z: MatrixView;
  readonly targets: MatrixView;
  /** ∂L/∂y, or in the paired form δ = ∂L/∂z (BP1), the mean over the batch included. */
  readonly delta: MatrixView;
  /** Address of one float32 per row: the row's loss. */
  readonly rowLosses: number;
}

export interface LossDefinition {
  /** Content of a target row: as many values as outputs, or one class index. */
  readonly targets: 'values' | 'labels';
  /** Meaning of the outputs of one row. */
  readonly outputs: LossProperties['outputs'];
  /** Values that targets may take, if restricted: those between two bounds, or those of a list. */
  readonly targetRange?: readonly [low: number, high: number];
  readonly targetValues?: readonly number[];
  /** Label smoothing: scale and shift that turn targets into those of the loss. Metrics use the targets themselves. */
  readonly smoothing?: { readonly scale: number; readonly shift: (outputs: number) => number };
  /** The output activation whose derivative cancels: BP1 becomes δ = y − t, computed from the logits. */
  readonly pairedWith?: 'softmax' | 'sigmoid';
  readonly bindPaired?: (runtime: WasmRuntime, buffers: LossBuffers) => Step;
  readonly bind: (runtime: WasmRuntime, buffers: LossBuffers) => Step;
}

/** Kernels of a loss, without the facts in properties.ts. */
type LossKernels = Omit<LossDefinition, 'outputs'>;

/** Smallest probability whose logarithm is computed if y does not come from logits: Keras' epsilon. */
const EPSILON = 1e-7;

const squaredError = (mean: boolean): LossKernels => ({
  targets: 'values',
  bind({ kernels }, { y, targets, delta, rowLosses }) {
    const lossScale = mean ? 1 / y.width : 0.5;
    const deltaScale = mean ? 2 / y.width : 1;
    return (rows) =>
      kernels.f32_squared_error(
        rows,
        y.width,
        y.address,
        targets.address,
        delta.address,
        y.ld,
        rowLosses,
        lossScale,
        deltaScale,
      );
  },
});

/** Makes a loss that is computed from outputs and targets without further preparation. */
const direct = (
  kernel: (
    runtime: WasmRuntime,
  ) => (m: number, n: number, y: number, t: number, dy: number, ld: number, loss: number) => void,
): LossKernels => ({
  targets: 'values',
  bind(runtime, { y, targets, delta, rowLosses }) {
    const run = kernel(runtime);
    return (rows) => run(rows, y.width, y.address, targets.address, delta.address, y.ld, rowLosses);
  },
});

/** t(1 − ε) + ε/n for categories, t(1 − ε) + ε/2 for independent outputs. */
const smoothing = (epsilon: number, categories: boolean): Pick<LossDefinition, 'smoothing'> =>
  epsilon === 0 ? {} : { smoothing: { scale: 1 - epsilon, shift: (outputs) => epsilon / (categories ? outputs : 2) } };

type PairedKernel = 'f32_softmax_categorical_crossentropy' | 'f32_sigmoid_binary_crossentropy';

/** Binds a kernel that computes an activation and its loss together, from logits. */
const paired =
  (kernel: PairedKernel): NonNullable<LossKernels['bindPaired']> =>
  ({ kernels }, { z, y, targets, delta, rowLosses }) => {
    const run = kernels[kernel];
    return (rows) => run(rows, z.width, z.address, targets.address, y.address, delta.address, z.ld, rowLosses);
  };

/** The same kernel for outputs that are logits and stay so: the probabilities become the deltas in their place. */
const ofLogits =
  (kernel: PairedKernel): LossKernels['bind'] =>
  (runtime, buffers) =>
    paired(kernel)(runtime, { ...buffers, z: buffers.y, y: buffers.delta });

/** Binds a kernel that takes probabilities, clamped to EPSILON. */
const clamped =
  (kernel: 'f32_categorical_crossentropy' | 'f32_binary_crossentropy'): LossKernels['bind'] =>
  ({ kernels }, { y, targets, delta, rowLosses }) => {
    const run = kernels[kernel];
    return (rows) => run(rows, y.width, y.address, targets.address, delta.address, y.ld, rowLosses, EPSILON);
  };

const categorical = (
  targets: 'values' | 'labels',
  { labelSmoothing, fromLogits }: LossConfig<'categoricalCrossentropy'>,
): LossKernels => ({
  targets,
  targetRange: [0, 1],
  ...smoothing(labelSmoothing, true),
  ...(fromLogits
    ? { bind: ofLogits('f32_softmax_categorical_crossentropy') }
    : {
        pairedWith: 'softmax',
        bindPaired: paired('f32_softmax_categorical_crossentropy'),
        bind: clamped('f32_categorical_crossentropy'),
      }),
});

const binary = ({ labelSmoothing, fromLogits }: LossConfig<'binaryCrossentropy'>): LossKernels => ({
  targets: 'values',
  targetRange: [0, 1],
  ...smoothing(labelSmoothing, false),
  ...(fromLogits
    ? { bind: ofLogits('f32_sigmoid_binary_crossentropy') }
    : {
        pairedWith: 'sigmoid',
        bindPaired: paired('f32_sigmoid_binary_crossentropy'),
        bind: clamped('f32_binary_crossentropy'),
      }),
});

/** Makes a loss that calls a user's functions row by row on copies. */
const custom = (loss: CustomLoss): LossKernels => ({
  targets: 'values',
  bind:
    ({ memory }, { y, targets, delta, rowLosses }) =>
    (rows) => {
      const { f32 } = memory;
      for (let row = 0; row < rows; row++) {
        const at = row * y.ld;
        const output = f32.slice(y.address / 4 + at, y.address / 4 + at + y.width);
        const target = f32.slice(targets.address / 4 + at, targets.address / 4 + at + y.width);
        const value: unknown = loss.value(output, target);
        if (typeof value !== 'number') {
          throw new ValueError(`loss "${loss.name}": value expected a number, got ${describe(value)}.`);
        }
        const gradient = requireLength(`loss "${loss.name}": gradient`, loss.gradient(output, target), y.width);
        f32[rowLosses / 4 + row] = value;
        const into = delta.address / 4 + at;
        for (let j = 0; j < y.width; j++) f32[into + j] = gradient[j] / rows;
        f32.fill(0, into + y.width, into + delta.ld);
      }
    },
});

/** Own undefined fields, so that a field that a loss leaves out is not read from `Object.prototype`. */
const NOTHING_MORE = {
  targetRange: undefined,
  targetValues: undefined,
  smoothing: undefined,
  pairedWith: undefined,
  bindPaired: undefined,
};

const KERNELS: { readonly [K in LossName]: (config: LossConfig<K>) => LossKernels } = {
  halfSquaredError: () => squaredError(false),
  meanSquaredError: () => squaredError(true),
  meanAbsoluteError: () => direct(({ kernels }) => kernels.f32_absolute_error),
  huber: ({ delta }) =>
    direct(
      ({ kernels }) =>
        (...buffers) =>
          kernels.f32_huber(...buffers, delta),
    ),
  hinge: () => ({ ...direct(({ kernels }) => kernels.f32_hinge), targetValues: [-1, 0, 1] }),
  logCosh: () => direct(({ kernels }) => kernels.f32_log_cosh),
  binaryCrossentropy: binary,
  categoricalCrossentropy: (config) => categorical('values', config),
  sparseCategoricalCrossentropy: (config) => categorical('labels', config),
};

/** Returns how a loss is computed: its kernels (assembly/loss) and its facts (properties.ts). */
export const lossDefinition = (loss: Loss): LossDefinition => ({
  ...NOTHING_MORE,
  ...(loss.kind === 'custom'
    ? custom(loss.custom)
    : (KERNELS[loss.kind] as (config: object) => LossKernels)(loss.config)),
  outputs: lossProperties(loss).outputs,
});
