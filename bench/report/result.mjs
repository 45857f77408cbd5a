/**
 * The result file of a run: its checks on reading, and the tables that are printed of it. format.mjs formats numbers,
 * measure/comparison.mjs compares sides.
 */
import { compareSides } from '../measure/comparison.mjs';
import { machineLine } from '../measure/machine.mjs';
import { median, medianInterval } from '../measure/statistics.mjs';
import { digits, duration, percent, table } from './format.mjs';

/**
 * @typedef {import('../measure/session.mjs').Row} Row
 * @typedef {import('../measure/session.mjs').Measured} Measured
 * @typedef {object} Result Contents of the file that `--json` writes. The version changes when old readers would
 * misread it.
 * @property {'wasm-mlp-bench'} format
 * @property {1} version
 * @property {string} date
 * @property {ReturnType<typeof import('../measure/machine.mjs').machine>} machine
 * @property {{ rounds: number, processes: number, quick: boolean }} settings
 * @property {{ name: string, version: string, runtime: string, engine: Record<string, unknown> }[]} sides the first is
 * the measured one, the second the one it was compared with in the same run
 * @property {Row[]} rows
 */

export const FORMAT = 'wasm-mlp-bench';
export const VERSION = 1;

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param {unknown} value @returns {value is number} */
const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);

/**
 * Whether a value holds repetitions by process. @param {unknown} seconds @param {boolean} signed whether they are
 * differences
 */
const areTimes = (seconds, signed) =>
  Array.isArray(seconds) &&
  seconds.length > 0 &&
  seconds.every(
    (group) => Array.isArray(group) && group.length > 0 && group.every((one) => isNumber(one) && (signed || one > 0)),
  );

/**
 * Returns the fault of one side of a row, or undefined.
 *
 * @param {Record<string, unknown>} side
 * @param {Record<string, unknown>} row
 */
function faultOfSide({ amount, bytes, seconds }, { of, difference }) {
  if (of === 'size') return isNumber(bytes) && bytes > 0 ? undefined : 'without bytes';
  if (!isNumber(amount) || amount <= 0) return 'without an amount of work';
  return areTimes(seconds, difference === true) ? undefined : 'without times';
}

const KINDS = ['sample', 'flop', 'byte', 'call', 'size'];

/**
 * Returns the fault of a row, or undefined. The times of two sides, which ran interleaved, have to come in pairs.
 *
 * @param {Record<string, unknown>} row
 */
function faultOfRow(row) {
  const { of, sides } = row;
  if (!KINDS.includes(String(of))) return 'of an unknown kind';
  if (!Array.isArray(sides) || !isObject(sides[0])) return 'without sides';
  const present = sides.filter(isObject);
  for (const side of present) {
    const fault = faultOfSide(side, row);
    if (fault !== undefined) return fault;
  }
  if (of === 'size') return undefined;
  const shapes = present.map(({ seconds }) => /** @type {number[][]} */ (seconds).map((group) => group.length).join());
  return shapes.every((shape) => shape === shapes[0]) ? undefined : 'with times that are no pairs';
}

/**
 * Checks that a file is complete and returns its contents. A damaged file must not pass for one in which nothing is
 * slower.
 *
 * @param {unknown} data
 * @param {string} where
 * @returns {Result}
 */
export function readResult(data, where) {
  /** @type {(what: string) => never} */
  const refuse = (what) => {
    throw new Error(`${where}: ${what}`);
  };
  const { format, version, date, machine, settings, sides, rows } = /** @type {Record<string, unknown>} */ (data ?? {});
  if (format !== FORMAT || version !== VERSION) {
    refuse(`a result of version ${VERSION} of this benchmark expected, got ${format} ${version}.`);
  }
  if (typeof date !== 'string' || !isObject(machine) || !isObject(settings)) {
    refuse('date, machine and settings expected, got not all of them.');
  }
  if (!Array.isArray(sides) || sides.length === 0 || !sides.every((side) => isObject(side) && isObject(side.engine))) {
    refuse('sides with their engines expected, got none.');
  }
  const names = new Set();
  for (const row of Array.isArray(rows) ? rows : refuse('rows expected, got none.')) {
    if (!isObject(row) || typeof row.name !== 'string') refuse('rows with names expected, got one without.');
    const fault = faultOfRow(row);
    if (fault !== undefined) refuse(`whole rows expected, got ${row.name} ${fault}.`);
    if (names.has(row.name)) refuse(`rows of different names expected, got ${row.name} twice.`);
    names.add(row.name);
  }
  return /** @type {Result} */ (data);
}

/** Counts that are summed over all repetitions; of the others, the median is shown. */
const TOTALS = new Set(['collections']);

/** @param {Row['of']} of @param {Measured} side */
function rateOf(of, { amount, bytes = NaN, seconds }) {
  if (of === 'size') return `${bytes.toLocaleString('en-US')} B`;
  const time = median(seconds.flat());
  if (of === 'call') return duration(time / amount);
  if (of === 'sample') return `${digits(amount / time)}/s`;
  return `${digits(amount / time / 1e9)} ${of === 'flop' ? 'GFLOP/s' : 'GB/s'}`;
}

/** Uncertainty of the median: half the width of its interval, as a share of it. @param {Measured} side */
function uncertainty({ seconds, bytes }) {
  if (bytes !== undefined) return '';
  const { estimate, low, high } = medianInterval(seconds);
  return Number.isFinite(high - low) ? `± ${percent((high - low) / 2 / Math.abs(estimate))}` : '';
}

/** @param {Row['of']} of @param {Measured} side */
function remarks(of, { flops, share, counts, note, seconds }) {
  const parts = [];
  if (flops !== undefined) parts.push(`${digits(flops / median(seconds.flat()) / 1e9)} GFLOP/s`);
  if (share) parts.push(`${percent(median(share.flat()))} of ${of === 'flop' ? 'the peak' : 'a copy'}`);
  for (const [name, groups] of Object.entries(counts ?? {})) {
    const values = groups.flat();
    parts.push(
      TOTALS.has(name) ? `${values.reduce((sum, one) => sum + one, 0)} ${name}` : `${digits(median(values))} ${name}`,
    );
  }
  if (note) parts.push(note);
  return parts.join(', ');
}

/** @param {import('../measure/comparison.mjs').Comparison} comparison */
export const comparisonCells = ({ speed: { estimate, low, high }, verdict, note }) => [
  Number.isFinite(estimate) ? `${estimate.toFixed(3)} ×` : '–',
  Number.isFinite(high - low) ? `${low.toFixed(3)} … ${high.toFixed(3)}` : '–',
  note ? `${verdict}, ${note}` : verdict,
];

export const COMPARISON_HEADING = ['speed', 'interval', 'verdict'];

/** Describes the build, the runtime and the engine of a side. @param {Result['sides'][number]} side */
export function sideLine({ name, version, runtime, engine }) {
  const { tile, numerics, threads, simd256 } = engine;
  const vectors = simd256 ? ', 256-bit vectors' : '';
  return `${name}: version ${version}, ${runtime}, ${numerics}, tile ${tile}, threads ${threads}${vectors}`;
}

/** @param {Row} row */
const groupOf = ({ name }) => name.slice(0, name.indexOf('/'));

/**
 * Returns the tables of a run, one per group; with two sides, their comparison.
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
  return [`${date.slice(0, 10)}, ${machineLine(machine)}`, ...sides.map(sideLine), '', blocks.join('\n\n')].join('\n');
}
