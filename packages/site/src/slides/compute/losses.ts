/** Costs of one output by its logit with the deltas that backpropagation starts with, and those of a softmax. */
import { sgd, type Engine } from 'wasm-mlp';
import type { BinaryCost } from '../choices.js';
import { networkOf } from './networks.js';

export interface LossCurvesInput {
  readonly target: 0 | 1;
  readonly from: number;
  readonly to: number;
  readonly points: number;
}
export interface LossCurve {
  readonly cost: Float32Array;
  /** ∂C/∂logit. */
  readonly delta: Float32Array;
}
export type LossCurves = Readonly<Record<BinaryCost, LossCurve>> & { readonly logits: Float32Array };

export function lossCurves(engine: Engine, { target, from, to, points }: LossCurvesInput): LossCurves {
  const logits = Float32Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1));
  const of = (loss: BinaryCost): LossCurve => {
    const model = networkOf(engine, [{ weights: [[1]], bias: [0], activation: 'sigmoid' }], { optimizer: sgd(), loss });
    const curve = {
      cost: logits.map((logit) => model.evaluate([[logit]], [[target]]).loss),
      delta: logits.map((logit) => model.gradients([[logit]], [[target]])[1].data[0]),
    };
    model.dispose();
    return curve;
  };
  return { logits, halfSquaredError: of('halfSquaredError'), binaryCrossentropy: of('binaryCrossentropy') };
}

export interface SoftmaxInput {
  readonly logits: readonly number[];
  /** Index of the class that is true. */
  readonly target: number;
}
export interface SoftmaxResult {
  readonly y: readonly number[];
  readonly delta: readonly number[];
  readonly cost: number;
}

/** The softmax of some logits, its cross-entropy, and δ = y − t. */
export function softmaxCost(engine: Engine, { logits, target }: SoftmaxInput): SoftmaxResult {
  const model = networkOf(engine, [{ weights: logits.map(() => [0]), bias: logits, activation: 'softmax' }], {
    optimizer: sgd(),
    loss: 'categoricalCrossentropy',
  });
  const t = [logits.map((_, i) => (i === target ? 1 : 0))];
  const result = {
    y: [...model.predict([[0]])],
    delta: [...model.gradients([[0]], t)[1].data],
    cost: model.evaluate([[0]], t).loss,
  };
  model.dispose();
  return result;
}
