/**
 * Cases of keras/src/callbacks, trainers and models (Keras at 3422977) of what came after the first count: the baseline
 * and the first epoch of early stopping, validation every few epochs, the rate in the history, hooks before a batch,
 * batches per epoch of arrays, constraints, and models as layers.
 */
import { describe, expect, it } from 'vitest';
import {
  csvLogger,
  dense,
  earlyStopping,
  input,
  learningRateScheduler,
  loadModel,
  model,
  modelFromJSON,
  rmsprop,
  sequential,
  sgd,
  type Callback,
  type EarlyStoppingOptions,
} from '../../../src/index.js';
import { filled, uniform } from '../support.js';

/** Trains by a script: the metric `scripted` has the given value in each epoch, the bias the number of the epoch. */
async function scripted(
  values: number[],
  options: EarlyStoppingOptions,
  stopAfter = Infinity,
): Promise<{ epochs: number; bias: number; best: number | undefined }> {
  const net = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
  let epoch = 0;
  const metric = { name: 'scripted', value: () => values[Math.min(epoch, values.length - 1)] };
  net.compile({ optimizer: sgd({ learningRate: 1e-30 }), loss: 'meanSquaredError', metrics: [metric] });
  const stopper = earlyStopping({ monitor: 'scripted', mode: 'min', ...options });
  const numbering: Callback = {
    onEpochBegin: (index) => {
      const [weight] = net.getWeights();
      net.setWeights([weight, { shape: [1], data: Float32Array.of(index) }]);
    },
  };
  const counting: Callback = {
    onEpochEnd: (_index, _logs, trained) => {
      epoch += 1;
      if (epoch === stopAfter) trained.stopTraining = true;
    },
  };
  const trained = await net.fit([[1]], [[1]], { epochs: values.length, callbacks: [numbering, stopper, counting] });
  return { epochs: trained.epoch.length, bias: net.getWeights()[1].data[0], best: stopper.bestEpoch };
}

describe('early stopping of Keras', () => {
  it('with a baseline', async () => {
    const { epochs } = await scripted([1, 0.9, 0.95, 0.7, 0.65, 0.64], { patience: 3, baseline: 0.6 });
    expect(epochs).toBe(3);
  });

  it('final weights when no epoch beats the baseline', async () => {
    const options = { patience: 5, baseline: 0.5, restoreBestWeights: true };
    const result = await scripted([0.9, 0.8, 0.7, 0.71, 0.72, 0.73], options);
    expect(result).toEqual({ epochs: 5, bias: 2, best: 2 });
  });

  it('final weights when another callback stops, with a baseline', async () => {
    const options = { patience: 5, baseline: 0.5, restoreBestWeights: true };
    const result = await scripted([0.9, 0.8, 0.7, 0.71, 0.72, 0.73], options, 4);
    expect(result).toEqual({ epochs: 4, bias: 2, best: 2 });
  });

  it.each([
    [3, 6],
    [0, 4],
  ])('start_from_epoch 2 with patience %i', async (patience, expected) => {
    const { epochs } = await scripted(filled(1, 20, 1)[0], { patience, startFromEpoch: 2 });
    expect(epochs).toBe(expected);
  });
});

describe('callbacks of Keras', () => {
  const rows = uniform(1, 16, 3);
  const targets = rows.map(([a, b]) => [a - b]);
  const build = async () => {
    const net = await sequential({ seed: 1, layers: [dense({ units: 1, inputShape: [3] })] });
    net.compile({ optimizer: sgd(), loss: 'meanSquaredError' });
    return net;
  };

  it('CSVLogger: validation every third epoch', async () => {
    const lines: string[] = [];
    const net = await build();
    const { history } = await net.fit(rows, targets, {
      epochs: 5,
      validationData: [rows, targets],
      validationFrequency: 3,
      callbacks: [csvLogger((line) => lines.push(line), { separator: '\t' })],
    });
    expect(history.valLoss).toHaveLength(1);
    const [header, ...table] = lines.map((line) => line.trimEnd().split('\t'));
    const column = header.indexOf('valLoss');
    expect(table.map((row) => row[column] ?? '').map(Number)).toEqual([0, 0, history.valLoss[0], 0, 0]);
  });

  it('LearningRateScheduler: learning_rate in the history', async () => {
    const net = await build();
    const { history } = await net.fit(rows, targets, {
      epochs: 3,
      callbacks: [learningRateScheduler((epoch) => 1 / (2 + epoch))],
    });
    expect(history.learningRate.map((rate) => 1 / rate)).toEqual([2, 3, 4].map((value) => expect.closeTo(value, 5)));
  });

  it('LambdaCallback: with batches', async () => {
    const net = await build();
    let [begun, ended] = [0, 0];
    await net.fit(rows, targets, {
      epochs: 5,
      batchSize: 4,
      validationSplit: 0.2,
      callbacks: [{ onBatchBegin: () => void (begun += 1), onBatchEnd: () => void (ended += 1) }],
    });
    expect([begun, ended]).toEqual([15, 15]);
  });
});

describe('trainers of Keras', () => {
  it.each([
    ['match_one_epoch', 10, 4],
    ['match_multi_epoch', 5, 2],
  ])('steps_per_epoch: %s', async (_title, batchesPerEpoch, passes) => {
    const [x, y] = [uniform(1, 80, 4), filled(80, 1, 1)];
    const build = async () => {
      const net = await sequential({ seed: 1, layers: [dense({ units: 1, inputShape: [4] })] });
      net.compile({ optimizer: sgd(), loss: 'meanSquaredError' });
      return net;
    };
    const net = await build();
    let updates = 0;
    const callbacks = [{ onBatchEnd: () => void (updates += 1) }];
    await net.fit(x, y, { batchSize: 8, epochs: 4, batchesPerEpoch, shuffle: false, callbacks });
    expect(updates).toBe(4 * batchesPerEpoch);
    const plain = await build();
    await plain.fit(x, y, { batchSize: 8, epochs: passes, shuffle: false });
    expect(net.predict(x)).toEqual(plain.predict(x));
  });

  it('constraints are applied', async () => {
    const layers = [dense({ units: 2, kernelConstraint: 'non_neg', inputShape: [3] })];
    const net = await sequential({ seed: 1, layers });
    net.compile({ optimizer: rmsprop(), loss: 'meanSquaredError' });
    await net.fit(filled(2, 3, 1), filled(2, 2, 1));
    expect(Math.min(...net.getWeights()[0].data)).toBe(0);
  });

  it('validation data from an endless generator', async () => {
    const net = await sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
    net.compile({ optimizer: sgd(), loss: 'meanSquaredError' });
    const counts = { train: 0, validation: 0 };
    function* endless(kind: keyof typeof counts) {
      for (;;) {
        counts[kind] += 1;
        yield [filled(2, 2, 1), filled(2, 3, 1)] as const;
      }
    }
    await net.fit(endless('train'), {
      batchesPerEpoch: 3,
      validationData: endless('validation'),
      validationBatches: 4,
    });
    expect(net.stepCount).toBe(3);
    expect(counts.validation).toBe(4);
  });
});

describe('models of Keras as layers', () => {
  const rows = uniform(3, 2, 4);
  const functional = async () => {
    const x = input({ shape: [4] });
    return model({ inputs: x, outputs: dense({ units: 3, activation: 'tanh' }).apply(x), seed: 1 });
  };

  it.each([
    ['a functional model', functional],
    ['a sequential model', () => sequential({ seed: 1, layers: [dense({ units: 3, inputShape: [4] })] })],
  ])('basic flow with %s as the first layer', async (_title, build) => {
    const net = await sequential({ layers: [await build(), dense({ units: 1 })] });
    expect(net.predict(rows)).toHaveLength(2);
    net.compile({ optimizer: sgd(), loss: 'meanSquaredError' });
    expect(net.trainOnBatch(rows, [[1], [2]]).loss).toBeGreaterThan(0);
  });

  it('basic flow as a submodel: functional', async () => {
    const inner = await functional();
    const x = input({ shape: [4] });
    const net = await model({ inputs: x, outputs: dense({ units: 1 }).apply(inner.apply(x)) });
    expect(net.predict(rows)).toHaveLength(2);
  });

  it('nested sequential', async () => {
    const inner = await sequential({ layers: [dense({ units: 2, inputShape: [16] })] });
    const net = await sequential({ layers: [inner] });
    expect(net.predict(filled(1, 16, 1))).toEqual(inner.predict(filled(1, 16, 1)));
  });

  it('a functional model in a sequential one, from its configuration', async () => {
    const net = await sequential({ layers: [await functional(), dense({ units: 7, activation: 'softmax' })] });
    const copy = await modelFromJSON(JSON.stringify(net));
    expect(copy.getWeights().map(({ shape }) => shape)).toEqual(net.getWeights().map(({ shape }) => shape));
  });

  it('submodels are saved and loaded', async () => {
    const net = await sequential({ layers: [await functional(), dense({ units: 1 })] });
    expect((await loadModel(net.save())).predict(rows)).toEqual(net.predict(rows));
  });
});
