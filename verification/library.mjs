/**
 * Trains the network of a description with the library and returns what the C program writes: weights before and after
 * each epoch, logs, predictions, all by their bits. Uses nothing of any platform.
 */

/** @typedef {typeof import('../src/index.js')} Library */
/** @typedef {Record<string, unknown> & { kind: string }} Described */
/** @typedef {string | Described} Choice */

/**
 * A network, its data and its training, as plain data. verification/README.md explains the fields.
 * @typedef {object} Description
 * @property {number} seed
 * @property {number} data The seed of the data.
 * @property {number} rows
 * @property {number} inputs
 * @property {number} [scale] Factor of the inputs.
 * @property {number} [categories] Inputs are integers below it, for an embedding.
 * @property {'values' | 'positive' | 'binary' | 'signs' | 'oneHot' | 'classes'} targets
 * @property {Described[]} layers
 * @property {Choice} loss
 * @property {Described} optimizer
 * @property {readonly string[]} [metrics]
 * @property {number} batchSize
 * @property {number} epochs
 * @property {boolean} [shuffle]
 * @property {boolean} [sampleWeight]
 * @property {number} [validationRows]
 */

/**
 * What came of a training. Floats are hexadecimal, eight digits each; numbers of logs sixteen.
 * @typedef {object} Result
 * @property {string[]} weights
 * @property {{ logs: Record<string, string>, weights: string[] }[]} epochs
 * @property {string} [stopReason] Why the optimizer ended the training, where it did.
 * @property {string[]} final
 * @property {string} predictions
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

/**
 * Returns the rows of a description: part 0 to train on, part 1 to validate on.
 * @param {Description} description
 * @param {number} part
 * @param {number} rows
 * @param {number} width Targets of a row.
 */
function makeData({ data, inputs, scale = 1, categories = 0, targets }, part, rows, width) {
  const stream = (data * 2 + part) * 4;
  const x = Float32Array.from({ length: rows * inputs }, (_, at) => {
    const word = mix(Math.floor(at / inputs), at % inputs, stream + X);
    return categories > 0 ? word % categories : ((word >>> 8) / 2 ** 23 - 1) * scale;
  });
  const classes = Array.from({ length: rows }, (_, i) => mix(i, 0, stream + T) % width);
  const values = Float32Array.from({ length: rows * width }, (_, at) => {
    const [i, j] = [Math.floor(at / width), at % width];
    return targets === 'oneHot' ? Number(classes[i] === j) : TARGETS[targets]?.(mix(i, j, stream + T));
  });
  const weights = Float32Array.from({ length: rows }, (_, i) => (mix(i, 0, stream + W) % 9) / 4);
  return { x, y: targets === 'classes' ? classes : values, weights };
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

/**
 * Calls factories of the library for what is described by `kind` and options, inside of options too.
 * @param {Library} library
 * @param {unknown} value
 * @returns {unknown}
 */
function made(library, value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { kind, ...given } = /** @type {Described} */ (value);
  const options = Object.fromEntries(Object.entries(given).map(([key, option]) => [key, made(library, option)]));
  if (kind === undefined) return options;
  if (kind === 'maxNorm') return library.maxNorm(/** @type {number | undefined} */ (options.limit));
  const factories = /** @type {Record<string, (options?: object) => unknown>} */ (
    Object.hasOwn(options, 'initialLearningRate') || Object.hasOwn(options, 'maxLearningRate') || kind === 'warmUp'
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
function makeModel(library, { seed, inputs, layers }) {
  const input = library.input({ shape: [inputs] });
  const outputs = [input];
  for (const [index, { from, ...options }] of layers.entries()) {
    /** @type {Described} */
    const layer = { ...options, name: nameOf(index) };
    delete layer.trainable;
    const applied = /** @type {import('../src/index.js').Layer} */ (made(library, layer));
    const read = /** @type {number[]} */ (from ?? [outputs.length - 1]).map((index) => outputs[index]);
    outputs.push(applied.apply(read.length === 1 ? read[0] : read));
  }
  return library.model({ inputs: input, outputs: outputs[outputs.length - 1], seed });
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
  const {
    rows,
    batchSize,
    epochs,
    shuffle = true,
    sampleWeight = false,
    validationRows = 0,
    loss,
    metrics = [],
  } = description;
  const model = await makeModel(library, description);
  description.layers.forEach(({ trainable }, index) => {
    if (trainable === false) model.getLayer(nameOf(index)).trainable = false;
  });
  const compiled = {
    optimizer: made(library, description.optimizer),
    loss: made(library, loss),
    metrics,
    checks: 'off',
  };
  model.compile(/** @type {Parameters<typeof model.compile>[0]} */ (compiled));
  const width = targetsOf(loss, model.predict(new Float32Array(description.inputs)).length);
  const [data, validation] = [rows, validationRows].map((n, part) => makeData(description, part, n, width));
  /** @type {import('../src/index.js').FitOptions} */
  const options = {
    batchSize,
    epochs,
    shuffle,
    ...(sampleWeight && { sampleWeight: data.weights }),
    ...(validationRows > 0 && { validationData: [validation.x, validation.y] }),
  };
  return { model, data, options };
}

/**
 * @param {Library} library
 * @param {Description} description
 * @returns {Promise<Result>}
 */
export async function runLibrary(library, description) {
  const { model, data, options } = await prepare(library, description);
  const weights = () => model.getWeights().map(({ data }) => hexOfFloats(data));
  /** @type {Result} */
  const result = { weights: weights(), epochs: [], final: [], predictions: '' };
  const { stopReason } = await model.fit(data.x, data.y, {
    ...options,
    callbacks: [
      {
        onEpochEnd: (_epoch, { learningRate: _, ...logs }) => {
          const numbers = Object.fromEntries(Object.entries(logs).map(([key, value]) => [key, hexOfDouble(value)]));
          result.epochs.push({ logs: numbers, weights: weights() });
        },
      },
    ],
  });
  if (stopReason !== undefined) result.stopReason = stopReason;
  result.final = weights();
  result.predictions = hexOfFloats(/** @type {Float32Array} */ (model.predict(data.x)));
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
        ({ epochs }) => Object.entries(epochs[epoch]?.logs ?? {}).sort(),
      ]),
    ]),
    ['number of epochs', ({ epochs }) => epochs.length],
    ['reason to stop', ({ stopReason }) => stopReason],
    ['weights after the training', ({ final }) => final],
    ['predictions', ({ predictions }) => predictions],
  ];
  for (const [what, part] of parts) {
    const [a, b] = [JSON.stringify(part(ours)), JSON.stringify(part(theirs))];
    if (a !== b) return `${what}: ${a} and ${b}`;
  }
  return undefined;
}
