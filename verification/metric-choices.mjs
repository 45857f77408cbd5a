/**
 * Metrics of random networks: names and factories' options, for each form of targets those that suit it and any others.
 */

/** @typedef {import('./library.mjs').Choice} Choice */
/** @typedef {import('./library.mjs').DescribedOutput} DescribedOutput */
/** @typedef {import('./draw.mjs').Draw} Draw */

/** @type {readonly Choice[]} */
const ANSWERS = [
  ...['accuracy', 'binaryAccuracy', 'precision', 'recall', 'f1', 'fBeta', 'specificity', 'balancedAccuracy'],
  ...['matthewsCorrelation', 'calibrationError', 'auc', 'averagePrecision', 'logLoss', 'topKAccuracy'],
  ...[
    { kind: 'binaryAccuracy', threshold: 0.3, name: 'lowAccuracy' },
    { kind: 'topKAccuracy', k: 2, name: 'topTwo' },
    { kind: 'precision', average: 'micro' },
    { kind: 'precision', average: 'weighted' },
    { kind: 'precision', threshold: 0.4, name: 'lowPrecision' },
    { kind: 'recall', average: 'weighted' },
    { kind: 'recall', class: 0 },
    { kind: 'f1', average: 'micro' },
    { kind: 'f1', average: 'weighted' },
    { kind: 'fBeta', beta: 0.7 },
    { kind: 'fBeta', average: 'micro', class: 0 },
    { kind: 'specificity', average: 'micro' },
    { kind: 'specificity', average: 'weighted' },
    { kind: 'calibrationError', bins: 3, name: 'coarseError' },
    { kind: 'auc', curve: 'PR' },
    { kind: 'auc', curve: 'ROC', name: 'area' },
  ],
];

/** @type {readonly Choice[]} */
const CLASSES = [
  ...['categoricalAccuracy', 'categoricalCrossentropy', 'sparseCategoricalCrossentropy', 'kullbackLeibler'],
  ...['categoricalHinge', 'categoricalFocalCrossentropy'],
  { kind: 'categoricalCrossentropy', labelSmoothing: 0.1 },
];

/** @type {readonly Choice[]} */
const BINARY = [
  ...['binaryCrossentropy', 'binaryFocalCrossentropy', 'hinge', 'squaredHinge'],
  { kind: 'binaryCrossentropy', labelSmoothing: 0.2 },
  { kind: 'binaryCrossentropy', fromLogits: true },
];

/** @type {readonly Choice[]} */
const NUMBERS = [
  ...['meanSquaredError', 'meanAbsoluteError', 'rootMeanSquaredError', 'meanAbsolutePercentageError'],
  ...['meanSquaredLogarithmicError', 'cosineSimilarity', 'r2', 'halfSquaredError', 'huber', 'logCosh'],
  { kind: 'huber', delta: 0.2 },
];

/** @type {Readonly<Record<DescribedOutput['targets'], readonly Choice[]>>} */
const FITTING = {
  values: NUMBERS,
  positive: [...NUMBERS, 'poisson', 'poisson', { kind: 'poisson', logInput: true }],
  binary: [...ANSWERS, ...BINARY],
  signs: [...ANSWERS, 'hinge', 'squaredHinge'],
  oneHot: [...ANSWERS, ...CLASSES],
  classes: [...ANSWERS, ...CLASSES],
};

const ALL = [...ANSWERS, ...CLASSES, ...BINARY, ...NUMBERS];

/** The key of a metric in logs. @param {Choice} metric */
function keyOf(metric) {
  if (typeof metric === 'string') return metric;
  const { kind, name, average = '', class: one, curve = 'ROC' } = metric;
  if (name !== undefined) return String(name);
  return one === undefined ? `${kind} ${average} ${curve === 'ROC' ? '' : curve}`.trim() : `${kind} ${one}`;
}

/**
 * Returns metrics with different keys. The loss itself may be one; a loss with several outputs for each target is a
 * metric of no other.
 * @param {Draw} draw
 * @param {Pick<DescribedOutput, 'loss' | 'targets'>} output
 * @param {number} most
 * @returns {Choice[]}
 */
export function drawMetrics(draw, { loss, targets }, most) {
  const drawn = Array.from({ length: draw.integer(1, most) }, () => {
    if (draw.once(8)) return loss;
    return draw.of(draw.once(6) ? ALL : FITTING[targets]);
  });
  return [...new Map(drawn.map((metric) => [keyOf(metric), metric])).values()];
}
