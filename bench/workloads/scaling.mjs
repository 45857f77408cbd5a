/** Networks that grow in one dimension. bench/scaling.mjs measures how time grows with them. */
import { trainingFlops } from './networks.mjs';

/**
 * @typedef {import('./networks.mjs').Network} Network
 * @typedef {Network & { sweep: string, at: number, steps: number }} Point
 */

const WIDTHS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096];
const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];
const DEPTHS = [1, 2, 4, 8, 16, 32, 64];

const CLASSES = 10;

/** Least operations of a repetition, which takes some 10 ms then, and the most steps, for the smallest networks. */
const REPETITION_FLOPS = 3e8;
const MOST_STEPS = 1024;

/** Steps per epoch: few epochs to start, little data to copy. */
const STEPS_PER_EPOCH = 8;

/** @param {string} sweep @param {number} at @param {readonly number[]} sizes @param {number} batch @returns {Point} */
function point(sweep, at, sizes, batch) {
  const wanted = REPETITION_FLOPS / (batch * trainingFlops({ sizes }));
  const steps = 2 ** Math.round(Math.log2(Math.max(1, Math.min(MOST_STEPS, wanted))));
  const perEpoch = Math.min(STEPS_PER_EPOCH, steps);
  return {
    name: `${sweep} ${at}`,
    sweep,
    at,
    sizes,
    batch,
    rows: perEpoch * batch,
    epochs: steps / perEpoch,
    steps,
    learningRate: 0.01,
  };
}

/**
 * Width: two hidden layers as wide as the input, 64 rows. Batch: the network of the main job. Depth: hidden layers of
 * 128 units, 64 rows.
 */
export const scalingNetworks = () => [
  ...WIDTHS.map((width) => point('width', width, [width, width, width, CLASSES], 64)),
  ...BATCHES.map((batch) => point('batch', batch, [784, 128, CLASSES], batch)),
  ...DEPTHS.map((depth) => point('depth', depth, [128, ...Array.from({ length: depth }, () => 128), CLASSES], 64)),
];
