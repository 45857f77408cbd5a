/**
 * The callback `earlyStopping`: stops training without improvement and restores the best weights. monitor.ts decides
 * whether an epoch improved.
 */
import { flag, integer, nameOf, nonNegative, readOptions, text } from '../../common/options.js';
import { allFinite, type NamedTensor } from '../../common/tensors.js';
import { ATTACH, requireHook, type AttachedCallback, type Callback } from './callback.js';
import { MODES, Monitor, type Mode } from './monitor.js';

/**
 * Options of `earlyStopping`.
 * @category Training and callbacks
 */
export interface EarlyStoppingOptions {
  /** Key of the logs to follow. Default 'valLoss'. */
  monitor?: string;
  /** Epochs without improvement after which training stops. Default 0, which like 1 stops after the first. */
  patience?: number;
  /** An improvement counts only if it is larger than this, at least 0. Default 0. */
  minDelta?: number;
  /**
   * Whether smaller ('min') or larger ('max') values are better. Default 'auto': larger for accuracies, precision,
   * recall, f1, auc and r2, smaller for losses and errors; other names need an explicit mode.
   */
  mode?: Mode;
  /**
   * Whether to restore the weights of the best epoch at the end of training, stopped early or not; not after an abort
   * or an error. An epoch whose last update made weights infinite or NaN is skipped. Default false.
   */
  restoreBestWeights?: boolean;
}

/**
 * Stops training once a value of the logs has not improved for `patience` epochs.
 * @throws ValueError for an unknown option or a number out of range; in `fit` for a monitor that is not in the logs, or
 * that needs a `mode`.
 * @example
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: sgd({ learningRate: 0.01 }), loss: 'meanSquaredError' }); const { epoch } = await
 * network.fit([[1]], [[1]], { epochs: 9, callbacks: [earlyStopping({ monitor: 'loss', patience: 2 })] }); epoch.length;
 * // 3
 * @category Training and callbacks
 */
export function earlyStopping(options?: EarlyStoppingOptions): Callback {
  const { monitor, patience, minDelta, mode, restoreBestWeights } = readOptions<Required<EarlyStoppingOptions>>(
    'earlyStopping',
    options,
    {
      monitor: { check: text, or: 'valLoss' },
      patience: { check: integer(0), or: 0 },
      minDelta: { check: nonNegative, or: 0 },
      mode: { check: nameOf(MODES), or: 'auto' },
      restoreBestWeights: { check: flag, or: false },
    },
  );
  const followed = new Monitor('earlyStopping', monitor, mode, minDelta);
  let waited = 0;
  let best: NamedTensor[] | undefined;
  const callback: AttachedCallback = {
    [ATTACH]({ keys }) {
      followed.reset(keys);
      waited = 0;
      best = undefined;
    },
    onEpochEnd(_epoch, logs, model) {
      requireHook('earlyStopping', logs, model);
      if (followed.improved(logs)) {
        waited = 0;
        const weights = restoreBestWeights ? model.getWeights() : [];
        if (restoreBestWeights && weights.every(({ data }) => allFinite(data))) best = weights;
        return;
      }
      waited += 1;
      if (waited >= Math.max(1, patience)) model.stopTraining = true;
    },
    onTrainEnd(_epoch, logs, model) {
      requireHook('earlyStopping', logs, model);
      if (best !== undefined) model.setWeights(best);
      best = undefined;
    },
  };
  return callback;
}
