import { allFinite, type NamedTensor } from '../common/tensors.js';
import type { Callback } from '../training/callbacks/callback.js';

/**
 * Makes the stopping rule of scikit-learn: training stops after more than `patience` epochs in a row whose loss is
 * above the lowest so far less `minDelta`. Every fall lowers that value, so many small falls end training too;
 * `earlyStopping` has a different rule. The loss of validation, 'valLoss', also says which weights to keep: at the end
 * of training those of the lowest are restored.
 */
export function stopOnPlateau(
  { patience, minDelta }: { readonly patience: number; readonly minDelta: number },
  monitor: 'loss' | 'valLoss',
): Callback {
  let best = Infinity;
  let waited = 0;
  let weights: NamedTensor[] | undefined;
  return {
    onEpochEnd(_epoch, logs, model) {
      const loss = logs[monitor];
      // A NaN is no fall.
      waited = loss <= best - minDelta ? 0 : waited + 1;
      if (loss < best) {
        best = loss;
        if (monitor === 'valLoss') {
          const now = model.getWeights();
          if (now.every(({ data }) => allFinite(data))) weights = now;
        }
      }
      if (waited > patience) model.stopTraining = true;
    },
    onTrainEnd(_epoch, _logs, model) {
      if (weights !== undefined) model.setWeights(weights);
    },
  };
}
