/** What a result has to say about where it was measured. */
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** No host name and no path: results are published. */
export const machine = () => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown',
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
