/**
 * Operations that pass on or combine inputs: identity, sum and concatenation, with their forward steps.
 * merge.backward.ts has the backward steps.
 */
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

/** y = sum of inputs of the same width. */
export const sum = (width: number): OperationOf<'add'> => ({
  kind: 'add',
  config: { width },
  outputWidth: width,
  parameters: [],
});

export const addForward: Forward<'add'> = {
  inPlace: false,
  bind: (_config, { runtime: { kernels }, inputs: [first, ...others], output: y }) =>
    others.map(
      (other, index) => (rows) =>
        kernels.f32_sum(rows * y.ld, index === 0 ? first.address : y.address, other.address, y.address),
    ),
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
