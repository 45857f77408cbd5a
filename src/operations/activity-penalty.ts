/** A penalty on values of the network: y = x, with a gradient of its own. The loss that is reported does not change. */
import type { Regularizer } from '../regularizers/regularizers.js';
import type { Forward } from './binding.js';
import { copyStep } from './copy.js';
import type { Operation, OperationOf } from './operation.js';

/** Adds the mean over the batch of a penalty on its input to what training minimizes. */
export const activityPenalty = (width: number, regularizer: Regularizer): OperationOf<'activityPenalty'> => ({
  kind: 'activityPenalty',
  config: { width, regularizer },
  outputWidth: width,
  parameters: [],
});

/** Returns the operation of a layer's `activityRegularizer` behind its others; none without one. */
export const penalized = (width: number, regularizer: Regularizer | undefined): Operation[] =>
  regularizer === undefined ? [] : [activityPenalty(width, regularizer)];

export const activityPenaltyForward: Forward<'activityPenalty'> = {
  inPlace: true,
  bind: (_config, { runtime, inputs: [x], output: y }) => copyStep(runtime, x, y),
};
