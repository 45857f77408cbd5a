/**
 * The float64 twin (support/reference/twin.ts) against PyTorch's float64 values: other tests rely on the twin, so it is
 * checked itself.
 */
import { describe, expect, test } from 'vitest';
import * as golden from '../support/reference/golden.js';
import * as twin from '../support/reference/twin.js';

/** Forward values agree to a few units of float64, slopes to the error of finite differences. */
const VALUE = 1e-13;
const SLOPE = 1e-9;

type Numbers = number | readonly number[] | readonly number[][];

/** Expects every number within `bound` of the largest expected one. */
function check(actual: Numbers, expected: Numbers, bound: number): void {
  const found: number[] = [actual].flat(2);
  const wanted: number[] = [expected].flat(2);
  const largest = Math.max(...wanted.map(Math.abs), Number.MIN_VALUE);
  expect(found).toHaveLength(wanted.length);
  expect(Math.max(...found.map((value, i) => Math.abs(value - wanted[i]))) / largest).toBeLessThanOrEqual(bound);
}

const inTwin = (...activations: string[]): boolean => activations.every((name) => name in twin.activations);

describe('the twin agrees with PyTorch', () => {
  test.each(golden.activationCases.filter(([name]) => inTwin(name)))(
    'in activation %s and its slope',
    (name, { y, dy }) => {
      const network = golden.networkOf([{ W: [[1]], b: [0], alpha: [0.25] }], [name]);
      const f = (z: number): number => twin.predict(network, [[z]])[0][0];
      // Logits come as close to the kink as 1e-6: the step of the differences must not reach over it.
      const slope = (z: number): number => twin.derivative((offset) => f(z + offset), Math.min(1e-3, Math.abs(z) / 4));
      golden.activationLogits.forEach((z, i) => {
        check(f(z), y[i], VALUE);
        if (!golden.isKink(name, z))
          expect(Math.abs(slope(z) - dy[i])).toBeLessThanOrEqual(SLOPE * Math.max(1, Math.abs(dy[i])));
      });
    },
  );

  test.each(golden.lossCases.filter(({ name, output }) => name in twin.losses && inTwin(output)))(
    'in loss $title',
    ({ name, output, target, loss, delta }) => {
      const units = golden.lossLogits[0].map((_, unit) => unit);
      const identity = { W: units.map((unit) => units.map((k) => +(unit === k))), b: units.map(() => 0) };
      const network = golden.networkOf([identity], [output]);
      check(twin.loss(network, name as twin.LossName, golden.lossLogits, target), loss, VALUE);
      check(twin.deltas(network, name as twin.LossName, golden.lossLogits, target), delta, SLOPE);
    },
  );

  const networks = [...golden.optimizerCases, ...golden.trainingCases]
    .filter(({ activations, l1, l2, clipNorm }) => inTwin(...activations) && !l1 && !l2 && !clipNorm)
    .map((data) => ({ title: `${data.activations.join(', ')}, ${data.optimizer}`, ...data }));

  test.each(networks)('in the first loss and gradients of $title', (data) => {
    const network = golden.networkOf(data.initial, data.activations);
    const [x, t] = golden.batchOf(data, 0);
    check(twin.loss(network, data.loss as twin.LossName, x, t), data.lossPerStep[0], VALUE);
    twin.gradients(network, data.loss as twin.LossName, x, t).forEach(({ W, b }, l) => {
      check(W, data.firstGradients[l].W, SLOPE);
      check(b, data.firstGradients[l].b, SLOPE);
    });
  });

  test.each(networks)('in the last logits of $title', ({ after, steps, activations, x, finalLogits }) => {
    const beforeSoftmax = activations.map((name) => (name === 'softmax' ? 'linear' : name));
    check(twin.predict(golden.networkOf(after[steps], beforeSoftmax), x), finalLogits, VALUE);
  });

  test('the twin gives the worked example of the slides', () => {
    const { x, t, W1, b1, W2, b2, ...expected } = golden.workedExample;
    const layers = [
      { W: W1, b: b1 },
      { W: W2, b: b2 },
    ];
    const network = golden.networkOf(layers, ['sigmoid', 'sigmoid']);
    const [hidden, output] = twin.forward(network, x);
    check(
      [hidden.z, hidden.y, output.z, output.y].flat(),
      [expected.logits1, expected.h, expected.logits2, expected.y].flat(),
      VALUE,
    );
    check(twin.loss(network, 'halfSquaredError', [x], [t]), expected.cost, VALUE);
    check(twin.deltas(network, 'halfSquaredError', [x], [t]), [expected.delta2], SLOPE);
    const [first, second] = twin.gradients(network, 'halfSquaredError', [x], [t]);
    check([first.W.flat(), first.b].flat(), [expected.dW1.flat(), expected.db1].flat(), SLOPE);
    check([second.W.flat(), second.b].flat(), [expected.dW2.flat(), expected.db2].flat(), SLOPE);
  });
});
