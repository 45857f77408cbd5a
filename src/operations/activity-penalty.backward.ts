/** The gradient of a penalty on the outputs of a layer (kernel: assembly/loss/activity-penalty.ts). */
import type { Backward } from './binding.js';
import { copyStep } from './copy.js';

export const activityPenaltyBackward: Backward<'activityPenalty'> = {
  reads: () => ({ input: false, output: true }),
  penalty({ regularizer }, { runtime, output: { address, width, ld } }) {
    const { l1, l2 } = regularizer.config;
    return (rows) => {
      const { f32 } = runtime.memory;
      let sum = 0;
      for (let row = 0; row < rows; row++) {
        const first = address / 4 + row * ld;
        for (let j = 0; j < width; j++) {
          const value = f32[first + j];
          // 0·∞ is NaN.
          if (l1 !== 0) sum += l1 * Math.abs(value);
          if (l2 !== 0) sum += (l2 / 2) * (value * value);
        }
      }
      return sum;
    };
  },
  bind({ regularizer }, { runtime, output: y, outputDelta: dy, inputDeltas: [dx], group }) {
    const { kernels } = runtime;
    const { l1, l2 } = regularizer.config;
    if (dx === undefined) return [];
    // 0·∞ is NaN.
    if (l1 === 0 && l2 === 0) return copyStep(runtime, dy, dx);
    return [
      (rows) => {
        const count = group?.expected ?? rows;
        kernels.f32_activity_penalty(rows, y.width, y.address, dy.address, dx.address, y.ld, count, l1, l2);
      },
    ];
  },
};
