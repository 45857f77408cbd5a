/** Drawn digits as MNIST has them, and what the page says of a digit, against the library and by its own sums. */
import { describe, expect, test } from 'vitest';
import { activation, dense, sequential } from 'wasm-mlp';
import { loadModel } from 'wasm-mlp/predict';
import { asDigit, PIXELS, SIDE } from '../src/digits/drawing.js';
import { DigitReader, examplesOf } from '../src/digits/reading.js';
import { RandomStream } from '../src/exact/random.js';

describe('a drawing', () => {
  const drawn = (size: number, isInk: (x: number, y: number) => boolean) => ({
    size,
    greys: Float32Array.from({ length: size * size }, (_, i) => Number(isInk(i % size, Math.floor(i / size)))),
  });

  test('that is empty is no digit', () => {
    expect(asDigit(drawn(100, () => false))).toBeUndefined();
  });

  test.each([
    ['a small bar in a corner', drawn(280, (x, y) => x < 14 && y < 56)],
    ['a wide bar', drawn(280, (x, y) => y > 100 && y < 130 && x > 20 && x < 270)],
    ['a dot', drawn(280, (x, y) => x === 200 && y === 20)],
    ['everything', drawn(280, () => true)],
  ])('of %s fits into 20 × 20 pixels around the middle', (_, picture) => {
    const digit = asDigit(picture)!;
    expect(digit).toHaveLength(PIXELS);
    let [mass, x, y, left, right, top, bottom] = [0, 0, 0, SIDE, -1, SIDE, -1];
    digit.forEach((grey, i) => {
      expect(grey).toBeGreaterThanOrEqual(0);
      expect(grey).toBeLessThanOrEqual(1);
      if (grey === 0) return;
      const [column, row] = [i % SIDE, Math.floor(i / SIDE)];
      [mass, x, y] = [mass + grey, x + grey * (column + 0.5), y + grey * (row + 0.5)];
      [left, right] = [Math.min(left, column), Math.max(right, column)];
      [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    });
    expect(Math.max(right - left, bottom - top) + 1).toBe(20);
    expect(Math.abs(x / mass - SIDE / 2)).toBeLessThanOrEqual(0.5);
    expect(Math.abs(y / mass - SIDE / 2)).toBeLessThanOrEqual(0.5);
  });
});

test('a reading has the probabilities of the library, and its saliency adds up to the logit', async () => {
  const random = new RandomStream(3);
  const digit = (label: number): number[] => [
    label,
    ...Array.from({ length: PIXELS }, () => Math.floor(256 * random.next())),
  ];
  const examples = examplesOf(Uint8Array.from([4, 7, 4].flatMap(digit)));
  expect(examples.map(({ label }) => label)).toEqual([4, 7, 4]);
  const network = await sequential({
    seed: 2,
    layers: [
      dense({ units: 64, activation: 'relu', inputShape: [PIXELS] }),
      dense({ units: 10, biasInitializer: 'ones' }),
      activation({ activation: 'softmax' }),
    ],
  });
  const file = network.save();
  const reader = new DigitReader(await loadModel(file), file, examples);
  const x = examples[1].pixels;
  const { probabilities, digit: best, saliency, nearest } = reader.read(x);
  expect([...probabilities]).toEqual([...network.predict(x)]);
  expect(nearest[0]).toBe(examples[1]);
  // Without biases in front of ReLU, the logit is the saliency's sum and the bias of the output.
  const logit = saliency.reduce((sum, part) => sum + part) + 1;
  const [w1, , w2] = network.getWeights().map(({ data }) => data);
  const hidden = Array.from({ length: 64 }, (_, unit) => Math.max(0, x.reduce((sum, value, i) => sum + value * w1[unit * PIXELS + i], 0))); // prettier-ignore
  expect(logit).toBeCloseTo(1 + hidden.reduce((sum, value, unit) => sum + value * w2[best * 64 + unit], 0), 4);
});
