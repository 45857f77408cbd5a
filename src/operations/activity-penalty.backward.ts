/** The gradient of a penalty on the outputs of a layer (kernel: assembly/loss/activity-penalty.ts). */
import type { Backward } from './binding.js';
import { copyStep } from './copy.js';

export const activityPenaltyBackward: Backward<'activityPenalty'> = {
  reads: () => ({ input: false, output: true }),
  addsPenalty: true,
  bind({ regularizer }, { runtime, output: y, outputDelta: dy, inputDeltas: [dx], group }) {
    const { kernels } = runtime;
    const { l1, l2 } = regularizer.config;
    if (dx === undefined) return [];
    // 0·∞ is NaN.
    if (l1 === 0 && l2 === 0) return copyStep(runtime, dy, dx);
    return [
      (rows) => {
        const share = group.share(rows);
        const [a, b] = [l1 * share, l2 * share];
        kernels.f32_activity_penalty(rows, y.width, y.address, dy.address, dx.address, y.ld, a, b);
      },
    ];
  },
};
