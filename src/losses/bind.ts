/**
 * Losses bound to kernels and addresses (kernels: assembly/loss): values and gradients of a batch, label smoothing, and
 * the pairs of loss and output activation that are computed from logits. `losses.ts` declares the losses; the trainer
 * chooses the buffers.
 */
import { requireLength } from '../common/custom.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { CrossentropyOptions } from './crossentropies.js';
import type { LossDefinition } from './definition.js';
import type { CustomLoss, Loss, LossConfig, LossName } from './losses.js';
import { lossProperties } from './properties.js';

/** Kernels of a loss, without the facts in properties.ts. */
type LossKernels = Omit<LossDefinition, 'outputs' | 'blocks'>;

/** Smallest probability whose logarithm is computed if y does not come from logits: Keras' epsilon. */
const EPSILON = 1e-7;

/** PyTorch's epsilons: what is added to rates of `poisson`, and the smallest norm of `cosineSimilarity`. */
const SMALLEST_RATE = 1e-8;
const SMALLEST_NORM = 1e-8;

/** ½ ln 2π. */
const HALF_LOG_TURN = 0.9189385332046728;

const squaredError = (mean: boolean): LossKernels => ({
  targets: 'values',
  squares: mean ? 'mean' : 'half',
  bind({ kernels }, { y, targets, delta, rowLosses }) {
    const lossScale = mean ? 1 / y.width : 0.5;
    const deltaScale = mean ? 2 / y.width : 1;
    return (rows, count = rows) =>
      kernels.f32_squared_error(
        rows,
        y.width,
        y.address,
        targets.address,
        delta.address,
        y.ld,
        rowLosses,
        count,
        lossScale,
        deltaScale,
      );
  },
});

/** Makes a loss that is computed from outputs and targets without further preparation. */
const direct = (
  kernel: (
    runtime: WasmRuntime,
  ) => (m: number, n: number, y: number, t: number, dy: number, ld: number, loss: number, count: number) => void,
): LossKernels => ({
  targets: 'values',
  bind(runtime, { y, targets, delta, rowLosses }) {
    const run = kernel(runtime);
    return (rows, count = rows) =>
      run(rows, y.width, y.address, targets.address, delta.address, y.ld, rowLosses, count);
  },
});

/** Makes a loss whose kernel takes one or two scalars after its buffers. */
const withScalars = (
  kernel:
    | 'f32_percentage_error'
    | 'f32_squared_log_error'
    | 'f32_poisson'
    | 'f32_gaussian_likelihood'
    | 'f32_cosine_similarity',
  first: number,
  second = 0,
): LossKernels => ({
  targets: 'values',
  bind({ kernels }, { y, targets, delta, rowLosses }) {
    const run: (...numbers: number[]) => void = kernels[kernel];
    return (rows, count = rows) =>
      run(rows, targets.width, y.address, targets.address, delta.address, y.ld, rowLosses, count, first, second);
  },
});

/** One kernel call for each quantile, on its block of outputs. */
const pinball = ({ quantiles }: LossConfig<'quantile'>): LossKernels => ({
  targets: 'values',
  bind({ kernels }, { y, targets: { width, address }, delta, rowLosses }) {
    return (rows, count = rows) => {
      // Zeros the padding, which the calls leave as it is.
      kernels.f32_fill(rows * delta.ld, delta.address, 0);
      for (let i = 0; i < quantiles.length; i++) {
        const block = 4 * width * i;
        const [from, to] = [y.address + block, delta.address + block];
        const added = i > 0 ? 1 : 0;
        kernels.f32_quantile(rows, width, y.width, from, address, to, y.ld, rowLosses, count, added, quantiles[i]);
      }
    };
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
    return (rows, count = rows) =>
      run(rows, z.width, z.address, targets.address, y.address, delta.address, z.ld, rowLosses, count);
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
    return (rows, count = rows) =>
      run(rows, y.width, y.address, targets.address, delta.address, y.ld, rowLosses, count, EPSILON);
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

/** The cross-entropy without smoothing, from which the entropy of the targets is subtracted. */
function divergence({ fromLogits }: LossConfig<'kullbackLeibler'>): LossKernels {
  const crossentropy = categorical('values', { labelSmoothing: 0, fromLogits });
  const andSubtract =
    (bind: LossKernels['bind']): LossKernels['bind'] =>
    (runtime, buffers) => {
      const step = bind(runtime, buffers);
      const { targets, rowLosses } = buffers;
      return (rows, count) => {
        step(rows, count);
        runtime.kernels.f32_subtract_entropy(rows, targets.width, targets.address, targets.ld, rowLosses);
      };
    };
  const { bind, bindPaired } = crossentropy;
  return { ...crossentropy, bind: andSubtract(bind), ...(bindPaired && { bindPaired: andSubtract(bindPaired) }) };
}

type FocalKernel = 'f32_sigmoid_binary_focal' | 'f32_softmax_categorical_focal';

/** Makes a focal loss from its kernel on logits and that on probabilities, and the scalars that both take. */
function focal(
  activation: 'sigmoid' | 'softmax',
  { labelSmoothing, fromLogits }: Required<CrossentropyOptions>,
  [gamma, alpha, beta]: readonly [gamma: number, alpha: number, beta: number],
): LossKernels {
  const categories = activation === 'softmax';
  const onLogits: FocalKernel = categories ? 'f32_softmax_categorical_focal' : 'f32_sigmoid_binary_focal';
  const onProbabilities = categories ? 'f32_categorical_focal' : 'f32_binary_focal';
  const ofLogits: LossKernels['bind'] = ({ kernels }, { z, y, targets, delta, rowLosses }) => {
    const run: (...numbers: number[]) => void = kernels[onLogits];
    return (rows, count = rows) =>
      run(
        rows,
        z.width,
        z.address,
        targets.address,
        y.address,
        delta.address,
        z.ld,
        rowLosses,
        count,
        gamma,
        alpha,
        beta,
      );
  };
  const bind: LossKernels['bind'] = ({ kernels }, { y, targets, delta, rowLosses }) => {
    const run: (...numbers: number[]) => void = kernels[onProbabilities];
    return (rows, count = rows) =>
      run(
        rows,
        y.width,
        y.address,
        targets.address,
        delta.address,
        y.ld,
        rowLosses,
        count,
        EPSILON,
        gamma,
        alpha,
        beta,
      );
  };
  return {
    targets: 'values',
    targetRange: [0, 1],
    ...smoothing(labelSmoothing, categories),
    ...(fromLogits
      ? { bind: (runtime, buffers) => ofLogits(runtime, { ...buffers, z: buffers.y, y: buffers.delta }) }
      : { pairedWith: activation, bindPaired: ofLogits, bind }),
  };
}

const binaryFocal = (config: LossConfig<'binaryFocalCrossentropy'>): LossKernels => {
  const { gamma, alpha, applyClassBalancing } = config;
  return focal('sigmoid', config, applyClassBalancing ? [gamma, alpha, 1 - alpha] : [gamma, 1, 1]);
};

const categoricalFocal = (config: LossConfig<'categoricalFocalCrossentropy'>): LossKernels =>
  focal('softmax', config, [config.gamma, config.alpha, 0]);

/** Makes a loss that calls a user's functions row by row on copies. */
const custom = (loss: CustomLoss): LossKernels => ({
  targets: 'values',
  bind:
    ({ memory }, { y, targets, delta, rowLosses }) =>
    (rows, count = rows) => {
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
        for (let j = 0; j < y.width; j++) f32[into + j] = gradient[j] / count;
        f32.fill(0, into + y.width, into + delta.ld);
      }
    },
});

/** Own undefined fields, so that a field that a loss leaves out is not read from `Object.prototype`. */
const NOTHING_MORE = {
  targetRange: undefined,
  targetValues: undefined,
  smoothing: undefined,
  squares: undefined,
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
  kullbackLeibler: divergence,
  binaryFocalCrossentropy: binaryFocal,
  categoricalFocalCrossentropy: categoricalFocal,
  squaredHinge: () => ({ ...direct(({ kernels }) => kernels.f32_squared_hinge), targetValues: [-1, 0, 1] }),
  categoricalHinge: () => ({ ...direct(({ kernels }) => kernels.f32_categorical_hinge), targetRange: [0, 1] }),
  meanAbsolutePercentageError: () => withScalars('f32_percentage_error', EPSILON),
  meanSquaredLogarithmicError: () => ({ ...withScalars('f32_squared_log_error', EPSILON), targetRange: [0, Infinity] }),
  poisson: ({ logInput }) => ({
    ...(logInput ? direct(({ kernels }) => kernels.f32_poisson_log) : withScalars('f32_poisson', SMALLEST_RATE)),
    targetRange: [0, Infinity],
  }),
  quantile: pinball,
  gaussianNegativeLogLikelihood: ({ epsilon, full }) =>
    withScalars('f32_gaussian_likelihood', epsilon, full ? HALF_LOG_TURN : 0),
  cosineSimilarity: () => withScalars('f32_cosine_similarity', SMALLEST_NORM),
};

/** Returns how a loss is computed: its kernels (assembly/loss) and its facts (properties.ts). */
export function lossDefinition(loss: Loss): LossDefinition {
  const { outputs, blocks } = lossProperties(loss);
  return {
    ...NOTHING_MORE,
    ...(loss.kind === 'custom'
      ? custom(loss.custom)
      : (KERNELS[loss.kind] as (config: object) => LossKernels)(loss.config)),
    outputs,
    blocks,
  };
}
