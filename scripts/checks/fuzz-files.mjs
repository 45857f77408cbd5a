/**
 * Loads randomly changed files by `loadModel` of both entries, and measures processor time and, on Linux, memory. Child
 * processes load the files, since a file may end the process. Files that fail are written to a folder, with the command
 * that makes each again.
 *
 * Usage: npm run fuzz:files -- [--count 100000] [--seed 1] [--first 0] [--largest 10000]
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { baseFiles } from '../../test/support/files/bases.mjs';
import { checkFile } from '../../test/support/files/check.mjs';
import { mutated } from '../../test/support/files/mutate.mjs';

/** Limits for loading a file: milliseconds of processor time, and bytes by the size of the file. */
const MOST_MS = 1000;
const mostBytes = (/** @type {number} */ length) => 4 * length + 64 * 2 ** 20;

/** Memory of the engine, small enough that files reach the limit. */
const ENGINE_BYTES = 64 * 2 ** 20;

/** Files for one child process, and milliseconds without progress after which it is ended. */
const PART = 5000;
const SILENT_MS = 600_000;

/** Files between two lines of progress. */
const REPORTED_EVERY = 50_000;

/** @typedef {{ index: number, why: string }} Fault */
/** @typedef {{ index: number, value: number }} Most */
/** @typedef {{ outcomes: Record<string, number>, faults: Fault[], slowest: Most, hungriest: Most }} Report */

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
    largest: { type: 'string', default: '10000' },
    // Passed to child processes.
    progress: { type: 'string' },
  },
});
const [count, seed, first, largest] = [values.count, values.seed, values.first, values.largest].map(Number);

/**
 * Returns the resident bytes of this process, now and the peak since `resetPeak`, or undefined where the system does
 * not report them.
 */
function residentBytes() {
  try {
    const status = readFileSync('/proc/self/status', 'latin1');
    const of = (/** @type {string} */ field) => 1024 * Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]);
    return { now: of('VmRSS'), most: of('VmHWM') };
  } catch {
    return undefined;
  }
}

function resetPeak() {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Without a reset the peak of the whole run counts, which still finds the first file that uses too much memory.
  }
}

/**
 * Checks files from `first` on, and writes each number to `progress` before it starts.
 *
 * @param {string} progress
 * @returns {Promise<Report>}
 */
async function checkPart(progress) {
  const library = await import('../../dist/index.js');
  const predictLibrary = await import('../../dist/predict.js');
  const engine = library.createEngineSync({ maximumMemory: ENGINE_BYTES });
  const bases = baseFiles(library, engine);
  const output = openSync(progress, 'w');
  /** @type {Report} */
  const report = { outcomes: {}, faults: [], slowest: { index: -1, value: 0 }, hungriest: { index: -1, value: 0 } };
  /** @param {Uint8Array} file */
  const measured = (file) => {
    const taken = { ms: 0, bytes: 0 };
    /** @template T @param {() => T} act @returns {T} */
    const loading = (act) => {
      resetPeak();
      const memory = residentBytes();
      const time = process.cpuUsage();
      try {
        return act();
      } finally {
        const { user, system } = process.cpuUsage(time);
        taken.ms = Math.max(taken.ms, (user + system) / 1000);
        if (memory !== undefined) taken.bytes = Math.max(taken.bytes, (residentBytes()?.most ?? 0) - memory.now);
      }
    };
    try {
      return { taken, outcome: checkFile(library, predictLibrary, engine, file, loading) };
    } catch (error) {
      return { taken, why: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
    }
  };
  for (let index = first; index < first + count; index++) {
    writeSync(output, String(index).padStart(16), 0);
    const file = mutated(bases, seed, index, largest);
    let result = measured(file);
    const isOver = () => result.taken.ms > MOST_MS || result.taken.bytes > mostBytes(file.length);
    if (isOver()) {
      // Garbage of earlier files, and of making this one, may have been counted: collect it and measure again.
      globalThis.gc?.();
      result = measured(file);
    }
    const { taken, outcome, why } = result;
    if (outcome !== undefined) report.outcomes[outcome] = (report.outcomes[outcome] ?? 0) + 1;
    if (why !== undefined) report.faults.push({ index, why });
    if (isOver()) {
      const used = `${Math.round(taken.ms)} ms and ${taken.bytes} bytes`;
      report.faults.push({ index, why: `loading took ${used} for a file of ${file.length}` });
    }
    if (taken.ms > report.slowest.value) report.slowest = { index, value: taken.ms };
    const share = taken.bytes / mostBytes(file.length);
    if (share > report.hungriest.value) report.hungriest = { index, value: share };
  }
  closeSync(output);
  return report;
}

/**
 * Runs a part in a child process. If that ends early, the file that it was loading is at fault.
 *
 * @param {number} from
 * @param {number} length
 * @param {string} folder
 */
async function runPart(from, length, folder) {
  const progress = join(folder, 'progress');
  const args = ['--count', `${length}`, '--seed', `${seed}`, '--first', `${from}`, '--largest', `${largest}`];
  const script = ['--expose-gc', fileURLToPath(import.meta.url)];
  const child = spawn(process.execPath, [...script, ...args, '--progress', progress], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  writeFileSync(progress, '');
  const at = () => Number.parseInt(readFileSync(progress, 'latin1'), 10);
  let [text, errors, before] = ['', '', -1];
  child.stdout.on('data', (data) => (text += data));
  child.stderr.on('data', (data) => (errors = `${errors}${data}`.slice(-4000)));
  const watch = setInterval(() => {
    const now = at();
    if (Object.is(now, before)) child.kill('SIGKILL');
    before = now;
  }, SILENT_MS);
  const status = await new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));
  clearInterval(watch);
  if (status === 0) return /** @type {Report} */ (JSON.parse(text));
  const index = at();
  if (Number.isNaN(index)) throw new Error(`fuzz-files: the process ended before its first file: ${errors}`);
  // The files after it are still to be checked.
  const rest = index + 1 < from + length ? await runPart(index + 1, from + length - index - 1, folder) : undefined;
  const why = `the process ended with ${status}: ${errors.split('\n').find((line) => line.includes('rror')) ?? ''}`;
  const none = { index: -1, value: 0 };
  const report = rest ?? { outcomes: {}, faults: [], slowest: none, hungriest: none };
  return { ...report, faults: [{ index, why }, ...report.faults] };
}

/** Describes the findings in the files before `end`. @param {Report} report @param {number} end */
function summary({ outcomes, faults, slowest, hungriest }, end) {
  const [ms, share] = [Math.round(slowest.value), Math.round(100 * hungriest.value)];
  const counts = Object.entries(outcomes).map(([name, times]) => `${times} ${name}`);
  return [
    `seed ${seed}, files ${first} to ${end - 1}: ${counts.join(', ')}, ${faults.length} faults`,
    `slowest to load: file ${slowest.index}, ${ms} ms of processor time`,
    `most memory: file ${hungriest.index}, ${share} % of four times its size and 64 MB`,
  ].join('; ');
}

/**
 * Writes the files that failed, and prints the commands that make them again.
 *
 * @param {readonly Fault[]} faults
 * @param {string} folder
 */
async function tell(faults, folder) {
  const library = await import('../../dist/index.js');
  const bases = baseFiles(library, library.createEngineSync());
  for (const { index, why } of faults.slice(0, 50)) {
    const path = join(folder, `${seed}-${index}.safetensors`);
    writeFileSync(path, mutated(bases, seed, index, largest));
    const again = `npm run fuzz:files -- --seed ${seed} --first ${index} --count 1 --largest ${largest}`;
    console.log(`FAULT in file ${index}: ${why}\n  ${path}\n  ${again}`);
  }
}

if (values.progress !== undefined) {
  console.log(JSON.stringify(await checkPart(values.progress)));
} else {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-files-'));
  const none = { index: -1, value: 0 };
  /** @type {Report} */
  const total = { outcomes: {}, faults: [], slowest: none, hungriest: none };
  for (let from = first; from < first + count; from += PART) {
    const part = await runPart(from, Math.min(PART, first + count - from), folder);
    for (const [name, times] of Object.entries(part.outcomes))
      total.outcomes[name] = (total.outcomes[name] ?? 0) + times;
    total.faults.push(...part.faults);
    if (part.slowest.value > total.slowest.value) total.slowest = part.slowest;
    if (part.hungriest.value > total.hungriest.value) total.hungriest = part.hungriest;
    if (part.faults.length > 0) await tell(part.faults, folder);
    const end = Math.min(from + PART, first + count);
    if (end === first + count || (end - first) % REPORTED_EVERY === 0) console.log(summary(total, end));
  }
  if (total.faults.length > 0) process.exitCode = 1;
}
