/**
 * Random networks that are trained by optimizers that look at all rows at once: a description with another optimizer,
 * and without what these refuse. Networks of levenbergMarquardt have few trained weights, since its matrices grow with
 * their square.
 */

/** @typedef {import('./library.mjs').Description} Description */
/** @typedef {import('./library.mjs').Described} Described */
/** @typedef {{ integer(low: number, high: number): number, once(times: number): boolean, of<T>(list: readonly T[]): T }} Draw */

/** @type {readonly Described[]} */
const LBFGS = [
  { kind: 'lbfgs' },
  { kind: 'lbfgs' },
  { kind: 'lbfgs', historySize: 1 },
  { kind: 'lbfgs', historySize: 3, changeTolerance: 0 },
  { kind: 'lbfgs', gradientTolerance: 0, changeTolerance: 0 },
  { kind: 'lbfgs', gradientTolerance: 0.03 },
  { kind: 'lbfgs', changeTolerance: 0.02 },
];

/** @type {readonly Described[]} */
const LEVENBERG_MARQUARDT = [
  { kind: 'levenbergMarquardt' },
  { kind: 'levenbergMarquardt' },
  { kind: 'levenbergMarquardt', damping: 0.001, dampingDecrease: 0.1, dampingIncrease: 10 },
  { kind: 'levenbergMarquardt', damping: 1e-9, dampingDecrease: 0.01 },
  { kind: 'levenbergMarquardt', damping: 1e-19, dampingDecrease: 0.003, dampingIncrease: 1000 },
  { kind: 'levenbergMarquardt', damping: 0.3, maxDamping: 1 },
  { kind: 'levenbergMarquardt', gradientTolerance: 0.03 },
  { kind: 'levenbergMarquardt', goal: 0.2 },
];

/** Layers that change from one run to the next, or add a penalty that these optimizers refuse. */
const REFUSED = ['dropout', 'alphaDropout', 'gaussianDropout', 'gaussianNoise', 'activityRegularization'];

/** Layers through which levenbergMarquardt does not train weights. */
const NOT_DENSE = ['prelu', 'embedding', 'batchNormalization', 'layerNormalization', 'rmsNormalization'];

/** Most trained weights of hidden layers. */
const MOST_WEIGHTS = 250;

/** A layer without constraints, penalties l1 and on values, rates and random numbers. @param {Described} layer */
function withoutRefused({ learningRateFactor: _, activityRegularizer: __, ...layer }) {
  if (REFUSED.includes(layer.kind)) return { kind: 'rescaling', scale: 0.9, offset: 0.05 };
  return /** @type {Described} */ (
    Object.fromEntries(
      Object.entries(layer)
        .filter(([key]) => !key.endsWith('Constraint'))
        .map(([key, value]) => [key, key.endsWith('Regularizer') ? { kind: 'l1l2', l1: 0, l2: 0.01 } : value]),
    )
  );
}

/**
 * Layers that levenbergMarquardt trains: what is not dense is frozen, and so is what has too many weights.
 * @param {readonly Described[]} layers
 * @param {readonly number[]} widths Of the input and of each layer.
 * @returns {Described[]}
 */
function denseOnly(layers, widths) {
  let left = MOST_WEIGHTS;
  return layers.map((layer, at) => {
    const given = layer.activation === 'prelu' ? { ...layer, activation: 'tanh' } : layer;
    if (NOT_DENSE.includes(given.kind)) return { ...given, trainable: false };
    if (given.units === undefined || given.trainable === false) return given;
    const weights = Number(given.units) * Number(given.pieces ?? (given.kind === 'maxout' ? 2 : 1)) * (widths[at] + 1);
    if (weights > left) return { ...given, trainable: false };
    left -= weights;
    return given;
  });
}

/**
 * Returns the description of a network that is trained by L-BFGS.
 * @param {Draw} draw
 * @param {Description} description
 * @returns {Description}
 */
export function withLbfgs(draw, description) {
  const { rows, layers, metrics = [] } = description;
  return {
    ...description,
    layers: layers.map(withoutRefused),
    metrics,
    optimizer: draw.of(LBFGS),
    batchSize: rows,
    epochs: draw.integer(1, rows > 1000 ? 3 : 14),
  };
}

/**
 * Returns the description of a network that is trained by levenbergMarquardt.
 * @param {Draw} draw
 * @param {Description} description
 * @param {readonly number[]} widths Of the input and of each hidden layer.
 * @returns {Description}
 */
export function withLevenbergMarquardt(draw, description, widths) {
  const { rows, layers } = description;
  const hidden = layers.slice(0, -1).map(withoutRefused);
  const activation = draw.of(['linear', 'linear', 'tanh', 'sigmoid', 'softmax', 'relu']);
  const output = { ...withoutRefused(layers[layers.length - 1]), units: draw.integer(1, 4), activation };
  return {
    ...description,
    layers: [...denseOnly(hidden, widths), output],
    targets: draw.once(3) ? 'binary' : 'values',
    loss: draw.of(['meanSquaredError', 'halfSquaredError']),
    metrics: draw.once(2) ? ['meanAbsoluteError'] : [],
    optimizer: draw.of(LEVENBERG_MARQUARDT),
    batchSize: rows + draw.integer(0, 1),
    epochs: draw.integer(1, rows > 1000 ? 2 : 9),
  };
}
