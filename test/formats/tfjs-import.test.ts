/**
 * `fromTfjs`: files of ml5 and in the forms of TensorFlow.js, Keras 2 and Keras 3, against values of TensorFlow.js; how
 * weights are found, quantized and cut into shards; options of layers; and what is refused.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { FormatError, ValueError } from '../../src/index.js';
import { fromTfjs, type TfjsFile, type TfjsModel, type TfjsWeights } from '../../src/tfjs.js';
import { kerasFile, ROWS } from '../support/files/keras-files.mjs';
import { processorMs } from '../support/files/safe.js';

const golden = JSON.parse(readFileSync('test/golden/tfjs.json', 'utf8')) as Record<string, number[][]>;

const folder = join(process.env.FIXTURES ?? resolve('../shared/fixtures'), 'tfjs');
const isThere = existsSync(join(folder, 'ml5-expected.json'));

const closest = (actual: ArrayLike<number>, expected: readonly number[]): number =>
  Math.max(...expected.map((value, i) => Math.abs(actual[i] - value)));

/** Reads a file and returns the message of its FormatError. */
async function refusal(file: TfjsFile, weights?: TfjsWeights, options?: object): Promise<string> {
  const error: unknown = await fromTfjs(file, weights, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FormatError);
  return (error as Error).message;
}

interface LayerFile {
  readonly class_name: string;
  readonly config?: object;
  readonly [field: string]: unknown;
}

/** A chain of layers with weights, each of which is 0.5, −0.5, 1, … */
function chainFile(layers: readonly LayerFile[], shapes: Readonly<Record<string, number[]>> = {}, version = '2.15.0') {
  const weights = Object.entries(shapes).map(([name, shape]) => ({ name, shape, dtype: 'float32' }));
  const count = weights.reduce((total, { shape }) => total + shape.reduce((a, b) => a * b, 1), 0);
  const values = Float32Array.from({ length: count }, (_, i) => (i % 2 === 0 ? i + 1 : -i) / 2);
  return {
    file: {
      modelTopology: {
        keras_version: version,
        model_config: { class_name: 'Sequential', config: { name: 's', layers } },
      },
      weightsManifest: [{ paths: ['w.bin'], weights }],
    },
    bytes: new Uint8Array(values.buffer),
    values,
  };
}

const first = (width: number, shape: readonly number[] = [width]): LayerFile => ({
  class_name: 'InputLayer',
  config: { batch_input_shape: [null, ...shape], name: 'x' },
});

/** What one layer computes on rows. */
async function outputs(layer: LayerFile, rows: readonly number[][], shapes = {}, version?: string): Promise<number[]> {
  const { file, bytes } = chainFile([first(rows[0].length), layer], shapes, version);
  const model = await fromTfjs(file, bytes);
  const predicted = [...model.predict(rows)];
  model.dispose();
  return predicted;
}

describe.skipIf(!isThere)(`ml5's network${isThere ? '' : ` (not in ${folder})`}`, () => {
  interface Expected {
    readonly cases: readonly { readonly input: number[]; readonly output: number[] }[];
  }
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));

  it('gives the values of TensorFlow.js for normalized inputs, and with its meta for those as they are', async () => {
    const { cases } = JSON.parse(new TextDecoder().decode(read('ml5-expected.json'))) as Expected;
    const metaText = new TextDecoder().decode(read('ml5-model_meta.json'));
    const { inputs } = JSON.parse(metaText) as { inputs: Record<string, { min: number; max: number }> };
    const plain = await fromTfjs(read('ml5-model.json'), read('ml5-model.weights.bin'));
    const scaled = await fromTfjs(read('ml5-model.json'), read('ml5-model.weights.bin'), { meta: metaText });
    expect(plain.labels).toBeUndefined();
    expect(scaled.labels).toEqual(['Paper', 'Rock', 'Scissors']);
    for (const { input, output } of cases) {
      expect(closest(plain.predict([input]), output)).toBeLessThanOrEqual(1e-6);
      const raw = input.map((value, i) => value * (inputs[i].max - inputs[i].min) + inputs[i].min);
      expect(closest(scaled.predict([raw]), output)).toBeLessThanOrEqual(1e-6);
    }
  });
});

describe('forms of files', () => {
  test.each(['tfjs', 'keras2', 'camel', 'keras3'] as const)('%s gives the values of TensorFlow.js', async (form) => {
    const { file, bytes } = kerasFile(form);
    const model = await fromTfjs<Float32Array[]>(file, bytes);
    const predicted = model.predict([Float32Array.from(ROWS.sizes), Float32Array.from(ROWS.words)]);
    golden.keras2.forEach((output, i) => expect(closest(predicted[i], output)).toBeLessThanOrEqual(1e-6));
    const { layers, nodes, inputs, outputs } = model.toJSON();
    const names = [...inputs!, outputs![0]].map((node) => (layers[nodes![node].layer].config as { name: string }).name);
    expect(names).toEqual(['sizes', 'words', 'value']);
    expect(golden.tfjs).toEqual(golden.keras2);
    // One layer in two places, with one set of weights.
    expect(model.getWeights().filter(({ name }) => name.startsWith('inner.')).length).toBe(2);
    const regularizers = model.toJSON().layers.flatMap(({ config }) => {
      const { kernelRegularizer } = config as { kernelRegularizer?: object };
      return kernelRegularizer === undefined ? [] : [kernelRegularizer];
    });
    expect(regularizers).toEqual([{ kind: 'l1l2', config: { l1: 0, l2: 0.25 } }]);
  });

  it('text, bytes, objects and artifacts of tf.io are the same', async () => {
    const { file, bytes } = kerasFile('keras2');
    const text = JSON.stringify(file);
    const { modelTopology, weightsManifest } = file;
    const weightSpecs = weightsManifest[0].weights;
    const halves = [bytes.slice(0, 50).buffer, bytes.slice(50).buffer];
    const all: TfjsModel<Float32Array[]>[] = [
      await fromTfjs(text, bytes),
      await fromTfjs(new TextEncoder().encode(text), { 'group1-shard1of1.bin': bytes }),
      await fromTfjs(file, (path) => Promise.resolve(path === 'group1-shard1of1.bin' ? bytes : new Uint8Array())),
      await fromTfjs({ modelTopology, weightSpecs, weightData: bytes.buffer }),
      await fromTfjs({ modelTopology, weightSpecs, weightData: halves }),
      await fromTfjs({ ...file, modelTopology: JSON.stringify(modelTopology) }, bytes.buffer),
    ];
    const [expected, ...others] = all.map((model) => JSON.stringify(model.getWeights()));
    for (const weights of others) expect(weights).toBe(expected);
  });

  it('shards of any size, also within a number', async () => {
    const { file, bytes } = kerasFile('keras2');
    const whole = JSON.stringify((await fromTfjs(file, bytes)).getWeights());
    for (const size of [1, 3, 7, 64, 1000]) {
      const shards = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.slice(i * size, (i + 1) * size),
      );
      const paths = shards.map((_, i) => `dir/part${i}.bin`);
      const cut = { ...file, weightsManifest: [{ ...file.weightsManifest[0], paths }] };
      const byName = Object.fromEntries(shards.map((shard, i) => [`part${i}.bin`, shard]));
      expect(JSON.stringify((await fromTfjs(cut, shards)).getWeights())).toBe(whole);
      expect(JSON.stringify((await fromTfjs(cut, byName)).getWeights())).toBe(whole);
      const asked: string[] = [];
      const read = (path: string): Uint8Array => shards[asked.push(path) - 1];
      expect(JSON.stringify((await fromTfjs(cut, read)).getWeights())).toBe(whole);
      expect(asked).toEqual(paths);
    }
  });

  it('groups of weights follow each other, and those of an optimizer are left out', async () => {
    const { file, bytes } = kerasFile('keras2');
    const [{ weights }] = file.weightsManifest;
    const optimizer = { name: 'iter', shape: [2], dtype: 'int32', group: 'optimizer' };
    const cut = {
      ...file,
      weightsManifest: [
        { paths: ['a'], weights: [optimizer, ...weights.slice(0, 3)] },
        { paths: ['b'], weights: weights.slice(3) },
      ],
    };
    const all = Uint8Array.of(...new Uint8Array(8), ...bytes);
    expect((await fromTfjs(cut, all)).getWeights()).toEqual((await fromTfjs(file, bytes)).getWeights());
  });
});

describe('weights', () => {
  const dense = { class_name: 'Dense', config: { name: 'd', units: 2, use_bias: false } };
  /** Weights of a dense layer of two inputs, as the manifest describes them. */
  async function weightsOf(entry: object, bytes: Uint8Array): Promise<number[]> {
    const { file } = chainFile([first(2), dense]);
    const weights = [{ name: 'd/kernel', shape: [2, 2], ...entry }];
    const model = await fromTfjs({ ...file, weightsManifest: [{ paths: ['w'], weights }] }, bytes);
    const [{ shape, data }] = model.getWeights();
    expect(shape).toEqual([2, 2]);
    return [...data];
  }

  it('are dequantized as in TensorFlow.js: v·scale + min, rounded once; float16; integers', async () => {
    const quantization = { scale: 0.1, min: -3.3, dtype: 'uint8' };
    const at = (v: number): number => Math.fround(v * 0.1 - 3.3);
    // Transposed: the file has (inputs, units).
    const bytes = Uint8Array.of(0, 7, 255, 128);
    expect(await weightsOf({ dtype: 'float32', quantization }, bytes)).toEqual([at(0), at(255), at(7), at(128)]);
    const wide = new Uint8Array(Uint16Array.of(0, 7, 65535, 300).buffer);
    const uint16 = { ...quantization, dtype: 'uint16' };
    expect(await weightsOf({ dtype: 'float32', quantization: uint16 }, wide)).toEqual([
      at(0),
      at(65535),
      at(7),
      at(300),
    ]);
    const halves = new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff).buffer);
    expect(await weightsOf({ dtype: 'float32', quantization: { dtype: 'float16' } }, halves)).toEqual([
      1,
      2 ** -24,
      -2,
      65504,
    ]);
    const integers = { dtype: 'int32', quantization: { scale: 0.4, min: 0, dtype: 'uint8' } };
    expect(await weightsOf(integers, Uint8Array.of(1, 2, 3, 4))).toEqual([0, 1, 1, 2]);
    expect(await weightsOf({ dtype: 'int32' }, new Uint8Array(Int32Array.of(1, -2, 3, 4).buffer))).toEqual([
      1, 3, -2, 4,
    ]);
    expect(await weightsOf({ dtype: 'bool' }, Uint8Array.of(1, 0, 0, 1))).toEqual([1, 0, 0, 1]);
  });

  it('are found by the names that versions of Keras give them', async () => {
    for (const name of ['d/kernel', 'd/kernel:0', 's/d/kernel', 'd/d/kernel', 'layers/d/vars/0', 'd/0']) {
      const { file, bytes } = chainFile([first(2), dense], { [name]: [2, 2] });
      expect([...(await fromTfjs(file, bytes)).getWeights()[0].data]).toEqual([0.5, 1.5, -0.5, -1.5]);
    }
    const { file, bytes } = chainFile([first(2), dense], { 'a/d/kernel': [2, 2], 'b/d/kernel': [2, 2] });
    expect(await refusal(file, bytes)).toContain('a weight "d/kernel"');
  });

  it('of other shapes, types and lengths are refused', async () => {
    const { file, bytes } = chainFile([first(2), dense], { 'd/kernel': [2, 3] });
    expect(await refusal(file, bytes)).toMatch(/layer "d", Dense: .*"d\/kernel" expected shape \(2, 2\), got \(2, 3\)/);
    const long = chainFile([first(2), dense], { 'd/kernel': [2, 2] });
    expect(await refusal(long.file, long.bytes.slice(1))).toContain('expected 16 bytes as the manifest says, got 15');
    const weights = (entry: object): object => ({
      ...long.file,
      weightsManifest: [{ paths: ['w'], weights: [entry] }],
    });
    for (const entry of [
      { name: 'd/kernel', shape: [2, 2], dtype: 'string' },
      { name: 'd/kernel', shape: [2, 2], dtype: 'complex64' },
      { name: 'd/kernel', shape: [2, -2] },
      { name: 'd/kernel', shape: 'x' },
      { name: 3, shape: [2, 2] },
      { name: 'd/kernel', shape: [2, 2], quantization: { dtype: 'int4' } },
      { name: 'd/kernel', shape: [2, 2], quantization: { dtype: 'uint8', scale: 'x' } },
    ]) {
      expect(await refusal(weights(entry), long.bytes)).toContain('fromTfjs: weightsManifest[0]');
    }
    const infinite = new Uint8Array(Float32Array.of(1, 2, Infinity, 3).buffer);
    expect(await refusal(long.file, infinite)).toContain('finite');
  });

  it('have to be passed, in one of the ways that are described', async () => {
    const { file, bytes } = chainFile([first(2), dense], { 'd/kernel': [2, 2] });
    await expect(fromTfjs(file)).rejects.toThrow('weights expected the bytes of "w.bin", got none');
    await expect(fromTfjs(file, { 'v.bin': bytes })).rejects.toThrow('weights expected "w.bin" among its files');
    await expect(fromTfjs(file, [3] as never)).rejects.toThrow(ValueError);
    await expect(fromTfjs(file, (() => 'x') as never)).rejects.toThrow(ValueError);
    await expect(fromTfjs(3 as never, bytes)).rejects.toThrow(ValueError);
    await expect(fromTfjs(file, bytes, { metadata: {} } as never)).rejects.toThrow(ValueError);
    await expect(fromTfjs('{', bytes)).rejects.toThrow(FormatError);
    await expect(fromTfjs('[]', bytes)).rejects.toThrow(FormatError);
  });
});

describe('layers', () => {
  test.each([
    ['ReLU', { max_value: 6 }, [[-1, 3, 8]], [0, 3, 6]],
    ['ReLU', { negative_slope: 0.5 }, [[-1, 3, 8]], [-0.5, 3, 8]],
    ['LeakyReLU', {}, [[-1, 3, 8]], [Math.fround(-0.3), 3, 8]],
    ['LeakyReLU', { alpha: 0.25 }, [[-1, 3, 8]], [-0.25, 3, 8]],
    ['ELU', { alpha: 2 }, [[-100, 3, 8]], [-2, 3, 8]],
    ['ThresholdedReLU', { theta: 0 }, [[-1, 3, 8]], [0, 3, 8]],
    ['Activation', { activation: 'relu6' }, [[-1, 3, 8]], [0, 3, 6]],
    ['Activation', { activation: 'hard_sigmoid' }, [[-2, 0, 1]], [Math.fround(0.1), 0.5, Math.fround(0.7)]],
    ['Activation', { activation: { class_name: 'LeakyReLU', config: { alpha: 0.5 } } }, [[-1, 3]], [-0.5, 3]],
    ['Activation', { activation: 'linear' }, [[-1, 3]], [-1, 3]],
    ['Rescaling', { scale: 2, offset: -1 }, [[1, 3]], [1, 5]],
    ['Rescaling', { scale: 0.5, offset: [1, -1] }, [[1, 3]], [1.5, 0.5]],
    ['Rescaling', { scale: [0.5, 0], offset: [1, -1] }, [[1, 3]], [1.5, -1]],
    ['Rescaling', { scale: [0.5, 1e-30], offset: [1, 0] }, [[1, 3]], [1.5, 0]],
    ['Dropout', { rate: 0.5 }, [[1, 3]], [1, 3]],
    ['Flatten', {}, [[1, 3]], [1, 3]],
    ['Reshape', { target_shape: [1, -1] }, [[1, 3]], [1, 3]],
    ['Normalization', { axis: -1, mean: [1, 2], variance: [4, 1] }, [[3, 3]], [1, 1]],
    ['ActivityRegularization', { l1: 0.1, l2: 0.2 }, [[1, 3]], [1, 3]],
  ])('%s %j', async (class_name, config, rows, expected) => {
    expect(closest(await outputs({ class_name, config: { name: 'l', ...config } }, rows), expected)).toBeLessThan(1e-6);
  });

  it('hard_sigmoid of Keras 3 has a slope of 1/6', async () => {
    const layer = { class_name: 'Activation', config: { name: 'l', activation: 'hard_sigmoid' } };
    expect(closest(await outputs(layer, [[1.5, 0]], {}, '3.4.1'), [0.75, 0.5])).toBeLessThan(1e-6);
  });

  it('images are flattened: rows have their numbers one after the other', async () => {
    const layers = [
      { class_name: 'Flatten', config: { name: 'f', batch_input_shape: [null, 2, 3] } },
      { class_name: 'Dense', config: { name: 'd', units: 1, use_bias: false } },
    ];
    const { file, bytes, values } = chainFile(layers, { 'd/kernel': [6, 1] });
    const model = await fromTfjs(file, bytes);
    expect(model.inputs.length).toBe(1);
    const expected = [1, 2, 3, 4, 5, 6].reduce((sum, x, i) => sum + x * values[i], 0);
    expect(closest(model.predict([[1, 2, 3, 4, 5, 6]]), [expected])).toBeLessThan(1e-5);
  });

  it('frozen layers and options of training go along', async () => {
    const config = {
      name: 'd',
      units: 2,
      trainable: false,
      kernel_initializer: { class_name: 'HeNormal', config: { seed: 3 } },
      bias_initializer: 'ones',
      kernel_regularizer: { class_name: 'L1L2', config: { l1: 0.5, l2: 0.25 } },
      bias_regularizer: 'l2',
      activity_regularizer: { class_name: 'L1', config: { l1: 0.75 } },
      kernel_constraint: { class_name: 'MinMaxNorm', config: { min_value: 0.5, max_value: 2, rate: 0.5, axis: 0 } },
      bias_constraint: { class_name: 'NonNeg', config: {} },
    };
    const { file, bytes } = chainFile([first(2), { class_name: 'Dense', config }], {
      'd/kernel': [2, 2],
      'd/bias': [2],
    });
    const [layer] = (await fromTfjs(file, bytes)).toJSON().layers;
    expect(layer.config).toMatchObject({
      trainable: false,
      kernelInitializer: { kind: 'heNormal' },
      biasInitializer: { kind: 'ones' },
      kernelRegularizer: { config: { l1: 0.5, l2: 0.5 } },
      biasRegularizer: { config: { l1: 0, l2: 0.02 } },
      activityRegularizer: { config: { l1: 0.75, l2: 0 } },
      kernelConstraint: { kind: 'minMaxNorm', config: { minValue: 0.5, maxValue: 2, rate: 0.5 } },
      biasConstraint: { kind: 'nonNegative' },
    });
  });

  test.each([
    ['Conv2D', {}, 'layer "l", Conv2D expected a layer that is here, got "Conv2D"'],
    ['LSTM', {}, 'layer "l", LSTM'],
    ['Lambda', {}, 'layer "l", Lambda'],
    ['__proto__', {}, 'layer "l", __proto__'],
    ['constructor', {}, 'layer "l", constructor'],
    ['Activation', { activation: 'sparsemax' }, 'activation expected one that is here, got "sparsemax"'],
    ['BatchNormalization', { axis: 0 }, 'BatchNormalization: axis expected the last, -1, got 0'],
    ['LayerNormalization', { axis: [0, 1] }, 'axis expected the last'],
    ['Softmax', { axis: 0 }, 'axis expected the last'],
    ['ReLU', { max_value: 4 }, 'max_value expected null, or 6'],
    ['ReLU', { threshold: 1 }, 'threshold expected null or 0, got 1'],
    ['ThresholdedReLU', {}, 'theta expected 0'],
    ['Dropout', { rate: 0.5, noise_shape: [1, 2] }, 'noise_shape expected null'],
    ['Dropout', { rate: 'x' }, 'rate expected a number, got "x"'],
    ['Dropout', { rate: 2 }, 'rate expected a number in [0, 1), got 2'],
    ['Dense', { units: 1.5 }, 'units expected an integer of at least 1, got 1.5'],
    [
      'Dense',
      { units: 2, kernel_regularizer: { class_name: 'OrthogonalRegularizer', config: {} } },
      'kernel_regularizer',
    ],
    [
      'Dense',
      { units: 2, kernel_constraint: { class_name: 'MaxNorm', config: { axis: 1 } } },
      'axis expected 0, got 1',
    ],
    ['Dense', { units: 2, activation: 3 }, 'activation expected a name or { class_name, config }, got 3'],
    ['PReLU', { shared_axes: [1] }, 'shared_axes expected null'],
    ['PReLU', { alpha_regularizer: { class_name: 'L2', config: {} } }, 'alpha_regularizer expected null'],
    ['Rescaling', { scale: [1, -1] }, 'factors of columns from 0 to 1e19, got -1'],
    ['Rescaling', { scale: [1e30, 1] }, 'factors of columns from 0 to 1e19, got 1e+30'],
    ['Rescaling', { scale: [1, 2, 3] }, 'scale expected a number, or a list of 2'],
    ['Reshape', { target_shape: [3] }, 'target_shape expected a shape of 2 numbers'],
    ['Normalization', { invert: true, mean: 0, variance: 1 }, 'invert expected false'],
    ['Concatenate', { axis: 0 }, 'axis expected the last'],
  ])('%s %j is refused', async (class_name, config, message) => {
    const { file, bytes } = chainFile([first(2), { class_name, config: { name: 'l', ...config } }], { x: [2] });
    expect(await refusal(file, bytes)).toContain(message);
  });

  it('rows of more than one axis are refused where a layer acts on the last', async () => {
    const dense = { class_name: 'Dense', config: { name: 'd', units: 2 } };
    const { file, bytes } = chainFile([first(0, [3, 2]), dense], { 'd/kernel': [2, 2], 'd/bias': [2] });
    expect(await refusal(file, bytes)).toContain('layer "d", Dense expected rows of numbers, got rows of shape (3, 2)');
    const one = chainFile([first(0, [1, 2]), dense], { 'd/kernel': [2, 2], 'd/bias': [2] });
    expect((await fromTfjs(one.file, one.bytes)).predict([[1, 2]]).length).toBe(2);
    const open = chainFile([{ class_name: 'InputLayer', config: { batch_input_shape: [null, null] } }, dense]);
    expect(await refusal(open.file, open.bytes)).toContain(
      'batch_input_shape expected rows of a fixed number of values',
    );
  });
});

describe('graphs', () => {
  const layer = (name: string, class_name: string, inbound_nodes: unknown, config: object = {}): object => ({
    name,
    class_name,
    config: { name, ...config },
    inbound_nodes,
  });
  const x = layer('x', 'InputLayer', [], { batch_input_shape: [null, 2] });
  const graphFile = (layers: readonly object[], outputs: unknown = [['y', 0, 0]], inputs: unknown = [['x', 0, 0]]) => ({
    modelTopology: { class_name: 'Model', config: { layers, input_layers: inputs, output_layers: outputs } },
    weightSpecs: [],
    weightData: new ArrayBuffer(0),
  });

  it('layers may be listed in any order, and those that no output reads are left out', async () => {
    const layers = [
      layer('y', 'Add', [
        [
          ['a', 0, 0],
          ['b', 0, 0, {}],
        ],
      ]),
      layer('b', 'Rescaling', [[['a', 0, 0, { training: false, mask: null }]]], { scale: 3 }),
      layer('a', 'Rescaling', [[['x', 0, 0]]], { scale: 2 }),
      layer('unread', 'Rescaling', [[['x', 0, 0]]], { scale: 5 }),
      x,
    ];
    const model = await fromTfjs(graphFile(layers));
    expect([...model.predict([[1, -1]])]).toEqual([8, -8]);
    expect(model.toJSON().layers.length).toBe(4);
  });

  it('a layer in several places is counted by its uses', async () => {
    const layers = [x, layer('y', 'Rescaling', [[['x', 0, 0]], [['y', 0, 0]], [['y', 1, 0]]], { scale: 2 })];
    for (const use of [0, 1, 2]) {
      const model = await fromTfjs(graphFile(layers, [['y', use, 0]]));
      expect([...model.predict([[1, -1]])]).toEqual([2 ** (use + 1), -(2 ** (use + 1))]);
    }
  });

  test.each<[string, readonly object[], unknown, string]>([
    [
      'a cycle',
      [
        x,
        layer('y', 'Add', [
          [
            ['x', 0, 0],
            ['y', 0, 0],
          ],
        ]),
      ],
      undefined,
      'got a cycle',
    ],
    [
      'a missing layer',
      [
        x,
        layer('y', 'Add', [
          [
            ['x', 0, 0],
            ['z', 0, 0],
          ],
        ]),
      ],
      undefined,
      'got "z", 0',
    ],
    [
      'a missing use',
      [
        x,
        layer('y', 'Add', [
          [
            ['x', 0, 0],
            ['x', 1, 0],
          ],
        ]),
      ],
      undefined,
      'got "x", 1',
    ],
    ['a missing output', [x, layer('y', 'Rescaling', [[['x', 0, 1]]])], undefined, 'an output of "x" below 1, got 1'],
    ['a name twice', [x, x], undefined, 'got one twice'],
    ['arguments', [x, layer('y', 'Rescaling', [[['x', 0, 0, { training: true }]]])], undefined, 'got training = true'],
    ['what is no connection', [x, layer('y', 'Rescaling', [[3]])], undefined, 'expected [layer, use, output], got 3'],
    ['no connections', [x, layer('y', 'Rescaling', 'x')], undefined, 'inbound_nodes expected a list'],
    ['no inputs', [x, layer('y', 'Rescaling', [[]])], undefined, 'expected inputs, got none'],
    ['an output without', [x, layer('y', 'Rescaling', [])], undefined, 'expected a layer and one of its uses'],
    ['no outputs', [x, layer('y', 'Rescaling', [[['x', 0, 0]]])], [], 'outputs'],
    ['an input of no shape', [layer('x', 'InputLayer', [])], [['x', 0, 0]], 'a shape of input "x"'],
    ['no layers', [3 as never], undefined, 'layers[0] expected an object'],
  ])('%s is refused', async (_, layers, outputs, message) => {
    expect(await refusal(graphFile(layers, outputs))).toContain(message);
  });

  it('models in models that double at each level are refused in time', async () => {
    let inner = {
      layers: [x, layer('y', 'Flatten', [[['x', 0, 0]]])],
      input_layers: [['x', 0, 0]],
      output_layers: [['y', 0, 0]],
    };
    for (let level = 0; level < 15; level++) {
      const nested = {
        ...layer('y', 'Functional', [[['x', 0, 0]], ...Array.from({ length: 7 }, (_, use) => [['y', use + 1, 0]])]),
        config: inner,
      };
      inner = { layers: [x, nested], input_layers: [['x', 0, 0]], output_layers: [['y', 8, 0]] };
    }
    const start = process.cpuUsage();
    expect(await refusal({ ...graphFile([]), modelTopology: { class_name: 'Model', config: inner } })).toContain(
      'uses of layers',
    );
    expect(processorMs(start)).toBeLessThan(1000);
  });

  it('files of other kinds are refused with what to do', async () => {
    expect(await refusal({ format: 'graph-model', modelTopology: { node: [] }, weightsManifest: [] })).toContain(
      'got a GraphModel',
    );
    expect(await refusal({ modelTopology: { class_name: 'Custom', config: {} } })).toContain('got "Custom"');
    expect(await refusal({ modelTopology: { class_name: 'Sequential', config: { layers: [] } } })).toContain(
      'a weightsManifest or weightSpecs, got neither',
    );
    expect(await refusal({})).toContain('class_name of the model');
  });
});

describe("ml5's meta", () => {
  const file = () =>
    chainFile([first(3), { class_name: 'Dense', config: { name: 'd', units: 2 } }], {
      'd/kernel': [3, 2],
      'd/bias': [2],
    });
  const inputs = {
    a: { dtype: 'number', min: 10, max: 20 },
    s: { dtype: 'string', min: 0, max: 1, uniqueValues: ['u', 'v'], legend: { v: [1, 0], u: [0, 1] } },
  };
  const outputs = { p: { dtype: 'number', min: -1, max: 3 }, q: { dtype: 'number', min: 5, max: 5 } };

  it('takes inputs and returns outputs as they are', async () => {
    const { file: model, bytes } = file();
    const plain = await fromTfjs(model, bytes);
    const scaled = await fromTfjs(model, bytes, { meta: { inputUnits: [3], inputs, outputs, isNormalized: true } });
    const [p, q] = plain.predict([[0.25, 1, 0]]);
    const found = scaled.predict([[12.5, 1, 0]]);
    expect(closest(found, [p * 4 - 1, 5])).toBeLessThan(1e-5);
    expect(Number.isFinite(q)).toBe(true);
    expect(scaled.labels).toBeUndefined();
    const same = await fromTfjs(model, bytes, { meta: { inputs, outputs, isNormalized: false } });
    expect([...same.predict([[0.25, 1, 0]])]).toEqual([p, q]);
  });

  it('has labels in the order of the columns, and one range for arrays', async () => {
    const { file: model, bytes } = file();
    const meta = {
      inputs: { pixels: { dtype: 'array', min: 0, max: 255 } },
      outputs: { label: { dtype: 'string', uniqueValues: ['b', 'a'], legend: { a: [1, 0], b: [0, 1] } } },
      isNormalized: true,
    };
    const read = await fromTfjs(model, bytes, { meta: JSON.stringify(meta) });
    expect(read.labels).toEqual(['a', 'b']);
    const plain = await fromTfjs(model, bytes);
    expect(closest(read.predict([[255, 0, 51]]), [...plain.predict([[1, 0, 0.2]])])).toBeLessThan(1e-5);
  });

  test.each([
    [{ inputs: {}, outputs }, 'inputs expected 3 columns as the model has, got 0'],
    [{ inputs, outputs: {} }, 'outputs expected 2 columns as the model has, got 0'],
    [{ inputs: { ...inputs, a: { dtype: 'x' } }, outputs }, 'dtype expected "number", "string" or "array"'],
    [{ inputs: { ...inputs, a: { dtype: 'number', min: 'x' } }, outputs, isNormalized: true }, 'min expected a number'],
    [{ inputs: 3, outputs }, 'inputs expected an object'],
    [{ inputs: { ...inputs, s: { dtype: 'string', legend: { u: [1], v: [1] } } }, outputs }, 'legend expected a code'],
  ])('%j is refused', async (meta, message) => {
    const { file: model, bytes } = file();
    expect(await refusal(model, bytes, { meta })).toContain(message);
  });
});

test('refuses many layers that have the weights of one, by the same name in models of their own', async () => {
  const inner = (index: number): LayerFile => ({
    class_name: 'Sequential',
    config: {
      name: `m${index}`,
      layers: [first(4), { class_name: 'Dense', config: { name: 'd', units: 4, use_bias: false } }],
    },
  });
  const { file, bytes } = chainFile([inner(0), inner(1), inner(2)], { 'd/kernel': [4, 4] });
  expect(await refusal(file, bytes)).toMatch(/"d\/kernel" expected one layer that has it, got several of its name/);
});

describe('small files that describe much', () => {
  const dense = (name: string, inputs?: number): LayerFile => ({
    class_name: 'Dense',
    config: { name, units: 4, use_bias: false, ...(inputs === undefined ? {} : { batch_input_shape: [null, inputs] }) },
  });

  it.each([
    ['a path twice', ['a.bin', 'a.bin'], 'paths expected files of their own, got one twice'],
    ['two paths to one file', ['x/a.bin', 'y/a.bin'], 'paths expected files of their own, got one for several'],
    ['a folder above', ['../a.bin'], 'paths expected files beside the model, got "../a.bin"'],
    ['a path from the root', ['/etc/passwd'], 'paths expected files beside the model'],
    ['an address', ['https://example.com/a.bin'], 'paths expected files beside the model'],
  ])('shards: %s is refused', async (_, paths, message) => {
    const weights = paths.map((_, i) => ({ name: `d${i}/kernel`, shape: [4, 4], dtype: 'float32' }));
    const layers = paths.map((_, i) => dense(`d${i}`, i === 0 ? 4 : undefined));
    const model = {
      modelTopology: { class_name: 'Sequential', config: { name: 'm', layers } },
      weightsManifest: [{ paths, weights }],
    };
    const error: unknown = await fromTfjs(model, { 'a.bin': new Uint8Array(64) }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toContain(message);
  });

  it('layers that double the width of a row', async () => {
    const call = (...names: readonly string[]) => [names.map((name) => [name, 0, 0, {}])];
    const layers = Array.from({ length: 40 }, (_, i) => ({
      class_name: 'Concatenate',
      name: `c${i + 1}`,
      config: { name: `c${i + 1}`, axis: -1 },
      inbound_nodes: call(`c${i}`, `c${i}`),
    }));
    const input = { class_name: 'InputLayer', name: 'c0', config: { batch_input_shape: [null, 4], name: 'c0' } };
    const config = { layers: [{ ...input, inbound_nodes: [] }, ...layers], input_layers: [['c0', 0, 0]] };
    const model = {
      modelTopology: { class_name: 'Functional', config: { ...config, name: 'm', output_layers: [['c40', 0, 0]] } },
      weightsManifest: [{ paths: ['a.bin'], weights: [] }],
    };
    const error: unknown = await fromTfjs(model, new Uint8Array(0)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toContain('at most 4194304 values in the rows of its layers');
  });

  it('layers in a model of a long name, whose weights would be looked for by it', async () => {
    const layers = Array.from({ length: 1000 }, (_, i) => dense(`d${i}`, i === 0 ? 4 : undefined));
    const inner = { class_name: 'Sequential', config: { name: 'x'.repeat(100_000), layers } };
    const { file, bytes } = chainFile([inner], { 'd0/kernel': [4, 4] });
    expect(await refusal(file, bytes)).toContain('model expected shorter names of its layers');
  });
});
