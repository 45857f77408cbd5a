/** What a result has to say about where it was measured. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/**
 * The processor's name; on Linux with its family, model and widest vectors too, since virtual machines name a maker's
 * whole line alike.
 */
function processor() {
  const name = cpus()[0]?.model.trim() ?? 'unknown';
  /** @type {string} */
  let info;
  try {
    info = readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return name;
  }
  const value = (/** @type {string} */ key) => new RegExp(`^${key}\\s*: (.*)$`, 'm').exec(info)?.[1];
  const flags = value('flags')?.split(' ') ?? [];
  const more = [
    ...['cpu family', 'model'].map((key) => (value(key) === undefined ? [] : [`${key} ${value(key)}`])),
    flags.includes('avx512f') ? ['AVX-512'] : flags.includes('avx2') ? ['AVX2'] : [],
  ].flat();
  return more.length === 0 ? name : `${name} (${more.join(', ')})`;
}

/** No host name and no path: results are published. */
export const machine = () => ({
  processor: processor(),
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release()}`,
  architecture: process.arch,
  /** Processes that wanted to run in the last minute, this one included: above `cores`, others are in the way. */
  load: Math.round(loadavg()[0] * 100) / 100,
});

/** @param {ReturnType<typeof machine>} of */
export const machineLine = (of) =>
  `${of.processor}, ${of.cores} cores, ${of.memoryGiB} GiB, ${of.system} ${of.architecture}, load ${of.load}`;
