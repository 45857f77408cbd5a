/** How the slides derive the four equations, on their page: each factor of the chain rule, against differences. */
import { describe, expect, test } from 'vitest';
import { backpropagate, SLIDES_EXAMPLE, type Example } from '../src/slides/exact/worked-example.js';
import { drawnSlides } from './support.js';

const costOf = (example: Example): number =>
  backpropagate(example).y.reduce((sum, y, i) => sum + 0.5 * (example.t[i] - y) ** 2, 0);

describe('the chain rule of the slides', () => {
  const { y, h, delta1, delta2 } = backpropagate(SLIDES_EXAMPLE);
  const { t, x, W1, W2 } = SLIDES_EXAMPLE;
  const STEP = 1e-6;
  const changed = (key: 'W1' | 'W2', at: number, by: number): Example => ({
    ...SLIDES_EXAMPLE,
    [key]: SLIDES_EXAMPLE[key].map((weight, i) => (i === at ? weight + by : weight)),
  });
  const difference = (key: 'W1' | 'W2', at: number): number =>
    (costOf(changed(key, at, STEP)) - costOf(changed(key, at, -STEP))) / (2 * STEP);

  test('gives the gradient of a second weight as three factors, two of which are δ', () => {
    for (let at = 0; at < W2.length; at++) {
      const [i, j] = [Math.floor(at / 2), at % 2];
      expect((y[i] - t[i]) * (y[i] * (1 - y[i])) * h[j]).toBeCloseTo(difference('W2', at), 8);
      expect(delta2[i]).toBeCloseTo((y[i] - t[i]) * y[i] * (1 - y[i]), 14);
    }
  });

  test('gives δ of a hidden unit of those above it', () => {
    for (let at = 0; at < W1.length; at++) {
      const [i, j] = [Math.floor(at / 2), at % 2];
      const back = [0, 1].reduce((sum, k) => sum + delta2[k] * W2[2 * k + i], 0) * h[i] * (1 - h[i]);
      expect(delta1[i]).toBeCloseTo(back, 14);
      expect(back * x[j]).toBeCloseTo(difference('W1', at), 8);
    }
  });

  test.each([
    ['en', 'the chain rule', 'converges faster (LeCun 1989)', 'Border'],
    ['zh', '链式法则', '收敛更快（LeCun 1989）', '非线性分界'],
  ])('is on the page in %s, as is all that the slides say of their activations', (language, ...texts) => {
    const { textContent } = drawnSlides(`?lang=${language}`);
    for (const text of [...texts, '(y1 − t1) · y1 (1 − y1) · h1']) expect(textContent).toContain(text);
  });
});
