/**
 * Models as TensorFlow.js, and tensorflowjs_converter of Keras 2 and Keras 3, write them, of one network: two inputs,
 * categories, a layer that is used twice, models in models, several outputs. Made by hand, in the forms of real files.
 */

/** @typedef {'tfjs' | 'keras2' | 'keras3' | 'camel'} Form */
/** @typedef {{ name: string, shape: number[], values: number[] }} Weight */
/** @typedef {{ layer: string, of?: string, node?: number }} Ref */
/** @typedef {{ className: string, config: object, weights?: Record<string, number[]>, calls?: Ref[][], inner?: object }} Part */

/** Returns a source of numbers between −1 and 1 that float32 has. @param {number} seed */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(state / 2 ** 31 - 1);
  };
}

/** @param {string} name */
const camel = (name) => name.replace(/_(\w)/g, (_, /** @type {string} */ letter) => letter.toUpperCase());

/** @param {unknown} value @returns {unknown} */
function inCamelCase(value) {
  if (Array.isArray(value)) return value.map(inCamelCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [camel(name), inCamelCase(inner)]));
}

const POLICY = { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' }, registered_name: null };

/** Returns a layer as a form writes it. @param {Form} form @param {string} name @param {Part} part */
function layerOf(form, name, { className, config, calls, inner }) {
  const isThird = form === 'keras3';
  const initial = (/** @type {string} */ one, /** @type {object} */ options = {}) => ({
    ...(isThird ? { module: 'keras.initializers' } : {}),
    class_name: one,
    config: options,
    ...(isThird ? { registered_name: null } : {}),
  });
  const own = {
    name,
    ...(inner ?? {
      trainable: true,
      dtype: isThird ? POLICY : 'float32',
      ...(className === 'Dense'
        ? {
            use_bias: true,
            kernel_initializer: initial('GlorotUniform', { seed: null }),
            bias_initializer: initial('Zeros'),
          }
        : {}),
      ...config,
    }),
  };
  const tensor = (/** @type {Ref} */ { layer, node = 0 }) =>
    isThird
      ? {
          class_name: '__keras_tensor__',
          config: { shape: [null, 4], dtype: 'float32', keras_history: [layer, node, 0] },
        }
      : [layer, node, 0, {}];
  const inbound = calls?.map((refs) =>
    isThird
      ? { args: refs.length === 1 ? [tensor(refs[0])] : [refs.map(tensor)], kwargs: { mask: null } }
      : refs.map(tensor),
  );
  return {
    ...(isThird ? { module: 'keras.layers', registered_name: null, build_config: { input_shape: [null, 4] } } : {}),
    class_name: className,
    config: own,
    ...(inbound === undefined ? {} : { name, inbound_nodes: inbound }),
  };
}

/** Shape of an input as a form writes it. @param {Form} form @param {number} width */
const inputOf = (form, width) => ({ [form === 'keras3' ? 'batch_shape' : 'batch_input_shape']: [null, width] });

/**
 * Returns the network in a form: the file, and the weights by the order of the manifest.
 * @param {Form} form
 */
export function kerasFile(form) {
  const next = numbers(20250607);
  const list = (/** @type {number} */ count, scale = 1) =>
    Array.from({ length: count }, () => Math.fround(next() * scale));
  /** @type {Weight[]} */
  const weights = [];
  const isThird = form === 'keras3';
  const add = (
    /** @type {string} */ path,
    /** @type {string} */ layer,
    /** @type {[string, number[], number[]?][]} */ all,
  ) => {
    for (const [name, shape, values] of all) {
      const count = shape.reduce((product, extent) => product * extent, 1);
      weights.push({ name: `${isThird ? path : ''}${layer}/${name}`, shape, values: values ?? list(count, 0.7) });
    }
  };
  // A tower, used on both branches; and a chain that stands in the place of a layer.
  const tower = {
    layers: [
      layerOf(form, 'inner_in', { className: 'InputLayer', config: inputOf(form, 4), calls: [] }),
      layerOf(form, 'inner', {
        className: 'Dense',
        config: { units: 4, activation: 'tanh' },
        calls: [[{ layer: 'inner_in' }]],
      }),
      layerOf(form, 'inner_norm', {
        className: 'BatchNormalization',
        config: { axis: form === 'keras2' ? [1] : -1, momentum: 0.9, epsilon: 0.01, center: true, scale: true },
        calls: [[{ layer: 'inner' }]],
      }),
    ],
    input_layers: isThird ? ['inner_in', 0, 0] : [['inner_in', 0, 0]],
    output_layers: isThird ? ['inner_norm', 0, 0] : [['inner_norm', 0, 0]],
  };
  const chain = {
    layers: [
      layerOf(form, 'chain_in', { className: 'InputLayer', config: inputOf(form, 8) }),
      layerOf(form, 'leaky', { className: 'LeakyReLU', config: isThird ? { negative_slope: 0.25 } : { alpha: 0.25 } }),
      layerOf(form, 'drop', { className: 'Dropout', config: { rate: 0.5, noise_shape: null, seed: null } }),
      layerOf(form, 'last', {
        className: 'Dense',
        config: {
          units: 3,
          activation: 'softmax',
          kernel_regularizer: isThird
            ? { class_name: 'L2', config: { l2: 0.125 } }
            : { class_name: 'L1L2', config: { l1: 0, l2: 0.125 } },
        },
      }),
    ],
  };
  const leaves = (/** @type {[string, number, number][]} */ all) =>
    isThird ? Object.fromEntries(all.map((leaf, index) => [`name${index}`, leaf])) : all;
  const layers = [
    layerOf(form, 'sizes', { className: 'InputLayer', config: inputOf(form, 4), calls: [] }),
    layerOf(form, 'words', { className: 'InputLayer', config: inputOf(form, 2), calls: [] }),
    layerOf(form, 'vectors', {
      className: 'Embedding',
      config: { input_dim: 5, output_dim: 2, mask_zero: false },
      calls: [[{ layer: 'words' }]],
    }),
    layerOf(form, 'flat', {
      className: 'Flatten',
      config: { data_format: 'channels_last' },
      calls: [[{ layer: 'vectors' }]],
    }),
    layerOf(form, 'tower', {
      className: form === 'tfjs' ? 'Model' : 'Functional',
      config: {},
      inner: tower,
      calls: [[{ layer: 'sizes' }], [{ layer: 'flat' }]],
    }),
    // The uses of a model are counted from 1.
    layerOf(form, 'both', {
      className: 'Concatenate',
      config: { axis: -1 },
      calls: [
        [
          { layer: 'tower', node: 1 },
          { layer: 'tower', node: 2 },
        ],
      ],
    }),
    layerOf(form, 'bounded', {
      className: 'ReLU',
      config: isThird ? { max_value: 6, negative_slope: 0, threshold: 0 } : { max_value: 6 },
      calls: [[{ layer: 'both' }]],
    }),
    layerOf(form, 'value', {
      className: 'Dense',
      config: { units: 1, activation: 'linear' },
      calls: [[{ layer: 'bounded' }]],
    }),
    layerOf(form, 'classes', { className: 'Sequential', config: {}, inner: chain, calls: [[{ layer: 'both' }]] }),
  ];
  add('m/', 'vectors', [['embeddings', [5, 2]]]);
  add('m/tower/', 'inner', [
    ['kernel', [4, 4]],
    ['bias', [4]],
  ]);
  add('m/tower/', 'inner_norm', [
    ['gamma', [4]],
    ['beta', [4]],
    ['moving_mean', [4]],
    ['moving_variance', [4], list(4).map((value) => 1 + value / 2)],
  ]);
  add('m/', 'value', [
    ['kernel', [8, 1]],
    ['bias', [1]],
  ]);
  add('m/classes/', 'last', [
    ['kernel', [8, 3]],
    ['bias', [3]],
  ]);
  const model = {
    class_name: form === 'tfjs' || form === 'camel' ? 'Model' : 'Functional',
    config: {
      name: 'm',
      layers,
      input_layers: leaves([
        ['sizes', 0, 0],
        ['words', 0, 0],
      ]),
      output_layers: leaves([
        ['value', 0, 0],
        // Keras 3 counts the uses of a chain from 0.
        ['classes', isThird ? 0 : 1, 0],
      ]),
    },
  };
  const version = { tfjs: 'tfjs-layers 4.22.0', camel: 'tfjs-layers 0.1.0', keras2: '2.15.0', keras3: '3.10.0' }[form];
  const topology =
    form === 'keras2' || isThird
      ? {
          keras_version: version,
          backend: 'tensorflow',
          model_config: model,
          training_config: { loss: ['mse', 'mse'] },
        }
      : { ...model, keras_version: version, backend: 'tensor_flow.js' };
  const file = {
    format: 'layers-model',
    generatedBy: 'keras',
    convertedBy: 'TensorFlow.js Converter v4.22.0',
    modelTopology: form === 'camel' ? inCamelCase(topology) : topology,
    weightsManifest: [
      {
        paths: ['group1-shard1of1.bin'],
        weights: weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })),
      },
    ],
  };
  const bytes = new Uint8Array(Float32Array.from(weights.flatMap(({ values }) => values)).buffer);
  return { file, bytes };
}

/** Rows of both inputs, to predict from. */
export const ROWS = { sizes: [0.5, -1, 2, 0.25, -0.75, 1.5, 0, -2], words: [0, 4, 3, 1] };
