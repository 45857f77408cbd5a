/**
 * Compares two results of `npm run bench -- --json FILE`, or the two sides of one that was measured with `--against`.
 *
 *     npm run bench:compare OLD NEW
 *     npm run bench:compare BOTH
 *     npm run bench:compare OLD NEW -- --threshold 10 --confidence 99 --only train
 *
 * | status | meaning |
 * | ------ | ------- |
 * | 0      | nothing is slower or larger beyond the threshold, with that confidence |
 * | 1      | something is |
 * | 2      | undecided: a file is damaged, NEW lacks rows of OLD without --missing, or there is nothing to compare |
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compareSides, THRESHOLD } from './measure/comparison.mjs';
import { machineLine } from './measure/machine.mjs';
import { CONFIDENCE } from './measure/statistics.mjs';
import { chosen, endWithHelp, HELP_OPTION, percentage } from './options.mjs';
import { table } from './report/format.mjs';
import { COMPARISON_HEADING, comparisonCells, readResult, sideLine } from './report/result.mjs';

const HELP = `npm run bench:compare -- OLD NEW [options]

Compares two results of "npm run bench -- --json FILE", or the two sides of one file that was measured with --against.
Status 1: something is slower or larger beyond the threshold, with that confidence; 2: it cannot be decided.

  --threshold PERCENT   change that counts, default ${100 * THRESHOLD}
  --confidence PERCENT  default ${100 * CONFIDENCE}
  --only PART           rows with that in their names; may be given several times
  --missing             NEW may lack rows of OLD
  --help                print this
`;

/** @param {string} path */
function read(path) {
  const text = readFileSync(path, 'utf8');
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Error(`${path}: JSON expected, got something else.`);
  }
  return readResult(data, path);
}

/**
 * Returns the names of the conditions in which two results differ.
 *
 * @param {readonly import('./report/result.mjs').Result[]} results
 */
function differences([old, now]) {
  if (now === undefined) return [];
  const both = [old, now].map(({ machine, settings, sides: [{ runtime, engine }] }) => ({
    machine: { ...machine, load: 0 },
    runtime,
    engine,
    repetitions: settings,
  }));
  const words = /** @type {const} */ (['machine', 'runtime', 'engine', 'repetitions']);
  return words.filter((what) => JSON.stringify(both[0][what]) !== JSON.stringify(both[1][what]));
}

/**
 * Returns the rows that both results have, as { row, before, after }; the names of those that the newer result lacks;
 * and the names of those that only the newer one has.
 *
 * @param {readonly import('./report/result.mjs').Result[]} results
 */
function pairsOf([old, now]) {
  if (now === undefined) {
    if (old.sides.length < 2)
      throw new Error('one result of two sides, or two results, expected, got one of one side.');
    // The first side is the one that is measured, the second the one it is compared with.
    return {
      pairs: old.rows.flatMap((row) => (row.sides[1] ? [{ row, before: row.sides[1], after: row.sides[0] }] : [])),
      missing: [],
      alone: old.rows.flatMap(({ name, sides }) => (sides[1] ? [] : [name])),
    };
  }
  const before = new Map(old.rows.map((row) => [row.name, row]));
  const names = new Set(now.rows.map(({ name }) => name));
  return {
    pairs: now.rows.flatMap((row) => {
      const other = before.get(row.name);
      if (other !== undefined && other.of !== row.of) {
        throw new Error(`${row.name}: one kind of work expected in both, got ${other.of} and ${row.of}.`);
      }
      return other ? [{ row, before: other.sides[0], after: row.sides[0] }] : [];
    }),
    missing: old.rows.filter(({ name }) => !names.has(name)).map(({ name }) => name),
    alone: now.rows.filter(({ name }) => !before.has(name)).map(({ name }) => name),
  };
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      threshold: { type: 'string', default: String(100 * THRESHOLD) },
      confidence: { type: 'string', default: String(100 * CONFIDENCE) },
      only: { type: 'string', multiple: true, default: [] },
      missing: { type: 'boolean', default: false },
      ...HELP_OPTION,
    },
  });
  endWithHelp(values.help, HELP);
  if (positionals.length < 1 || positionals.length > 2)
    throw new Error(`OLD NEW expected, got ${positionals.length} files.`);
  const options = {
    threshold: percentage('threshold', values.threshold),
    confidence: percentage('confidence', values.confidence),
    paired: positionals.length === 1,
  };
  const results = positionals.map(read);
  const wanted = chosen(values.only);
  const { pairs, missing, alone } = pairsOf(results);
  const lost = missing.filter(wanted);
  if (lost.length > 0 && !values.missing) {
    throw new Error(`all rows of OLD expected in NEW, or --missing, got none of ${lost.join('; ')}.`);
  }
  const comparisons = pairs
    .filter(({ row }) => wanted(row.name))
    .map(({ row, before, after }) => compareSides(row, before, after, options));
  if (comparisons.length === 0) throw new Error('rows that both have expected, got none.');

  const heads = results.map(({ date, machine, sides }) =>
    [`${date.slice(0, 10)}: ${machineLine(machine)}`, ...sides.map(sideLine)].join('; '),
  );
  const slower = comparisons.filter(({ verdict }) => verdict === 'slower');
  const differing = differences(results);
  const lines = [
    ...heads,
    ...(differing.length > 0 ? [`Warning: the two results differ in: ${differing.join(', ')}.`] : []),
    '',
    table([['', ...COMPARISON_HEADING], ...comparisons.map((one) => [one.name, ...comparisonCells(one)])]),
    '',
    ...[...lost, ...alone.filter(wanted)].map((name) => `in one result only: ${name}`),
    slower.length > 0
      ? `slower or larger by more than ${values.threshold} %: ${slower.map(({ name }) => name).join('; ')}`
      : `nothing is slower or larger by more than ${values.threshold} %, with ${values.confidence} % confidence`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exitCode = slower.length > 0 ? 1 : 0;
} catch (error) {
  process.stderr.write(`bench:compare: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}
