/**
 * Compares two results of `npm run bench -- --json FILE`, or the two sides of one that was measured with `--against`.
 *
 *     npm run bench:compare OLD NEW
 *     npm run bench:compare BOTH
 *     npm run bench:compare OLD NEW -- --threshold 10 --confidence 99 --only train
 *
 * Status 0: nothing is slower or larger beyond the threshold, with that confidence. 1: something is. 2: there is nothing to compare.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compareSides, THRESHOLD } from './measure/comparison.mjs';
import { machineLine } from './measure/machine.mjs';
import { CONFIDENCE } from './measure/statistics.mjs';
import { chosen, percentage } from './options.mjs';
import { table } from './report/format.mjs';
import { COMPARISON_HEADING, comparisonCells, readResult } from './report/result.mjs';

/** @param {string} path */
const read = (path) => readResult(JSON.parse(readFileSync(path, 'utf8')), path);

/**
 * Rows that both have, oldest first, as { row, before, after }; and the names of those that only one has.
 *
 * @param {readonly import('./report/result.mjs').Result[]} results
 */
function pairsOf([old, now]) {
  if (now === undefined) {
    if (old.sides.length < 2)
      throw new Error('one result of two sides, or two results, expected, got one of one side.');
    // What is measured is the first side, what it is held against the second.
    return {
      pairs: old.rows.flatMap((row) => (row.sides[1] ? [{ row, before: row.sides[1], after: row.sides[0] }] : [])),
      alone: old.rows.flatMap(({ name, sides }) => (sides[1] ? [] : [name])),
    };
  }
  const before = new Map(old.rows.map((row) => [row.name, row]));
  const names = new Set(now.rows.map(({ name }) => name));
  return {
    pairs: now.rows.flatMap((row) => {
      const other = before.get(row.name);
      return other ? [{ row, before: other.sides[0], after: row.sides[0] }] : [];
    }),
    alone: [
      ...old.rows.filter(({ name }) => !names.has(name)),
      ...now.rows.filter(({ name }) => !before.has(name)),
    ].map(({ name }) => name),
  };
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      threshold: { type: 'string', default: String(100 * THRESHOLD) },
      confidence: { type: 'string', default: String(100 * CONFIDENCE) },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  if (positionals.length < 1 || positionals.length > 2)
    throw new Error(`OLD NEW expected, got ${positionals.length} files.`);
  const options = {
    threshold: percentage('threshold', values.threshold),
    confidence: percentage('confidence', values.confidence),
    paired: positionals.length === 1,
  };
  const results = positionals.map(read);
  const wanted = chosen(values.only);
  const { pairs, alone } = pairsOf(results);
  const comparisons = pairs
    .filter(({ row }) => wanted(row.name))
    .map(({ row, before, after }) => compareSides(row, before, after, options));
  if (comparisons.length === 0) throw new Error('rows that both have expected, got none.');

  const heads = results.map(({ date, machine, sides }) =>
    [
      `${date.slice(0, 10)}: ${machineLine(machine)}`,
      ...sides.map(({ name, version, runtime }) => `${name} ${version}, ${runtime}`),
    ].join('; '),
  );
  const slower = comparisons.filter(({ verdict }) => verdict === 'slower');
  const lines = [
    ...heads,
    '',
    table([['', ...COMPARISON_HEADING], ...comparisons.map((one) => [one.name, ...comparisonCells(one)])]),
    '',
    ...(alone.length > 0 ? [`in one only: ${alone.filter(wanted).join('; ')}`] : []),
    slower.length > 0
      ? `slower or larger by more than ${values.threshold} %: ${slower.map(({ name }) => name).join('; ')}`
      : `nothing is slower or larger by more than ${values.threshold} %, as far as ${values.confidence} % confidence tells`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exitCode = slower.length > 0 ? 1 : 0;
} catch (error) {
  process.stderr.write(`bench:compare: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}
