/**
 * Random networks that are trained by optimizers that look at all rows at once: a description with another optimizer,
 * and without what these refuse. Networks of levenbergMarquardt have few trained weights, since its matrices grow with
 * their square.
 */
import { widthsOf } from './graph-descriptions.mjs';

/** @typedef {import('./library.mjs').Description} Description */
/** @typedef {import('./library.mjs').Described} Described */
/** @typedef {import('./draw.mjs').Draw} Draw */

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
 * @param {number} [most] Trained weights of them.
 * @returns {Described[]}
 */
function denseOnly(layers, widths, most = MOST_WEIGHTS) {
  let left = most;
  return layers.map((layer, at) => {
    const given = layer.activation === 'prelu' ? { ...layer, activation: 'tanh' } : layer;
    if (given.same !== undefined) return given;
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

/** Most trained weights of a network with more than one output or place, by whether it has thousands of rows. */
const MOST_OF_ALL = { few: 250, thousands: 90 };

/**
 * Layers that levenbergMarquardt trains, of which those in several places come first, then the last ones.
 * @param {Description} description
 * @returns {Described[]}
 */
function fewWeights(description) {
  const { layers, rows } = description;
  const inputs = [description.inputs].flat().length;
  const widths = widthsOf(description);
  const several = new Set(layers.map(({ same }) => Number(same) - inputs));
  let left = rows > 1000 ? MOST_OF_ALL.thousands : MOST_OF_ALL.few;
  const result = denseOnly(layers, widths, Infinity);
  const order = [...layers.keys()].reverse().sort((a, b) => Number(several.has(b)) - Number(several.has(a)));
  for (const at of order) {
    const { units, kind, pieces, same, trainable, from } = result[at];
    if (units === undefined || same !== undefined || trainable === false) continue;
    const [read] = /** @type {number[]} */ (from ?? [at + inputs - 1]);
    const weights = Number(units) * Number(pieces ?? (kind === 'maxout' ? 2 : 1)) * (widths[read] + 1);
    if (weights > left) result[at] = { ...result[at], trainable: false };
    else left -= weights;
  }
  return result;
}

/**
 * Takes from a description what was added to it and these optimizers refuse.
 * @param {Draw} draw
 * @param {Description} description
 * @returns {Description}
 */
export function suitedToAllRows(draw, description) {
  const { optimizer, outputs } = description;
  const given = { ...description, layers: description.layers.map(withoutRefused) };
  if (optimizer.kind !== 'levenbergMarquardt') return given;
  const layers = fewWeights(given);
  if (outputs === undefined) return { ...given, layers };
  const squares = outputs.map((output) => {
    const loss = draw.of(['meanSquaredError', 'halfSquaredError']);
    const targets = output.targets === 'classes' ? 'oneHot' : output.targets;
    // Losses that do not count may be others.
    return output.weight === 0 ? output : { ...output, loss, targets };
  });
  return { ...given, layers, outputs: squares };
}
