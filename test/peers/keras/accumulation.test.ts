/**
 * Cases of keras/src/optimizers/optimizer_test.py (Keras at 3422977): gradients that are accumulated over several
 * batches, each a call of trainOnBatch with a gradient of choice. Of the optimizers there, decay has those with decay
 * here.
 */
import { describe, expect, it } from 'vitest';
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  lion,
  nadam,
  rmsprop,
  sgd,
  type Optimizer,
} from '../../../src/index.js';
import { expectClose, uniform, weightsAsOutputs } from '../support.js';

const decay = { weightDecay: 0.05 };
const optimizers: [name: string, of: (options: { accumulate: number }) => Optimizer][] = [
  ['adam', adam],
  ['sgd with decay', (options) => sgd({ ...decay, ...options })],
  ['adamw with decay', (options) => adamw({ ...decay, ...options })],
  ['adagrad', adagrad],
  ['rmsprop', rmsprop],
  ['adadelta', adadelta],
  ['adamax', adamax],
  ['lion with decay', (options) => lion({ ...decay, ...options })],
  ['nadam', nadam],
];

describe('accumulated gradients of Keras', () => {
  it('gradient_accumulation', async () => {
    const net = await weightsAsOutputs([1, 2, 3, 4], sgd({ learningRate: 1, accumulate: 3 }));
    const weights = [];
    for (let call = 0; call < 4; call++) {
      net.trainOnBatch([[1]], [[1, 1, 1, 1]]);
      weights.push([...net.getWeights()[0].data]);
    }
    expectClose(
      weights,
      [
        [1, 2, 3, 4],
        [1, 2, 3, 4],
        [0, 1, 2, 3],
        [0, 1, 2, 3],
      ],
      1e-6,
    );
    expect(net.stepCount).toBe(1);
  });

  it.each(optimizers)('gradient_accumulation_with_weight_decay: %s', async (_name, of) => {
    const [once, often] = [
      await weightsAsOutputs([0.9, 0.5], of({ accumulate: 1 })),
      await weightsAsOutputs([0.9, 0.5], of({ accumulate: 3 })),
    ];
    for (let epoch = 0; epoch < 8; epoch++) {
      const gradients = uniform(epoch, 3, 2);
      once.trainOnBatch([[1]], [[0, 1].map((i) => (gradients[0][i] + gradients[1][i] + gradients[2][i]) / 3)]);
      for (const gradient of gradients) often.trainOnBatch([[1]], [gradient]);
    }
    expectClose([[...often.getWeights()[0].data]], [[...once.getWeights()[0].data]], 1e-5);
    expect(often.stepCount).toBe(8);
  });
});
