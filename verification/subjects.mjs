/**
 * Everything that the library computes for a random network, by subject, to compare machines: where two differ, the
 * subject says in what. A subject is a row of the table `SUBJECTS`.
 */
import { createHash } from 'node:crypto';
import { randomDescription } from './descriptions.mjs';
import { hexOfDouble, hexOfFloats, predictionsOf, prepare } from './library.mjs';

/** @typedef {import('./library.mjs').Library} Library */

/**
 * The library, and what is beside it in files of its own.
 * @typedef {object} Built
 * @property {Library} library
 * @property {typeof import('../src/onnx.js').exportOnnx} exportOnnx
 */

/**
 * A network after its training.
 * @typedef {object} Trained
 * @property {Built} built
 * @property {number} seed
 * @property {Awaited<ReturnType<typeof prepare>>['model']} model
 * @property {Awaited<ReturnType<typeof prepare>>['data']} data
 * @property {import('../src/index.js').FitOptions} options
 * @property {readonly number[]} inputs Columns of each input.
 * @property {string[]} weights Before the training, after each epoch and after it.
 * @property {string[]} logs Every number that callbacks got.
 */

/** Returns the numbers of logs with their names. @param {Readonly<Record<string, number>>} logs */
const logText = (logs) =>
  Object.entries(logs)
    .map(([key, value]) => `${key} ${hexOfDouble(value)}`)
    .join();

/** @param {readonly { name: string, data: ArrayLike<number> }[]} tensors */
const tensorText = (tensors) => tensors.map(({ name, data }) => `${name} ${hexOfFloats(data)}`).join();

/** Bits beside the sign that are above these are those of a NaN, by the type of numbers in a file. */
const NANS = /** @type {const} */ ({
  F32: { Words: Uint32Array, magnitude: 0x7fffffff, infinity: 0x7f800000, nan: 0x7fc00000 },
  F16: { Words: Uint16Array, magnitude: 0x7fff, infinity: 0x7c00, nan: 0x7e00 },
  BF16: { Words: Uint16Array, magnitude: 0x7fff, infinity: 0x7f80, nan: 0x7fc0 },
});

/**
 * Reads a safetensors file: its header, and the bytes of its tensors with one pattern for all NaNs, whose bits no
 * promise covers. A file without NaN stays as it is.
 * @param {Uint8Array} file
 */
function readFile(file) {
  const bytes = file.slice();
  const start = 8 + new DataView(bytes.buffer).getUint32(0, true);
  /** @type {Record<string, { dtype: keyof typeof NANS, data_offsets: [number, number] }>} */
  const { __metadata__: metadata, ...tensors } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const parts = Object.entries(tensors).map(
    ([
      name,
      {
        dtype,
        data_offsets: [from, to],
      },
    ]) => {
      const { Words, magnitude, infinity, nan } = NANS[dtype];
      const words = new Words(bytes.slice(start + from, start + to).buffer);
      for (let i = 0; i < words.length; i++) if ((words[i] & magnitude) > infinity) words[i] = nan;
      const data = new Uint8Array(words.buffer);
      bytes.set(data, start + from);
      return { name, data };
    },
  );
  return { bytes, parts, metadata: /** @type {Record<string, string>} */ (/** @type {unknown} */ (metadata)) };
}

/** A row whose targets are far above: the derivative of the mean absolute error is −1. */
const FAR = 2 ** 20;

/**
 * Returns the masks and the noise of the layers that draw them. The weights behind such a layer begin at zeros and
 * learn by steps of 1 from rows of ones, with a derivative of −1: they are the sums of what was let through.
 * @param {Trained} trained
 */
async function masks({ built: { library }, seed }) {
  const width = 1 + (seed % 37);
  const layers = [
    ...[library.dropout({ rate: 0.1 }), library.dropout({ rate: 0.5 }), library.alphaDropout({ rate: 0.2 })],
    ...[library.gaussianDropout({ rate: 0.3 }), library.gaussianNoise({ stddev: 0.5 })],
  ];
  /** @type {string[]} */
  const texts = [];
  for (const layer of layers) {
    const input = library.input({ shape: [width] });
    const sum = library.dense({ units: 1, useBias: false, kernelInitializer: 'zeros' });
    const model = await library.model({ inputs: input, outputs: sum.apply(layer.apply(input)), seed });
    model.compile({ optimizer: library.sgd({ learningRate: 1 }), loss: 'meanAbsoluteError', checks: 'off' });
    const onBatchEnd = () => void texts.push(hexOfFloats(model.getWeights()[0].data));
    const y = Array.from({ length: 3 }, () => [FAR]);
    await model.fit(new Float32Array(3 * width).fill(1), y, {
      epochs: 2,
      batchSize: 1,
      callbacks: [{ onBatchEnd }],
    });
    model.dispose();
  }
  return texts;
}

/**
 * Returns the orders in which three epochs go through rows. A network that predicts 0 and learns nothing has an
 * absolute error of i for row i, and each batch of one row logs it.
 * @param {Trained} trained
 */
async function shuffles({ built: { library }, seed }) {
  const rows = 2 + ((seed * 13) % 300);
  const input = library.input({ shape: [1] });
  const zero = library.dense({ units: 1, useBias: false, kernelInitializer: 'zeros' });
  const model = await library.model({ inputs: input, outputs: zero.apply(input), seed });
  model.compile({ optimizer: 'sgd', loss: 'meanAbsoluteError', checks: 'off' });
  /** @type {number[]} */
  const order = [];
  let before = 0;
  // The logged loss is the mean over the epoch so far.
  const onBatchEnd = (/** @type {number} */ batch, /** @type {Readonly<Record<string, number>>} */ { loss }) => {
    if (batch === 0) before = 0;
    const sum = Math.round(loss * (batch + 1));
    order.push(sum - before);
    before = sum;
  };
  const y = Array.from({ length: rows }, (_, i) => [i]);
  await model.fit(new Float32Array(rows), y, { epochs: 3, batchSize: 1, callbacks: [{ onBatchEnd }] });
  model.dispose();
  return order.join();
}

/**
 * Returns predictions with weights of eight bits, of a network that is large enough to have such.
 * @param {Trained} trained
 */
async function quantized({ built: { library }, seed }) {
  const [inputs, units] = [64 + (seed % 41), 64 + ((seed * 7) % 53)];
  const model = await library.sequential({
    seed,
    layers: [
      library.dense({ units, activation: 'tanh', inputShape: [inputs] }),
      library.dense({ units: 64, useBias: seed % 2 === 0 }),
    ],
  });
  const x = Float32Array.from({ length: 9 * inputs }, (_, i) => (((i * 7919 + seed) % 2001) - 1000) / 300);
  /** @type {string[]} */
  const texts = [];
  for (const options of [{}, { calibration: x.subarray(0, 4 * inputs) }]) {
    const small = await library.quantize(model, options);
    texts.push(tensorText(small.getWeights()), JSON.stringify(small), hexOfFloats(small.predict(x)));
    small.dispose();
  }
  model.dispose();
  return texts;
}

/**
 * Returns a file, or nothing where the library refuses to write it.
 * @param {Trained} trained
 * @param {() => Uint8Array} write
 */
function written({ built: { library } }, write) {
  try {
    return write();
  } catch (error) {
    if (error instanceof library.WasmMlpError) return undefined;
    throw error;
  }
}

/**
 * Returns the first row of all inputs.
 * @param {Trained['data']['x']} x
 * @param {readonly number[]} widths
 */
function firstRow(x, widths) {
  const [first, ...rest] = [x].flat().map((values, index) => values.subarray(0, widths[index]));
  return rest.length === 0 ? first : [first, ...rest];
}

/** @typedef {string | Uint8Array | undefined} Part Nothing where the library refuses to compute it. */

/**
 * What is compared: texts of bits, or bytes.
 * @type {Readonly<Record<string, (trained: Trained) => Part | readonly Part[] | Promise<Part | readonly Part[]>>>}
 */
const PARTS = {
  weights: ({ weights }) => weights,
  gradients: ({ model, data: { x, y } }) => tensorText(model.gradients(x, y)),
  state: ({ model }) => {
    const { parts, metadata } = readFile(model.save());
    const { training } = JSON.parse(metadata['wasm-mlp']);
    return [JSON.stringify(training), ...parts.flatMap(({ name, data }) => (/^optimizer\./.test(name) ? [data] : []))];
  },
  logs: ({ logs }) => logs,
  predictions: ({ model, data: { x }, inputs }) => [
    ...predictionsOf(model, x),
    ...predictionsOf(model, firstRow(x, inputs)),
  ],
  quantized,
  masks,
  shuffles,
  file: ({ model }) => readFile(model.save()).bytes,
  halves: (trained) =>
    /** @type {const} */ (['float16', 'bfloat16']).map((weights) => {
      const file = written(trained, () => trained.model.save({ weights }));
      return file && readFile(file).bytes;
    }),
  // The bits of a NaN may differ, and this file is not read here.
  onnx: (trained) =>
    trained.weights.at(-1)?.includes('7fc00000')
      ? undefined
      : written(trained, () => trained.built.exportOnnx(trained.model)),
};

/** The names of what is compared, in the order of a file of hashes. */
export const SUBJECTS = Object.keys(PARTS);

/** Digits of a hash: 64 bits. */
const DIGITS = 16;

/** Returns the start of the SHA-256 of parts, `-` if there are none. @param {readonly Part[]} parts */
function hashOfParts(parts) {
  if (parts.every((part) => part === undefined)) return '-';
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part?.length ?? 'none'}:`).update(part ?? '');
  return hash.digest('hex').slice(0, DIGITS);
}

/**
 * Trains the random network of a seed, and returns the hashes of all that comes of it, by subject.
 * @param {Built} built
 * @param {number} seed
 * @returns {Promise<Record<string, string>>}
 */
export async function hashesOfNetwork(built, seed) {
  const description = randomDescription(seed);
  const { model, data, options } = await prepare(built.library, description);
  const weightText = () => tensorText(model.getWeights());
  /** @type {Trained} */
  const trained = {
    built,
    seed,
    model,
    data,
    options,
    inputs: [description.inputs].flat(),
    weights: [weightText()],
    logs: [],
  };
  const note = (/** @type {unknown} */ _, /** @type {Readonly<Record<string, number>>} */ logs) =>
    void trained.logs.push(logText(logs));
  const onEpochEnd = (/** @type {number} */ epoch, /** @type {Readonly<Record<string, number>>} */ logs) => {
    note(epoch, logs);
    trained.weights.push(weightText());
  };
  try {
    await model.fit(data.x, data.y, { ...options, callbacks: [{ onBatchEnd: note, onEvaluateEnd: note, onEpochEnd }] });
    trained.weights.push(weightText());
    trained.logs.push(logText(model.evaluate(data.x, data.y)));
    /** @type {Record<string, string>} */
    const hashes = {};
    for (const [subject, partsOf] of Object.entries(PARTS)) {
      hashes[subject] = hashOfParts([await partsOf(trained)].flat());
    }
    return hashes;
  } finally {
    model.dispose();
  }
}
