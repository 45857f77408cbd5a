import { readsNothing, type Backward } from './binding.js';
import { copyDelta } from './copy.js';
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
