/**
 * Measures suspicious rows again, those that appear slower or faster than the other side: of some hundred rows on a
 * shared machine a few always do, and in a single process those whose data is placed badly in memory. session.mjs
 * measures, statistics.mjs decides.
 */
import { compareSides } from './comparison.mjs';
import { measure } from './session.mjs';

/**
 * @typedef {import('./session.mjs').Plan} Plan
 * @typedef {import('./session.mjs').Row} Row
 */

/** Minimum repetitions of each further measurement. Rows that still stand out go on to the next. */
const FURTHER = [
  { rounds: 3, processes: 4 },
  { rounds: 5, processes: 10 },
];

/**
 * Whether the interval, not widened, lies on one side of equal speed, with the median beyond the threshold. That is
 * enough to measure again; a verdict takes more.
 *
 * @param {Row} row
 * @param {number} threshold
 */
function standsOut(row, threshold) {
  const [now, other] = row.sides;
  if (other === undefined || row.of === 'size') return false;
  const { low, estimate, high } = compareSides(row, other, now, {
    threshold,
    paired: true,
    asDrawn: true,
  }).speed;
  return (high < 1 && estimate < 1 - threshold) || (low > 1 && estimate > 1 / (1 - threshold));
}

/**
 * Returns the rows, with the last measurement of those that stand out: the verdict on them rests on fresh processes
 * alone.
 *
 * @param {Plan} plan how the rows were measured
 * @param {readonly Row[]} rows
 * @param {number} threshold
 * @param {(plan: Plan) => Promise<Row[]>} [measureRows]
 * @returns {Promise<Row[]>}
 */
export async function measureAgain(plan, rows, threshold, measureRows = measure) {
  const latest = new Map(rows.map((row) => [row.name, row]));
  let suspects = rows.filter((row) => standsOut(row, threshold));
  for (const least of FURTHER) {
    if (suspects.length === 0) break;
    const names = suspects.map(({ name }) => name);
    plan.log(`measured again: ${names.join('; ')}`);
    const fresh = await measureRows({
      ...plan,
      // A unit may give several rows, whose names start with its own.
      wants: (unit) => names.some((name) => name === unit || name.startsWith(`${unit}, `)),
      rounds: Math.max(plan.rounds, least.rounds),
      processes: Math.max(plan.processes, least.processes),
    });
    // If the other side could not run again, the row stays as it was.
    const again = fresh.filter(({ name, sides }) => names.includes(name) && sides[1] !== undefined);
    for (const row of again) latest.set(row.name, { ...row, again: true });
    suspects = again.filter((row) => standsOut(row, threshold));
  }
  return rows.map(({ name }) => /** @type {Row} */ (latest.get(name)));
}
