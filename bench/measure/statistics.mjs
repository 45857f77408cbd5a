/**
 * Statistics that are robust against a noisy machine: medians, and intervals by the bootstrap (Efron 1979), which
 * assumes no distribution. For few values the bootstrap is too narrow: three values lie on one side of their median in
 * one of four samples, whatever is drawn. So intervals are widened as those of a normal distribution would be
 * (Hesterberg 2015, "What Teachers Should Know About the Bootstrap"). The functions are pure and the resampling is
 * seeded, so the same numbers always give the same interval.
 */

/**
 * @typedef {{ estimate: number, low: number, high: number }} Interval
 * @typedef {{ confidence?: number, resamples?: number, seed?: number, asDrawn?: boolean }} BootstrapOptions asDrawn: not widened, for a first check
 * @typedef {readonly (readonly number[])[]} Groups Times of repetitions, by the process that they ran in.
 */

export const CONFIDENCE = 0.95;
const RESAMPLES = 2000;
const SEED = 1;

/**
 * Returns a generator of numbers in [0, 1), the same for the same seed: a counter through the finalizer of MurmurHash3.
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

/**
 * Returns the q-quantile of sorted values, with linear interpolation between neighbours.
 *
 * @param {ArrayLike<number>} sorted ascending
 * @param {number} q
 */
export function quantileOfSorted(sorted, q) {
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

/**
 * Returns the q-quantile.
 *
 * @public
 * @param {readonly number[]} values
 * @param {number} q
 */
export const quantile = (values, q) =>
  quantileOfSorted(
    values.slice().sort((a, b) => a - b),
    q,
  );

/** @param {readonly number[]} values */
export const median = (values) => quantile(values, 0.5);

/**
 * Draws as many elements with replacement as there are.
 *
 * @template T
 * @param {readonly T[]} list
 * @param {() => number} random
 * @returns {T[]}
 */
const redraw = (list, random) => list.map(() => list[Math.floor(random() * list.length)]);

/**
 * Draws processes first, then repetitions within each. So differences between processes, such as the placement of data
 * in memory, widen the interval.
 *
 * @template T
 * @param {readonly (readonly T[])[]} groups
 * @param {() => number} random
 * @returns {T[]}
 */
const redrawGroups = (groups, random) => redraw(groups, random).flatMap((group) => redraw(group, random));

/**
 * Density of Student's t with `freedom` degrees of freedom, up to a factor.
 *
 * @param {number} t
 * @param {number} freedom
 */
const density = (t, freedom) => (1 + (t * t) / freedom) ** (-(freedom + 1) / 2);

/** Steps of Simpson's rule. */
const STEPS = 400;

/**
 * Integrates `density` from 0 to t, over atan(t/√freedom), in which the whole line is finite.
 *
 * @param {number} t
 * @param {number} freedom
 */
function mass(t, freedom) {
  const end = Math.atan(t / Math.sqrt(freedom));
  let sum = 0;
  for (let i = 0; i <= STEPS; i++) {
    const tangent = Math.tan((end * i) / STEPS);
    const weight = i === 0 || i === STEPS ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * density(Math.sqrt(freedom) * tangent, freedom) * (1 + tangent * tangent);
  }
  return sum * end;
}

/** Results of earlier calls of `studentBound`. @type {Map<string, number>} */
const bounds = new Map();

/**
 * Returns the t for which the interval ±t has probability `share` in Student's distribution with `freedom` degrees of
 * freedom.
 *
 * @public
 * @param {number} share
 * @param {number} freedom
 */
export function studentBound(share, freedom) {
  const known = bounds.get(`${share} ${freedom}`);
  if (known !== undefined) return known;
  const whole = mass(1e9, freedom);
  let [low, high] = [0, 1e6];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (mass(middle, freedom) < share * whole) low = middle;
    else high = middle;
  }
  bounds.set(`${share} ${freedom}`, low);
  return low;
}

/** Degrees of freedom at which Student's distribution is close enough to the normal one. */
const MANY = 1000;

/**
 * Describes the values that a resample draws from: processes with their repetitions or, for one process, its
 * repetitions. @param {Groups} groups
 */
const drawnFrom = (groups) => ({
  count: groups.length > 1 ? groups.length : groups[0].length,
  inTwo: groups.length > 1,
});

/**
 * Returns the factor by which the bootstrap's interval has to be widened for `count` values. Values that are drawn in
 * two steps, processes and then repetitions, vary more than the values themselves, which makes up for the factor
 * √(n/(n−1)) of values that are drawn in one step.
 *
 * @param {number} count
 * @param {boolean} inTwo
 * @param {number} confidence
 */
const widening = (count, inTwo, confidence) =>
  (studentBound(confidence, count - 1) / studentBound(confidence, MANY)) * (inTwo ? 1 : Math.sqrt(count / (count - 1)));

/**
 * @param {() => number} draw a statistic of one resample
 * @param {number} estimate
 * @param {{ count: number, inTwo: boolean }} from number of values drawn from; whether repetitions are drawn too
 * @param {BootstrapOptions} [options]
 * @returns {Interval}
 */
function interval(
  draw,
  estimate,
  { count, inTwo },
  { confidence = CONFIDENCE, resamples = RESAMPLES, asDrawn = false } = {},
) {
  // A single value does not show its error.
  if (count < 2) return { estimate, low: -Infinity, high: Infinity };
  const draws = Array.from({ length: resamples }, draw);
  const [low, high] = [(1 - confidence) / 2, (1 + confidence) / 2].map((q) => quantile(draws, q));
  const wider = asDrawn ? 1 : widening(count, inTwo, confidence);
  // By a factor, so that positive bounds stay positive.
  const widened =
    low > 0
      ? (/** @type {number} */ end) => estimate * (end / estimate) ** wider
      : (/** @type {number} */ end) => estimate + wider * (end - estimate);
  return { estimate, low: widened(low), high: widened(high) };
}

/**
 * Returns the median of all repetitions with its interval.
 *
 * @param {Groups} groups
 * @param {BootstrapOptions} [options]
 */
export function medianInterval(groups, options) {
  const random = generator(options?.seed ?? SEED);
  return interval(() => median(redrawGroups(groups, random)), median(groups.flat()), drawnFrom(groups), options);
}

/**
 * Returns how many times faster `after` is than `before`, where repetition i of both ran one right after the other: the
 * median of their ratios. A slow phase of the machine affects both, and cancels.
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
 * Returns the same for two runs at different times: the ratio of the medians. It assumes that the machine was equally
 * fast in both.
 *
 * @param {Groups} before
 * @param {Groups} after
 * @param {BootstrapOptions} [options]
 */
export function unpairedSpeed(before, after, options) {
  const random = generator(options?.seed ?? SEED);
  const draw = () => median(redrawGroups(before, random)) / median(redrawGroups(after, random));
  const [one, other] = [drawnFrom(before), drawnFrom(after)];
  return interval(draw, median(before.flat()) / median(after.flat()), one.count < other.count ? one : other, options);
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
 * Returns the exponent e and factor c of y = c·x^e, by least squares on the logarithms.
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
 * Returns the exponent of the medians, with its interval. Round i of all points was measured together, and is drawn
 * together.
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
  return interval(() => of(redraw(rounds, random)), of(rounds), { count: rounds.length, inTwo: false }, options);
}
