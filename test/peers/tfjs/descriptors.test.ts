/**
 * Cases of constraints_test.ts, initializers_test.ts, regularizers_test.ts and metrics_test.ts in tfjs-layers/src, and
 * of tfjs-core/src/optimizers (TensorFlow.js at 0fc04d9), of what came after the first count.
 */
import { describe, expect, it } from 'vitest';
import {
  adamax,
  identity,
  loadModel,
  minMaxNorm,
  nonNegative,
  precision,
  recall,
  rmsprop,
  schedules,
  unitNorm,
  varianceScaling,
  type ConstraintLike,
  type CustomLoss,
  type Optimizer,
} from '../../../src/index.js';
import { constrained, expectClose, initialized, metricOf, weightsAsOutputs } from '../support.js';

describe('constraints of TensorFlow.js', () => {
  const UNIT = [-0.2208630521, 0.4417261043, 0, 0.8834522086, -1.104315261, 1.325178313].map((value) => value / 2);

  it.each<[title: string, constraint: ConstraintLike, expected: number[]]>([
    ['NonNeg', 'nonNegative', [0, 2, 0, 4, 0, 6]],
    ['UnitNorm', 'unitNorm', UNIT],
    ['MinMaxNorm', 'minMaxNorm', UNIT],
  ])('%s', async (_title, constraint, expected) => {
    expectClose(await constrained(constraint, [[-1, 2, 0, 4, -5, 6]]), [expected], 1e-5);
  });

  it('by existing object', async () => {
    const constraint = nonNegative();
    expect(await constrained(constraint, [[-1, 2]])).toEqual([[0, 2]]);
  });

  it('by config dict', () => {
    const constraint = minMaxNorm({ minValue: 0, maxValue: 2, rate: 0.5 });
    const { minValue, maxValue, rate } = constraint.config;
    expect(minMaxNorm({ minValue, maxValue, rate })).toEqual(constraint);
  });

  it.each<[name: string, constraint: ConstraintLike]>([
    ['non_neg', nonNegative()],
    ['unit_norm', unitNorm()],
    ['min_max_norm', minMaxNorm()],
  ])('serialization of built-ins: %s', async (name, constraint) => {
    const weights = [[-1, 2, 0, 4, -5, 6]];
    expect(await constrained(name as ConstraintLike, weights)).toEqual(await constrained(constraint, weights));
  });
});

describe('initializers of TensorFlow.js', () => {
  it('Identity: 2D', async () => {
    expect(await initialized(identity({ gain: 5 }), 2, 2)).toEqual([
      [5, 0],
      [0, 5],
    ]);
  });

  it('VarianceScaling: default values', () => {
    // Its normal distribution is cut off at two deviations, as Keras' is; truncatedNormal here.
    expect(varianceScaling().config).toEqual({ scale: 1, mode: 'fanIn', distribution: 'truncatedNormal' });
  });

  const distributions = ['uniform', 'untruncatedNormal', 'truncatedNormal'] as const;

  it.each(distributions)('VarianceScaling: constructed from a config with %s', (distribution) => {
    const { config } = varianceScaling();
    expect(varianceScaling({ ...config, distribution }).config.distribution).toBe(distribution);
  });

  it.each(distributions)('VarianceScaling: %s with a seed', async (distribution) => {
    const initializer = varianceScaling({ distribution });
    const weights = await initialized(initializer, 2, 7, 42);
    expect(await initialized(initializer, 2, 7, 42)).toEqual(weights);
    expect(await initialized(initializer, 2, 7, 43)).not.toEqual(weights);
  });
});

/** The sum of squares of the outputs, which are the weights. */
const SQUARES: CustomLoss = {
  name: 'squares',
  value: (y) => y.reduce((total, value) => total + value * value, 0),
  gradient: (y) => y.map((value) => 2 * value),
};

/** Weights after one and two steps, the second one of a model that was saved and loaded if `load` is true. */
async function twoSteps(optimizer: Optimizer, start: number[], load = false): Promise<number[][]> {
  const net = await weightsAsOutputs(start, optimizer, SQUARES);
  const zeros = [start.map(() => 0)];
  net.trainOnBatch([[1]], zeros);
  const first = [...net.getWeights()[0].data];
  const next = load ? await loadModel(net.save(), { custom: [SQUARES] }) : net;
  next.trainOnBatch([[1]], zeros);
  return [first, [...next.getWeights()[0].data]];
}

describe('optimizers of TensorFlow.js', () => {
  it('Adamax: basic, with a decay of the rate', async () => {
    const learningRate = schedules.inverseTime({ initialLearningRate: 0.1, decaySteps: 1, decayRate: 0.1 });
    const steps = await twoSteps(adamax({ learningRate, beta1: 0.8, beta2: 0.9 }), [2, 4]);
    expectClose(
      steps,
      [
        [1.9, 3.9],
        [1.80697, 3.8086],
      ],
      1e-3,
    );
  });

  it.each([
    ['gradient with centered momentum', false],
    ['save, load and continue with centered', true],
  ])('RMSprop: %s', async (_title, load) => {
    const optimizer = rmsprop({ learningRate: 0.1, rho: 0.95, momentum: 0.1, epsilon: 1e-8, centered: true });
    expectClose(
      await twoSteps(optimizer, [1, 2], load),
      [
        [0.54117, 1.541169],
        [0.2677834, 1.2035918],
      ],
      1e-3,
    );
  });
});

describe('metrics of TensorFlow.js', () => {
  const targets = [
    [0, 0, 1],
    [0, 0, 1],
    [1, 0, 0],
    [0, 1, 0],
  ];
  const outputs = [
    [0, 0, 1],
    [1, 0, 0],
    [1, 0, 0],
    [0, 1, 0],
  ];

  it.each([
    ['precision', precision({ average: 'micro' })],
    ['recall', recall({ average: 'micro' })],
  ])('%s: 2D, over all cells', async (_name, metric) => {
    expect(await metricOf(metric, targets, outputs, 'binaryCrossentropy')).toBe(0.75);
  });
});
