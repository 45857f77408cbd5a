import type { Callback } from '../training/callbacks/callback.js';

/** Amount by which the loss must fall below its lowest value, and most epochs in a row in which it may not. */
const TOLERANCE = 1e-4;
const PATIENCE = 10;

/**
 * Makes the stopping rule of scikit-learn: training stops after more than ten epochs in a row whose loss is above the
 * lowest so far less 1e-4. Every fall lowers that value, so many small falls end training too; `earlyStopping` has a
 * different rule.
 */
export function stopOnPlateau(): Callback {
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
