/**
 * What was added to random networks after files of hashes of them were there: it is drawn from a second stream, for
 * some of the networks, so that the others are what they were.
 */
import { suitedToAllRows } from './full-batch-descriptions.mjs';
import { withInputs, withOutputs, withPlaces } from './graph-descriptions.mjs';
import { drawMetrics } from './metric-choices.mjs';

/** @typedef {import('./library.mjs').Description} Description */
/** @typedef {import('./library.mjs').Described} Described */
/** @typedef {import('./draw.mjs').Draw} Draw */

/** @type {readonly Described[]} */
const RATES = [
  { kind: 'piecewiseConstant', boundaries: [2, 5], values: [0.1, 0.03, 0.01] },
  { kind: 'piecewiseConstant', boundaries: [0], values: [0, 0.05] },
  { kind: 'cyclic', baseLearningRate: 0.01, maxLearningRate: 0.1, stepSizeUp: 3 },
  { kind: 'cyclic', baseLearningRate: 0, maxLearningRate: 0.1, stepSizeUp: 2, stepSizeDown: 3, mode: 'triangular2' },
  { kind: 'cyclic', baseLearningRate: 0.01, maxLearningRate: 0.2, stepSizeUp: 2, mode: 'expRange', gamma: 0.9 },
  {
    kind: 'sequential',
    schedules: [0.03, { kind: 'exponential', initialLearningRate: 0.1, decayRate: 0.9, decaySteps: 3 }, 0.01],
    milestones: [2, 7],
  },
];

/** @type {readonly Described[]} */
const CYCLES = [
  { kind: 'cyclic', baseLearningRate: 0.01, maxLearningRate: 0.1, stepSizeUp: 3, cycleMomentum: true },
  {
    ...{ kind: 'cyclic', baseLearningRate: 0.02, maxLearningRate: 0.1, stepSizeUp: 2, mode: 'triangular2' },
    ...{ cycleMomentum: true, baseMomentum: 0, maxMomentum: 0.95 },
  },
  { kind: 'oneCycle', maxLearningRate: 0.1, totalSteps: 9, cycleMomentum: true },
  { kind: 'oneCycle', maxLearningRate: 0.1, totalSteps: 12, pctStart: 0.5, cycleMomentum: true, baseMomentum: 0.7 },
  {
    kind: 'warmUp',
    steps: 2,
    schedule: { kind: 'oneCycle', maxLearningRate: 0.1, totalSteps: 7, cycleMomentum: true, maxMomentum: 0.9 },
  },
  {
    kind: 'sequential',
    schedules: [
      0.03,
      { kind: 'cyclic', baseLearningRate: 0.01, maxLearningRate: 0.1, stepSizeUp: 2, cycleMomentum: true },
    ],
    milestones: [3],
  },
];

/** Whether a schedule may move the momentum of an optimizer. @param {Described} optimizer */
const takesMomentum = ({ kind, momentum }) =>
  ['adam', 'adamw', 'adamax', 'lion'].includes(kind) || Number(momentum ?? 0) > 0;

/** Optimizers that look at all rows at once: they have no schedule, and refuse some of what is drawn. */
const FULL_BATCH = ['lbfgs', 'levenbergMarquardt'];

/**
 * Adds to the description of a network; half of all networks stay as they are.
 * @param {Draw} draw
 * @param {Description} given
 * @param {Parameters<typeof withOutputs>[2]} drawEnding
 * @returns {Description}
 */
export function withLater(draw, given, drawEnding) {
  if (draw.once(2)) return given;
  let description = given;
  const { optimizer, loss = '', targets = 'values' } = given;
  const byBatches = !FULL_BATCH.includes(optimizer.kind);
  if (byBatches && draw.once(3)) {
    const rates = takesMomentum(optimizer) && draw.once(2) ? CYCLES : RATES;
    description = { ...description, optimizer: { ...optimizer, learningRate: draw.of(rates) } };
  }
  if (draw.once(2)) description = { ...description, metrics: drawMetrics(draw, { loss, targets }, 8) };
  if (draw.once(3)) description = { ...description, weightedMetrics: drawMetrics(draw, { loss, targets }, 6) };
  if (draw.once(3)) description = { ...description, evaluationBatch: draw.integer(1, 40) };
  // Few networks have these optimizers, so most of them have more.
  const often = byBatches ? (/** @type {number} */ times) => draw.once(times) : () => !draw.once(4);
  if (given.categories === undefined && draw.once(3)) description = withInputs(draw, description);
  if (often(2)) description = withPlaces(draw, description);
  if (often(3)) description = withOutputs(draw, description, drawEnding);
  return byBatches ? description : suitedToAllRows(draw, description);
}
