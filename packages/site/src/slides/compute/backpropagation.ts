/** The worked example as the library computes it, in float32. */
import { sgd, type Engine } from 'wasm-mlp';
import type { Example, Passes, Quantity } from '../exact/worked-example.js';
import { networkOf, type DenseLayer } from './networks.js';

const rows = (W: readonly number[]): number[][] => [
  [W[0], W[1]],
  [W[2], W[3]],
];

/** A power of two that leaves 1 + SMALL·h at 1: activations.ts says why. */
const SMALL = 1 / 2 ** 40;

/** Returns what the library says of each quantity. It shows no logits of layers with an activation: linear ones give them. */
export function exampleOfLibrary(engine: Engine, example: Example): Passes {
  const hidden: DenseLayer = { weights: rows(example.W1), bias: example.b1, activation: 'sigmoid' };
  const output: DenseLayer = { weights: rows(example.W2), bias: example.b2, activation: 'sigmoid' };
  const compile = { optimizer: sgd({ learningRate: example.rate }), loss: 'halfSquaredError' } as const;
  const [x, t] = [[[...example.x]], [[...example.t]]];
  const predicted = (...layers: readonly DenseLayer[]): number[] => {
    const model = networkOf(engine, layers);
    const outputs = [...model.predict(x)];
    model.dispose();
    return outputs;
  };
  const whole = networkOf(engine, [hidden, output], compile);
  const cost = [whole.evaluate(x, t).loss];
  const [dW1, delta1, dW2, delta2] = whole.gradients(x, t).map(({ data }) => [...data]);
  whole.trainOnBatch(x, t);
  const [newW1, newB1, newW2, newB2] = whole.getWeights().map(({ data }) => [...data]);
  whole.dispose();
  const probe = networkOf(engine, [hidden, { weights: [[SMALL, SMALL]], bias: [1] }], compile);
  const slope1 = [...probe.gradients(x, [[0]])[1].data].map((delta) => delta / SMALL);
  probe.dispose();
  const quantities: Record<Quantity, number[]> = {
    logits1: predicted({ ...hidden, activation: 'linear' }),
    h: predicted(hidden),
    logits2: predicted(hidden, { ...output, activation: 'linear' }),
    y: predicted(hidden, output),
    cost,
    delta2,
    dW2,
    newW2,
    newB2,
    slope1,
    delta1,
    dW1,
    newW1,
    newB1,
  };
  return quantities;
}
