/**
 * Operations that pass on or combine inputs: identity, element-wise merges and concatenation, with their forward steps.
 * merge.backward.ts has the backward steps.
 */
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { Forward } from './binding.js';
import { copyStep } from './copy.js';
import type { OperationOf } from './operation.js';

/** y = x, for a linear activation layer. */
export const identity = (width: number): OperationOf<'identity'> => ({
  kind: 'identity',
  config: { width },
  outputWidth: width,
  parameters: [],
});

export const identityForward: Forward<'identity'> = {
  inPlace: true,
  bind: (_config, { runtime, inputs: [x], output: y }) => copyStep(runtime, x, y),
};

/** Operations that merge inputs of the same width, value by value. */
export type ElementwiseMerge = 'add' | 'multiply' | 'subtract' | 'average' | 'maximum' | 'minimum';

/** y = inputs of the same width, merged value by value. */
export const merge = <K extends ElementwiseMerge>(kind: K, width: number) => ({
  kind,
  config: { width },
  outputWidth: width,
  parameters: [],
});

/** y = the first input with each other one, from left to right. */
const fold = (
  [first, ...others]: readonly MatrixView[],
  y: MatrixView,
  pair: (rows: number, a: number, b: number) => void,
): Step[] =>
  others.map(
    ({ address }, index) =>
      (rows) =>
        pair(rows, index === 0 ? first.address : y.address, address),
  );

/** A kernel of two vectors (n, *a, *b, *y). */
type PairKernel = (n: number, a: number, b: number, y: number) => void;

const foldVectors = (kernel: PairKernel, inputs: readonly MatrixView[], y: MatrixView): Step[] =>
  fold(inputs, y, (rows, a, b) => kernel(rows * y.ld, a, b, y.address));

export const addForward: Forward<'add'> = {
  inPlace: false,
  bind: (_config, { runtime: { kernels }, inputs, output }) => foldVectors(kernels.f32_sum, inputs, output),
};

export const multiplyForward: Forward<'multiply'> = {
  inPlace: false,
  // Padding is set to 0: its products could overflow, and 0 times infinity would reach the padding of gradients.
  bind: (_config, { runtime: { kernels }, inputs, output: y }) =>
    fold(inputs, y, (rows, a, b) => kernels.f32_product_rows(rows, y.width, a, b, y.address, y.ld)),
};

export const subtractForward: Forward<'subtract'> = {
  inPlace: false,
  bind: (_config, { runtime: { kernels }, inputs, output }) => foldVectors(kernels.f32_difference, inputs, output),
};

/** y = sum/number. */
export const averageForward: Forward<'average'> = {
  inPlace: false,
  bind: (_config, { runtime: { kernels }, inputs, output: y }) => [
    ...foldVectors(kernels.f32_sum, inputs, y),
    (rows) => kernels.f32_quotient(rows * y.ld, y.address, y.address, inputs.length),
  ],
};

export const maximumForward: Forward<'maximum'> = {
  inPlace: false,
  bind: (_config, { runtime: { kernels }, inputs, output }) => foldVectors(kernels.f32_maximum, inputs, output),
};

export const minimumForward: Forward<'minimum'> = {
  inPlace: false,
  bind: (_config, { runtime: { kernels }, inputs, output }) => foldVectors(kernels.f32_minimum, inputs, output),
};

/** y = inputs side by side. */
export const sideBySide = (widths: readonly number[]): OperationOf<'concatenate'> => ({
  kind: 'concatenate',
  config: { widths },
  outputWidth: widths.reduce((total, width) => total + width, 0),
  parameters: [],
});

/** Returns the first column of each input in the output. */
export function startsOf(widths: readonly number[]): number[] {
  let total = 0;
  return widths.map((width) => (total += width) - width);
}

export const concatenateForward: Forward<'concatenate'> = {
  inPlace: false,
  bind({ widths }, { runtime: { kernels }, inputs, output: y }) {
    const starts = startsOf(widths);
    return [
      // Nothing else writes the padding, which may hold any bits: a NaN there would reach the padding of gradients.
      ...(y.width % 4 === 0 ? [] : [(rows: number) => kernels.f32_fill(rows * y.ld, y.address, 0)]),
      ...inputs.map((x, index) => {
        const to = y.address + 4 * starts[index];
        return (rows: number) => kernels.f32_copy_columns(rows, x.width, x.address, x.ld, to, y.ld);
      }),
    ];
  },
};
