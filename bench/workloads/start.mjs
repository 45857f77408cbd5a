/**
 * Cold start: pairs of fresh processes, one that does nothing (start-empty.mjs) and one that loads the library and
 * predicts (start-predict.mjs, start-load.mjs).
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/**
 * @typedef {{ runtime: readonly string[], entry: string, predict: string | undefined, engine: Record<string, unknown> }} StartSide
 */

/**
 * Entries that are started: the library, which builds a model, and the entry that only predicts, which loads the same
 * model from a file.
 */
export const STARTS = /** @type {const} */ (['start/small', 'start/predict']);

/**
 * Runs one pair: the seconds beyond the start of the runtime, and the total.
 *
 * @param {string} name
 * @param {StartSide} side
 * @returns {import('../measure/unit.mjs').Repetition & { checksum: string } | undefined} undefined if the side has no
 * such entry
 */
export function startPair(name, { runtime, entry, predict, engine }) {
  const make = [script('start-predict.mjs'), entry, JSON.stringify(engine)];
  if (name === 'start/small') return pair(runtime, make);
  if (predict === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-start-'));
  try {
    const file = join(folder, 'model.safetensors');
    timedProcess(runtime, [...make, file]);
    return pair(runtime, [script('start-load.mjs'), predict, file]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {readonly string[]} runtime @param {readonly string[]} args */
function pair(runtime, args) {
  const empty = timedProcess(runtime, [script('start-empty.mjs')]);
  const { seconds, said } = timedProcess(runtime, args);
  return {
    seconds: { '': seconds - empty.seconds, 'with the runtime': seconds },
    checksum: createHash('sha256').update(Uint32Array.from(said.bits)).digest('hex'),
    counts: Object.fromEntries(Object.entries(said.parts).map(([part, ms]) => [`${part} ms`, ms])),
  };
}
