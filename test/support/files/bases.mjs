/**
 * Files of small models with all layers, losses, optimizers and schedules. Tests change them (mutate.mjs) and check
 * that loading copes (check.mjs).
 */

/**
 * The sources, or the package built from them, whose classes differ for the type checker.
 * @typedef {any} Library
 */
/** @typedef {any} Engine */

/** Custom objects that the last of the files names. */
export const OWN = [
  {
    name: 'square',
    forward: (/** @type {Float32Array} */ z) => z.map((value) => value * value),
    derivative: (/** @type {Float32Array} */ z) => z.map((value) => 2 * value),
  },
  {
    name: 'gap',
    value: (/** @type {Float32Array} */ y, /** @type {Float32Array} */ t) => Math.abs(y[0] - t[0]),
    gradient: (/** @type {Float32Array} */ y) => y.map(() => 1),
  },
  { name: 'halving', rate: (/** @type {number} */ step) => 0.1 / (1 + step) },
];

/** @param {Library} library @param {Engine} engine @returns {Uint8Array[]} */
export function baseFiles(library, engine) {
  const { activation, add, batchNormalization, concatenate, dense, dropout, gaussianNoise, input } = library;
  const { layerNormalization, maxout, normalization, prelu, rescaling, adam, adamw, nadam, rmsprop, sgd } = library;
  const { huber, l1l2, leakyRelu, maxNorm, orthogonal, schedules, topKAccuracy, categoricalCrossentropy } = library;
  const { cosine, exponential, warmUp } = schedules;
  const X = [
    [0.1, 0.2],
    [0.3, -0.4],
  ];
  const classifier = engine.sequential({
    seed: 1,
    layers: [dense({ units: 4, activation: 'relu', inputShape: [2] }), dense({ units: 3, activation: 'softmax' })],
  });
  const loss = categoricalCrossentropy({ labelSmoothing: 0.1 });
  classifier.compile({ optimizer: adam(), loss, metrics: ['accuracy', topKAccuracy({ k: 2 })] });
  classifier.trainOnBatch(X, [
    [1, 0, 0],
    [0, 1, 0],
  ]);

  const chain = engine.sequential({
    layers: [
      normalization({ mean: [0.1, 0.2], variance: [1, 2], inputShape: [2] }),
      rescaling({ scale: 0.5, offset: 0 }),
      gaussianNoise({ stddev: 0.1 }),
      maxout({ units: 3, pieces: 2, kernelConstraint: maxNorm(3) }),
      batchNormalization(),
      dense({ units: 5, kernelInitializer: orthogonal({ gain: 2 }), kernelRegularizer: l1l2({ l1: 0.1, l2: 0.2 }) }),
      prelu(),
      dropout({ rate: 0.2 }),
      layerNormalization(),
      activation(leakyRelu({ alpha: 0.2 })),
      dense({ units: 2, useBias: false, activation: 'sigmoid' }),
    ],
  });
  const rate = warmUp({ schedule: cosine({ initialLearningRate: 0.1, decaySteps: 5, restarts: true }), steps: 3 });
  chain.compile({ optimizer: adamw({ learningRate: rate, clipNorm: 1 }), loss: huber({ delta: 2 }), metrics: ['r2'] });
  chain.trainOnBatch(X, X);

  const graph = () => {
    const a = input({ shape: [2], name: 'left' });
    const b = input({ shape: [1] });
    const shared = dense({ units: 2, activation: 'tanh' });
    const both = concatenate().apply([shared.apply(a), b, a]);
    const sum = add({ name: 'sum' }).apply([shared.apply(a), a]);
    const outputs = [dense({ units: 3, activation: 'softmax', name: 'kind' }).apply(both), sum, sum];
    return engine.model({ inputs: [a, b], outputs: outputs.slice(0, 2), seed: 7 });
  };
  const several = graph();
  several.compile({
    optimizer: sgd({
      learningRate: exponential({ initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.5 }),
      momentum: 0.9,
    }),
    loss: { kind: 'sparseCategoricalCrossentropy', sum: 'meanAbsoluteError' },
    lossWeights: { kind: 1, sum: 0.5 },
    metrics: { kind: ['accuracy'], sum: ['meanSquaredError'] },
  });
  several.trainOnBatch([X, [[1], [2]]], [[0, 2], X]);

  const own = engine.sequential({ layers: [dense({ units: 2, activation: OWN[0], inputShape: [2] })] });
  own.compile({ optimizer: rmsprop({ learningRate: OWN[2], momentum: 0.5 }), loss: OWN[1], metrics: [OWN[1]] });
  own.trainOnBatch(X, X);

  const nesterov = engine.sequential({ layers: [dense({ units: 1, inputShape: [2] })] });
  nesterov.compile({ optimizer: nadam({ clipValue: 1 }), loss: 'binaryCrossentropy', metrics: ['auc'], checks: 'off' });
  const models = [classifier, chain, several, own, nesterov, graph()];
  const files = models.map((model) => model.save());
  for (const weights of ['float16', 'bfloat16']) files.push(chain.save({ weights }));
  for (const model of models) model.dispose();
  return files;
}
