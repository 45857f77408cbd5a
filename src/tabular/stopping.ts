import type { Callback } from '../training/callbacks/callback.js';

/** By how much the loss has to fall below the lowest one so far, and for how many epochs in a row it may not. */
const TOLERANCE = 1e-4;
const PATIENCE = 10;

/**
 * The end of training as scikit-learn has it: training stops after more than ten epochs in a row whose loss is above
 * the lowest so far less 1e-4. Every fall moves that lowest loss, so many small falls end training too; `earlyStopping`
 * has another rule.
 */
export function stopWhenLossStays(): Callback {
  let best = Infinity;
  let waited = 0;
  return {
    onEpochEnd(_epoch, { loss }, model) {
      // A NaN is no fall.
      waited = loss <= best - TOLERANCE ? 0 : waited + 1;
      if (loss < best) best = loss;
      if (waited > PATIENCE) model.stopTraining = true;
    },
  };
}
