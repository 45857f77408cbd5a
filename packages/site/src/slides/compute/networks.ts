/** The library's networks with weights set by hand. */
import {
  dense,
  type ActivationLike,
  type Engine,
  type LossLike,
  type Model,
  type Optimizer,
  type Regularizer,
} from 'wasm-mlp';

export interface DenseLayer {
  /** A row for each unit. */
  readonly weights: readonly (readonly number[])[];
  /** Absent for layers without a bias. */
  readonly bias?: readonly number[];
  readonly activation?: ActivationLike;
  readonly penalty?: Regularizer | undefined;
}

/** Builds a network of dense layers with these weights; compiles it where an optimizer is given. */
export function networkOf(
  engine: Engine,
  layers: readonly DenseLayer[],
  compile?: { readonly optimizer: Optimizer; readonly loss: LossLike },
): Model {
  const model = engine.sequential({
    layers: layers.map(({ weights, bias, activation, penalty }, index) =>
      dense({
        units: weights.length,
        useBias: bias !== undefined,
        activation: activation ?? 'linear',
        kernelRegularizer: penalty,
        ...(index === 0 && { inputShape: [weights[0].length] }),
      }),
    ),
  });
  model.setWeights(
    layers.flatMap(({ weights, bias }) => [
      { shape: [weights.length, weights[0].length], data: Float32Array.from(weights.flat()) },
      ...(bias === undefined ? [] : [{ shape: [bias.length], data: Float32Array.from(bias) }]),
    ]),
  );
  if (compile) model.compile({ ...compile, checks: 'off' });
  return model;
}
