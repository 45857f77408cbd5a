import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileRoofs, PEAK_LOOPS } from './roofs.mjs';

/**
 * Returns the numerics that the engine options ask for. @param {Record<string, unknown>} engine @returns {'strict' |
 * 'fused'}
 */
export const askedNumerics = ({ numerics }) => (numerics === 'fused' ? 'fused' : 'strict');

/**
 * Returns the data that sides need to measure kernels, except their own binaries. The bounds are compiled here, so that
 * no compiler runs in the measured processes.
 *
 * @param {Record<string, readonly string[]>} table the ABI
 * @param {readonly { engine: Record<string, unknown> }[]} sides
 * @param {string} folder for binaries
 */
export async function kernelSetting(table, sides, folder) {
  /** @type {Partial<Record<'strict' | 'fused', string>>} */
  const roofs = {};
  for (const numerics of new Set(sides.map(({ engine }) => askedNumerics(engine)))) {
    roofs[numerics] = join(folder, `roofs-${numerics}.wasm`);
    writeFileSync(roofs[numerics], await compileRoofs(numerics));
  }
  return { table, peakLoops: PEAK_LOOPS, roofs };
}
