import { readsInput, readsNothing, type Backward, type BackwardBinding } from './binding.js';
import { copyDelta } from './copy.js';
import type { Step } from '../runtime/matrix-view.js';
import { startsOf } from './merge.js';

export const identityBackward: Backward<'identity'> = {
  reads: readsNothing,
  bind: (_config, { runtime, outputDelta, inputDeltas: [dx] }) => copyDelta(runtime, outputDelta, dx),
};

export const addBackward: Backward<'add'> = {
  reads: readsNothing,
  bind: (_config, { runtime, outputDelta, inputDeltas }) =>
    inputDeltas.flatMap((dx) => copyDelta(runtime, outputDelta, dx)),
};

/** ∂L/∂x_i = ∂L/∂y times the other inputs, from left to right: no division, so that an input of 0 is no exception. */
export const multiplyBackward: Backward<'multiply'> = {
  reads: readsInput,
  bind: ({ width }, { runtime: { kernels }, inputs, outputDelta: dy, inputDeltas }) =>
    inputDeltas.flatMap((dx, index) => {
      if (dx === undefined) return [];
      const others = inputs.filter((_, other) => other !== index);
      return others.map(
        (x, order) => (rows: number) =>
          kernels.f32_product_rows(rows, width, order === 0 ? dy.address : dx.address, x.address, dx.address, dy.ld),
      );
    }),
};

export const subtractBackward: Backward<'subtract'> = {
  reads: readsNothing,
  bind: (_config, { runtime, outputDelta: dy, inputDeltas: [da, db] }) => [
    ...copyDelta(runtime, dy, da),
    ...(db === undefined
      ? []
      : [(rows: number) => runtime.kernels.f32_scale_shift(rows * dy.ld, dy.address, db.address, -1, 0)]),
  ],
};

export const averageBackward: Backward<'average'> = {
  reads: readsNothing,
  bind: (_config, { runtime: { kernels }, inputs, outputDelta: dy, inputDeltas }) =>
    inputDeltas.flatMap((dx) =>
      dx === undefined
        ? []
        : [(rows: number) => kernels.f32_quotient(rows * dy.ld, dy.address, dx.address, inputs.length)],
    ),
};

/**
 * Inputs that tie for the extreme share ∂L/∂y equally. The number of ties is counted where the first delta is wanted,
 * which therefore is written last.
 */
function bindShares({ runtime, inputs, output: y, outputDelta: dy, inputDeltas }: BackwardBinding): Step[] {
  const { kernels } = runtime;
  const wanted = inputDeltas.flatMap((dx, index) => (dx === undefined ? [] : [{ x: inputs[index], dx }]));
  if (wanted.length === 0) return [];
  const count = wanted[0].dx.address;
  return [
    ...inputs.map((x, index) => {
      const add = index === 0 ? kernels.f32_start_ties : kernels.f32_add_ties;
      return (rows: number) => add(rows * y.ld, x.address, y.address, count);
    }),
    ...wanted.reverse().map(
      ({ x, dx }) =>
        (rows: number) =>
          kernels.f32_share_ties(rows * y.ld, x.address, y.address, dy.address, count, dx.address),
    ),
  ];
}

const readsAll = (): { readonly input: boolean; readonly output: boolean } => ({ input: true, output: true });

export const maximumBackward: Backward<'maximum'> = {
  reads: readsAll,
  bind: (_config, binding) => bindShares(binding),
};

export const minimumBackward: Backward<'minimum'> = {
  reads: readsAll,
  bind: (_config, binding) => bindShares(binding),
};

export const concatenateBackward: Backward<'concatenate'> = {
  reads: readsNothing,
  bind({ widths }, { runtime: { kernels }, outputDelta: dy, inputDeltas }) {
    const starts = startsOf(widths);
    return inputDeltas.flatMap((dx, index) => {
      if (dx === undefined) return [];
      const from = dy.address + 4 * starts[index];
      return [(rows: number) => kernels.f32_take_columns(rows, dx.width, from, dy.ld, dx.address, dx.ld)];
    });
  },
};
