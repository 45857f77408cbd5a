/**
 * Measures again what looks slower or faster than the other side: of some hundred rows on a shared machine a few always
 * do, and of one process all that lies badly in memory.
 */
import { compareSides } from './comparison.mjs';
import { measure } from './session.mjs';

/**
 * @typedef {import('./session.mjs').Plan} Plan
 * @typedef {import('./session.mjs').Row} Row
 */

/** Repetitions of each further measurement, at least; what still stands out goes on to the next. */
const FURTHER = [
  { rounds: 3, processes: 4 },
  { rounds: 5, processes: 10 },
];

/**
 * Whether the interval, as it is drawn, is on one side of no difference, and the middle beyond the threshold: enough to
 * look again, a verdict takes more.
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
 * The rows, those that stand out as they were measured last: the verdict on them rests on fresh processes alone.
 *
 * @param {Plan} plan what the rows were measured by
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
      // A row may be one of several that a unit gives, whose name it starts with.
      wants: (unit) => names.some((name) => name === unit || name.startsWith(`${unit}, `)),
      rounds: Math.max(plan.rounds, least.rounds),
      processes: Math.max(plan.processes, least.processes),
    });
    // A side that could not do it again leaves the row as it was.
    const again = fresh.filter(({ name, sides }) => names.includes(name) && sides[1] !== undefined);
    for (const row of again) latest.set(row.name, { ...row, again: true });
    suspects = again.filter((row) => standsOut(row, threshold));
  }
  return rows.map(({ name }) => /** @type {Row} */ (latest.get(name)));
}
