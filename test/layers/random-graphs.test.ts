/**
 * Properties of every graph, checked on 200 random ones: outputs, losses and gradients agree with the float64 twin,
 * rows do not depend on the batch, nothing is left of rows that overflowed, and a file is the model. How graphs are
 * drawn is in support/reference/random-graph.ts.
 */
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { adam, createEngine, nadam, rmsprop, sgd, type NamedTensor, type Optimizer } from '../../src/index.js';
import { GraphTwin, type Batch, type Objective, type Run } from '../support/reference/graph.js';
import { anyDirection, axis, compareGradients, largest, VALUE, valueError } from '../support/reference/graph-check.js';
import { bringWeights, dataOf, graphModel, listOf, lossOf, type GraphModel } from '../support/reference/graph-model.js';
import { randomBatch, randomNetwork, randomObjectives, type Integer } from '../support/reference/random-graph.js';
import { source, type Source } from '../support/reference/random.js';

const engine = await createEngine();

/** A cross-entropy of probabilities, unlike one of logits, divides the rounding of y and 1 − y by them. */
const LOSS = 4 * VALUE;

const OPTIMIZERS: Optimizer[] = [
  sgd({ learningRate: 0.02, momentum: 0.9, clipNorm: 1 }),
  adam({ learningRate: 0.01 }),
  nadam({ learningRate: 0.01, clipValue: 0.5 }),
  rmsprop({ learningRate: 0.01 }),
];

const seen = { value: 0, slope: 0, slopes: 0, kinks: 0, learning: 0 };

afterAll(() =>
  console.log(
    `random graphs: outputs within ${seen.value.toExponential(2)}, slopes within ${seen.slope.toExponential(2)} of their bound; ` +
      `${seen.kinks} of ${seen.slopes} slopes had a kink in reach; ${seen.learning} tensors had a gradient`,
  ),
);

interface Case {
  twin: GraphTwin;
  objectives: Objective[];
  batch: Batch;
  model: GraphModel;
  /** Number of updates before the one that is checked. */
  steps: number;
}

/** Compiles the model, trains it up to the update that is checked, and gives it the twin's weights. */
function prepare({ twin, objectives, batch, model, steps }: Case, optimizer: Optimizer): void {
  const { x, y, options } = dataOf(batch, objectives);
  const lossWeights = objectives.map(({ weight }) => weight);
  // Losses and outputs are drawn independently, so they may not suit each other.
  model.compile({ optimizer, loss: objectives.map(lossOf), lossWeights, checks: 'off' });
  for (let step = 0; step < steps; step++) model.trainOnBatch(x, y, options);
  bringWeights(twin, model);
}

function outputsAgree({ twin, batch, model, objectives }: Case): void {
  const predictions = listOf(model.predict(dataOf(batch, objectives).x));
  twin.predict(batch.x).forEach((rows, output) => {
    const error = valueError(predictions[output], rows.flat());
    seen.value = Math.max(seen.value, error);
    expect(error, `output ${output}`).toBeLessThanOrEqual(VALUE);
  });
}

/** Compares slopes along a direction in all coordinates and along two coordinates of each tensor. */
function gradientsAgree({ twin, objectives }: Case, run: Run, gradients: NamedTensor[], from: Source): void {
  expect(gradients.map(({ name }) => name).sort()).toEqual(
    twin.tensors.flatMap(({ name, learned }) => (learned ? [name] : [])).sort(),
  );
  const directions = (size: number): number[][] => [
    anyDirection(size, from),
    axis(size, from.below(size)),
    axis(size, from.below(size)),
  ];
  for (const { name, error, kink } of compareGradients(twin, run, objectives, gradients, directions)) {
    seen.slopes += 1;
    if (kink) {
      seen.kinks += 1;
      continue;
    }
    seen.slope = Math.max(seen.slope, error);
    expect(error, name).toBeLessThanOrEqual(1);
  }
  seen.learning += gradients.filter(({ data }) => largest(data) > 0).length;
}

/**
 * With half the gradients' norm as the limit, all gradients must shrink to about a half, unless anything else, such as
 * padding, contributes to the norm.
 */
function clippingAgrees(one: Case, gradients: NamedTensor[]): void {
  const norm = Math.hypot(...gradients.map(({ data }) => Math.hypot(...data)));
  if (norm === 0) return;
  const { x, y, options } = dataOf(one.batch, one.objectives);
  prepare(one, sgd({ clipNorm: norm / 2 }));
  const factor = norm / 2 / (norm + 1e-6);
  one.model.gradients(x, y, options).forEach(({ data }, index) => {
    data.forEach((value, i) => {
      const expected = factor * gradients[index].data[i];
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(2 ** -22 * Math.abs(expected) + 2 ** -149);
    });
  });
}

/** Rows that overflow fill buffers with infinities and NaNs. Nothing of them may appear in the next gradients. */
function checkNothingIsLeft({ batch, objectives, model }: Case): void {
  const { x, y, options } = dataOf(batch, objectives);
  const before = model.gradients(x, y, options);
  const huge = batch.x.map((rows) => rows.map((row) => row.map((value) => 2 ** 127 * Math.sign(value))));
  model.gradients(dataOf({ ...batch, x: huge }, objectives).x, y, options);
  expect(model.gradients(x, y, options)).toEqual(before);
}

function checkEachRowAlone({ batch, objectives, model }: Case): void {
  const whole = listOf(model.predict(dataOf(batch, objectives).x));
  batch.x[0].forEach((_, row) => {
    const alone = { ...batch, x: batch.x.map((rows) => [rows[row]]) };
    listOf(model.predict(dataOf(alone, objectives).x)).forEach((values, output) => {
      const { length } = values;
      expect(values).toEqual(whole[output].slice(row * length, (row + 1) * length));
    });
  });
}

/** The model and the one loaded from its file are the same, now and after another update. */
function checkSavedAndLoaded({ batch, objectives, model }: Case): void {
  const { x, y, options } = dataOf(batch, objectives);
  const loaded = engine.loadModel<Float32Array | Float32Array[]>(model.save());
  expect(loaded.predict(x)).toEqual(model.predict(x));
  expect(loaded.trainOnBatch(x, y, options)).toEqual(model.trainOnBatch(x, y, options));
  expect(loaded.getWeights()).toEqual(model.getWeights());
  expect(Buffer.compare(loaded.save(), model.save())).toBe(0);
  loaded.dispose();
}

function check(integer: Integer): void {
  const before = engine.memory().used;
  const network = randomNetwork(integer);
  const objectives = randomObjectives(network, integer);
  const from = source(integer(0, 0x7fffffff));
  const twin = new GraphTwin(network, from);
  const widths = network.outputs.map((node) => twin.widthOf(node));
  const batch = randomBatch(objectives, twin.inputWidths, widths, integer(1, 9), from);
  const model = graphModel(engine, network);
  const one = { twin, objectives, batch, model, steps: integer(0, 2) };
  const { x, y, options } = dataOf(batch, objectives);

  prepare(one, sgd({ learningRate: 0.02 }));
  outputsAgree(one);
  checkEachRowAlone(one);
  const run = twin.run(batch, objectives, one.steps);
  const gradients = model.gradients(x, y, options);
  gradientsAgree(one, run, gradients, from);
  expect(valueError([model.evaluate(x, y, options).loss], [twin.run(batch, objectives).loss])).toBeLessThanOrEqual(
    LOSS,
  );
  expect(model.gradients(x, y, options)).toEqual(gradients);
  clippingAgrees(one, gradients);
  checkNothingIsLeft(one);

  prepare(one, OPTIMIZERS[integer(0, OPTIMIZERS.length - 1)]);
  expect(valueError([model.trainOnBatch(x, y, options).loss], [run.loss])).toBeLessThanOrEqual(LOSS);
  checkSavedAndLoaded(one);
  model.dispose();
  expect(engine.memory().used).toBe(before);
}

test('200 random graphs agree with the twin and with themselves', { timeout: 300_000 }, () => {
  const property = fc.property(fc.gen(), (draw) => check((min, max) => draw(fc.integer, { min, max })));
  fc.assert(property, { seed: 20, numRuns: 200 });
  expect(seen.kinks).toBeLessThan(0.05 * seen.slopes);
  // Networks without gradients would prove little.
  expect(seen.learning).toBeGreaterThan(1000);
});
