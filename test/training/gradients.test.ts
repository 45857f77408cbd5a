/**
 * BP1 to BP4 of the library against finite differences of the float64 twin, for every activation × output × loss in
 * chains of dense layers. Other layers and graphs are in test/layers/gradients.test.ts.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { modelOf, worstError } from '../support/reference/library.js';
import { matrix, randomNetwork, source, type Source } from '../support/reference/random.js';
import * as twin from '../support/reference/twin.js';

/**
 * Relative to the largest gradient of each tensor. Float32 rounds each of the few dozen operations between a logit and
 * a gradient by up to 6e-8; where a cross-entropy divides by an output as small as `MARGIN`, the error grows by 1 /
 * MARGIN.
 */
const TOLERANCE = 2e-5;
const SIZES = [4, 6, 5, 3];
const ROWS = 5;
/** Logits this near a kink, at 0, ±3 or 6, make the slope depend on rounding; such data is not used. */
const KINK = 1e-3;
/** Outputs this near 0 or 1 (but not equal) come too close to the clamp of cross-entropies, and to 1 / y. */
const MARGIN = 0.02;

const activations = Object.keys(twin.activations) as twin.ActivationName[];
const losses = Object.keys(twin.losses) as twin.LossName[];

function targets(loss: twin.LossName, from: Source): number[][] {
  const classes = SIZES[SIZES.length - 1];
  if (loss === 'sparseCategoricalCrossentropy') return matrix(ROWS, 1, () => from.below(classes));
  if (loss === 'categoricalCrossentropy')
    return matrix(ROWS, 1, () => from.below(classes)).map(([label]) =>
      Array.from({ length: classes }, (_, i) => +(i === label)),
    );
  if (loss === 'binaryCrossentropy') return matrix(ROWS, classes, () => from.below(2));
  if (loss === 'hinge') return matrix(ROWS, classes, () => 2 * from.below(2) - 1);
  return matrix(ROWS, classes, () => from.symmetric(1));
}

/** Whether no logit and no output lies where a derivative jumps or grows without bound. */
function smooth(network: twin.Network, x: twin.Row[]): boolean {
  return x.every((row) => {
    const layers = twin.forward(network, row);
    const outputs = layers[layers.length - 1].y.filter((y) => y !== 0 && y !== 1);
    return (
      layers.every(({ z }) =>
        z.every((zi) => Math.abs(zi) >= KINK && Math.abs(Math.abs(zi) - 3) >= KINK && Math.abs(zi - 6) >= KINK),
      ) &&
      layers.every(({ z }) => z.every((zi, i) => z.every((other, k) => i === k || Math.abs(zi - other) >= KINK))) &&
      outputs.every((y) => Math.abs(y) >= MARGIN && Math.abs(1 - y) >= MARGIN)
    );
  });
}

/** Whether every output is away from the kinks of the loss itself: the target, and the margin of the hinge. */
function apart(loss: twin.LossName, network: twin.Network, x: twin.Row[], t: twin.Row[]): boolean {
  const turns = { meanAbsoluteError: (y: number, ti: number) => y - ti, hinge: (y: number) => Math.abs(y) - 1 };
  if (!(loss in turns)) return true;
  const distance = turns[loss as keyof typeof turns];
  return twin
    .predict(network, x)
    .every((row, i) => row.every((y, k) => Math.abs(distance(y, t[i][k])) >= KINK || y === 1));
}

/**
 * Where the contributions of rows cancel, or a softmax changes all its outputs alike, a tensor consists of rounding
 * errors; such data is not used.
 */
const CANCELLATION = 1e-3;
function cancels(gradients: ReturnType<typeof twin.gradients>): boolean {
  const largest = gradients.flatMap(({ W, b }) => [W.flat(), b]).map((values) => Math.max(...values.map(Math.abs)));
  const scale = Math.max(...largest);
  return (scale > 0 && scale < CANCELLATION) || largest.some((value) => value > 0 && value < CANCELLATION * scale);
}

/** Returns the first smooth case from `seed` on. */
function smoothCase(hidden: twin.ActivationName, output: twin.ActivationName, loss: twin.LossName, seed: number) {
  for (let attempt = 0; attempt < 10_000; attempt++) {
    const from = source(seed * 10_000 + attempt);
    const network = randomNetwork(SIZES, [hidden, hidden, output], from);
    const x = matrix(ROWS, SIZES[0], () => from.symmetric(1.5));
    const t = targets(loss, from);
    if (!smooth(network, x) || !apart(loss, network, x, t)) continue;
    const gradients = twin.gradients(network, loss, x, t);
    if (!cancels(gradients)) return { network, x, t, gradients };
  }
  throw new Error('no smooth case');
}

let worst = { error: 0, title: '' };

async function check(hidden: twin.ActivationName, output: twin.ActivationName, loss: twin.LossName, seed: number) {
  const { network, x, t, gradients } = smoothCase(hidden, output, loss, seed);
  const model = await modelOf(network, { optimizer: 'sgd', loss });
  const y = loss === 'sparseCategoricalCrossentropy' ? t.flat() : t;
  const error = worstError(model.gradients(x, y), gradients);
  if (error > worst.error) worst = { error, title: `${hidden} → ${output}, ${loss}` };
  const value = twin.loss(network, loss, x, t);
  expect(Math.abs(model.evaluate(x, y).loss - value)).toBeLessThanOrEqual(2e-6 * Math.max(1, Math.abs(value)));
  expect(error).toBeLessThanOrEqual(TOLERANCE);
  model.dispose();
}

afterAll(() => console.log(`gradients: worst ${worst.error.toExponential(2)} of the largest (${worst.title})`));

describe.each(losses)('%s', (loss) => {
  /**
   * The chain rule joins layers one by one, so it is enough to test each activation in the middle and each at the end.
   */
  test.each(activations)('gradients agree with hidden activation %s', async (hidden) => {
    for (const output of ['linear', 'sigmoid', 'softmax'] as const) await check(hidden, output, loss, 1);
  });

  test.each(activations)('gradients agree with output activation %s', async (output) => {
    for (const hidden of ['tanh', 'relu'] as const) await check(hidden, output, loss, 2);
  });
});

describe('the gradients of model.gradients', () => {
  test('change nothing in the model', async () => {
    const { network, x, t } = smoothCase('tanh', 'softmax', 'categoricalCrossentropy', 1);
    const model = await modelOf(network, { optimizer: 'adam', loss: 'categoricalCrossentropy' });
    const before = [model.save(), model.stepCount, model.predict(x)];
    const first = model.gradients(x, t);
    expect(model.gradients(x, t)).toEqual(first);
    expect([model.save(), model.stepCount, model.predict(x)]).toEqual(before);
  });

  test('have the names and shapes of getWeights', async () => {
    const { network, x, t } = smoothCase('relu', 'sigmoid', 'binaryCrossentropy', 1);
    const model = await modelOf(network, { optimizer: 'sgd', loss: 'binaryCrossentropy' });
    const shape = ({ name, shape }: { name: string; shape: number[] }) => ({ name, shape });
    expect(model.gradients(x, t).map(shape)).toEqual(model.getWeights().map(shape));
  });

  test('are the mean over the batch', async () => {
    const { network, x, t } = smoothCase('sigmoid', 'linear', 'meanSquaredError', 1);
    const model = await modelOf(network, { optimizer: 'sgd', loss: 'meanSquaredError' });
    const twice = model.gradients([...x, ...x], [...t, ...t]);
    expect(worstError(twice, twin.gradients(network, 'meanSquaredError', x, t))).toBeLessThanOrEqual(TOLERANCE);
  });
});
