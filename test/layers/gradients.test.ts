/**
 * Every layer against the float64 twin (support/reference/graph.ts): outputs, losses, and gradients by finite
 * differences, for every layer × activation × loss; weights of rows, classes and outputs; running statistics; and
 * positions in a graph in which a layer needs special treatment. Random graphs are in random-graphs.test.ts.
 */
import { afterAll, describe, expect, test } from 'vitest';
import {
  activation,
  adam,
  concatenate,
  createEngine,
  dense,
  dropout,
  gaussianNoise,
  input,
  maximum,
  maxout,
  multiply,
  prelu,
  rescaling,
  sgd,
  type Rows,
  type SymbolicTensor,
} from '../../src/index.js';
import {
  GraphTwin,
  type Activation,
  type Batch,
  type Layer,
  type Network,
  type Node,
  type Objective,
} from '../support/reference/graph.js';
import { anyDirection, axis, compareGradients, largest, VALUE, valueError } from '../support/reference/graph-check.js';
import { bringWeights, dataOf, graphModel, listOf, lossOf, type GraphModel } from '../support/reference/graph-model.js';
import { targetsFor } from '../support/reference/random-graph.js';
import { matrix, source, type Source } from '../support/reference/random.js';
import * as plain from '../support/reference/twin.js';

const engine = await createEngine();

const ROWS = 5;
/** Probabilities this near 0 or 1 come too close to the clamp of cross-entropies, and to 1 / y. */
const MARGIN = 0.02;

/** `exponential` is left out, since three of them in a row overflow; training/gradients.test.ts has it. */
const ACTIVATIONS = (Object.keys(plain.activations) as plain.ActivationName[]).filter(
  (name) => name !== 'maxout3' && name !== 'exponential',
);
const LOSSES = Object.keys(plain.losses) as plain.LossName[];

/** Adds a layer on nodes and returns the number of its node. */
type Put = (layer: Layer, ...inputs: number[]) => number;

const affine = (units: number, useBias = true): Layer => ({ kind: 'dense', units, activation: 'linear', useBias });
const hidden = (units: number, f: Activation): Layer => ({ kind: 'dense', units, activation: f, useBias: true });
const batchNormalization: Layer = { kind: 'batchNormalization', momentum: 0.9, epsilon: 1e-5 };
/** A variance near 0 multiplies rounding by up to 1/√ε. */
const smoothNormalization: Layer = { ...batchNormalization, epsilon: 1e-2 };

/** Each subject puts its layers on node x of `width` values, with activation f where it takes one. */
const SUBJECTS: Record<string, (put: Put, x: number, width: number, f: Activation) => number> = {
  dense: (put, x) => put(affine(3), x),
  'dense without bias': (put, x) => put(affine(5, false), x),
  'dense with activation': (put, x, _, f) => put(hidden(4, f), x),
  'maxout of 1': (put, x) => put({ kind: 'maxout', units: 3, pieces: 1, useBias: false }, x),
  'maxout of 3': (put, x) => put({ kind: 'maxout', units: 2, pieces: 3, useBias: true }, x),
  'activation layer': (put, x, _, f) => put({ kind: 'activation', activation: f }, x),
  prelu: (put, x) => put({ kind: 'prelu' }, x),
  dropout: (put, x) => put({ kind: 'dropout', rate: 0.3 }, x),
  alphaDropout: (put, x) => put({ kind: 'alphaDropout', rate: 0.3 }, x),
  gaussianDropout: (put, x) => put({ kind: 'gaussianDropout', rate: 0.2 }, x),
  gaussianNoise: (put, x) => put({ kind: 'gaussianNoise', stddev: 0.2 }, x),
  batchNormalization: (put, x) => put({ ...batchNormalization }, x),
  layerNormalization: (put, x) => put({ kind: 'layerNormalization', epsilon: 1e-5 }, x),
  'batchNormalization without scale': (put, x) => put({ ...smoothNormalization, scale: false }, x),
  'batchNormalization without centre': (put, x) => put({ ...smoothNormalization, center: false }, x),
  'batchNormalization without both': (put, x) => put({ ...smoothNormalization, scale: false, center: false }, x),
  'layerNormalization without scale': (put, x) => put({ kind: 'layerNormalization', epsilon: 1e-5, scale: false }, x),
  'layerNormalization without centre': (put, x) => put({ kind: 'layerNormalization', epsilon: 1e-5, center: false }, x),
  rmsNormalization: (put, x) => put({ kind: 'rmsNormalization', epsilon: 1e-6 }, x),
  'rmsNormalization without scale': (put, x) => put({ kind: 'rmsNormalization', epsilon: 1e-6, scale: false }, x),
  rescaling: (put, x) => put({ kind: 'rescaling', scale: -0.75, offset: 0.5 }, x),
  normalization: (put, x) => put({ kind: 'normalization' }, x),
  add: (put, x, width, f) => put({ kind: 'add' }, x, put(hidden(width, f), x), x),
  multiply: (put, x, width) => put({ kind: 'multiply' }, put(affine(width), x), x),
  subtract: (put, x, width, f) => put({ kind: 'subtract' }, x, put(hidden(width, f), x)),
  average: (put, x, width, f) => put({ kind: 'average' }, x, put(hidden(width, f), x), x),
  maximum: (put, x, width, f) => put({ kind: 'maximum' }, x, put(hidden(width, f), x), x),
  minimum: (put, x, width, f) => put({ kind: 'minimum' }, put(hidden(width, f), x), x),
  dot: (put, x, width, f) => put({ kind: 'dot', normalize: false }, x, put(hidden(width, f), x)),
  'dot of a value with itself': (put, x) => {
    // The square of a log-probability is so large that a sigmoid after it has no slope.
    const smaller = put({ kind: 'rescaling', scale: 0.25, offset: 0 }, x);
    return put({ kind: 'dot', normalize: false }, smaller, smaller);
  },
  'dot of normalized rows': (put, x, width) => put({ kind: 'dot', normalize: true }, put(affine(width), x), x),
  concatenate: (put, x, _, f) => put({ kind: 'concatenate' }, x, put(hidden(2, f), x), x),
  'one dense three times': (put, x, width, f) => {
    const layer = hidden(width, f);
    return put(layer, put(layer, put(layer, x)));
  },
  'one batch normalization twice': (put, x) => {
    // A variance near 0 multiplies rounding by up to 1/√ε, and twice by 1/ε.
    const layer = { ...batchNormalization, epsilon: 1e-2 };
    return put(layer, put(layer, x));
  },
};

function build(compose: (put: Put, x: number) => number | number[], seed = 7): Network {
  const nodes: Node[] = [{ layer: { kind: 'input', width: 3 }, inputs: [] }];
  const put: Put = (layer, ...inputs) => nodes.push({ layer, inputs }) - 1;
  return { nodes, outputs: [compose(put, 0)].flat(), seed };
}

const isCrossentropy = (loss: plain.LossName): boolean => loss.endsWith('Crossentropy');

/** An activation that suits the loss: cross-entropies need probabilities. */
const suited = (loss: plain.LossName): Activation =>
  loss === 'binaryCrossentropy' ? 'sigmoid' : isCrossentropy(loss) ? 'softmax' : 'linear';

const objective = (loss: plain.LossName, weight = 1, labelSmoothing = 0): Objective => ({
  loss,
  weight,
  labelSmoothing,
});

const batchFor = (twin: GraphTwin, objectives: Objective[], from: Source, rows = ROWS): Batch => ({
  x: twin.inputWidths.map((width) => matrix(rows, width, () => from.symmetric(1.5))),
  t: objectives.map((one, output) => targetsFor(one, rows, twin.widthOf(twin.network.outputs[output]), from)),
});

interface Case {
  twin: GraphTwin;
  objectives: Objective[];
  batch: Batch;
  model: GraphModel;
}

function caseOf(network: Network, objectives: Objective[], from: Source, rows = ROWS): Case {
  const twin = new GraphTwin(network, from);
  const model = graphModel(engine, network);
  model.compile({
    optimizer: sgd({ learningRate: 0.1 }),
    loss: objectives.map(lossOf),
    lossWeights: objectives.map(({ weight }) => weight),
    // Every layer is put last under every loss, whether or not they suit each other.
    checks: 'off',
  });
  bringWeights(twin, model);
  return { twin, objectives, batch: batchFor(twin, objectives, from, rows), model };
}

const worst = { value: 0, slope: 0 };
afterAll(() =>
  console.log(
    `layers: values within ${worst.value.toExponential(2)}, slopes within ${worst.slope.toExponential(2)} of their bound`,
  ),
);

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, title: string): void {
  const error = valueError(actual, expected);
  worst.value = Math.max(worst.value, error);
  expect(error, title).toBeLessThanOrEqual(VALUE);
}

/**
 * Checks outputs, loss in training and outside of it, and gradients along the directions. Returns false, before any
 * comparison, where a kink is in reach.
 */
function agrees(
  { twin, objectives, batch, model }: Case,
  directions: (size: number) => number[][],
  title: string,
): boolean {
  const { x, y, options } = dataOf(batch, objectives);
  const run = twin.run(batch, objectives, model.stepCount);
  const found = compareGradients(twin, run, objectives, model.gradients(x, y, options), directions);
  if (found.some(({ kink }) => kink)) return false;
  for (const { name, error } of found) {
    worst.slope = Math.max(worst.slope, error);
    expect(error, `${title}: ${name}`).toBeLessThanOrEqual(1);
  }
  const predictions = listOf(model.predict(x));
  twin.predict(batch.x).forEach((rows, output) => near(predictions[output], rows.flat(), `${title}: output`));
  near([model.evaluate(x, y, options).loss], [twin.run(batch, objectives).loss], `${title}: loss`);
  near([model.trainOnBatch(x, y, options).loss], [run.loss], `${title}: loss in training`);
  return true;
}

const eachCoordinate = (size: number): number[][] => Array.from({ length: size }, (_, at) => axis(size, at));

/**
 * Whether the outputs are far from where a cross-entropy of probabilities clamps them, in prediction and in training:
 * behind a batch normalization these are different values. What dropout made 0 stays 0, so it may be.
 */
function inside({ twin, batch, objectives, model }: Case): boolean {
  if (!objectives.some(({ loss }) => isCrossentropy(loss))) return true;
  const far = (y: number): boolean => Math.abs(y) >= MARGIN && Math.abs(1 - y) >= MARGIN;
  const training = twin.outputs(twin.run(batch, objectives, model.stepCount));
  return twin.predict(batch.x).flat(2).every(far) && training.flat(2).every((y) => y === 0 || far(y));
}

/** Tries seeds until it finds a case without kinks. */
function checkCase(network: Network, objectives: Objective[], title: string, all = false): void {
  for (let seed = 0; seed < 200; seed++) {
    const from = source(1000 * title.length + seed);
    const one = caseOf(network, objectives, from);
    const directions = all ? eachCoordinate : (size: number) => [anyDirection(size, from)];
    const done = inside(one) && agrees(one, directions, title);
    one.model.dispose();
    if (done) return;
  }
  throw new Error(`${title}: no smooth case`);
}

describe.each(Object.entries(SUBJECTS))('%s', (name, subject) => {
  test('agrees as a hidden layer, after every activation and under every loss', () => {
    for (const f of ACTIVATIONS) {
      for (const loss of LOSSES) {
        const network = build((put, x) => {
          const last = subject(put, put(hidden(4, f), x), 4, f);
          return put(hidden(3, suited(loss)), last);
        });
        checkCase(network, [objective(loss)], `${f} → ${name} → ${loss}`);
      }
    }
  });

  test('agrees as the first layer, before every activation', () => {
    ACTIVATIONS.forEach((f, i) => {
      const loss = LOSSES[i % LOSSES.length];
      const network = build((put, x) => {
        const first = subject(put, x, 3, f);
        return put(hidden(3, suited(loss)), put(hidden(4, f), first));
      });
      checkCase(network, [objective(loss)], `${name} → ${f} → ${loss}`, true);
    });
  });

  test('agrees as the last layer, under every loss', () => {
    LOSSES.forEach((loss, i) => {
      for (const f of [ACTIVATIONS[2 * i], 'tanh'] as const) {
        // Gives cross-entropies probabilities that are not all clamped.
        const network = build((put, x) => subject(put, put(hidden(4, f), x), 4, f));
        checkCase(network, [objective(loss)], `${f} → ${name}, ${loss}`, true);
      }
    });
  });
});

/** An objective with label smoothing where targets are probabilities. */
const smoothed = (loss: plain.LossName): Objective => objective(loss, 1, isCrossentropy(loss) ? 0.2 : 0);

describe('weights', () => {
  const network = (loss: plain.LossName): Network =>
    build((put, x) => put(hidden(3, suited(loss)), put({ ...batchNormalization }, put(hidden(4, 'tanh'), x))));

  test.each(LOSSES)('of rows count, under %s, targets smoothed where they are probabilities', (loss) => {
    const from = source(41);
    const one = caseOf(network(loss), [smoothed(loss)], from);
    one.batch.sampleWeight = [0.25, 3, 0, 1, Math.fround(0.7)];
    expect(agrees(one, eachCoordinate, loss)).toBe(true);
    one.model.dispose();
  });

  const classes: [title: string, loss: plain.LossName, width: number, classOf: (t: plain.Row) => number][] = [
    ['one-hot rows', 'categoricalCrossentropy', 3, (t) => t.indexOf(1)],
    ['class indices', 'sparseCategoricalCrossentropy', 3, ([t]) => t],
    ['one output, by its side of a half', 'binaryCrossentropy', 1, ([t]) => +(t > 0.5)],
    ['rows of numbers', 'meanSquaredError', 3, (t) => t.indexOf(Math.max(...t))],
  ];

  test.each(classes)('of classes count: %s', (_, loss, width, classOf) => {
    const from = source(42);
    const objectives = [smoothed(loss)];
    const one = caseOf(
      build((put, x) => put(hidden(width, suited(loss)), put(hidden(4, 'tanh'), x))),
      objectives,
      from,
    );
    const { twin, model, batch } = one;
    const { x, y } = dataOf(batch, objectives);
    const sampleWeight = [0.5, 1, 2, 0, 1.5];
    const classWeight = { 0: 0.5, 1: 4 };
    const whole = batch.t[0].map((t, row) => sampleWeight[row] * ([0.5, 4][classOf(t)] ?? 1));
    const run = twin.run({ ...batch, sampleWeight: whole }, objectives, 0);
    const gradients = model.gradients(x, y, { sampleWeight, classWeight });
    for (const { name, error } of compareGradients(twin, run, objectives, gradients, eachCoordinate)) {
      expect(error, name).toBeLessThanOrEqual(1);
    }
    near([model.trainOnBatch(x, y, { sampleWeight, classWeight }).loss], [run.loss], 'loss');
    model.dispose();
  });

  test('of outputs count, by order and by name', () => {
    const from = source(43);
    const two = build((put, x) => {
      const h = put(hidden(4, 'tanh'), x);
      return [put(hidden(3, 'softmax'), h), put(affine(2), h)];
    });
    const objectives = [objective('categoricalCrossentropy', 0.25), objective('huber', 3)];
    const { twin, model, batch } = caseOf(two, objectives, from);
    const { x, y } = dataOf(batch, objectives);
    const byOrder = model.gradients(x, y);
    for (const { name, error } of compareGradients(
      twin,
      twin.run(batch, objectives, 0),
      objectives,
      byOrder,
      eachCoordinate,
    )) {
      expect(error, name).toBeLessThanOrEqual(1);
    }
    // Each output's own loss is logged without its weight.
    const alone = [0, 1].map((output) => objectives.map((one, i) => ({ ...one, weight: +(i === output) })));
    const [first, second] = alone.map((weights) => twin.run(batch, weights).loss);
    const logs = model.evaluate(x, y);
    near(
      [logs.loss, logs.layer2Loss, logs.layer3Loss],
      [0.25 * first + 3 * second, first, second],
      'losses of two outputs',
    );
    model.compile({
      optimizer: 'sgd',
      loss: { layer2: 'categoricalCrossentropy', layer3: 'huber' },
      lossWeights: { layer3: 3, layer2: 0.25 },
      checks: 'off',
    });
    expect(model.gradients(x, y)).toEqual(byOrder);
    model.dispose();
  });
});

describe('training', () => {
  /** Updates the twin's weights by its slopes and returns the loss. */
  function update(twin: GraphTwin, batch: Batch, objectives: Objective[], step: number, rate: number): number {
    const run = twin.run(batch, objectives, step);
    const learned = twin.tensors.filter((tensor) => tensor.learned);
    const slopes = learned.map((tensor) => twin.gradient(run, objectives, tensor));
    learned.forEach(({ values }, i) => values.forEach((_, k) => (values[k] -= rate * slopes[i][k].value)));
    twin.updateRunningStatistics(run);
    return run.loss;
  }

  test.each([0, 0.5, 0.9])('moves weights and running statistics as the twin does, momentum %d', (momentum) => {
    const from = source(44);
    const shared: Layer = { kind: 'batchNormalization', momentum, epsilon: 1e-3 };
    const network = build((put, x) => {
      const first = put(shared, put(hidden(4, 'tanh'), put({ kind: 'gaussianNoise', stddev: 0.5 }, x)));
      const second = put(shared, put(hidden(4, 'prelu'), put({ kind: 'dropout', rate: 0.25 }, first)));
      return put(hidden(3, 'softmax'), put({ kind: 'layerNormalization', epsilon: 1e-3 }, second));
    }, 0xfffffff1);
    const objectives = [smoothed('categoricalCrossentropy')];
    const { twin, model } = caseOf(network, objectives, from);
    // A batch of one row uses the running statistics and leaves them unchanged.
    [5, 7, 1, 6].forEach((rows, step) => {
      const batch = batchFor(twin, objectives, from, rows);
      const { x, y } = dataOf(batch, objectives);
      near([model.trainOnBatch(x, y).loss], [update(twin, batch, objectives, step, 0.1)], `loss, step ${step}`);
      for (const { name, data } of model.getWeights()) {
        near(data, twin.tensors.find((tensor) => tensor.name === name)!.values, `${name}, step ${step}`);
      }
    });
    model.dispose();
  });
});

test.each([
  [true, false],
  [false, true],
  [false, false],
])('one row is normalized by running statistics, scale %s, centre %s', (scale, center) => {
  const layer: Layer = { ...batchNormalization, scale, center };
  const network = build((put, x) => put(affine(2), put(layer, put(hidden(4, 'tanh'), x))));
  const one = caseOf(network, [objective('meanSquaredError')], source(45), 1);
  expect(agrees(one, eachCoordinate, 'one row')).toBe(true);
  one.model.dispose();
});

describe('positions in a graph', () => {
  const positions: [title: string, losses: plain.LossName[], Parameters<typeof build>[0]][] = [
    [
      'probabilities that another layer reads',
      ['categoricalCrossentropy', 'meanSquaredError'],
      (put, x) => {
        const y = put(hidden(3, 'softmax'), x);
        return [y, put(affine(2), y)];
      },
    ],
    [
      'two outputs from the same logits',
      ['sparseCategoricalCrossentropy', 'categoricalCrossentropy'],
      (put, x) => {
        const z = put(affine(5), x);
        const softmax = (): number => put({ kind: 'activation', activation: 'softmax' }, z);
        return [softmax(), softmax()];
      },
    ],
    [
      'logits and their probabilities as outputs',
      ['meanSquaredError', 'binaryCrossentropy'],
      (put, x) => {
        const z = put(affine(2), x);
        return [z, put({ kind: 'activation', activation: 'sigmoid' }, z)];
      },
    ],
    [
      'logits that a hidden layer reads',
      ['binaryCrossentropy', 'halfSquaredError'],
      (put, x) => {
        const z = put(affine(3), x);
        return [put({ kind: 'activation', activation: 'sigmoid' }, z), put(hidden(2, 'tanh'), z)];
      },
    ],
    [
      'a sum of a value with itself',
      ['huber'],
      (put, x) => ((h) => put({ kind: 'add' }, h, h, h))(put(hidden(3, 'tanh'), x)),
    ],
    [
      'the same value twice in a concatenation',
      ['huber'],
      (put, x) => ((h) => put(affine(2), put({ kind: 'concatenate' }, h, h)))(put(hidden(3, 'tanh'), x)),
    ],
    ['an input that is an output', ['huber', 'huber'], (put, x) => [x, put(affine(2), x)]],
    [
      'an output computed in place after another layer read its input',
      ['meanSquaredError', 'huber'],
      (put, x) => {
        const h = put(hidden(5, 'relu'), x);
        const scaled = put({ kind: 'rescaling', scale: 2, offset: 1 }, h);
        return [put({ kind: 'dropout', rate: 0.5 }, scaled), put({ kind: 'add' }, h, scaled)];
      },
    ],
  ];

  test.each(positions)('gradients agree for %s', (title, losses, compose) => {
    checkCase(
      build(compose),
      losses.map((loss, i) => objective(loss, i + 0.5)),
      title,
      true,
    );
  });

  test('a wide layer on an output without weights changes no weight', () => {
    const x = input({ shape: [30] });
    const scaled = rescaling({ scale: 2 }).apply(x);
    const model = engine.model({ inputs: x, outputs: [scaled, dense({ units: 40 }).apply(scaled)], seed: 1 });
    model.compile({ optimizer: adam(), loss: 'meanSquaredError' });
    const from = source(45);
    const rows = (width: number): number[][] => matrix(2, width, () => from.symmetric());
    const before = model.getWeights();
    model.gradients(rows(30), [rows(30), rows(40)]);
    expect(model.getWeights()).toEqual(before);
    model.dispose();
  });
});

/**
 * Padding columns fill a row up to whole vectors. PReLU multiplies its slopes with their contents: a NaN there would
 * reach the norm of all gradients.
 */
describe('padding', () => {
  const same = { name: 'same', forward: (z: Float32Array) => z, derivative: (z: Float32Array) => z.map(() => 1) };
  const LIMIT = 1e-3;

  const clipped = (inputs: SymbolicTensor[], below: SymbolicTensor, seed: number) => {
    const model = engine.model({ inputs, outputs: dense({ units: 2 }).apply(prelu().apply(below)), seed });
    model.compile({ optimizer: sgd({ clipNorm: LIMIT }), loss: 'meanSquaredError' });
    return model;
  };
  const rows = (count: number, width: number, scale = 1): number[][] =>
    Array.from({ length: count }, (_, i) => Array.from({ length: width }, (__, j) => scale * Math.sin(i + j)));
  const far = (count: number): number[][] => Array.from({ length: count }, () => [100, 100]);

  const layersBelow: [string, (h: SymbolicTensor) => SymbolicTensor][] = [
    ['concatenate', (h) => concatenate().apply([dense({ units: 1 }).apply(h), dense({ units: 1 }).apply(h)])],
    ['maxout', (h) => maxout({ units: 3, pieces: 1 }).apply(h)],
    ['multiply', (h) => ((z) => multiply().apply([z, z, z]))(dense({ units: 3 }).apply(h))],
    ['maximum', (h) => maximum().apply([dense({ units: 3 }).apply(h), dense({ units: 3 }).apply(h)])],
    ['a custom activation', (h) => activation(same).apply(dense({ units: 3 }).apply(h))],
  ];

  test.each(layersBelow)('holds nothing of rows that overflowed: %s', (_, bed) => {
    const x = input({ shape: [3] });
    const h = dense({ units: 5, activation: 'mish' }).apply(dense({ units: 16 }).apply(x));
    const model = clipped([x], bed(h), 1);
    const before = model.gradients(rows(4, 3), far(4));
    model.gradients(rows(4, 3, 1e38), far(4));
    expect(model.gradients(rows(4, 3), far(4))).toEqual(before);
    model.dispose();
  });

  test('holds no random bits', () => {
    for (let seed = 0; seed < 50; seed++) {
      const [a, b] = [input({ shape: [1] }), input({ shape: [5] })];
      const noisy = dense({ units: 4, activation: 'mish' }).apply(gaussianNoise({ stddev: 1 }).apply(b));
      const model = clipped([a, b], concatenate().apply([dropout({ rate: 0.5 }).apply(a), noisy]), seed);
      const data: Rows[] = [rows(8, 1), rows(8, 5)];
      const norm = Math.hypot(...model.gradients(data, far(8)).map(({ data }) => Math.hypot(...data)));
      expect(Math.abs(norm / LIMIT - 1)).toBeLessThan(1e-4);
      model.dispose();
    }
  });
});

/**
 * The twin is checked itself: where both apply, the graph's twin agrees with the chain's twin, which agrees with
 * PyTorch (test/numerics/reference.test.ts).
 */
describe('the twin', () => {
  const network = build((put, x) => put(hidden(3, 'softmax'), put(hidden(4, 'prelu'), put(hidden(5, 'elu'), x))));
  const objectives = [objective('categoricalCrossentropy')];
  const twin = new GraphTwin(network, source(46));
  const batch = batchFor(twin, objectives, source(47));
  const [W1, b1, W2, b2, alpha, W3, b3] = twin.tensors.map(({ values }) => Array.from(values));
  const rowsOf = (values: number[], inputs: number): number[][] =>
    Array.from({ length: values.length / inputs }, (_, unit) => values.slice(unit * inputs, (unit + 1) * inputs));
  const chain: plain.Network = [
    { W: rowsOf(W1, 3), b: b1, activation: 'elu' },
    { W: rowsOf(W2, 5), b: b2, alpha, activation: 'prelu' },
    { W: rowsOf(W3, 4), b: b3, activation: 'softmax' },
  ];

  test("gives the outputs, the loss and the slopes of the chain's twin", () => {
    const [x, t] = [batch.x[0], batch.t[0]];
    expect(valueError(twin.predict(batch.x).flat(2), plain.predict(chain, x).flat())).toBeLessThan(1e-14);
    const run = twin.run(batch, objectives, 0);
    expect(Math.abs(run.loss - plain.loss(chain, 'categoricalCrossentropy', x, t))).toBeLessThan(1e-14);
    const expected = plain
      .gradients(chain, 'categoricalCrossentropy', x, t)
      .flatMap((layer) => [layer.W.flat(), layer.b, ...(layer.alpha ? [layer.alpha] : [])]);
    twin.tensors.forEach((tensor, i) => {
      const slopes = twin.gradient(run, objectives, tensor).map(({ value }) => value);
      expect(largest(slopes.map((slope, k) => slope - expected[i][k]))).toBeLessThan(1e-9);
    });
  });

  test.each([0, 0.3e-5, 0.67e-5, 1.5e-5])('doubts a slope with a kink %d to the right', (distance) => {
    const bend = new GraphTwin(
      build((put, x) => put(hidden(1, 'relu'), x)),
      source(48),
    );
    const [weight, bias] = bend.tensors;
    const x = [[[1, 0, 0]]];
    bias.values[0] = -weight.values[0] - distance;
    const run = bend.run({ x, t: [[[1]]] }, [objective('halfSquaredError')], 0);
    // Left of the kink the slope is 0, right of it −1.
    const { value, doubt } = bend.slope(run, [objective('halfSquaredError')], bias, [1]);
    expect(Math.abs(value)).toBeLessThanOrEqual(1.01 * doubt);
    expect(doubt).toBeGreaterThan(0.05);
  });

  test('does not doubt a slope near a kink that is out of reach', () => {
    const bend = new GraphTwin(
      build((put, x) => put(hidden(1, 'relu'), x)),
      source(48),
    );
    const [weight, bias] = bend.tensors;
    bias.values[0] = -weight.values[0] + 3e-5;
    const run = bend.run({ x: [[[1, 0, 0]]], t: [[[1]]] }, [objective('halfSquaredError')], 0);
    const { value, doubt } = bend.slope(run, [objective('halfSquaredError')], bias, [1]);
    expect(value).toBeCloseTo(-1 + 3e-5, 9);
    expect(doubt).toBeLessThan(1e-9);
  });
});
