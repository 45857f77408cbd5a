/**
 * Trains the network of a description with the library and returns what the C program writes: weights before and after
 * each epoch, logs, predictions, all by their bits. Uses nothing of any platform.
 */

/** @typedef {typeof import('../src/index.js')} Library */
/** @typedef {Record<string, unknown> & { kind: string }} Described */
/** @typedef {string | Described} Choice */

/** @typedef {'values' | 'positive' | 'binary' | 'signs' | 'oneHot' | 'classes'} Targets */

/**
 * An output of several.
 * @typedef {object} DescribedOutput
 * @property {number} layer Its layer, by its number: inputs first, from 0, then layers.
 * @property {Choice} loss
 * @property {Targets} targets
 * @property {number} [weight] Of its loss.
 * @property {readonly Choice[]} [metrics]
 * @property {readonly Choice[]} [weightedMetrics]
 * @property {boolean} [sampleWeight] Whether rows have weights of their own for it.
 */

/**
 * A network, its data and its training, as plain data. verification/README.md explains the fields.
 * @typedef {object} Description
 * @property {number} seed
 * @property {number} data The seed of the data.
 * @property {number} rows
 * @property {number | readonly number[]} inputs Columns of the input, or of each input.
 * @property {number} [scale] Factor of the inputs.
 * @property {number} [categories] Inputs are integers below it, for an embedding.
 * @property {Targets} [targets] Of the one output; as `loss`, `metrics` and `weightedMetrics`.
 * @property {Described[]} layers
 * @property {Choice} [loss]
 * @property {readonly Choice[]} [metrics]
 * @property {readonly Choice[]} [weightedMetrics]
 * @property {readonly DescribedOutput[]} [outputs] Several outputs, instead of the last layer.
 * @property {Described} optimizer
 * @property {number} batchSize
 * @property {number} epochs
 * @property {boolean} [shuffle]
 * @property {boolean} [sampleWeight]
 * @property {number} [validationRows]
 * @property {number} [evaluationBatch] Rows of a batch in which the rows of the training are evaluated after it.
 */

/**
 * What came of a training. Floats are hexadecimal, eight digits each; numbers of logs sixteen.
 * @typedef {object} Result
 * @property {string[]} weights
 * @property {{ logs: Record<string, string>, weights: string[] }[]} epochs
 * @property {string} [stopReason] Why the optimizer ended the training, where it did.
 * @property {string[]} final
 * @property {Record<string, string>} [evaluation]
 * @property {string[]} predictions By output.
 */

/**
 * The random word of the data: row, column and stream, mixed.
 * @param {number} i
 * @param {number} j
 * @param {number} stream
 */
function mix(i, j, stream) {
  let h = (Math.imul(i, 0x9e3779b1) + Math.imul(j, 0x85ebca77) + Math.imul(stream, 0xc2b2ae3d)) >>> 0;
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

/** @type {Record<string, (word: number) => number>} */
const TARGETS = {
  values: (word) => (word >>> 8) / 2 ** 23 - 1,
  positive: (word) => (word >>> 8) / 2 ** 22,
  binary: (word) => word >>> 31,
  signs: (word) => (word >>> 31 === 1 ? 1 : -1),
};

/** Inputs, targets and weights of rows have streams of their own. */
const [X, T, W] = [0, 1, 2];

/** Columns between the first targets of one output and of the next. */
const APART = 64;

/**
 * Returns a list of what a description may have one of.
 * @template T
 * @param {T | readonly T[]} value
 * @returns {readonly T[]}
 */
const listOf = (value) => /** @type {readonly T[]} */ (Array.isArray(value) ? value : [value]);

/**
 * Returns a list as the library takes it: what is alone by itself.
 * @template T
 * @param {readonly T[]} list
 * @returns {T | readonly T[]}
 */
const bare = (list) => (list.length === 1 ? list[0] : list);

/**
 * Returns the outputs of a description, of which one may be described by the description itself.
 * @param {Description} description
 * @returns {readonly DescribedOutput[]}
 */
function outputsOf(description) {
  if (description.outputs !== undefined) return description.outputs;
  const { layers, inputs, loss = '', targets = 'values', metrics, weightedMetrics } = description;
  return [{ layer: layers.length + listOf(inputs).length - 1, loss, targets, metrics, weightedMetrics }];
}

/**
 * Returns the rows of a description: part 0 to train on, part 1 to validate on. Inputs as a list, targets as the library
 * takes them, and a list of weights: none, those for all outputs, or one for each output.
 * @param {Description} description
 * @param {number} part
 * @param {number} rows
 * @param {readonly number[]} widths Targets of a row, by output.
 */
function makeData(description, part, rows, widths) {
  const { data, inputs, scale = 1, categories = 0, sampleWeight = false } = description;
  const stream = (data * 2 + part) * 4;
  let before = 0;
  const x = listOf(inputs).map((width) => {
    const first = before;
    before += width;
    return Float32Array.from({ length: rows * width }, (_, at) => {
      const word = mix(Math.floor(at / width), first + (at % width), stream + X);
      return categories > 0 ? word % categories : ((word >>> 8) / 2 ** 23 - 1) * scale;
    });
  });
  const outputs = outputsOf(description);
  const y = outputs.map(({ targets }, output) => {
    const width = widths[output];
    const classes = Array.from({ length: rows }, (_, i) => mix(i, APART * output, stream + T) % width);
    if (targets === 'classes') return classes;
    return Float32Array.from({ length: rows * width }, (_, at) => {
      const [i, j] = [Math.floor(at / width), at % width];
      return targets === 'oneHot' ? Number(classes[i] === j) : TARGETS[targets](mix(i, APART * output + j, stream + T));
    });
  });
  const weightsOf = (/** @type {number} */ output) =>
    Float32Array.from({ length: rows }, (_, i) => (mix(i, output, stream + W) % 9) / 4);
  const weights = sampleWeight
    ? [weightsOf(0)]
    : outputs.some(({ sampleWeight }) => sampleWeight)
      ? outputs.map(({ sampleWeight }, output) => (sampleWeight ? weightsOf(output) : undefined))
      : [];
  return { x, y: /** @type {import('../src/index.js').Targets} */ (bare(y)), weights };
}

const SCRATCH = new DataView(new ArrayBuffer(8));

/** Returns the bits of floats, eight digits each; those of every NaN are 7fc00000. @param {ArrayLike<number>} values */
export function hexOfFloats(values) {
  let text = '';
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    SCRATCH.setFloat32(0, value);
    text += Number.isNaN(value) ? '7fc00000' : SCRATCH.getUint32(0).toString(16).padStart(8, '0');
  }
  return text;
}

/** Returns the bits of a double, sixteen digits. @param {number} value */
export function hexOfDouble(value) {
  SCRATCH.setFloat64(0, value);
  return Number.isNaN(value) ? '7ff8000000000000' : SCRATCH.getBigUint64(0).toString(16).padStart(16, '0');
}

/** Schedules that have no initial rate; `sequential` is also the name of a function for models. */
const SCHEDULES = ['warmUp', 'cyclic', 'piecewiseConstant', 'sequential'];

/**
 * Calls factories of the library for what is described by `kind` and options, inside of options too.
 * @param {Library} library
 * @param {unknown} value
 * @returns {unknown}
 */
function made(library, value) {
  if (Array.isArray(value)) return value.map((one) => made(library, one));
  if (typeof value !== 'object' || value === null) return value;
  const { kind, ...given } = /** @type {Described} */ (value);
  const options = Object.fromEntries(Object.entries(given).map(([key, option]) => [key, made(library, option)]));
  if (kind === undefined) return options;
  if (kind === 'maxNorm') return library.maxNorm(/** @type {number | undefined} */ (options.limit));
  const factories = /** @type {Record<string, (options?: object) => unknown>} */ (
    Object.hasOwn(options, 'initialLearningRate') ||
    Object.hasOwn(options, 'maxLearningRate') ||
    SCHEDULES.includes(kind)
      ? library.schedules
      : library
  );
  const factory = factories[kind];
  if (factory === undefined) return kind;
  return Object.keys(options).length === 0 ? factory() : factory(options);
}

/** The name of a layer, by which it is frozen. @param {number} index */
const nameOf = (index) => `layer${index}`;

/**
 * @param {Library} library
 * @param {Description} description
 */
function makeModel(library, description) {
  const { seed, inputs, layers } = description;
  const tensors = listOf(inputs).map((width) => library.input({ shape: [width] }));
  const first = tensors.length;
  /** @type {import('../src/index.js').Layer[]} By number; inputs have none. */
  const applied = [];
  for (const [index, { from, same, ...options }] of layers.entries()) {
    /** @type {Described} */
    const layer = { ...options, name: nameOf(index) };
    delete layer.trainable;
    const own =
      same === undefined
        ? /** @type {import('../src/index.js').Layer} */ (made(library, layer))
        : applied[/** @type {number} */ (same)];
    applied[first + index] = own;
    const read = /** @type {number[]} */ (from ?? [tensors.length - 1]).map((number) => tensors[number]);
    tensors.push(own.apply(read.length === 1 ? read[0] : read));
  }
  const outputs = outputsOf(description).map(({ layer }) => tensors[layer]);
  return library.model({ inputs: tensors.slice(0, first), outputs, seed });
}

/**
 * Returns the number of targets of a row.
 * @param {Choice} loss
 * @param {number} outputs
 */
function targetsOf(loss, outputs) {
  if (typeof loss === 'string') return outputs;
  if (loss.kind === 'gaussianNegativeLogLikelihood') return outputs / 2;
  const { quantiles = [0.5] } = /** @type {{ quantiles?: readonly number[] }} */ (loss);
  return outputs / quantiles.length;
}

/**
 * Makes and compiles the network of a description. Returns it with its data and the options of its training.
 * @param {Library} library
 * @param {Description} description
 */
export async function prepare(library, description) {
  const { inputs, rows, batchSize, epochs, shuffle = true, validationRows = 0 } = description;
  const model = await makeModel(library, description);
  description.layers.forEach(({ trainable }, index) => {
    if (trainable === false) model.getLayer(nameOf(index)).trainable = false;
  });
  const outputs = outputsOf(description);
  const compiled = {
    optimizer: made(library, description.optimizer),
    loss: outputs.map(({ loss }) => made(library, loss)),
    lossWeights: outputs.map(({ weight = 1 }) => weight),
    metrics: outputs.map(({ metrics = [] }) => made(library, metrics)),
    weightedMetrics: outputs.map(({ weightedMetrics = [] }) => made(library, weightedMetrics)),
    checks: 'off',
  };
  model.compile(/** @type {Parameters<typeof model.compile>[0]} */ (compiled));
  const zeros = bare(listOf(inputs).map((width) => new Float32Array(width)));
  const widths = listOf(model.predict(zeros)).map(({ length }, output) => targetsOf(outputs[output].loss, length));
  const [data, validation] = [rows, validationRows].map((n, part) => makeData(description, part, n, widths));
  const { weights } = data;
  /** @type {import('../src/index.js').FitOptions} */
  const options = {
    batchSize,
    epochs,
    shuffle,
    ...(weights.length > 0 && { sampleWeight: /** @type {Float32Array} */ (bare(weights)) }),
    ...(validationRows > 0 && { validationData: [bare(validation.x), validation.y] }),
  };
  return { model, data: { ...data, x: bare(data.x) }, options };
}

/**
 * Returns the bits of predictions, by output.
 * @param {import('../src/index.js').Model<Float32Array | Float32Array[]>} model
 * @param {import('../src/index.js').Inputs} x
 */
export const predictionsOf = (model, x) => listOf(model.predict(x)).map((values) => hexOfFloats(values));

/** Returns logs by their bits. @param {Readonly<Record<string, number>>} logs */
const bitsOf = (logs) => Object.fromEntries(Object.entries(logs).map(([key, value]) => [key, hexOfDouble(value)]));

/**
 * @param {Library} library
 * @param {Description} description
 * @returns {Promise<Result>}
 */
export async function runLibrary(library, description) {
  const { evaluationBatch } = description;
  const { model, data, options } = await prepare(library, description);
  const weights = () => model.getWeights().map(({ data }) => hexOfFloats(data));
  /** @type {Result} */
  const result = { weights: weights(), epochs: [], final: [], predictions: [] };
  const { stopReason } = await model.fit(data.x, data.y, {
    ...options,
    callbacks: [
      {
        onEpochEnd: (_epoch, { learningRate: _, ...logs }) => {
          result.epochs.push({ logs: bitsOf(logs), weights: weights() });
        },
      },
    ],
  });
  if (stopReason !== undefined) result.stopReason = stopReason;
  result.final = weights();
  if (evaluationBatch !== undefined) {
    const { sampleWeight } = options;
    const given = { batchSize: evaluationBatch, ...(sampleWeight !== undefined && { sampleWeight }) };
    result.evaluation = bitsOf(model.evaluate(data.x, data.y, given));
  }
  result.predictions = predictionsOf(model, data.x);
  model.dispose();
  return result;
}

/**
 * Returns where two results differ first; undefined where they are the same bits.
 * @param {Result} ours
 * @param {Result} theirs
 */
export function differenceOf(ours, theirs) {
  /** @type {[string, (result: Result) => unknown][]} */
  const parts = [
    ['first weights', ({ weights }) => weights],
    ...ours.epochs.flatMap((_, epoch) => [
      /** @type {[string, (result: Result) => unknown]} */ ([
        `weights after epoch ${epoch}`,
        ({ epochs }) => epochs[epoch]?.weights,
      ]),
      /** @type {[string, (result: Result) => unknown]} */ ([
        `logs of epoch ${epoch}`,
        ({ epochs }) => epochs[epoch]?.logs,
      ]),
    ]),
    ['number of epochs', ({ epochs }) => epochs.length],
    ['reason to stop', ({ stopReason }) => stopReason],
    ['weights after the training', ({ final }) => final],
    ['evaluation', ({ evaluation }) => evaluation],
    ['predictions', ({ predictions }) => predictions],
  ];
  for (const [what, part] of parts) {
    const [a, b] = [JSON.stringify(part(ours)), JSON.stringify(part(theirs))];
    if (a !== b) return `${what}: ${a} and ${b}`;
  }
  return undefined;
}
