/**
 * The callback `earlyStopping`: stops training without improvement and restores the best weights. monitor.ts decides
 * whether an epoch improved.
 */
import { finite, flag, integer, nameOf, nonNegative, optional, readOptions, text } from '../../common/options.js';
import { allFinite, type NamedTensor } from '../../common/tensors.js';
import { ATTACH, STATE, requireHook, type AttachedCallback, type Callback } from './callback.js';
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
  /**
   * Value that the monitor must improve on: an epoch that does not is counted towards `patience`, even if it is the
   * best so far. Default none.
   */
  baseline?: number;
  /** Index of the first epoch that is followed; earlier ones neither stop training nor count as best. Default 0. */
  startFromEpoch?: number;
}

/**
 * The callback that `earlyStopping` makes, with what it found in the current or last training.
 * @category Training and callbacks
 */
export interface EarlyStopping extends Callback {
  /** Index of the best epoch; undefined before there is one. */
  readonly bestEpoch: number | undefined;
  /** The best value of the monitor; undefined before there is one. */
  readonly best: number | undefined;
  /** Index of the epoch after which it stopped training; undefined if it did not. */
  readonly stoppedEpoch: number | undefined;
}

/**
 * Stops training once a value of the logs has not improved for `patience` epochs.
 * @throws ValueError for an unknown option or a number out of range; in `fit` for a monitor that is not in the logs, or
 * that needs a `mode`.
 * @example
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: sgd({ learningRate: 0.01 }), loss: 'meanSquaredError' });
 * const callbacks = [earlyStopping({ monitor: 'loss', patience: 2 })];
 * const { epoch } = await network.fit([[1]], [[1]], { epochs: 9, callbacks });
 * epoch.length; // 3
 * @category Training and callbacks
 */
export function earlyStopping(options?: EarlyStoppingOptions): EarlyStopping {
  const read = readOptions<
    Required<Omit<EarlyStoppingOptions, 'baseline'>> & { readonly baseline: number | undefined }
  >('earlyStopping', options, {
    monitor: { check: text, or: 'valLoss' },
    patience: { check: integer(0), or: 0 },
    minDelta: { check: nonNegative, or: 0 },
    mode: { check: nameOf(MODES), or: 'auto' },
    restoreBestWeights: { check: flag, or: false },
    baseline: { check: optional(finite), or: undefined },
    startFromEpoch: { check: integer(0), or: 0 },
  });
  const { monitor, patience, minDelta, mode, restoreBestWeights, baseline, startFromEpoch } = read;
  const followed = new Monitor('earlyStopping', monitor, mode, minDelta);
  let waited = 0;
  let best: NamedTensor[] | undefined;
  let bestEpoch: number | undefined;
  let stoppedEpoch: number | undefined;
  const callback: AttachedCallback & EarlyStopping = {
    get bestEpoch() {
      return bestEpoch;
    },
    get best() {
      return followed.best;
    },
    get stoppedEpoch() {
      return stoppedEpoch;
    },
    [ATTACH]({ keys }) {
      followed.reset(keys);
      waited = 0;
      best = bestEpoch = stoppedEpoch = undefined;
    },
    [STATE](saved) {
      if (saved !== undefined) {
        const { numbers } = saved;
        followed.best = numbers.best;
        waited = numbers.waited ?? 0;
        ({ bestEpoch, stoppedEpoch } = numbers);
        best = saved.tensors && [...saved.tensors];
      }
      return {
        kind: 'earlyStopping',
        numbers: { best: followed.best, waited, bestEpoch, stoppedEpoch },
        tensors: best,
        stopped: stoppedEpoch !== undefined,
      };
    },
    onEpochEnd(epoch, logs, model) {
      requireHook('earlyStopping', logs, model);
      integer(0)('earlyStopping: epoch', epoch);
      if (epoch < startFromEpoch || followed.skips(logs)) return;
      waited += 1;
      if (followed.improved(logs)) {
        bestEpoch = epoch;
        if (baseline === undefined || followed.beats(logs, baseline)) waited = 0;
        const weights = restoreBestWeights ? model.getWeights() : [];
        if (restoreBestWeights && weights.every(({ data }) => allFinite(data))) best = weights;
        return;
      }
      if (waited < Math.max(1, patience)) return;
      stoppedEpoch = epoch;
      model.stopTraining = true;
    },
    onTrainEnd(_epoch, logs, model) {
      requireHook('earlyStopping', logs, model);
      if (best !== undefined) model.setWeights(best);
      best = undefined;
    },
  };
  return callback;
}
