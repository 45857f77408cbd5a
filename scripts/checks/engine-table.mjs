/**
 * The table of test-engines.mjs: the hashes expected in a row, the printing of rows, and the table as a document.
 * test/support holds the hashes that are known beforehand.
 */
import { createHash } from 'node:crypto';
import { EVERY_FEATURE_SHA256 } from '../../test/support/every-feature.mjs';
import { QUANTIZED_SHA256 } from '../../test/support/quantized.mjs';
import { RANDOM_NETWORKS, RANDOM_NETWORKS_SHA256 } from '../../test/support/random-networks.mjs';

/**
 * The results of one run, or the reason why there are none.
 *
 * @typedef {object} Row
 * @property {string} engine
 * @property {string} version
 * @property {string} processor
 * @property {string} compiler
 * @property {string} where
 * @property {string} vectors
 * @property {string} threads
 * @property {string} tiles
 * @property {'strict' | 'fused'} [numerics]
 * @property {string[]} hashes
 * @property {number | undefined} [seconds]
 * @property {string} [problem]
 * @property {boolean} [skipped]
 * @property {string} [refusal] The UnsupportedError that is expected of this engine.
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
  const group = groupOf(row);
  if (group === 'strict') return [EVERY_FEATURE_SHA256, first?.hashes[1], RANDOM_NETWORKS_SHA256, QUANTIZED_SHA256];
  return first?.hashes;
}

/** @param {Row} row @param {readonly Row[]} rows */
export const isExpected = (row, rows) =>
  row.refusal !== undefined || (row.hashes.length > 0 && row.hashes.join() === expected(row, rows)?.join());

/** @param {Row} row @param {readonly Row[]} rows */
function verdict(row, rows) {
  if (row.refusal !== undefined) return 'refused, as it must be';
  if (row.skipped) return `skipped: ${row.problem}`;
  if (row.problem !== undefined) return `failed: ${row.problem}`;
  return isExpected(row, rows) ? 'yes' : 'NO';
}

const short = (/** @type {string | undefined} */ hash) => hash?.slice(0, 16) ?? '-';

/** Columns of the printed table. @type {readonly (readonly [string, (row: Row, rows: readonly Row[]) => string])[]} */
const COLUMNS = [
  ['engine', ({ engine }) => engine],
  ['version', ({ version }) => version],
  ['processor', ({ processor }) => processor],
  ['compiler', ({ compiler }) => compiler],
  ['where', ({ where }) => where],
  ['vectors', ({ vectors }) => vectors],
  ['threads', ({ threads }) => threads],
  ['tiles', ({ tiles }) => tiles],
  ['every feature, or training', ({ hashes }) => short(hashes[0])],
  ['large layers', ({ hashes }) => short(hashes[1])],
  ['random networks', ({ hashes }) => short(hashes[2])],
  ['eight bits', ({ hashes }) => short(hashes[3])],
  ['seconds', ({ seconds }) => seconds?.toFixed(1) ?? ''],
  ['equal', verdict],
];

/** @param {readonly Row[]} rows */
export function printTable(rows) {
  const lines = [
    COLUMNS.map(([heading]) => heading),
    ...rows.map((row) => COLUMNS.map(([, cellOf]) => cellOf(row, rows))),
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines) {
    const cells = line.map((cell, column) => cell.padEnd(widths[column]));
    console.log(cells.join('  ').trimEnd());
  }
  console.log(`\n${outcome(rows)}`);
}

/** One hash of all trainings of a row. @param {Row} row */
const hashOfRow = ({ hashes }) => createHash('sha256').update(hashes.join('\n')).digest('hex').slice(0, 16);

/** Says how many results there are, and whether they are one. @param {readonly Row[]} rows */
function outcome(rows) {
  const results = rows.filter((row) => groupOf(row) === 'strict' && row.hashes.length > 0);
  const hashes = new Set(results.map(hashOfRow));
  const machines = new Set(results.map(({ engine, version, processor }) => `${engine} ${version} ${processor}`));
  const one = hashes.size === 1 ? `one hash, ${[...hashes].join()}` : `${hashes.size} different hashes`;
  return `Strict numerics: ${results.length} results of ${machines.size} engines and processors have ${one}.`;
}

/**
 * Rows of the document: what an engine computed with one setting, in one place, on any number of threads.
 * @param {readonly Row[]} rows
 */
function documentRows(rows) {
  /** @type {Map<string, Row[]>} */
  const groups = new Map();
  for (const row of rows) {
    const { engine, version, processor, compiler, where, vectors, refusal, problem } = row;
    const place = where.replace(/, worker$/, '');
    const cells = [engine, version, processor, compiler, place, vectors].join(' | ');
    const key = [cells, row.hashes.length > 0 ? hashOfRow(row) : '', refusal, problem].join();
    groups.set(key, [...(groups.get(key) ?? []), { ...row, where: place }]);
  }
  return [...groups.values()].map((group) => {
    const [row] = group;
    const { engine, version, processor, compiler, where, vectors } = row;
    const threads = [...new Set(group.map(({ threads }) => threads))].join(', ');
    const hash = row.hashes.length > 0 ? `\`${hashOfRow(row)}\`` : '';
    return [engine, version, processor, compiler, where, vectors, threads, hash, verdict(row, rows)];
  });
}

/**
 * Returns the table as a document, whose columns are wide enough in a text editor, too.
 * @param {readonly Row[]} rows
 * @param {string} version Of the library.
 */
export function documentOf(rows, version) {
  const head = ['engine', 'version', 'processor', 'compiler', 'where', 'vectors', 'threads', 'hash', 'equal'];
  const lines = [head, head.map(() => '---'), ...documentRows(rows)];
  return `# Engines and processors

\`npm run test:engines -- --write\` wrote this page, with version ${version} of the library. A row is a run of an engine:
its hash is the start of a SHA-256 over the weights of two trainings, and over gradients, optimizer state, logs,
predictions and files of ${RANDOM_NETWORKS} random networks, and predictions with weights of eight bits, with every
register tile where the compiler is the usual one. Rows of the main job (MNIST), of checkpoints (a training that was
killed on the running Node) and of tables have hashes of their own, and fused numerics have other bits.
[scripts/checks/engines.mjs](../scripts/checks/engines.mjs) has the settings of each compiler.

${outcome(rows)}

${lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n')}
`;
}
