/** Measures again what looks slower than the other side: of some hundred rows on a shared machine a few always do, and of one process all that lies badly in memory. */
import { compareSides } from './comparison.mjs';
import { measure } from './session.mjs';

/**
 * @typedef {import('./session.mjs').Plan} Plan
 * @typedef {import('./session.mjs').Row} Row
 */

/** Repetitions of each further measurement, at least; what still looks slower goes on to the next. */
const FURTHER = [
  { rounds: 3, processes: 4 },
  { rounds: 5, processes: 6 },
];

/** Whether it is slower, and in the middle by more than the threshold. @param {Row} row @param {number} threshold */
export function looksSlower(row, threshold) {
  const [now, other] = row.sides;
  if (other === undefined || row.of === 'size') return false;
  const { estimate, high } = compareSides(row, other, now, { threshold, paired: true }).speed;
  return estimate < 1 - threshold && high < 1;
}

/**
 * The rows, those that look slower as they were measured last: the verdict on them rests on fresh processes alone.
 *
 * @param {Plan} plan what the rows were measured by
 * @param {readonly Row[]} rows
 * @param {number} threshold
 * @param {(plan: Plan) => Promise<Row[]>} [measureRows]
 * @returns {Promise<Row[]>}
 */
export async function measureSlowerAgain(plan, rows, threshold, measureRows = measure) {
  const latest = new Map(rows.map((row) => [row.name, row]));
  let suspects = rows.filter((row) => looksSlower(row, threshold));
  for (const least of FURTHER) {
    if (suspects.length === 0) break;
    const names = suspects.map(({ name }) => name);
    plan.log(`measured again, since slower at first: ${names.join('; ')}`);
    const fresh = await measureRows({
      ...plan,
      // A row may be one of several that a unit gives, whose name it starts with.
      wants: (unit) => names.some((name) => name === unit || name.startsWith(`${unit}, `)),
      rounds: Math.max(plan.rounds, least.rounds),
      processes: Math.max(plan.processes, least.processes),
    });
    const again = fresh.filter(({ name }) => names.includes(name));
    for (const row of again) latest.set(row.name, row);
    suspects = again.filter((row) => looksSlower(row, threshold));
  }
  return rows.map(({ name }) => /** @type {Row} */ (latest.get(name)));
}
