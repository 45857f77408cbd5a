/**
 * The callbacks that change the learning rate: `reduceLROnPlateau`, `adaptiveLearningRate` and `learningRateScheduler`.
 * They refuse an optimizer with a schedule, which sets the rate itself (src/schedules), and one that has no rate.
 */
import { describe } from '../../common/describe.js';
import { StateError, ValueError } from '../../common/errors.js';
import { isFunction } from '../../common/objects.js';
import { integer, nameOf, nonNegative, positive, readOptions, text, type Check } from '../../common/options.js';
import { ATTACH, CHANGES_RATE, STATE, requireHook, type AttachedCallback, type Callback } from './callback.js';
import { MODES, Monitor, type Mode } from './monitor.js';

/**
 * Options of `reduceLROnPlateau`.
 * @category Training and callbacks
 */
export interface ReduceLROnPlateauOptions {
  /** Key of the logs to follow. Default 'valLoss'. */
  monitor?: string;
  /** Factor in (0, 1) by which the learning rate is multiplied. Default 0.1. */
  factor?: number;
  /** Epochs without improvement after which the learning rate is reduced. Default 10. */
  patience?: number;
  /** An improvement counts only if it is larger than this, at least 0. Default 1e-4. */
  minDelta?: number;
  /** Whether smaller ('min') or larger ('max') values are better. Default 'auto', as in `earlyStopping`. */
  mode?: Mode;
  /**
   * Epochs after a reduction until one counts towards `patience` again, as in Keras: with 0 or 1 the next epoch counts,
   * with 2 the one after. Default 0.
   */
  cooldown?: number;
  /** Lower bound of the learning rate. Default 0. */
  minLearningRate?: number;
}

const reducing: Check<number> = (path, value) => {
  if (typeof value === 'number' && value > 0 && value < 1) return value;
  throw new ValueError(`${path} expected a number in (0, 1), got ${describe(value)}.`);
};

/**
 * Multiplies the learning rate by `factor` once a value of the logs has not improved for `patience` epochs.
 * @throws ValueError for an unknown option or a number out of range; in `fit` for a monitor that is not in the logs or
 * needs a `mode`, and a StateError where the optimizer has a schedule or no rate.
 * @example
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: 'meanSquaredError' });
 * await network.fit([[1]], [[1]], { epochs: 3, callbacks: [reduceLROnPlateau({ monitor: 'loss', patience: 2 })] });
 * network.learningRate; // 0.05
 * @category Training and callbacks
 */
export function reduceLROnPlateau(options?: ReduceLROnPlateauOptions): Callback {
  const read = readOptions<Required<ReduceLROnPlateauOptions>>('reduceLROnPlateau', options, {
    monitor: { check: text, or: 'valLoss' },
    factor: { check: reducing, or: 0.1 },
    patience: { check: integer(0), or: 10 },
    minDelta: { check: nonNegative, or: 1e-4 },
    mode: { check: nameOf(MODES), or: 'auto' },
    cooldown: { check: integer(0), or: 0 },
    minLearningRate: { check: nonNegative, or: 0 },
  });
  const followed = new Monitor('reduceLROnPlateau', read.monitor, read.mode, read.minDelta);
  let waited = 0;
  let resting = 0;
  const callback: AttachedCallback = {
    [CHANGES_RATE]: true,
    [ATTACH]({ keys, rateRefusal }) {
      requireRate('reduceLROnPlateau', rateRefusal);
      followed.reset(keys);
      waited = resting = 0;
    },
    [STATE](saved) {
      if (saved !== undefined) {
        followed.best = saved.numbers.best;
        ({ waited = 0, resting = 0 } = saved.numbers);
      }
      return { kind: 'reduceLROnPlateau', numbers: { best: followed.best, waited, resting } };
    },
    onEpochEnd(_epoch, logs, model) {
      requireHook('reduceLROnPlateau', logs, model);
      if (followed.skips(logs)) return;
      const improved = followed.improved(logs);
      if (resting > 0) resting -= 1;
      if (improved || resting > 0) {
        waited = 0;
        return;
      }
      waited += 1;
      if (waited < Math.max(1, read.patience)) return;
      const lower = Math.max(model.learningRate * read.factor, read.minLearningRate);
      if (lower < model.learningRate) model.learningRate = lower;
      waited = 0;
      resting = read.cooldown;
    },
  };
  return callback;
}

/**
 * Options of `adaptiveLearningRate`.
 * @category Training and callbacks
 */
export interface AdaptiveLearningRateOptions {
  /** Key of the logs to follow. Default 'loss'. */
  monitor?: string;
  /** Epochs in a row without improvement after which the rate is divided, at least 1. Default 2. */
  patience?: number;
  /** An improvement counts only if it is larger than this, at least 0. Default 1e-4. */
  minDelta?: number;
  /** Whether smaller ('min') or larger ('max') values are better. Default 'auto', as in `earlyStopping`. */
  mode?: Mode;
  /** Divisor of the rate, > 1. Default 5. */
  divisor?: number;
  /** Training stops where a rate that is at or below this would be divided. Default 1e-6. */
  minLearningRate?: number;
}

const dividing: Check<number> = (path, value) => {
  const divisor = positive(path, value);
  if (divisor > 1) return divisor;
  throw new ValueError(`${path} expected a number > 1, got ${describe(value)}.`);
};

/**
 * Keeps the learning rate while a value of the logs improves; divides it by `divisor` after `patience` epochs in a row
 * without improvement, and stops training where the rate is too small for that. scikit-learn's
 * `learning_rate='adaptive'`, whose `n_iter_no_change` n waits one epoch more: `patience` n + 1. As there, an epoch is
 * compared with the best one before it, so gains below `minDelta` do not add up.
 * @throws ValueError for an unknown option or a number out of range; in `fit` for a monitor that is not in the logs or
 * needs a `mode`, and a StateError where the optimizer has a schedule.
 * @example
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: 'meanSquaredError' });
 * await network.fit([[1]], [[1]], { epochs: 3, callbacks: [adaptiveLearningRate()] });
 * network.learningRate; // 0.1
 * @category Training and callbacks
 */
export function adaptiveLearningRate(options?: AdaptiveLearningRateOptions): Callback {
  const read = readOptions<Required<AdaptiveLearningRateOptions>>('adaptiveLearningRate', options, {
    monitor: { check: text, or: 'loss' },
    patience: { check: integer(1), or: 2 },
    minDelta: { check: nonNegative, or: 1e-4 },
    mode: { check: nameOf(MODES), or: 'auto' },
    divisor: { check: dividing, or: 5 },
    minLearningRate: { check: nonNegative, or: 1e-6 },
  });
  const followed = new Monitor('adaptiveLearningRate', read.monitor, read.mode, read.minDelta, true);
  let waited = 0;
  let stopped = false;
  const callback: AttachedCallback = {
    [CHANGES_RATE]: true,
    [ATTACH]({ keys, rateRefusal }) {
      requireRate('adaptiveLearningRate', rateRefusal);
      followed.reset(keys);
      waited = 0;
      stopped = false;
    },
    [STATE](saved) {
      if (saved !== undefined) {
        followed.best = saved.numbers.best;
        ({ waited = 0 } = saved.numbers);
      }
      return { kind: 'adaptiveLearningRate', numbers: { best: followed.best, waited }, stopped };
    },
    onEpochEnd(_epoch, logs, model) {
      requireHook('adaptiveLearningRate', logs, model);
      if (followed.skips(logs)) return;
      waited = followed.improved(logs) ? 0 : waited + 1;
      if (waited < read.patience) return;
      waited = 0;
      if (model.learningRate <= read.minLearningRate) model.stopTraining = stopped = true;
      else model.learningRate /= read.divisor;
    },
  };
  return callback;
}

function requireRate(where: string, refusal: string | undefined): void {
  if (refusal !== undefined) throw new StateError(`${where}: ${refusal}.`);
}

/**
 * Sets the learning rate at the start of each epoch to the result of `rate(epoch, current rate)`. For a rate that
 * changes with each update, give the optimizer one of `schedules` instead.
 * @throws ValueError where `rate` is no function; in `fit` where it returns anything but a number ≥ 0, and a StateError
 * where the optimizer has a schedule or no rate.
 * @example
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
 * network.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: 'meanSquaredError' });
 * const halving = learningRateScheduler((epoch, rate) => (epoch === 0 ? rate : rate / 2));
 * await network.fit([[1]], [[1]], { epochs: 3, callbacks: [halving] });
 * network.learningRate; // 0.125
 * @category Training and callbacks
 */
export function learningRateScheduler(rate: (epoch: number, learningRate: number) => number): Callback {
  if (!isFunction(rate)) {
    throw new ValueError(`learningRateScheduler: rate expected a function, got ${describe(rate)}.`);
  }
  const callback: AttachedCallback = {
    [CHANGES_RATE]: true,
    [ATTACH]({ rateRefusal }) {
      requireRate('learningRateScheduler', rateRefusal);
    },
    onEpochBegin(epoch, logs, model) {
      requireHook('learningRateScheduler', logs, model);
      model.learningRate = rate(epoch, model.learningRate);
    },
  };
  return callback;
}
