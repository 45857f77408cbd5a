/** Describes the machine that a result was measured on. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/**
 * Returns the name of the processor. On Linux also its family, model and widest vectors, since virtual machines give a
 * whole product line the same name.
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

/** Contains no host name and no path, since results are published. */
export const machine = () => ({
  processor: processor(),
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release()}`,
  architecture: process.arch,
  /** Processes ready to run in the last minute, this one included. Above `cores`, other processes interfere. */
  load: Math.round(loadavg()[0] * 100) / 100,
});

/** @param {ReturnType<typeof machine>} of */
export const machineLine = (of) =>
  `${of.processor}, ${of.cores} cores, ${of.memoryGiB} GiB, ${of.system} ${of.architecture}, load ${of.load}`;
