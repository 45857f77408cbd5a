/**
 * The table of test-engines.mjs: the hashes expected in a row, and the printing of rows. test/support holds the hashes
 * that are known beforehand.
 */
import { EVERY_FEATURE_SHA256 } from '../../test/support/every-feature.mjs';
import { RANDOM_NETWORKS_SHA256 } from '../../test/support/random-networks.mjs';

/**
 * The results of one run, or the reason why there are none.
 *
 * @typedef {object} Row
 * @property {string} engine
 * @property {string} version
 * @property {string} where
 * @property {string} threads
 * @property {string} tiles
 * @property {'strict' | 'fused'} [numerics]
 * @property {string[]} hashes
 * @property {number | undefined} [seconds]
 * @property {string} [problem]
 * @property {boolean} [skipped]
 */

/** Rows of one group must have the same hashes. @param {Row} row */
const groupOf = ({ where, numerics = 'strict' }) =>
  ['main job', 'checkpoints', 'tables'].includes(where) ? where : numerics;

/**
 * The hashes expected in a row: those known beforehand, otherwise those of the first row of its group.
 *
 * @param {Row} row
 * @param {readonly Row[]} rows
 */
function expected(row, rows) {
  const first = rows.find((other) => groupOf(other) === groupOf(row) && other.hashes.length > 0);
  return groupOf(row) === 'strict' ? [EVERY_FEATURE_SHA256, first?.hashes[1], RANDOM_NETWORKS_SHA256] : first?.hashes;
}

/** @param {Row} row @param {readonly Row[]} rows */
export const isExpected = (row, rows) => row.hashes.length > 0 && row.hashes.join() === expected(row, rows)?.join();

/** @param {Row} row @param {readonly Row[]} rows */
function verdict(row, rows) {
  if (row.skipped) return `skipped: ${row.problem}`;
  if (row.problem !== undefined) return `failed: ${row.problem}`;
  return isExpected(row, rows) ? 'yes' : 'NO';
}

const HEADINGS = [
  'engine',
  'version',
  'where',
  'threads',
  'tiles',
  'every feature, or training',
  'large layers',
  'random networks',
  'seconds',
  'equal',
];

/** @param {readonly Row[]} rows */
export function printTable(rows) {
  const hash = (/** @type {string | undefined} */ value) => value?.slice(0, 16) ?? '-';
  const lines = [
    HEADINGS,
    ...rows.map((row) => [
      row.engine,
      row.version,
      row.where,
      row.threads,
      row.tiles,
      hash(row.hashes[0]),
      hash(row.hashes[1]),
      hash(row.hashes[2]),
      row.seconds?.toFixed(1) ?? '',
      verdict(row, rows),
    ]),
  ];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines) {
    const cells = line.map((cell, column) => cell.padEnd(widths[column]));
    console.log(cells.join('  ').trimEnd());
  }
}
