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
import type { CustomLoss, Loss } from './losses.js';
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

const categorical = (targets: 'values' | 'labels', labelSmoothing: number): LossKernels => ({
  targets,
  targetRange: [0, 1],
  ...smoothing(labelSmoothing, true),
  pairedWith: 'softmax',
  bindPaired:
    ({ kernels }, { z, y, targets: t, delta, rowLosses }) =>
    (rows) =>
      kernels.f32_softmax_categorical_crossentropy(
        rows,
        z.width,
        z.address,
        t.address,
        y.address,
        delta.address,
        z.ld,
        rowLosses,
      ),
  bind:
    ({ kernels }, { y, targets: t, delta, rowLosses }) =>
    (rows) =>
      kernels.f32_categorical_crossentropy(
        rows,
        y.width,
        y.address,
        t.address,
        delta.address,
        y.ld,
        rowLosses,
        EPSILON,
      ),
});

const binary = (labelSmoothing: number): LossKernels => ({
  targets: 'values',
  targetRange: [0, 1],
  ...smoothing(labelSmoothing, false),
  pairedWith: 'sigmoid',
  bindPaired:
    ({ kernels }, { z, y, targets, delta, rowLosses }) =>
    (rows) =>
      kernels.f32_sigmoid_binary_crossentropy(
        rows,
        z.width,
        z.address,
        targets.address,
        y.address,
        delta.address,
        z.ld,
        rowLosses,
      ),
  bind:
    ({ kernels }, { y, targets, delta, rowLosses }) =>
    (rows) =>
      kernels.f32_binary_crossentropy(
        rows,
        y.width,
        y.address,
        targets.address,
        delta.address,
        y.ld,
        rowLosses,
        EPSILON,
      ),
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

/** Returns how a loss is computed: its kernels (assembly/loss) and its facts (properties.ts). */
export const lossDefinition = (loss: Loss): LossDefinition => ({
  ...NOTHING_MORE,
  ...kernelsOf(loss),
  outputs: lossProperties(loss.kind).outputs,
});

function kernelsOf(loss: Loss): LossKernels {
  switch (loss.kind) {
    case 'halfSquaredError':
      return squaredError(false);
    case 'meanSquaredError':
      return squaredError(true);
    case 'meanAbsoluteError':
      return direct(({ kernels }) => kernels.f32_absolute_error);
    case 'huber': {
      const { delta } = loss.config;
      return direct(
        ({ kernels }) =>
          (...buffers) =>
            kernels.f32_huber(...buffers, delta),
      );
    }
    case 'hinge':
      return { ...direct(({ kernels }) => kernels.f32_hinge), targetValues: [-1, 0, 1] };
    case 'logCosh':
      return direct(({ kernels }) => kernels.f32_log_cosh);
    case 'binaryCrossentropy':
      return binary(loss.config.labelSmoothing);
    case 'categoricalCrossentropy':
      return categorical('values', loss.config.labelSmoothing);
    case 'sparseCategoricalCrossentropy':
      return categorical('labels', loss.config.labelSmoothing);
    case 'custom':
      return custom(loss.custom);
  }
}
