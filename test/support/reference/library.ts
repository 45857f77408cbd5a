/** Translates between the twin's plain arrays and the library's models, and measures errors between them. */
import {
  dense,
  l1l2,
  maxout,
  sequential,
  type Engine,
  type Model,
  type NamedTensor,
  type Regularizer,
} from '../../../src/index.js';
import * as library from '../../../src/index.js';
import { networkOf, type TrainingCase } from './golden.js';
import type { Network } from './twin.js';

export type CompileOptions = Parameters<Model['compile']>[0];

/**
 * Builds a library model with the twin's layers and weights, and with a penalty on every layer's weights where one is
 * given.
 */
export async function modelOf(
  network: Network,
  compile?: CompileOptions,
  { seed = 0, penalty, engine }: { seed?: number; penalty?: { l1: number; l2: number }; engine?: Engine } = {},
): Promise<Model> {
  const kernelRegularizer: Regularizer | undefined = penalty && l1l2(penalty);
  const model = await sequential({
    seed,
    ...(engine && { engine }),
    layers: network.map(({ W, activation }, l) => {
      const common = { ...(l === 0 && { inputShape: [W[0].length] }), ...(kernelRegularizer && { kernelRegularizer }) };
      return activation === 'maxout3'
        ? maxout({ units: W.length / 3, pieces: 3, ...common })
        : dense({ units: W.length, activation, ...common });
    }),
  });
  setParameters(model, network);
  // Formulas are checked on any output, whether or not the loss suits it.
  if (compile) model.compile({ checks: 'off', ...compile });
  return model;
}

interface LayerParameters {
  readonly W: number[][];
  readonly b: number[];
  readonly alpha?: number[];
}

/** W, b and the learned slopes of every layer, flattened row by row, in the order of `getWeights`. */
const flatten = (layers: readonly LayerParameters[]): number[][] =>
  layers.flatMap(({ W, b, alpha }) => [W.flat(), b, ...(alpha ? [alpha] : [])]);

function setParameters(model: Model, network: Network): void {
  const shapes = model.getWeights().map(({ shape }) => shape);
  model.setWeights(flatten(network).map((values, i) => ({ shape: shapes[i], data: Float32Array.from(values) })));
}

/**
 * The largest |actual − expected| relative to the largest |expected|. Where `expected` is all 0, `actual` must be too.
 */
export function tensorError(actual: ArrayLike<number>, expected: readonly number[]): number {
  let difference = 0;
  let largest = 0;
  if (actual.length !== expected.length) return Infinity;
  expected.forEach((value, i) => {
    difference = Math.max(difference, Number.isFinite(actual[i]) ? Math.abs(actual[i] - value) : Infinity);
    largest = Math.max(largest, Math.abs(value));
  });
  return difference === 0 ? 0 : difference / largest;
}

/** The worst `tensorError` of a list of tensors. */
export function worstError(actual: readonly NamedTensor[], expected: readonly LayerParameters[]): number {
  const wanted = flatten(expected);
  if (actual.length !== wanted.length) return Infinity;
  return Math.max(...actual.map(({ data }, i) => tensorError(data, wanted[i])));
}

const moving = library.schedules.oneCycle({ maxLearningRate: 0.05, totalSteps: 10, cycleMomentum: true });

/** The golden optimizers as the library names them. */
const optimizers: Record<string, (clip: { clipNorm?: number }) => CompileOptions['optimizer']> = {
  sgd: (clip) => library.sgd({ learningRate: 0.1, ...clip }),
  momentum: (clip) => library.sgd({ learningRate: 0.05, momentum: 0.9, ...clip }),
  nesterov: (clip) => library.sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true, ...clip }),
  adagrad: (clip) => library.adagrad({ learningRate: 0.05, epsilon: 1e-10, ...clip }),
  rmsprop: (clip) => library.rmsprop({ learningRate: 0.01, rho: 0.99, epsilon: 1e-8, ...clip }),
  adadelta: (clip) => library.adadelta({ learningRate: 1, rho: 0.9, epsilon: 1e-6, ...clip }),
  adam: (clip) => library.adam({ learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...clip }),
  adamw: (clip) => library.adamw({ learningRate: 0.01, epsilon: 1e-8, weightDecay: 0.05, ...clip }),
  adamax: (clip) => library.adamax({ learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...clip }),
  amsgrad: (clip) => library.adam({ learningRate: 0.01, beta2: 0.9, epsilon: 1e-8, amsgrad: true, ...clip }),
  amsgradw: (clip) =>
    library.adamw({
      learningRate: 0.01,
      beta2: 0.9,
      epsilon: 1e-8,
      amsgrad: true,
      weightDecay: 0.05,
      excludeFromWeightDecay: [/bias$/],
      ...clip,
    }),
  centered: (clip) => library.rmsprop({ learningRate: 0.01, rho: 0.9, epsilon: 1e-8, centered: true, ...clip }),
  centeredMomentum: (clip) =>
    library.rmsprop({ learningRate: 0.001, rho: 0.9, epsilon: 1e-8, centered: true, momentum: 0.9, ...clip }),
  oneCycle: (clip) => library.sgd({ learningRate: moving, momentum: 0.9, ...clip }),
  oneCycleAdam: (clip) => library.adam({ learningRate: moving, ...clip }),
  lion: (clip) => library.lion({ learningRate: 0.003, weightDecay: 0.5, ...clip }),
  sgdw: (clip) => library.sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 0.05, ...clip }),
  nadam: (clip) => library.nadam({ learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...clip }),
};

/** The model of a golden training, before its first step. */
export const goldenModel = (data: TrainingCase, engine?: Engine): Promise<Model> =>
  modelOf(
    networkOf(data.initial, data.activations),
    {
      optimizer: optimizers[data.optimizer](data.clipNorm === null ? {} : { clipNorm: data.clipNorm }),
      loss: data.loss,
    } as CompileOptions,
    { penalty: { l1: data.l1, l2: data.l2 }, ...(engine && { engine }) },
  );

/**
 * Bound relative to the largest absolute value of each tensor. PyTorch's own float32 stays within 1.3e-7 and 1.4e-6.
 */
export const goldenBound = (steps: number): number => (steps === 1 ? 1e-6 : 1e-5);
