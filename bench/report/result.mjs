/** The file of a run, and what it says on a screen. */
import { compareSides } from '../measure/comparison.mjs';
import { machineLine } from '../measure/machine.mjs';
import { median, medianInterval } from '../measure/statistics.mjs';
import { digits, duration, percent, table } from './format.mjs';

/**
 * @typedef {import('../measure/session.mjs').Row} Row
 * @typedef {import('../measure/session.mjs').Measured} Measured
 * @typedef {object} Result What `--json` writes. Its version changes when old readers would misread it.
 * @property {'wasm-mlp-bench'} format
 * @property {1} version
 * @property {string} date
 * @property {ReturnType<typeof import('../measure/machine.mjs').machine>} machine
 * @property {{ rounds: number, processes: number, quick: boolean }} settings
 * @property {{ name: string, version: string, runtime: string, engine: Record<string, unknown> }[]} sides the first is what is measured, the second what
 * it was compared with in the same run
 * @property {Row[]} rows
 */

export const FORMAT = 'wasm-mlp-bench';
export const VERSION = 1;

/**
 * @param {unknown} data
 * @param {string} where
 * @returns {Result}
 */
export function readResult(data, where) {
  const { format, version } = /** @type {Partial<Result>} */ (data ?? {});
  if (format !== FORMAT || version !== VERSION) {
    throw new Error(`${where}: a result of version ${VERSION} of this benchmark expected, got ${format} ${version}.`);
  }
  return /** @type {Result} */ (data);
}

/** @param {Row['of']} of @param {Measured} side */
function rateOf(of, { amount, bytes = NaN, seconds }) {
  if (of === 'size') return `${bytes.toLocaleString('en-US')} B`;
  const time = median(seconds.flat());
  if (of === 'call') return duration(time / amount);
  if (of === 'sample') return `${digits(amount / time)}/s`;
  return `${digits(amount / time / 1e9)} ${of === 'flop' ? 'GFLOP/s' : 'GB/s'}`;
}

/** How far the middle is known: half the width of its interval, as a share of it. @param {Measured} side */
function uncertainty({ seconds, bytes }) {
  if (bytes !== undefined) return '';
  const { estimate, low, high } = medianInterval(seconds);
  return `± ${percent((high - low) / 2 / Math.abs(estimate))}`;
}

/** @param {Row['of']} of @param {Measured} side */
function remarks(of, { flops, share, counts, note, seconds }) {
  const parts = [];
  if (flops !== undefined) parts.push(`${digits(flops / median(seconds.flat()) / 1e9)} GFLOP/s`);
  if (share) parts.push(`${percent(median(share.flat()))} of ${of === 'flop' ? 'the peak' : 'a copy'}`);
  for (const [name, values] of Object.entries(counts ?? {})) parts.push(`${digits(median(values.flat()))} ${name}`);
  if (note) parts.push(note);
  return parts.join(', ');
}

/** @param {import('../measure/comparison.mjs').Comparison} comparison */
export const comparisonCells = ({ speed: { estimate, low, high }, verdict, note }) => [
  `${estimate.toFixed(3)} ×`,
  `${low.toFixed(3)} … ${high.toFixed(3)}`,
  note ? `${verdict}, ${note}` : verdict,
];

export const COMPARISON_HEADING = ['speed', 'interval', 'verdict'];

/** @param {Row} row */
const groupOf = ({ name }) => name.slice(0, name.indexOf('/'));

/**
 * The tables of a run, one per group; with two sides what they say about each other.
 *
 * @param {Result} result
 * @param {import('../measure/comparison.mjs').CompareOptions} options
 */
export function describeResult({ machine, date, sides, rows }, options) {
  const isPair = sides.length > 1;
  const heading = isPair ? ['', ...sides.map(({ name }) => name), ...COMPARISON_HEADING] : ['', 'median', '', ''];
  const lineOf = (/** @type {Row} */ row) => {
    const [first, second] = row.sides;
    if (!isPair) return [row.name, rateOf(row.of, first), uncertainty(first), remarks(row.of, first)];
    if (!second) return [row.name, rateOf(row.of, first), '–', '', '', 'left out'];
    const compared = comparisonCells(compareSides(row, second, first, options));
    return [row.name, ...row.sides.map((side) => rateOf(row.of, side)), ...compared];
  };
  const groupNames = [...new Set(rows.map(groupOf))];
  const blocks = groupNames.map((name) => table([heading, ...rows.filter((row) => groupOf(row) === name).map(lineOf)]));
  const heads = sides.map(({ name, version, runtime, engine }) => {
    const { tile, numerics, threads, simd256 } = engine;
    const vectors = simd256 ? ', 256-bit vectors' : '';
    return `${name}: version ${version}, ${runtime}, ${numerics}, tile ${tile}, threads ${threads}${vectors}`;
  });
  return [`${date.slice(0, 10)}, ${machineLine(machine)}`, ...heads, '', blocks.join('\n\n')].join('\n');
}
