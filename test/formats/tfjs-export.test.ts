/**
 * Files of `toTfjs`: what TensorFlow.js, where it is installed, computes from them and saves again; what `fromTfjs`
 * reads back; and what is refused.
 */
import { describe, expect, it, test } from 'vitest';
import {
  activation,
  activityRegularization,
  celu,
  createEngineSync,
  dense,
  elu,
  embedding,
  input,
  maxout,
  normalization,
  rmsNormalization,
  StateError,
  subtract,
  UnsupportedError,
  ValueError,
  varianceScaling,
  type Architecture,
  type Layer,
  type Model,
} from '../../src/index.js';
import { fromTfjs, toTfjs, type TfjsFiles } from '../../src/tfjs.js';
import { disturb } from '../support/files/networks.js';
import { categories, tfjsModel } from '../support/files/tfjs-networks.js';
import {
  noTensorFlow,
  tensorFlow,
  type TensorFlow,
  type TensorFlowArtifacts,
  type TensorFlowModel,
} from '../support/oracles.js';
import { listOf } from '../support/reference/graph-model.js';
import { source } from '../support/reference/random.js';

/** Largest difference of outputs, relative to the largest of 1 and the outputs. */
const WITHIN = 1e-6;

const engine = createEngineSync();

interface ModelJson {
  readonly modelTopology: object;
  readonly weightsManifest: readonly { readonly paths: string[]; readonly weights: readonly object[] }[];
}

const jsonOf = (files: TfjsFiles): ModelJson => JSON.parse(new TextDecoder().decode(files['model.json'])) as ModelJson;

/** Loads files as handlers of TensorFlow.js do. */
const load = (tf: TensorFlow, files: TfjsFiles): Promise<TensorFlowModel> => {
  const { modelTopology, weightsManifest } = jsonOf(files);
  const [{ paths, weights }] = weightsManifest;
  const weightData = paths.map((path) => files[path].slice().buffer);
  return tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs: weights, weightData }));
};

function difference(actual: ArrayLike<number>, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length);
  let most = 0;
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i])) most = Math.max(most, Math.abs(actual[i] - expected[i]));
  }
  return most / expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
}

const predict = (net: Model<Float32Array | Float32Array[]>, xs: readonly Float32Array[]): Float32Array[] =>
  listOf(net.predict(xs.length === 1 ? xs[0] : [...xs]));

/** The architecture with the names that layers have in files, and the seed that files do not have. */
function named(net: Model<Float32Array | Float32Array[]>): Architecture {
  const json = net.toJSON();
  const names = net.layers.map(({ name }) => name);
  // The input of a chain is not among the layers of its architecture.
  const layers = json.layers.map(({ kind, config }, index) => ({
    kind,
    config: { ...config, name: names[index + names.length - json.layers.length] },
  }));
  return { ...json, seed: 0, layers };
}

describe.skipIf(noTensorFlow !== undefined)(`in TensorFlow.js${noTensorFlow ? ` (${noTensorFlow})` : ''}`, () => {
  it('200 random networks have the same outputs, and what it saves is read as the same network', async () => {
    const tf = await tensorFlow();
    let worst = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const { net, xs, rows } = seed === 1 ? categories() : tfjsModel(seed);
      const loaded = await load(tf, toTfjs(net, { shardBytes: 4 + (seed % 50) }));
      const tensors = xs.map((x) => tf.tensor2d(x, [rows, x.length / rows]));
      const results = [loaded.predict(tensors.length === 1 ? tensors[0] : tensors)].flat();
      const expected = predict(net, xs);
      expected.forEach((output, i) => (worst = Math.max(worst, difference(results[i].dataSync(), output))));
      let saved: TensorFlowArtifacts | undefined;
      await loaded.save(tf.io.withSaveHandler((artifacts) => Promise.resolve((saved = artifacts))));
      const back = await fromTfjs<Float32Array | Float32Array[]>(saved!);
      expect(predict(back, xs)).toEqual(expected);
      loaded.dispose();
      back.dispose();
      net.dispose();
    }
    expect(worst).toBeLessThanOrEqual(WITHIN);
  });
});

describe('read back', () => {
  it('150 random networks have the same bits', async () => {
    let same = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const { net, xs } = tfjsModel(seed, true);
      const files = toTfjs(net, { shardBytes: 4 + (seed % 90) });
      const back = await fromTfjs<Float32Array | Float32Array[]>(files['model.json'], files);
      expect(predict(back, xs)).toEqual(predict(net, xs));
      const [weights, expected] = [back, net].map((one) =>
        one.getWeights().map(({ data, shape }) => ({ data, shape })),
      );
      expect(weights).toEqual(expected);
      // Layers that are two there stay two.
      if (JSON.stringify(back.toJSON()) === JSON.stringify(named(net))) same++;
      back.dispose();
      net.dispose();
    }
    expect(same).toBeGreaterThan(40);
  });

  it('a chain keeps its options, names, frozen layers and labels', async () => {
    const net = engine.sequential({
      layers: [
        dense({ units: 3, activation: 'gelu', name: 'first', kernelRegularizer: 'l2', inputShape: [4] }),
        dense({ units: 2, activation: 'softmax', name: 'second', biasConstraint: 'nonNegative' }),
      ],
    });
    net.getLayer('first').trainable = false;
    Object.defineProperty(net, 'labels', { value: ['no', 'yes'] });
    const files = toTfjs(net);
    const back = await fromTfjs(files['model.json'], files);
    expect(back.toJSON()).toEqual(net.toJSON());
    expect(back.getWeights()).toEqual(net.getWeights());
    expect(back.labels).toEqual(['no', 'yes']);
  });

  it('an embedding with lists of one column is the one with their numbers', async () => {
    const layer = embedding({ inputDim: [4], outputDim: [2], inputShape: [1] });
    const net = engine.sequential({ seed: 2, layers: [layer, dense({ units: 1 })] });
    const files = toTfjs(net);
    const back = await fromTfjs(files['model.json'], files);
    expect(back.getWeights()).toEqual(net.getWeights());
    const rows = [[0], [3], [1]];
    expect(back.predict(rows)).toEqual(net.predict(rows));
  });

  it('an embedding keeps its vectors and options', async () => {
    const layer = embedding({ inputDim: 4, outputDim: 2, embeddingsConstraint: 'unitNorm', inputShape: [3] });
    const net = engine.sequential({ layers: [layer, dense({ units: 1 })] });
    const files = toTfjs(net);
    const back = await fromTfjs(files['model.json'], files);
    expect(back.toJSON()).toEqual(named(net));
    expect(back.getWeights()).toEqual(net.getWeights());
  });

  it('a normalization is one layer again, with its variance', async () => {
    const net = engine.sequential({
      layers: [normalization({ inputShape: [3], name: 'scaled' }), dense({ units: 2 })],
    });
    net.adapt([
      [1000, 2, 3],
      [1001, 2, 7],
      [1003, 2, 8],
    ]);
    const files = toTfjs(net);
    const back = await fromTfjs(files['model.json'], files);
    expect(back.getWeights()).toEqual(net.getWeights());
    expect(back.layers.map(({ name }) => name)).toEqual(['scaled', 'dense']);
  });
});

describe('files', () => {
  const net = engine.sequential({ layers: [dense({ units: 300, inputShape: [700] }), dense({ units: 1 })] });

  it('have shards of the size that is asked for, 4 MB by default', () => {
    const small = toTfjs(net, { shardBytes: 300_000 });
    expect(Object.keys(small)).toEqual(['model.json', ...[1, 2, 3].map((one) => `group1-shard${one}of3.bin`)]);
    expect(small['group1-shard1of3.bin'].length).toBe(300_000);
    expect(Object.keys(toTfjs(net))).toEqual(['model.json', 'group1-shard1of1.bin']);
    const [{ paths, weights }] = jsonOf(small).weightsManifest;
    expect(paths.length).toBe(3);
    expect(weights[0]).toEqual({ name: 'dense/kernel', shape: [700, 300], dtype: 'float32' });
  });

  it('of a model without weights have no shards', async () => {
    const files = toTfjs(engine.sequential({ layers: [activation({ activation: 'relu', inputShape: [2] })] }));
    expect(Object.keys(files)).toEqual(['model.json']);
    expect([...(await fromTfjs(files['model.json'], files)).predict([[-1, 2]])]).toEqual([0, 2]);
  });

  it('have weights as random as those of the model', async () => {
    const other = engine.sequential({ layers: [dense({ units: 70, inputShape: [65] })] });
    disturb(other, source(5));
    const files = toTfjs(other);
    expect((await fromTfjs(files['model.json'], files)).getWeights()).toEqual(other.getWeights());
  });
});

describe('refusals', () => {
  const one = (layer: Layer): Model<Float32Array | Float32Array[]> => engine.sequential({ layers: [layer] });
  const inputShape = [3];
  const square = { name: 'square', forward: (z: Float32Array) => z, derivative: (z: Float32Array) => z };
  const [a, b] = [input({ shape: [2], name: 'a' }), input({ shape: [2], name: 'b' })];
  test.each<[string, () => Model<Float32Array | Float32Array[]>, string]>([
    [
      'maxout',
      () => one(maxout({ units: 2, name: 'm', inputShape })),
      '"m" expected a layer of TensorFlow.js, got maxout',
    ],
    ['rmsNormalization', () => one(rmsNormalization({ inputShape })), 'got rmsNormalization'],
    ['subtract', () => engine.model({ inputs: [a, b], outputs: subtract().apply([a, b]) }), 'got subtract'],
    ['activityRegularization', () => one(activityRegularization({ l1: 1, inputShape })), 'got activityRegularization'],
    ['elu', () => one(dense({ units: 2, activation: elu({ alpha: 2 }), inputShape })), 'alpha of 1'],
    [
      'celu',
      () => one(activation({ activation: celu(), inputShape })),
      'activation expected one of TensorFlow.js, got "celu"',
    ],
    ['hardSigmoid', () => one(activation({ activation: 'hardSigmoid', inputShape })), 'slope of 0.2'],
    ['tanhGelu', () => one(activation({ activation: 'tanhGelu', inputShape })), 'cannot load its gelu_new'],
    ['exponential', () => one(activation({ activation: 'exponential', inputShape })), 'got "exponential"'],
    ['custom functions', () => one(activation({ activation: square, inputShape })), 'cannot hold functions'],
    [
      'initializers',
      () =>
        one(dense({ units: 1, inputShape, kernelInitializer: varianceScaling({ distribution: 'untruncatedNormal' }) })),
      'kernelInitializer expected one of TensorFlow.js, got "varianceScaling"',
    ],
    [
      'penalties on outputs',
      () => one(dense({ units: 1, activityRegularizer: 'l2', inputShape })),
      'activityRegularizer',
    ],
    [
      'learning rates of layers',
      () => one(dense({ units: 1, learningRateFactor: 2, inputShape })),
      'learningRateFactor',
    ],
    [
      'tables of columns',
      () => one(embedding({ inputDim: [2, 3], outputDim: [1, 1] })),
      'inputDim expected one of TensorFlow.js',
    ],
    ['names', () => one(dense({ units: 1, name: 'Größe', inputShape })), 'a name of letters, digits'],
  ])('%s', (_, make, message) => {
    const net = make();
    expect(() => toTfjs(net)).toThrow(UnsupportedError);
    expect(() => toTfjs(net)).toThrow(message);
    net.dispose();
  });

  it('other values and disposed models', () => {
    const net = one(dense({ units: 1, inputShape }));
    expect(() => toTfjs({} as never)).toThrow(ValueError);
    expect(() => toTfjs(net, { shardBytes: 3 })).toThrow(ValueError);
    expect(() => toTfjs(net, { shards: 3 } as never)).toThrow(ValueError);
    net.dispose();
    expect(() => toTfjs(net)).toThrow(StateError);
  });
});
