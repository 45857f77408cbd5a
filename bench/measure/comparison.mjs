/** Compares two measurements of the same row. statistics.mjs computes the intervals. */
import { medianInterval, pairedSpeed, unpairedSpeed, verdictOf } from './statistics.mjs';

/**
 * @typedef {import('./session.mjs').Row} Row
 * @typedef {import('./session.mjs').Measured} Measured
 * @typedef {import('./statistics.mjs').Interval} Interval
 * @typedef {import('./statistics.mjs').Verdict} Verdict
 * @typedef {{ name: string, speed: Interval, verdict: Verdict, note: string }} Comparison
 * @typedef {object} CompareOptions
 * @property {number} threshold share of the speed
 * @property {number} [confidence]
 * @property {boolean} [asDrawn] see BootstrapOptions
 * @property {boolean} paired whether repetition i of both ran one right after the other
 */

export const THRESHOLD = 0.05;

/** Ratio of differences that may be zero or less. @type {Interval} */
const NO_RATIO = { estimate: NaN, low: -Infinity, high: Infinity };

/**
 * Seconds per amount of work: amounts may differ where work is counted, such as bytes.
 *
 * @param {Measured} side
 */
const perAmount = ({ seconds, amount }) => seconds.map((group) => group.map((value) => value / amount));

/**
 * Returns how many times faster `after` is, or smaller if the row is a size.
 *
 * @param {Row} row
 * @param {Measured} before
 * @param {Measured} after
 * @param {CompareOptions} options
 * @returns {Comparison}
 */
export function compareSides({ name, of, difference = false }, before, after, { threshold, paired, ...options }) {
  let speed;
  if (of === 'size') {
    const estimate = (before.bytes ?? NaN) / (after.bytes ?? NaN);
    speed = { estimate, low: estimate, high: estimate };
  } else {
    const sides = /** @type {const} */ ([perAmount(before), perAmount(after)]);
    const ratio = paired && !difference ? pairedSpeed : unpairedSpeed;
    const positive = !difference || sides.every((side) => medianInterval(side, options).low > 0);
    speed = positive ? ratio(...sides, options) : NO_RATIO;
  }
  return {
    name,
    speed,
    verdict: verdictOf(speed, threshold),
    note: before.checksum === after.checksum ? '' : 'other bits',
  };
}
