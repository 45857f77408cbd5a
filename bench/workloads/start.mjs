/** Cold start: fresh processes in pairs, one that does nothing and one that loads the library and predicts. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

const script = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** @param {readonly string[]} runtime @param {readonly string[]} args */
function timedProcess([command, ...flags], args) {
  const start = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command, [...flags, ...args], { encoding: 'utf8' });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`start: ${error?.message ?? stderr}`);
  return { seconds, said: JSON.parse(stdout) };
}

export const START = 'start/small';

/**
 * One pair: the seconds beyond the runtime's own start, and the whole.
 *
 * @param {{ runtime: readonly string[], entry: string, engine: Record<string, unknown> }} side
 * @returns {import('../measure/unit.mjs').Repetition & { checksum: string }}
 */
export function startPair({ runtime, entry, engine }) {
  const empty = timedProcess(runtime, [script('start-empty.mjs')]);
  const { seconds, said } = timedProcess(runtime, [script('start-predict.mjs'), entry, JSON.stringify(engine)]);
  return {
    seconds: { '': seconds - empty.seconds, 'with the runtime': seconds },
    checksum: createHash('sha256').update(Uint32Array.from(said.bits)).digest('hex'),
    counts: Object.fromEntries(Object.entries(said.parts).map(([part, ms]) => [`${part} ms`, ms])),
  };
}
