/**
 * The callback that averages weights over epochs: `stochasticWeightAveraging`. The option `ema` averages over updates.
 */
import { integer, readOptions } from '../../common/options.js';
import { ATTACH, STATE, requireHook, type AttachedCallback, type Callback } from './callback.js';

/**
 * Options of `stochasticWeightAveraging`.
 * @category Training and callbacks
 */
export interface StochasticWeightAveragingOptions {
  /** First epoch whose weights are averaged, counted from 0. */
  startEpoch: number;
  /** Epochs between two whose weights are averaged. Default 1: every epoch. */
  every?: number;
}

/**
 * Averages the trained weights over the epochs from `startEpoch` on, and replaces them by their mean at the end of
 * training (Izmailov et al. 2018; PyTorch's AveragedModel). Meant for a learning rate that is constant or cyclic then:
 * `schedules.sequential` joins it to a schedule before. Weights are those after each epoch; the mean is in float64.
 *
 * Running statistics of `batchNormalization` are not averaged: they are those of the last weights, not of the mean, as
 * after PyTorch's AveragedModel without `update_bn`. To estimate them anew, let batches pass at a learning rate of 0:
 * see the guide. The mean begins anew with each `fit`; `modelCheckpoint` of
 * wasm-mlp/node keeps it, other files do not.
 * @throws ValueError for an unknown option or a number out of range.
 * @example
 * const network = await sequential({
 *   layers: [dense({ units: 1, useBias: false, inputShape: [1], kernelInitializer: 'ones' })],
 * });
 * network.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: 'halfSquaredError' });
 * const averaging = stochasticWeightAveraging({ startEpoch: 1 });
 * await network.fit([[1]], [[0]], { epochs: 3, callbacks: [averaging] });
 * network.getWeights()[0].data[0]; // 0.1875
 * @category Training and callbacks
 */
export function stochasticWeightAveraging(options: StochasticWeightAveragingOptions): Callback {
  const { startEpoch, every } = readOptions<Required<StochasticWeightAveragingOptions>>(
    'stochasticWeightAveraging',
    options,
    { startEpoch: { check: integer(0) }, every: { check: integer(1), or: 1 } },
  );
  let trained: ReadonlySet<string> = new Set();
  let means: Float64Array[] | undefined;
  let count = 0;
  const callback: AttachedCallback = {
    [ATTACH](session) {
      trained = new Set(session.trained);
      means = undefined;
      count = 0;
    },
    [STATE](saved) {
      if (saved !== undefined) {
        ({ count = 0 } = saved.numbers);
        means = saved.tensors?.map(({ data }) => new Float64Array(Uint16Array.from(data).buffer));
      }
      // Files hold float32 alone: each mean is four integers of 16 bits.
      const tensors = means?.map((mean, index) => {
        const data = Float32Array.from(new Uint16Array(mean.buffer));
        return { name: String(index), shape: [data.length], data };
      });
      return { kind: 'stochasticWeightAveraging', numbers: { count }, tensors };
    },
    onEpochEnd(epoch, logs, model) {
      requireHook('stochasticWeightAveraging', logs, model);
      integer(0)('stochasticWeightAveraging: epoch', epoch);
      if (epoch < startEpoch || (epoch - startEpoch) % every !== 0) return;
      count += 1;
      const weights = model.getWeights().filter(({ name }) => trained.has(name));
      means ??= weights.map(({ data }) => new Float64Array(data.length));
      weights.forEach(({ data }, index) => {
        const mean = means![index];
        for (let i = 0; i < mean.length; i++) mean[i] += (data[i] - mean[i]) / count;
      });
    },
    onTrainEnd(_epoch, logs, model) {
      requireHook('stochasticWeightAveraging', logs, model);
      if (means === undefined) return;
      let next = 0;
      const weights = model.getWeights();
      model.setWeights(
        weights.map((one) => (trained.has(one.name) ? { ...one, data: Float32Array.from(means![next++]) } : one)),
      );
      means = undefined;
    },
  };
  return callback;
}
