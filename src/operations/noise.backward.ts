/**
 * Training steps of dropout and noise, forward and backward. Masks and noise are not stored: backward draws them again,
 * from the same counters. noise.ts predicts with these layers, which only copies the input.
 */
import { STREAM } from '../runtime/random.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import { readsNothing, type Backward, type TrainingBinding } from './binding.js';
import { copyDelta, copyStep } from './copy.js';

/** Scratch floats of the random kernels, which draw sixteen words at a time. */
const WORDS = 16;

/** Returns the step that sets each value to 0 with probability `rate` and multiplies the others by `scale`. */
function dropStep(
  { rate, scale }: { readonly rate: number; readonly scale: number },
  { runtime: { kernels }, clock, node, scratch }: TrainingBinding,
  from: MatrixView,
  to: MatrixView,
): Step {
  return (rows) =>
    kernels.f32_dropout(
      rows,
      from.width,
      from.address,
      scratch,
      to.address,
      from.ld,
      clock.seed,
      STREAM.dropout,
      node,
      clock.step,
      clock.row,
      rate,
      scale,
    );
}

/** Makes the training steps of a layer that changes nothing at rate 0. */
const dropping = <K extends 'dropout' | 'alphaDropout' | 'gaussianDropout'>(
  forward: (rate: number, binding: TrainingBinding, from: MatrixView, to: MatrixView) => Step,
  backward: (rate: number, binding: TrainingBinding, from: MatrixView, to: MatrixView) => Step,
): Backward<K> => ({
  drawsRandomNumbers: true,
  reads: readsNothing,
  scratch: () => ({ forward: WORDS, backward: WORDS }),
  forward({ rate }, binding) {
    const { runtime, inputs, output } = binding;
    return rate === 0 ? copyStep(runtime, inputs[0], output) : [forward(rate, binding, inputs[0], output)];
  },
  bind({ rate }, binding) {
    const { runtime, outputDelta, inputDeltas } = binding;
    const [dx] = inputDeltas;
    if (dx === undefined) return [];
    return rate === 0 ? copyStep(runtime, outputDelta, dx) : [backward(rate, binding, outputDelta, dx)];
  },
});

const drop = (rate: number, binding: TrainingBinding, from: MatrixView, to: MatrixView): Step =>
  dropStep({ rate, scale: 1 / (1 - rate) }, binding, from, to);

export const dropoutBackward = /* @__PURE__ */ dropping<'dropout'>(drop, drop);

/** The value that SELU tends to on the left, negated: SELU's scale times its α, in PyTorch's digits. */
const ALPHA = 1.7580993408473766;

/** The factor of what alpha dropout keeps, which gives mean 0 and variance 1 back. */
const alphaScale = (rate: number): number => 1 / Math.sqrt((ALPHA * ALPHA * rate + 1) * (1 - rate));

export const alphaDropoutBackward = /* @__PURE__ */ dropping<'alphaDropout'>(
  (rate, { runtime: { kernels }, clock, node, scratch }, from, to) => {
    const scale = alphaScale(rate);
    // Dropped values become −α before everything is scaled and shifted.
    const shift = ALPHA * scale * rate;
    const dropped = shift - ALPHA * scale;
    return (rows) =>
      kernels.f32_alpha_dropout(
        rows,
        from.width,
        from.address,
        scratch,
        to.address,
        from.ld,
        clock.seed,
        STREAM.dropout,
        node,
        clock.step,
        clock.row,
        rate,
        scale,
        shift,
        dropped,
      );
  },
  (rate, binding, from, to) => dropStep({ rate, scale: alphaScale(rate) }, binding, from, to),
);

/** Returns the step that multiplies with 1 + N(0, rate/(1 − rate)). */
function multiplyStep(
  rate: number,
  { runtime: { kernels }, clock, node, scratch }: TrainingBinding,
  from: MatrixView,
  to: MatrixView,
): Step {
  const stddev = Math.sqrt(rate / (1 - rate));
  return (rows) =>
    kernels.f32_gaussian_factor(
      rows,
      from.width,
      from.address,
      scratch,
      to.address,
      from.ld,
      clock.seed,
      STREAM.noise,
      node,
      clock.step,
      clock.row,
      stddev,
    );
}

export const gaussianDropoutBackward = /* @__PURE__ */ dropping<'gaussianDropout'>(multiplyStep, multiplyStep);

export const gaussianNoiseBackward: Backward<'gaussianNoise'> = {
  drawsRandomNumbers: true,
  reads: readsNothing,
  scratch: () => ({ forward: WORDS, backward: 0 }),
  forward({ width, stddev }, { runtime, clock, node, inputs: [x], output: y, scratch }) {
    const { kernels } = runtime;
    if (stddev === 0) return copyStep(runtime, x, y);
    return [
      (rows) =>
        kernels.f32_gaussian_noise(
          rows,
          width,
          x.address,
          scratch,
          y.address,
          x.ld,
          clock.seed,
          STREAM.noise,
          node,
          clock.step,
          clock.row,
          stddev,
        ),
    ];
  },
  bind: (_config, { runtime, outputDelta, inputDeltas: [dx] }) => copyDelta(runtime, outputDelta, dx),
};
