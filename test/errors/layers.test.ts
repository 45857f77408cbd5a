/**
 * Invalid options of layers, callbacks and schedules: each must be refused with the exact error class and message, and
 * leave nothing behind. Options of `dense` and `sequential` are in model.test.ts.
 */
import { describe, expect, test } from 'vitest';
import {
  activation,
  batchNormalization,
  csvLogger,
  diagnostics,
  dropout,
  earlyStopping,
  gaussianNoise,
  layerNormalization,
  learningRateScheduler,
  maxNorm,
  maxout,
  mlpClassifier,
  mlpRegressor,
  normalization,
  prelu,
  reduceLROnPlateau,
  rescaling,
  ShapeError,
  terminateOnNaN,
  ValueError,
} from '../../src/index.js';
import { any, engine, refusesAll } from '../support/reference/refusals.js';

describe('options of layers, callbacks and schedules', () => {
  refusesAll([
    [
      'dropout without a rate',
      () => dropout(any({})),
      ValueError,
      'dropout: rate expected a number in [0, 1), got undefined.',
    ],
    [
      'dropout of all values',
      () => dropout({ rate: 1 }),
      ValueError,
      'dropout: rate expected a number in [0, 1), got 1.',
    ],
    [
      'negative noise',
      () => gaussianNoise({ stddev: -1 }),
      ValueError,
      'gaussianNoise: stddev expected a number >= 0, got -1.',
    ],
    [
      'a momentum of 1',
      () => batchNormalization({ momentum: 1 }),
      ValueError,
      'batchNormalization: momentum expected a number in [0, 1), got 1.',
    ],
    [
      'an epsilon of 0',
      () => layerNormalization({ epsilon: 0 }),
      ValueError,
      'layerNormalization: epsilon expected a number > 0, got 0.',
    ],
    [
      'rescaling without a scale',
      () => rescaling(any({})),
      ValueError,
      'rescaling: scale expected a finite number, got undefined.',
    ],
    [
      'a negative variance',
      () => normalization({ variance: [1, -1] }),
      ValueError,
      'normalization: variance[1] expected a number >= 0, got -1.',
    ],
    [
      'a mean that is no list',
      () => normalization(any({ mean: 1 })),
      ValueError,
      'normalization: mean expected a list of numbers, got 1.',
    ],
    [
      'a mean for another number of inputs',
      () => engine.sequential({ layers: [normalization({ mean: [1, 2], inputShape: [3] })] }),
      ShapeError,
      'sequential: "normalization": mean expected 3 values, got 2.',
    ],
    ['adapt to no rows', () => normalization().adapt([]), ShapeError, 'adapt: x expected at least one row, got none.'],
    [
      'adapt to a flat array without an inputShape',
      () => normalization().adapt(new Float32Array(3)),
      ValueError,
      'normalization: adapt expected rows as arrays, [[1],[2],…], or an inputShape for a flat Float32Array.',
    ],
    [
      'adapt to NaN',
      () => normalization().adapt([[1], [NaN]]),
      ValueError,
      'adapt: x expected finite numbers, got NaN in row 1, column 0.',
    ],
    [
      'an unknown activation',
      () => activation(any('rleu')),
      ValueError,
      'activation: activation is unknown: "rleu". Did you mean "relu"?',
    ],
    [
      'an unknown option of prelu',
      () => prelu(any({ slope: 1 })),
      ValueError,
      'prelu: unknown option "slope". There are: slopeInitializer, inputShape, name, trainable, learningRateFactor.',
    ],
    ['a limit of 0', () => maxNorm(0), ValueError, 'maxNorm: limit expected a number > 0, got 0.'],
    [
      'an unknown constraint',
      () => maxout(any({ units: 1, kernelConstraint: 'maxNrm' })),
      ValueError,
      'maxout: kernelConstraint is unknown: "maxNrm". Did you mean "maxNorm"?',
    ],
    [
      'patience below 0',
      () => earlyStopping({ patience: -1 }),
      ValueError,
      'earlyStopping: patience expected an integer >= 0, got -1.',
    ],
    [
      'an unknown mode',
      () => earlyStopping(any({ mode: 'most' })),
      ValueError,
      'earlyStopping: mode is unknown: "most". There are: auto, min, max.',
    ],
    [
      'a factor of 1',
      () => reduceLROnPlateau({ factor: 1 }),
      ValueError,
      'reduceLROnPlateau: factor expected a number in (0, 1), got 1.',
    ],
    [
      'a number for learningRateScheduler',
      () => learningRateScheduler(any(0.1)),
      ValueError,
      'learningRateScheduler: rate expected a function, got 0.1.',
    ],
    [
      'csvLogger without a target',
      () => csvLogger(any(undefined)),
      ValueError,
      'csvLogger: target expected a path or a function, got undefined.',
    ],
    [
      'a diagnosis every 0 epochs',
      () => diagnostics({ every: 0 }),
      ValueError,
      'diagnostics: every expected an integer >= 1, got 0.',
    ],
    [
      'hidden layers of 0 units',
      () => mlpClassifier({ hiddenLayers: [0] }),
      ValueError,
      'mlpClassifier: hiddenLayers[0] expected an integer >= 1, got 0.',
    ],
    [
      'an unknown option of a facade',
      () => mlpRegressor(any({ epoch: 1 })),
      ValueError,
      'mlpRegressor: unknown option "epoch". Did you mean "epochs"?',
    ],
  ]);
});

test('terminateOnNaN is a plain callback with one hook', () => {
  expect(Object.keys(terminateOnNaN())).toEqual(['onBatchEnd']);
});
