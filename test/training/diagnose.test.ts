/**
 * Faults of single layers, provoked and measured by `diagnose`: the slides' vanishing gradient, zigzag, soft and hard
 * saturation and dying ReLU, then exploding gradients, updates of the wrong size, and numbers that are not finite. The
 * measurements are compared with counts made here. Faults of a network as a whole are in diagnose-outcome.test.ts.
 */
import { describe, expect, test } from 'vitest';
import {
  adam,
  batchNormalization,
  createEngine,
  dense,
  diagnostics,
  dropout,
  gaussianNoise,
  input,
  l2,
  loadModel,
  model,
  randomNormal,
  schedules,
  sequential,
  sgd,
  type ActivationName,
  type Diagnosis,
  type InitializerLike,
  type Model,
} from '../../src/index.js';
import type { CompileOptions } from '../support/reference/library.js';
import { X } from '../support/reference/refusals.js';
import { matrix, source } from '../support/reference/random.js';

const ROWS = 128;
const INPUTS = 8;
const SEEDS = [1, 2, 3];

const draw = source(1);
/** Of mean 0 and variance 1. */
const centered = matrix(ROWS, INPUTS, () => draw.symmetric(Math.sqrt(3)));
/** The same between 0 and 1. */
const positive = centered.map((row) => row.map((value) => Math.fround(value / (2 * Math.sqrt(3)) + 0.5)));
/** One of three classes, separated by a curved border. */
const classes = centered.map(([a, b, c, d]) => {
  const height = a * b + c - d;
  return height > 0.5 ? 0 : height > -0.5 ? 1 : 2;
});

interface Classifier {
  readonly hidden: readonly number[];
  readonly activation: ActivationName;
  readonly weights: InitializerLike;
  readonly seed: number;
  readonly optimizer?: CompileOptions['optimizer'];
}

/** Hidden layers and a softmax over the three classes. */
async function classifier({ hidden, activation, weights, seed, optimizer = 'sgd' }: Classifier) {
  const network = await sequential({
    seed,
    layers: [
      ...hidden.map((units, l) =>
        dense({
          units,
          activation,
          kernelInitializer: weights,
          name: `hidden${l + 1}`,
          ...(l === 0 && { inputShape: [INPUTS] }),
        }),
      ),
      dense({ units: 3, activation: 'softmax', name: 'output' }),
    ],
  });
  network.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
  return network;
}

const kinds = ({ faults }: Diagnosis): string[] => [...new Set(faults.map(({ kind }) => kind))];
/** The layers with a fault of this kind. */
const layersWith = ({ faults }: Diagnosis, kind: string): (string | undefined)[] =>
  faults.filter((fault) => fault.kind === kind).map(({ layer }) => layer);

const repeated = (layers: number, units: number): number[] => Array.from({ length: layers }, () => units);

describe.each(SEEDS)('seed %i', (seed) => {
  describe('vanishing gradient', () => {
    test('is found in 20 layers of sigmoids, each of which removes at least three quarters of it', async () => {
      const network = await classifier({ hidden: repeated(20, 16), activation: 'sigmoid', weights: 'xavier', seed });
      const diagnosis = network.diagnose(centered, classes);
      expect(diagnosis.faults[0].kind).toBe('vanishingGradient');
      expect(diagnosis.faults[0].layer).toBe('hidden1');
      expect(diagnosis.faults[0].message).toMatch(/vanishes.*'relu'.*'heNormal'/s);
      const norms = diagnosis.layers.map(({ gradientNorm }) => gradientNorm!);
      // σ' ≤ ¼, and weights of N(0, 1/n) keep lengths: on average a factor of a quarter or less from layer to layer.
      expect(norms[0] / norms[20]).toBeLessThan(0.25 ** 19);
      expect(norms[0]).toBeGreaterThan(0);
    });

    test('is not found in 20 layers of ReLUs from N(0, 2/n)', async () => {
      const network = await classifier({ hidden: repeated(20, 64), activation: 'relu', weights: 'heNormal', seed });
      const diagnosis = network.diagnose(centered, classes);
      expect(kinds(diagnosis)).not.toContain('vanishingGradient');
      expect(kinds(diagnosis)).not.toContain('explodingGradient');
      const norms = diagnosis.layers.map(({ gradientNorm }) => gradientNorm!);
      expect(norms[0] / norms[20]).toBeGreaterThan(0.01);
      expect(norms[0] / norms[20]).toBeLessThan(100);
    });
  });

  // With relu and linear, activations grow forward as δ grows backward, so the gradients of all layers are similar.
  test.each<[ActivationName, number]>([
    ['tanh', 30],
    ['relu', 10],
    ['linear', 8],
  ])('exploding gradient is found with weights of variance 1, %s, %i layers', async (activation, layers) => {
    const weights = randomNormal({ stddev: 1 });
    const network = await classifier({ hidden: repeated(layers, 32), activation, weights, seed });
    const diagnosis = network.diagnose(centered, classes);
    expect(diagnosis.faults[0].kind).toBe('explodingGradient');
    expect(diagnosis.faults[0].message).toMatch(/explodes.*clipNorm/s);
    const { layers: measured } = diagnosis;
    expect(measured[0].deltaNorm! / measured[layers].deltaNorm!).toBeGreaterThan(1000);
  });

  describe('zigzag', () => {
    test('is found after sigmoids, whose outputs are above 0', async () => {
      const network = await classifier({ hidden: [16, 16], activation: 'sigmoid', weights: 'xavier', seed });
      const diagnosis = network.diagnose(positive, classes);
      const zigzagging = layersWith(diagnosis, 'zigzag');
      expect(zigzagging).toContain('hidden2');
      expect(zigzagging).toContain('output');
      for (const { inputSign } of diagnosis.layers) expect(inputSign).toBe(1);
    });

    test('is not found after tanh on centered inputs', async () => {
      const network = await classifier({ hidden: [16, 16], activation: 'tanh', weights: 'xavier', seed });
      const diagnosis = network.diagnose(centered, classes);
      expect(kinds(diagnosis)).not.toContain('zigzag');
      for (const { zigzag, inputSign } of diagnosis.layers) {
        expect(zigzag).toBeLessThan(0.25);
        expect(inputSign).toBe(0);
      }
    });

    test('is total where inputs, slopes and errors have one sign', async () => {
      // δ has the sign of y − t < 0 in every row, so the gradients of each unit all have the sign of its outgoing
      // weight, or all the opposite one.
      const network = await sequential({
        seed,
        layers: [
          dense({ units: 12, activation: 'sigmoid', inputShape: [INPUTS], name: 'hidden' }),
          dense({ units: 1, name: 'output' }),
        ],
      });
      network.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      const targets = positive.map(() => [50]);
      const diagnosis = network.diagnose(positive, targets);
      expect(diagnosis.layers.map(({ zigzag }) => zigzag)).toEqual([1, 1]);
      expect(layersWith(diagnosis, 'zigzag')).toEqual(['hidden', 'output']);
      expect(network.diagnose(centered, targets).layers[0].zigzag).toBeLessThan(0.5);
    });

    test("is found in the slides' o1, with two weights behind two sigmoids", async () => {
      const network = await sequential({
        seed,
        layers: [
          dense({ units: 2, activation: 'sigmoid', inputShape: [2], name: 'h' }),
          dense({ units: 1, activation: 'sigmoid', name: 'o' }),
        ],
      });
      network.compile({ optimizer: 'sgd', loss: 'halfSquaredError' });
      expect(layersWith(network.diagnose([[0.5, -1]], [[1]]), 'zigzag')).toEqual(['o']);
    });
  });

  test.each<ActivationName>(['sigmoid', 'tanh'])(
    'soft saturation is found in %s with large weights',
    async (activation) => {
      const options = { hidden: [16, 16], activation, seed };
      const large = (await classifier({ ...options, weights: randomNormal({ stddev: 8 }) })).diagnose(
        centered,
        classes,
      );
      expect(layersWith(large, 'saturation')).toEqual(['hidden1', 'hidden2']);
      expect(large.faults.find(({ kind }) => kind === 'saturation')!.message).toContain('softly saturated');
      for (const { softSaturated, hardSaturated } of large.layers.slice(0, 2)) {
        expect(softSaturated).toBeGreaterThan(0.5);
        // Where tanh is ±1 in float32, its slope is 0 by rounding alone.
        expect(hardSaturated).toBe(0);
      }
      const usual = (await classifier({ ...options, weights: 'xavier' })).diagnose(centered, classes);
      expect(kinds(usual)).not.toContain('saturation');
      for (const { softSaturated } of usual.layers.slice(0, 2)) expect(softSaturated).toBeLessThan(0.2);
    },
  );

  test('hard saturation is found in ReLUs whose logits are negative in nearly all rows', async () => {
    const network = await classifier({ hidden: [2 * INPUTS], activation: 'relu', weights: 'heNormal', seed });
    const usual = network.diagnose(centered, classes);
    expect(kinds(usual)).not.toContain('saturation');
    expect(usual.layers[0].hardSaturated).toBeGreaterThan(0.4);
    expect(usual.layers[0].hardSaturated).toBeLessThan(0.6);
    // Units xᵢ − 1.55 and −xᵢ − 1.55 of inputs uniform on ±√3: above 0 in 5 % of the rows, so that no unit is dead.
    const weights = network.getWeights();
    weights[0].data.fill(0);
    for (let unit = 0; unit < 2 * INPUTS; unit++) weights[0].data[unit * INPUTS + (unit >> 1)] = unit % 2 ? 1 : -1;
    weights[1].data.fill(-1.55);
    network.setWeights(weights);
    const low = network.diagnose(centered, classes);
    expect(layersWith(low, 'saturation')).toEqual(['hidden1']);
    expect(low.faults.find(({ kind }) => kind === 'saturation')!.message).toContain('hard saturated');
    expect(low.layers[0].hardSaturated).toBeGreaterThan(0.9);
    expect(low.layers[0]).toMatchObject({ softSaturated: 0, deadUnits: 0 });
  });

  test('dying ReLU is found at a learning rate of 10, where units die within ten steps', async () => {
    const options = { hidden: [32, 32], activation: 'relu', weights: 'heNormal', seed } as const;
    const network = await classifier({ ...options, optimizer: sgd({ learningRate: 10 }) });
    expect(kinds(network.diagnose(centered, classes))).not.toContain('deadUnits');
    for (let step = 0; step < 10; step++) network.trainOnBatch(centered, classes);
    const diagnosis = network.diagnose(centered, classes);
    expect(layersWith(diagnosis, 'deadUnits')).toContain('hidden2');
    expect(diagnosis.faults.find(({ kind }) => kind === 'deadUnits')!.message).toMatch(/dead.*'leakyRelu'/s);
    expect(Math.max(...diagnosis.layers.slice(0, 2).map(({ deadUnits }) => deadUnits!))).toBeGreaterThan(0.5);
    // At 0.1 they stay alive.
    const slower = await classifier({ ...options, optimizer: sgd({ learningRate: 0.1 }) });
    for (let step = 0; step < 10; step++) slower.trainOnBatch(centered, classes);
    expect(kinds(slower.diagnose(centered, classes))).not.toContain('deadUnits');
  });

  test('updates are found too large at a learning rate of 10, and too small at 1e-9', async () => {
    const options = { hidden: [32, 32], activation: 'relu', weights: 'heNormal', seed } as const;
    const fast = await classifier({ ...options, optimizer: sgd({ learningRate: 10 }) });
    expect(layersWith(fast.diagnose(centered, classes), 'largeUpdate')).toEqual(['hidden1', 'hidden2', 'output']);
    const slow = await classifier({ ...options, optimizer: sgd({ learningRate: 1e-9 }) });
    expect(kinds(slow.diagnose(centered, classes))).toEqual(['smallUpdate']);
  });

  test.each<[ActivationName, InitializerLike]>([
    ['relu', 'heNormal'],
    ['tanh', 'xavier'],
    ['selu', 'lecunNormal'],
  ])('a healthy network with %s has no faults, before training and after', async (activation, weights) => {
    const optimizer = adam({ learningRate: 0.003 });
    const network = await classifier({ hidden: [32, 32], activation, weights, seed, optimizer });
    for (const epochs of [0, 20]) {
      if (epochs > 0) await network.fit(centered, classes, { epochs, batchSize: 16 });
      const diagnosis = network.diagnose(centered, classes);
      expect(diagnosis.faults).toEqual([]);
      expect(diagnosis.nonFinite).toBeUndefined();
      expect(String(diagnosis)).toContain('No faults.');
    }
  });

  test('SELU keeps mean 0 and variance 1 through 30 layers from N(0, 1/n) (Klambauer et al. 2017); ReLU does not', async () => {
    const width = 256;
    const depth = 30;
    const from = source(seed);
    // Uniform, of mean 0 and variance 1.
    const x = Float32Array.from({ length: 256 * width }, () => from.symmetric(Math.sqrt(3)));
    const moments = async (activation: ActivationName): Promise<{ mean: number; variance: number }[]> => {
      const inputs = input({ shape: [width] });
      let h = inputs;
      const outputs = Array.from({ length: depth }, () => {
        h = dense({ units: width, activation, kernelInitializer: 'lecunNormal' }).apply(h);
        return h;
      });
      const network = await model({ inputs, outputs, seed });
      const values = network.predict(x) as Float32Array[];
      network.dispose();
      return values.map((y) => {
        const mean = y.reduce((total, value) => total + value, 0) / y.length;
        return { mean, variance: y.reduce((total, value) => total + (value - mean) ** 2, 0) / y.length };
      });
    };
    const selu = await moments('selu');
    expect(selu).toHaveLength(depth);
    for (const { mean, variance } of selu) {
      expect(Math.abs(mean)).toBeLessThan(0.05);
      expect(variance).toBeGreaterThan(0.9);
      expect(variance).toBeLessThan(1.1);
    }
    // Each layer loses half the variance.
    expect((await moments('relu'))[depth - 1].variance).toBeLessThan(1e-6);
  });
});

describe('diagnostics() finds the first NaN or infinity', () => {
  /**
   * Two layers on two inputs. Their sum overflows in the second layer where the inputs are the largest numbers of
   * float32.
   */
  const build = async (learningRate: number | ((step: number) => number)): Promise<Model> => {
    const network = await sequential({
      layers: [
        dense({ units: 2, activation: 'relu', inputShape: [2], name: 'first' }),
        dense({ units: 2, activation: 'relu', name: 'second' }),
        dense({ units: 1, name: 'third' }),
      ],
    });
    const [first, b1, second, b2, third, b3] = network.getWeights();
    first.data.set([1, 0, 0, 1]);
    second.data.set([1, 1, 1, -1]);
    third.data.set([0.5, 0.5]);
    network.setWeights([first, b1, second, b2, third, b3]);
    network.compile({ optimizer: sgd({ learningRate }), loss: 'meanSquaredError' });
    return network;
  };
  const good: [number[][], number[][]] = [
    [
      [0.5, 1],
      [1, 0.25],
    ],
    [[100], [90]],
  ];
  const batches = [good, good, good, good];

  test('with epoch, batch and layer, where an activation overflows', async () => {
    // Twice as much overflows.
    const large = 3e38;
    const network = await build(1e-6);
    const watched = diagnostics();
    let epoch = -1;
    const data = () => {
      epoch += 1;
      return epoch === 1 ? [good, good, [[[large, large]], [[0]]] as typeof good, good] : batches;
    };
    await network.fit(data, { epochs: 3, callbacks: [watched] });
    expect(watched.firstNonFinite).toEqual({ what: 'activations', layer: 'second', epoch: 1, batch: 2 });
    expect(watched.epochs.map(({ diagnosis }) => diagnosis.nonFinite?.what)).toEqual([undefined, 'weights', 'weights']);
    expect(kinds(watched.epochs[2].diagnosis)).toEqual(['nonFinite']);
  });

  test('with epoch, batch and layer, where an update leaves float32', async () => {
    // Update 6, counted from 0, is that of batch 2 of epoch 1; the next batch uses its weights.
    const network = await build((step) => (step === 6 ? 3e38 : 1e-6));
    const watched = diagnostics();
    await network.fit(() => batches, { epochs: 3, callbacks: [watched] });
    expect(watched.firstNonFinite).toMatchObject({ what: 'weights', layer: 'first', epoch: 1, batch: 3 });
  });

  test('nowhere in a healthy training, and measures its epochs', async () => {
    const network = await build(1e-6);
    const seen: number[] = [];
    const watched = diagnostics({ every: 2, onDiagnosis: (epoch) => seen.push(epoch) });
    await network.fit(() => batches, { epochs: 5, callbacks: [watched] });
    expect(watched.firstNonFinite).toBeUndefined();
    expect(watched.epochs.map(({ epoch }) => epoch)).toEqual([1, 3]);
    expect(seen).toEqual([1, 3]);
  });
});

test('diagnose changes no bit of what follows, and keeps no memory', async () => {
  const engine = await createEngine();
  const build = (): Model => {
    const network = engine.sequential({
      seed: 5,
      layers: [
        gaussianNoise({ stddev: 0.1, inputShape: [INPUTS] }),
        dense({ units: 12, activation: 'tanh', kernelRegularizer: l2(0.01) }),
        batchNormalization(),
        dropout({ rate: 0.3 }),
        dense({ units: 3, activation: 'softmax' }),
      ],
    });
    network.compile({ optimizer: adam({ clipNorm: 1 }), loss: 'sparseCategoricalCrossentropy' });
    return network;
  };
  const [diagnosed, left] = [build(), build()];
  const batch = (step: number): [number[][], number[]] => [
    centered.slice(16 * step, 16 * step + 16),
    classes.slice(16 * step, 16 * step + 16),
  ];
  for (let step = 0; step < 8; step++) {
    left.trainOnBatch(...batch(step));
    diagnosed.trainOnBatch(...batch(step));
    const before = { memory: engine.memory().used, file: diagnosed.save(), steps: diagnosed.stepCount };
    const first = diagnosed.diagnose(centered, classes);
    const { bytes } = engine.memory();
    const second = diagnosed.diagnose(centered, classes);
    expect(second.layers).toEqual(first.layers);
    expect({ memory: engine.memory().used, file: diagnosed.save(), steps: diagnosed.stepCount }).toEqual(before);
    expect(engine.memory().bytes).toBe(bytes);
  }
  expect(diagnosed.save()).toEqual(left.save());
  engine.dispose();
});

describe('the measurements equal counts made here', () => {
  const activations = ['tanh', 'sigmoid', 'relu', 'swish'] as const;
  const sizes = [7, 6, 9, 5];

  /** Four hidden layers after a few updates. One ReLU unit is dead, and weights are large enough to saturate. */
  const build = async (kernelRegularizer?: ReturnType<typeof l2>): Promise<Model> => {
    const network = await sequential({
      seed: 3,
      layers: [
        ...activations.map((activation, l) =>
          dense({
            units: sizes[l],
            activation,
            kernelInitializer: randomNormal({ stddev: 1.2 }),
            ...(kernelRegularizer && { kernelRegularizer }),
            ...(l === 0 && { inputShape: [INPUTS] }),
          }),
        ),
        dense({ units: 3, activation: 'softmax' }),
      ],
    });
    const weights = network.getWeights();
    weights[5].data[4] = -100;
    network.setWeights(weights);
    const optimizer = adam({ learningRate: 0.01, ...(kernelRegularizer && { clipNorm: 0.1 }) });
    network.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
    for (let step = 0; step < 3; step++) network.trainOnBatch(centered, classes);
    return network;
  };

  const norm = (tensors: readonly ArrayLike<number>[]): number =>
    Math.sqrt(tensors.reduce((total, data) => total + Array.from(data).reduce((sum, v) => sum + v * v, 0), 0));
  /** Weight and bias of layer l. */
  const ofLayer = (network: Pick<Model, 'getWeights'>, l: number): Float32Array[] =>
    network
      .getWeights()
      .slice(2 * l, 2 * l + 2)
      .map(({ data }) => data);
  const close = (actual: number | undefined, expected: number, error: number): void => {
    expect(Math.abs(actual! - expected) / expected, `${actual} for ${expected}`).toBeLessThan(error);
  };

  test.each([['plain', undefined] as const, ['with a penalty, clipped', l2(0.02)] as const])(
    'gradient norms and updates, %s',
    async (_, penalty) => {
      const network = await build(penalty);
      const { layers, loss } = network.diagnose(centered, classes);
      const gradients = network.gradients(centered, classes);
      const norms = layers.map((_, l) => norm(gradients.slice(2 * l, 2 * l + 2).map(({ data }) => data)));
      // The predicted update, made on a copy.
      const copy = await loadModel(network.save());
      copy.trainOnBatch(centered, classes);
      layers.forEach((layer, l) => {
        close(layer.gradientNorm, norms[l], 1e-12);
        if (l + 1 < norms.length) close(layer.gradientRatio, norms[l] / norms[l + 1], 1e-12);
        const [old, changed] = [ofLayer(network, l), ofLayer(copy, l)];
        const change = changed.map((data, i) => Array.from(data, (value, k) => value - old[i][k]));
        close(layer.updateRatio, norm(change) / norm(old), 1e-12);
      });
      expect(layers.at(-1)).not.toHaveProperty('gradientRatio');
      expect(loss).toBe(network.evaluate(centered, classes).loss);
    },
  );

  test('zigzag as the share of units whose gradients have one sign', async () => {
    const network = await build();
    const gradients = network.gradients(centered, classes);
    const { layers } = network.diagnose(centered, classes);
    const shares = layers.map((_, l) => {
      const { data, shape } = gradients[2 * l];
      const rows = Array.from({ length: shape[0] }, (_, u) => [...data.subarray(u * shape[1], (u + 1) * shape[1])]);
      const oneSigned = rows.filter((row) => {
        const signs = new Set(row.map(Math.sign).filter((sign) => sign !== 0));
        return signs.size === 1 && row.filter((value) => value !== 0).length > 1;
      });
      return oneSigned.length / rows.length;
    });
    expect(layers.map(({ zigzag }) => zigzag)).toEqual(shares);
    expect(layers.map(({ inputs }) => inputs)).toEqual([INPUTS, ...sizes]);
    // The shares must differ, or the comparison would prove little.
    expect(new Set(shares).size).toBeGreaterThan(2);
    // Only the layer after the sigmoids has inputs that are all above 0; after ReLUs too many are 0.
    expect(layers.map(({ inputSign }) => inputSign)).toEqual([0, 0, 1, 0, 0]);
  });

  /** f', and its maximum. */
  const slopes = {
    tanh: { of: (z: number) => 1 - Math.tanh(z) ** 2, most: 1 },
    sigmoid: { of: (z: number) => Math.exp(-z) / (1 + Math.exp(-z)) ** 2, most: 0.25 },
    relu: { of: (z: number) => +(z > 0), most: 1 },
    swish: { of: (z: number) => (1 + Math.exp(-z) + z * Math.exp(-z)) / (1 + Math.exp(-z)) ** 2, most: 1 },
  };

  test('saturated activations and dead units, from the logits of each layer', async () => {
    const network = await build();
    const weights = network.getWeights();
    const { layers } = network.diagnose(centered, classes);
    for (const [l, activation] of activations.entries()) {
      // The network up to the logits of this layer.
      const head = await sequential({
        layers: sizes.slice(0, l + 1).map((units, k) =>
          dense({
            units,
            activation: k === l ? 'linear' : activations[k],
            ...(k === 0 && { inputShape: [INPUTS] }),
          }),
        ),
      });
      head.setWeights(weights.slice(0, 2 * l + 2).map(({ shape, data }) => ({ shape, data })));
      const { of, most } = slopes[activation];
      const slope = Array.from(head.predict(centered), (z) => Math.abs(of(z)));
      const share = (counts: (value: number) => boolean): number => slope.filter(counts).length / slope.length;
      const dead = Array.from({ length: sizes[l] }, (_, unit) =>
        slope.every((value, i) => i % sizes[l] !== unit || value === 0),
      );
      expect(layers[l]).toMatchObject({
        activation,
        softSaturated: share((value) => value > 0 && value < 0.05 * most),
        hardSaturated: share((value) => value === 0),
        deadUnits: dead.filter(Boolean).length / sizes[l],
      });
    }
    expect(layers[0].softSaturated).toBeGreaterThan(0.1);
    expect(layers[2].deadUnits).toBeGreaterThan(0);
    expect(layers[2].hardSaturated).toBeGreaterThan(layers[2].deadUnits!);
    // The softmax of the last layer has no derivative value by value.
    expect(layers[4]).not.toHaveProperty('softSaturated');
  });

  test('δ of each layer, as the bias gradients row by row (BP3)', async () => {
    const network = await build();
    const { layers } = network.diagnose(centered, classes);
    const rows = centered.map((row, i) => network.gradients([row], [classes[i]]));
    layers.forEach(({ deltaNorm }, l) => {
      // For a single row the bias gradient is δ; in the mean over the batch each row has the factor 1/ROWS.
      close(deltaNorm, norm(rows.map((tensors) => tensors[2 * l + 1].data)) / ROWS, 1e-6);
    });
  });

  test('the printed table has a line for each layer', async () => {
    const network = await build();
    const diagnosis = network.diagnose(centered, classes);
    const lines = String(diagnosis).split('\n');
    expect(lines.slice(1, 6).map((line) => line.split(' ')[0])).toEqual(diagnosis.layers.map(({ layer }) => layer));
  });
});

const engine = await createEngine();
const pair = input({ shape: [2] });

describe('no fault is found', () => {
  test('in a small constant slope', () => {
    for (let seed = 0; seed < 10; seed++) {
      const model = engine.sequential({
        seed,
        layers: [
          dense({ units: 64, activation: 'leakyRelu', kernelInitializer: 'heNormal', inputShape: [8] }),
          dense({ units: 64, activation: 'leakyRelu', kernelInitializer: 'heNormal' }),
          dense({ units: 1 }),
        ],
      });
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      const rows = Float32Array.from({ length: 8 * 64 }, (_, i) => Math.sin(7 * i + seed));
      expect(model.diagnose(rows, rows.slice(0, 64)).faults).toEqual([]);
      model.dispose();
    }
  });

  test('in heads of different weight, which are each measured by themselves', () => {
    const body = dense({ units: 8, activation: 'tanh', name: 'body' }).apply(pair);
    const model = engine.model({
      inputs: pair,
      outputs: [dense({ units: 1, name: 'big' }).apply(body), dense({ units: 1, name: 'small' }).apply(body)],
    });
    model.compile({ optimizer: sgd(), loss: 'meanSquaredError', lossWeights: [1, 1e-6] });
    const { faults, layers } = model.diagnose(X, [
      [[1], [0], [1]],
      [[1], [0], [1]],
    ]);
    expect(faults.map(({ kind }) => kind)).not.toContain('explodingGradient');
    expect([...layers[0].next!].sort()).toEqual(['big', 'small']);
  });

  test('in a shared layer that is alive in one of its uses', () => {
    const shared = dense({ units: 2, activation: 'relu', name: 'shared', useBias: false });
    const flipped = dense({ units: 2, name: 'flip', useBias: false }).apply(pair);
    const model = engine.model({ inputs: pair, outputs: [shared.apply(pair), shared.apply(flipped)] });
    model.setWeights(
      model.getWeights().map(({ name, shape }) => ({
        shape,
        data: name.startsWith('flip') ? [-1, 0, 0, -1] : [1, 0, 0, 1],
      })),
    );
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const rows = [
      [1, 2],
      [3, 4],
    ];
    const { layers } = model.diagnose(rows, [rows, rows]);
    expect(layers.find(({ layer }) => layer === 'shared')).toMatchObject({ hardSaturated: 0.5, deadUnits: 0 });
  });

  test('in a learning rate that a schedule keeps small', () => {
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [2] })] });
    const warm = schedules.warmUp({ schedule: 0.1, steps: 5 });
    const faults = (learningRate: CompileOptions['optimizer']): string[] => {
      model.compile({ optimizer: learningRate, loss: 'huber' });
      return model.diagnose(X, [[3], [3], [3]]).faults.map(({ kind }) => kind);
    };
    expect(faults(sgd({ learningRate: warm }))).toEqual([]);
    expect(faults(sgd({ learningRate: { name: 'none', rate: () => 0 } }))).toEqual([]);
    expect(faults(sgd({ learningRate: 1e-12 }))).toEqual(['smallUpdate']);
  });

  test('at the end of a schedule', async () => {
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    const rates = [0.1, 0.05];
    model.compile({ optimizer: sgd({ learningRate: { name: 'own', rate: (step) => rates[step] } }), loss: 'huber' });
    const watched = diagnostics();
    await model.fit([[1]], [[3]], { epochs: 2, callbacks: [watched] });
    expect(watched.epochs.map(({ diagnosis }) => diagnosis.layers[0].updateRatio)).toEqual([
      expect.any(Number),
      undefined,
    ]);
    expect(model.diagnose([[1]], [[3]]).faults).toEqual([]);
  });
});

describe('a layer that starts with weights of 0', () => {
  /** Two hidden layers of tanh before a head; each of these layers may start with weights of 0. */
  async function started(zeros: readonly string[]): Promise<Model> {
    const layer = (name: string, units: number, rest: object) =>
      dense({ units, name, ...(zeros.includes(name) && { kernelInitializer: 'zeros' as const }), ...rest });
    const network = await sequential({
      seed: 5,
      layers: [
        layer('first', 16, { activation: 'tanh', inputShape: [INPUTS] }),
        layer('second', 16, { activation: 'tanh' }),
        layer('head', 3, { activation: 'softmax' }),
      ],
    });
    network.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'sparseCategoricalCrossentropy' });
    return network;
  }

  test.each([['head'], ['second']])('%s: the layers before it do not vanish before the first update', async (name) => {
    const network = await started([name]);
    const before = network.diagnose(centered, classes);
    expect(before.layers[0].gradientNorm).toBe(0);
    expect(before.faults).toEqual([]);
    // They learn from the second update on.
    network.trainOnBatch(centered, classes);
    expect(network.diagnose(centered, classes).layers[0].gradientNorm).toBeGreaterThan(0);
  });

  test('is a fault where it has no gradient itself, or has not moved after an update', async () => {
    const all = await started(['first', 'second', 'head']);
    expect(kinds(all.diagnose(centered, classes))).toContain('vanishingGradient');
    const head = await started(['head']);
    head.learningRate = 0;
    head.trainOnBatch(centered, classes);
    expect(kinds(head.diagnose(centered, classes))).toContain('vanishingGradient');
  });
});
