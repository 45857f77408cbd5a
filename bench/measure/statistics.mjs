/**
 * Statistics that a noisy machine cannot easily mislead: medians, and intervals by the bootstrap (Efron 1979), which assumes no distribution. Pure
 * functions; the resampling is seeded, so the same numbers always give the same interval.
 */

/**
 * @typedef {{ estimate: number, low: number, high: number }} Interval
 * @typedef {{ confidence?: number, resamples?: number, seed?: number }} BootstrapOptions
 * @typedef {readonly (readonly number[])[]} Groups Times of repetitions, apart for each process that they ran in.
 */

export const CONFIDENCE = 0.95;
const RESAMPLES = 2000;
const SEED = 1;

/**
 * Numbers of [0, 1), the same for the same seed: a counter through the finalizer of MurmurHash3.
 *
 * @param {number} seed
 * @returns {() => number}
 */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** @param {readonly number[]} values */
const ascending = (values) => values.slice().sort((a, b) => a - b);

/**
 * The q-quantile, between neighbours by linear interpolation.
 *
 * @param {readonly number[]} values
 * @param {number} q
 */
export function quantile(values, q) {
  const sorted = ascending(values);
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

/** @param {readonly number[]} values */
export const median = (values) => quantile(values, 0.5);

/**
 * As many draws with replacement as there are elements.
 *
 * @template T
 * @param {readonly T[]} list
 * @param {() => number} random
 * @returns {T[]}
 */
const redraw = (list, random) => list.map(() => list[Math.floor(random() * list.length)]);

/**
 * Processes first, then the repetitions within each: what differs from process to process, such as where things lie in memory, then widens the interval.
 *
 * @template T
 * @param {readonly (readonly T[])[]} groups
 * @param {() => number} random
 * @returns {T[]}
 */
const redrawGroups = (groups, random) => redraw(groups, random).flatMap((group) => redraw(group, random));

/**
 * @param {() => number} draw a statistic of one resample
 * @param {number} estimate
 * @param {BootstrapOptions} [options]
 * @returns {Interval}
 */
function interval(draw, estimate, { confidence = CONFIDENCE, resamples = RESAMPLES } = {}) {
  const draws = Array.from({ length: resamples }, draw);
  return { estimate, low: quantile(draws, (1 - confidence) / 2), high: quantile(draws, (1 + confidence) / 2) };
}

/**
 * The median of all repetitions.
 *
 * @param {Groups} groups
 * @param {BootstrapOptions} [options]
 */
export function medianInterval(groups, options) {
  const random = generator(options?.seed ?? SEED);
  return interval(() => median(redrawGroups(groups, random)), median(groups.flat()), options);
}

/**
 * How many times faster `after` is than `before`, where repetition i of both ran one right after the other: the median of their ratios. What slows the
 * machine for a while slows both, and cancels.
 *
 * @param {Groups} before
 * @param {Groups} after
 * @param {BootstrapOptions} [options]
 */
export function pairedSpeed(before, after, options) {
  const ratios = before.map((group, g) => group.map((seconds, i) => seconds / after[g][i]));
  return medianInterval(ratios, options);
}

/**
 * The same of two runs at different times: the ratio of the medians. It takes the machine to be as fast in one as in the other.
 *
 * @param {Groups} before
 * @param {Groups} after
 * @param {BootstrapOptions} [options]
 */
export function unpairedSpeed(before, after, options) {
  const random = generator(options?.seed ?? SEED);
  const draw = () => median(redrawGroups(before, random)) / median(redrawGroups(after, random));
  return interval(draw, median(before.flat()) / median(after.flat()), options);
}

/**
 * @typedef {'slower' | 'same' | 'faster' | 'unsure'} Verdict
 *
 * 'slower' only where the whole interval is beyond the threshold, 'same' only where none of it is.
 *
 * @param {Interval} speed
 * @param {number} threshold share of the speed, such as 0.05
 * @returns {Verdict}
 */
export function verdictOf({ low, high }, threshold) {
  const slower = 1 - threshold;
  const faster = 1 / slower;
  if (high < slower) return 'slower';
  if (low > faster) return 'faster';
  return low >= slower && high <= faster ? 'same' : 'unsure';
}

/**
 * The exponent e and factor c of y = c·x^e, by least squares on the logarithms.
 *
 * @param {readonly number[]} x
 * @param {readonly number[]} y
 */
export function powerLaw(x, y) {
  const [u, v] = [x, y].map((values) => values.map(Math.log));
  const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mu, mv] = [mean(u), mean(v)];
  const covariance = mean(u.map((value, i) => (value - mu) * (v[i] - mv)));
  const exponent = covariance / mean(u.map((value) => (value - mu) ** 2));
  return { exponent, factor: Math.exp(mv - exponent * mu) };
}

/**
 * The exponent of the medians, and its interval: round i of all points was measured together, and is drawn together.
 *
 * @param {readonly number[]} x
 * @param {readonly (readonly number[])[]} seconds per point, the times of its rounds
 * @param {BootstrapOptions} [options]
 */
export function exponentInterval(x, seconds, options) {
  const random = generator(options?.seed ?? SEED);
  const rounds = seconds[0].map((_, i) => i);
  const of = (/** @type {number[]} */ chosen) =>
    powerLaw(
      x,
      seconds.map((times) => median(chosen.map((i) => times[i]))),
    ).exponent;
  return interval(() => of(redraw(rounds, random)), of(rounds), options);
}
