/**
 * Runs two trainings in several JavaScript engines and compares the bits of the final weights: the main job, and a small one that uses every
 * feature, whose hash is known.
 *
 *     npm run test:engines                   the whole main job
 *     npm run test:engines -- --quick        one epoch of it
 *     npm run test:engines -- --epochs 3
 *
 * The engines come from npm packages, in exact versions, into the git-ignored folder .engines/. One that cannot be
 * installed here is listed as skipped, with the reason. Ends with status 1 if two hashes differ or a run fails.
 */

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EVERY_FEATURE_SHA256 } from '../test/helpers/every-feature.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/**
 * @typedef {{ name: string, command: string, args: string[] }} Engine
 * @typedef {{ name: string, version: string, job?: string, hash?: string, seconds?: number, problem?: string, skipped?: boolean }} Row
 */

/** Package → its version and what stands between the command and the script's path. */
const ENGINES = {
  node: { version: '26.10.0', args: [] },
  bun: { version: '1.4.5', args: ['run'] },
  deno: { version: '2.9.6', args: ['run', '--allow-all'] },
};

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, epochs: { type: 'string' } },
});
const epochs = options.epochs ?? (options.quick ? '1' : undefined);

/** The last line that says something, to explain a failure in a table's cell. @param {string} output */
const lastLine = (output) => output.trim().split('\n').at(-1)?.slice(0, 160) ?? '';

/**
 * Installs an engine's package unless it is there, in a folder of its own so that one failure does not touch the others.
 *
 * @param {string} name
 * @param {string} version
 * @returns {string} the path of its command
 */
function install(name, version) {
  const folder = join('.engines', name);
  const installed = join(folder, 'node_modules', name, 'package.json');
  if (!existsSync(installed) || JSON.parse(readFileSync(installed, 'utf8')).version !== version) {
    console.error(`installing ${name} ${version} into ${folder}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    // Each of them puts its binary into place in an install script, which newer versions of npm run only by consent.
    const manifest = { private: true, dependencies: { [name]: version }, allowScripts: { [name]: true } };
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
  return join(folder, 'node_modules', '.bin', name);
}

/**
 * What an engine's `--version` says first: `v26.10.0`, `1.4.5`, `deno 2.9.6 (…)`.
 *
 * @param {string} command
 */
function versionOf(command) {
  const output = execFileSync(command, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return /\d+\.\d+\.\d+\S*/.exec(output)?.[0] ?? output.trim();
}

/**
 * What is run, by the name it has in the table; each prints an object with `weightsSha256`.
 *
 * @type {Record<string, (model: string) => string[]>} from the file where a model may be left to a script and its arguments
 */
const JOBS = {
  'main job': (model) => [
    'dist/cli/main.js',
    '--json',
    '--output',
    model,
    ...(epochs === undefined ? [] : ['--epochs', epochs]),
  ],
  'every feature': () => ['test/helpers/every-feature-child.mjs'],
};

/** The hashes that are known beforehand. Of the main job that of the first engine counts. @type {Record<string, string>} */
const KNOWN = { 'every feature': EVERY_FEATURE_SHA256 };

/**
 * @param {Engine} engine
 * @param {string[]} job
 * @returns {Promise<Pick<Row, 'hash' | 'seconds' | 'problem'>>}
 */
function train({ command, args }, job) {
  return new Promise((done) => {
    const started = performance.now();
    const child = spawn(command, [...args, ...job], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => (errors += text));
    child.on('error', (error) => done({ problem: error.message }));
    child.on('close', (status) => {
      const seconds = (performance.now() - started) / 1000;
      if (status !== 0) return done({ seconds, problem: `exit status ${status}: ${lastLine(errors || output)}` });
      try {
        const hash = JSON.parse(output).weightsSha256;
        done(/^[0-9a-f]{64}$/.test(hash) ? { seconds, hash } : { seconds, problem: `weightsSha256 is ${hash}` });
      } catch {
        done({ seconds, problem: `no JSON on standard output: ${lastLine(output)}` });
      }
    });
  });
}

/** @param {string[][]} lines */
function printTable(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}

/** @type {Row[]} */
const rows = [];
const models = mkdtempSync(join(tmpdir(), 'wasm-mlp-engines-'));
try {
  /** @type {Engine} */
  const running = { name: 'node', command: process.execPath, args: [] };
  const others = Object.entries(ENGINES).map(([name, { version, args }]) => ({ name, version, args }));
  for (const engine of [running, ...others]) {
    let version = 'version' in engine ? engine.version : process.versions.node;
    let command = 'command' in engine ? engine.command : '';
    try {
      if (command === '') command = install(engine.name, version);
      version = versionOf(command);
    } catch (error) {
      const { stderr, message } = /** @type {Error & { stderr?: string }} */ (error);
      rows.push({ name: engine.name, version, skipped: true, problem: lastLine(stderr || message) });
      continue;
    }
    for (const [job, script] of Object.entries(JOBS)) {
      console.error(`${job} in ${engine.name} ${version}`);
      const result = await train({ ...engine, command }, script(join(models, `${engine.name}.safetensors`)));
      rows.push({ name: engine.name, version, job, ...result });
    }
  }
} finally {
  rmSync(models, { recursive: true, force: true });
}

/** @param {Row} row */
const isExpected = ({ job, hash }) =>
  hash !== undefined && hash === (KNOWN[job ?? ''] ?? rows.find((row) => row.job === job)?.hash);
const verdicts = rows.map((row) => {
  if (row.skipped) return `skipped: ${row.problem}`;
  if (row.problem !== undefined) return `failed: ${row.problem}`;
  return isExpected(row) ? 'yes' : 'NO';
});
printTable([
  ['engine', 'version', 'training', 'SHA-256 of the weights', 'seconds', 'equal'],
  ...rows.map(({ name, version, job = '-', hash = '-', seconds }, i) => [
    name,
    version,
    job,
    hash,
    seconds?.toFixed(1) ?? '-',
    verdicts[i],
  ]),
]);
process.exitCode = rows.every((row) => row.skipped || isExpected(row)) ? 0 : 1;
