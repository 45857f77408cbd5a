/** Collects the rows of test-engines.mjs: what runs came to, or why they could not run. */
import { arch, cpus } from 'node:os';
import { lastLine } from './engines.mjs';

/** @typedef {import('../../test/support/matrix.mjs').Cell} Cell */
/** @typedef {import('./engine-table.mjs').Row} Row */

/** @type {Row[]} */
export const rows = [];

const PROCESSOR = `${cpus()[0]?.model.trim() || 'unknown'}, ${arch()}`;

/**
 * What rows say of a run.
 *
 * @typedef {Pick<Row, 'engine' | 'version' | 'processor' | 'compiler' | 'where'>} Run
 */

/** @param {string} engine @param {string} version @param {Partial<Run>} [others] @returns {Run} */
export const runOf = (engine, version, others) => ({
  engine,
  version,
  processor: PROCESSOR,
  compiler: 'usual',
  where: 'process',
  ...others,
});

/**
 * Adds cells as rows. Cells that differ only in their tiles become one row.
 *
 * @param {Run} run
 * @param {Cell[]} cells
 * @param {number} seconds
 * @param {string} [vectors] instead of those that the engine says
 */
export function addCells(run, cells, seconds, vectors) {
  /** @type {Map<string, Cell[]>} */
  const groups = new Map();
  for (const cell of cells) {
    const { everyFeature, largeLayers, randomNetworks, quantized } = cell;
    const key = [cell.threads, cell.got, cell.runIn, everyFeature, largeLayers, randomNetworks, quantized].join();
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  let first = true;
  for (const group of groups.values()) {
    const [{ threads, got, numerics, simd256, runIn, int8, ...cell }] = group;
    rows.push({
      ...run,
      where: [
        run.where,
        ...(run.where.endsWith('fused') && numerics === 'strict' ? ['not here'] : []),
        ...(runIn === 'main' ? [] : [runIn]),
      ].join(', '),
      vectors: `${vectors ?? (simd256 ? '256-bit' : '128-bit')}, int8 ${int8}`,
      numerics,
      threads: got === threads ? `${threads}` : `${threads} (got ${got})`,
      tiles: group.map(({ tile }) => tile).join(' '),
      hashes: [cell.everyFeature, cell.largeLayers, cell.randomNetworks, cell.quantized],
      seconds: first ? seconds : undefined,
    });
    first = false;
  }
}

/** Engines that are not available are skipped, unless the full run is required. */
export const MAY_BE_ABSENT = process.env.REQUIRE_ENGINES !== '1';

const NOTHING = { vectors: '-', threads: '-', tiles: '-', hashes: [] };

/** @param {Run} run @param {string} problem @param {boolean} [skipped] */
export const addProblem = (run, problem, skipped = false) => rows.push({ ...run, ...NOTHING, problem, skipped });

/** Adds the row of an engine that must be refused, and was. @param {Run} run @param {string} refusal */
export const addRefusal = (run, refusal) => rows.push({ ...run, ...NOTHING, refusal });

/** Adds the row of an engine that could not be installed or started. @param {Run} run @param {unknown} error */
export function addAbsent(run, error) {
  const { stderr, message } = /** @type {Error & { stderr?: string }} */ (error);
  addProblem(run, lastLine(stderr || message), MAY_BE_ABSENT);
}

/**
 * Adds what the trainings of a process came to.
 *
 * @param {Run} run
 * @param {Awaited<ReturnType<typeof import('./engines.mjs').run>>} result
 * @param {{ vectors?: string, refused?: boolean, fault?: string }} [how] `refused`: by an UnsupportedError, as it must;
 *   `fault` is what an emulator prints that cannot run the engine
 */
export function addTraining(run, { value, problem, errors = '', seconds }, { vectors, refused = false, fault } = {}) {
  if (fault !== undefined && errors.includes(fault)) addProblem(run, `the emulator cannot run it: ${fault}`, true);
  else if (problem !== undefined) addProblem(run, problem);
  else if (refused && value.unsupported) addRefusal(run, value.unsupported);
  else if (value.unsupported) addProblem(run, value.unsupported, true);
  else addCells(run, value, seconds, vectors);
}

/**
 * Adds the row of a run with the usual settings and one hash.
 * @param {Run} run
 * @param {string} hash
 * @param {number} [seconds]
 */
export const addResult = (run, hash, seconds) =>
  rows.push({ ...run, vectors: '128-bit', threads: '1', tiles: '3x12', hashes: [hash], seconds });
