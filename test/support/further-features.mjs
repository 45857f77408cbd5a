/**
 * The second half of the training with every feature: smaller networks for the layers, losses, optimizers and schedules
 * that the first network (every-feature.mjs) has no place for. Each step adds its weights to what is hashed.
 */

/** @typedef {typeof import('../../src/index.js')} Library */
/** @typedef {import('../../src/index.js').Engine} Engine */
/** @typedef {import('../../src/index.js').Model} Model */
/** @typedef {Pick<import('../../src/index.js').FitOptions, 'runIn' | 'callbacks'>} Where */
/** @typedef {{ data: Float32Array }[]} Weights */

const ROWS = 60;
const BATCH_SIZE = 16;
const CATEGORIES = 7;

/** The data, of integer arithmetic alone: rows of four numbers and two categories, and targets of several kinds. */
function furtherData() {
  let state = 711;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
  const numbers = new Float64Array(4 * ROWS).map(() => next() / 2 ** 23 - 1);
  const categories = new Uint8Array(2 * ROWS).map(() => next() % CATEGORIES);
  const row = [...Array(ROWS).keys()];
  const amount = row.map((i) => 1.5 + numbers[4 * i] - numbers[4 * i + 1] * numbers[4 * i + 2] + categories[2 * i] / 7);
  return {
    x: { numbers, categories },
    // One output: flat lists and columns of labels.
    amount: Float32Array.from(amount),
    count: Uint16Array.from(amount, (value) => Math.max(0, Math.floor(2 * value))),
    positive: amount.map((value) => value > 1.8),
    label: amount.map((value) => [value < 1 ? 0 : value < 2 ? 1 : 2]),
    oneHot: amount.map((value) => [Number(value < 1), Number(value >= 1 && value < 2), Number(value >= 2)]),
    distribution: amount.map((value) => (value < 1 ? [0.5, 0.25, 0.25] : [0.125, 0.125, 0.75])),
    three: amount.map((value, i) => [value, numbers[4 * i + 3], value / 2]),
  };
}

const ACTIVATIONS = /** @type {const} */ ([
  ...['relu6', 'tanhGelu', 'hardSwish', 'celu', 'exponential', 'logSoftmax', 'softmax'],
]);

/**
 * Layers of every merging kind, embeddings of two columns, normalizations without scale or centre, noise that keeps the
 * moments of SELU, penalties and constraints of biases; the base that further heads share.
 *
 * @param {Library} library
 * @param {Engine} engine
 */
function buildBase(library, engine) {
  const { activation, add, alphaDropout, average, batchNormalization, concatenate, dense, dot, embedding } = library;
  const { gaussianDropout, identity, input, l1, l2, layerNormalization, maximum, minMaxNorm, minimum, multiply } =
    library;
  const { nonNegative, rmsNormalization, subtract, unitNorm, varianceScaling } = library;

  const numbers = input({ shape: [4], name: 'numbers' });
  const categories = input({ shape: [2], name: 'categories' });
  const vectors = embedding({ inputDim: [CATEGORIES, CATEGORIES], outputDim: [3, 2], embeddingsRegularizer: l2(1e-4) });
  const shared = embedding({ inputDim: CATEGORIES, outputDim: 2, embeddingsConstraint: unitNorm() });
  const joined = concatenate().apply([numbers, vectors.apply(categories), shared.apply(categories)]);

  const first = dense({
    units: 8,
    activation: 'selu',
    kernelInitializer: varianceScaling({ scale: 1, mode: 'fanIn', distribution: 'untruncatedNormal' }),
    kernelConstraint: minMaxNorm({ minValue: 0.2, maxValue: 1.5, rate: 0.8 }),
    biasRegularizer: l2(1e-3),
    activityRegularizer: l1(1e-3),
    name: 'first',
  }).apply(joined);
  const calm = alphaDropout({ rate: 0.1 }).apply(first);
  const second = dense({ units: 8, kernelInitializer: identity(), biasConstraint: nonNegative(), name: 'second' });
  const other = batchNormalization({ scale: false, name: 'batch' }).apply(second.apply(calm));
  const noisy = gaussianDropout({ rate: 0.1 }).apply(layerNormalization({ center: false }).apply(calm));
  const centred = batchNormalization({ center: false }).apply(rmsNormalization().apply(noisy));
  const merged = [multiply, subtract, average, maximum, minimum].map((merge) => merge().apply([other, centred]));
  const likeness = [true, false].map((normalize) => dot({ normalize }).apply([other, centred]));
  // Normalized, so that no branch grows: the exponential would.
  const sum = layerNormalization({ scale: false }).apply(add().apply(merged));
  const branches = ACTIVATIONS.map((name) => activation(name).apply(dense({ units: 3 }).apply(sum)));
  const base = layerNormalization().apply(concatenate().apply([...merged, ...likeness, ...branches]));
  return engine.model({ seed: 12, inputs: [numbers, categories], outputs: base });
}

/**
 * The losses of the second half, each with the outputs and targets that it wants.
 *
 * @param {Library} library
 * @param {ReturnType<typeof furtherData>} data
 */
function lossTable(library, { amount, count, positive, label, oneHot, distribution, three }) {
  const { binaryCrossentropy, binaryFocalCrossentropy, categoricalCrossentropy, poisson, quantile } = library;
  const { categoricalFocalCrossentropy, gaussianNegativeLogLikelihood, sparseCategoricalCrossentropy } = library;
  const logits = { fromLogits: true };
  return /** @type {const} */ ([
    { loss: 'meanSquaredError', units: 1, last: 'linear', y: amount },
    { loss: 'meanAbsoluteError', units: 3, last: 'tanh', y: three },
    { loss: 'logCosh', units: 1, last: 'linear', y: amount },
    { loss: 'meanAbsolutePercentageError', units: 1, last: 'softplus', y: amount },
    { loss: 'meanSquaredLogarithmicError', units: 1, last: 'relu6', y: count },
    { loss: 'cosineSimilarity', units: 3, last: 'linear', y: three },
    { loss: 'kullbackLeibler', units: 3, last: 'softmax', y: distribution },
    { loss: 'squaredHinge', units: 1, last: 'tanh', y: positive },
    { loss: 'hinge', units: 1, last: 'linear', y: positive },
    { loss: 'categoricalHinge', units: 3, last: 'linear', y: oneHot },
    { loss: 'poisson', units: 1, last: 'exponential', y: count },
    { loss: poisson({ logInput: true }), units: 1, last: 'linear', y: count },
    { loss: quantile({ quantiles: [0.1, 0.5, 0.9] }), units: 3, last: 'linear', y: amount },
    { loss: gaussianNegativeLogLikelihood({ full: true }), units: 2, last: 'softplus', y: amount },
    { loss: 'binaryFocalCrossentropy', units: 1, last: 'sigmoid', y: positive },
    { loss: binaryFocalCrossentropy({ ...logits, gamma: 1.5 }), units: 1, last: 'linear', y: positive },
    { loss: 'categoricalFocalCrossentropy', units: 3, last: 'softmax', y: oneHot },
    { loss: categoricalFocalCrossentropy(logits), units: 3, last: 'linear', y: oneHot },
    { loss: binaryCrossentropy(logits), units: 1, last: 'linear', y: positive },
    { loss: categoricalCrossentropy(logits), units: 3, last: 'linear', y: oneHot },
    { loss: sparseCategoricalCrossentropy(logits), units: 3, last: 'linear', y: label },
    { loss: 'sparseCategoricalCrossentropy', units: 3, last: 'softmax', y: label },
  ]);
}

/**
 * The optimizers of the second half, used for the losses in turn.
 *
 * @param {Library} library
 */
function optimizers({ adam, adamax, adamw, lion, nadam, rmsprop, schedules, sgd }) {
  const { cyclic, exponential, oneCycle, piecewiseConstant, sequential } = schedules;
  const falling = exponential({ initialLearningRate: 0.004, decaySteps: 4, decayRate: 0.9 });
  return [
    adamax({ learningRate: piecewiseConstant({ boundaries: [3], values: [0.01, 0.004] }) }),
    lion({
      learningRate: cyclic({ baseLearningRate: 0.001, maxLearningRate: 0.004, stepSizeUp: 3 }),
      weightDecay: 0.01,
      excludeFromWeightDecay: [/bias/, /batch/],
    }),
    adam({ learningRate: 0.01, amsgrad: true }),
    rmsprop({ learningRate: 0.001, centered: true, momentum: 0.5 }),
    sgd({
      learningRate: oneCycle({ maxLearningRate: 0.01, totalSteps: 20, cycleMomentum: true }),
      momentum: 0.9,
      weightDecay: 0.01,
    }),
    adamw({ learningRate: sequential({ schedules: [0.001, falling], milestones: [4] }), weightDecay: 0.05 }),
    nadam({ learningRate: 0.002 }),
  ];
}

/**
 * Trains a head of each loss on a base whose weights all heads share, then two small networks.
 *
 * @param {Library} library
 * @param {Engine} engine
 * @param {Where} [where]
 * @returns {Promise<Weights>} the weights of the base, of all heads and of the small networks
 */
export async function trainFurtherFeatures(library, engine, where) {
  const data = furtherData();
  const { x } = data;
  const base = buildBase(library, engine);
  const choices = optimizers(library);
  /** @type {Weights} */
  const weights = [];
  for (const [i, { loss, units, last, y }] of lossTable(library, data).entries()) {
    const head = library.dense({ units, activation: last, learningRateFactor: 0.5, name: 'head' });
    const model = engine.model({ seed: i, inputs: [...base.inputs], outputs: head.apply(base.outputs[0]) });
    // Every third head trains with frozen layers; a frozen batch normalization keeps its statistics.
    for (const name of ['first', 'batch']) model.getLayer(name).trainable = i % 3 !== 2;
    model.compile({ optimizer: choices[i % choices.length], loss });
    await model.fit(x, y, {
      epochs: 2,
      batchSize: BATCH_SIZE,
      dropLast: i % 2 === 0,
      validationData: [x, y],
      ...where,
    });
    weights.push(...model.getWeights());
    model.dispose();
  }
  weights.push(...(await trainOnAllRows(library, engine, data, where)));
  weights.push(...(await trainTwoOutputs(library, engine, data, where)));
  return weights;
}

/**
 * Trains a small network by each optimizer that looks at all rows at once, the second time beside a frozen layer.
 *
 * @param {Library} library
 * @param {Engine} engine
 * @param {ReturnType<typeof furtherData>} data
 * @param {Where} [where]
 * @returns {Promise<Weights>}
 */
async function trainOnAllRows({ dense, l2, lbfgs, levenbergMarquardt }, engine, { x, amount }, where) {
  const model = engine.sequential({
    seed: 3,
    layers: [
      dense({ units: 5, activation: 'tanh', kernelRegularizer: l2(1e-4), inputShape: [4], name: 'first' }),
      dense({ units: 3, activation: 'tanh' }),
      dense({ units: 1 }),
    ],
  });
  const sampleWeight = amount.map((_, row) => 0.5 + (row % 3) / 2);
  for (const optimizer of [levenbergMarquardt(), lbfgs()]) {
    model.compile({ optimizer, loss: 'meanSquaredError' });
    await model.fit(x.numbers, amount, { epochs: 6, sampleWeight, ...where });
    model.getLayer('first').trainable = false;
  }
  return model.getWeights();
}

/**
 * Trains a network of two outputs whose rows have weights by output, with accumulated gradients and averaged weights,
 * and makes an update with given gradients.
 *
 * @param {Library} library
 * @param {Engine} engine
 * @param {ReturnType<typeof furtherData>} data
 * @param {Where} [where]
 * @returns {Promise<Weights>}
 */
async function trainTwoOutputs(library, engine, { x, amount, label }, where) {
  const { adam, dense, input, sgd, stochasticWeightAveraging } = library;
  const numbers = input({ shape: [4] });
  const hidden = dense({ units: 6, activation: 'relu' }).apply(numbers);
  const model = engine.model({
    seed: 4,
    inputs: numbers,
    outputs: [
      dense({ units: 1, name: 'amount' }).apply(hidden),
      dense({ units: 3, activation: 'softmax', name: 'label' }).apply(hidden),
    ],
  });
  const y = { amount, label };
  // Some rows count for one output only.
  const sampleWeight = { amount: amount.map((_, row) => row % 4), label: amount.map((_, row) => (row + 1) % 3) };
  const loss = /** @type {const} */ ({ amount: 'meanSquaredError', label: 'sparseCategoricalCrossentropy' });
  const options = { epochs: 3, batchSize: 8, ...where };
  /** @type {Weights} */
  const weights = [];
  model.compile({ optimizer: adam({ learningRate: 0.01, accumulate: 3, ema: { momentum: 0.9 } }), loss });
  await model.fit(x.numbers, y, { ...options, sampleWeight, classWeight: { label: [1, 2, 0.5] } });
  weights.push(...model.getWeights());
  model.compile({ optimizer: sgd({ learningRate: 0.05 }), loss });
  await model.fit(x.numbers, y, { ...options, callbacks: [stochasticWeightAveraging({ startEpoch: 1 })] });
  model.applyGradients(model.gradients(x.numbers, y, { sampleWeight }));
  weights.push(...model.getWeights());
  return weights;
}
