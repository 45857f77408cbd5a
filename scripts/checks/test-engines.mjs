/**
 * Compares engines bit by bit: runs the same trainings in every combination below and prints one table of hashes. They
 * are hashes of the final weights of two trainings, and of gradients, optimizer state, logs, predictions and files of
 * random networks on extreme data.
 *
 * - Several JavaScript engines and real browsers, on x64 and ARM64, and each compiler of an engine alone.
 * - 1, 2 and 4 threads, each register tile, the calling thread and a worker, pages with and without isolation.
 * - 256-bit vectors, and fused numerics, whose bits differ from strict ones.
 * - The main job, and a training that is killed on the running Node and continues in each engine.
 * - Models of a table of mixed columns, and predictions with their files alone.
 *
 *     npm run test:engines                   the whole main job
 *     npm run test:engines -- --quick        one epoch of it
 *     npm run test:engines -- --epochs 3
 *
 * engines.mjs installs the engines. An engine that is not available here is listed as skipped, with the reason. Ends
 * with status 1 if a hash differs or a run fails.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isExpected, printTable } from './engine-table.mjs';
import { ARM64_NODE, COMPILERS, ENGINES, install, lastLine, run, runForOutput, versionOf } from './engines.mjs';
import { ISOLATION, loadBrowsers } from './load-browsers.mjs';

/** @typedef {import('../../test/support/matrix.mjs').Cell} Cell @typedef {import('./engine-table.mjs').Row} Row */

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const THREADS = ['1', '2', '4'];

/** The first Node whose V8 has 256-bit vectors. */
const WIDE_NODE = 24;

/**
 * Further options to train with, in engines that support them, and their names in the table. Results of fused numerics
 * are compared among themselves.
 *
 * @type {readonly { kind: string, options: import('../../src/index.js').EngineOptions, wide?: boolean }[]}
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

/** @type {Row[]} */
const rows = [];

/**
 * Adds cells as rows. Cells that differ only in their tiles become one row.
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

/** Engines that are not available are skipped, unless the full run is required. */
const MAY_BE_ABSENT = process.env.REQUIRE_ENGINES !== '1';

/**
 * @param {{ name: string, version: string }} engine
 * @param {string} where
 * @param {string} problem
 * @param {boolean} [skipped]
 */
const addProblem = ({ name, version }, where, problem, skipped = false) =>
  rows.push({ engine: name, version, where, threads: '-', tiles: '-', hashes: [], problem, skipped });

/**
 * Runs a training with checkpoints: in a new folder, or in a copy of one where it was killed. Returns the hash of the
 * model at its end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} folder
 * @param {object} [options]
 */
async function trainWithCheckpoints(command, args, folder, options = {}) {
  const child = ['test/support/checkpoint-child.mjs', folder, '10', JSON.stringify(options)];
  const { output, problem } = await runForOutput(command, [...args, ...child]);
  return { problem, hash: /"epochs":10,"hash":"(\w+)"/.exec(output ?? '')?.[1] };
}

/**
 * Adds the row of a training with checkpoints.
 *
 * @param {{ name: string, version: string }} named
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} folder
 */
async function addResumed(named, command, args, folder) {
  mkdirSync(folder, { recursive: true });
  const { hash, problem } = await trainWithCheckpoints(command, args, folder);
  if (hash === undefined) addProblem(named, 'checkpoints', problem ?? 'no hash');
  else {
    const { name: engine, version } = named;
    rows.push({ engine, version, where: 'checkpoints', threads: '1', tiles: '3x12', hashes: [hash] });
  }
}

/** Runs Node, Bun and Deno. @param {string} models folder for the files of the main job */
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
      run(command, [...engine.args, 'test/support/matrix-child.mjs', JSON.stringify(options), ...threads]);
    const matrix = await train({}, THREADS);
    if (matrix.problem !== undefined) addProblem(named, 'process', matrix.problem);
    else addCells(named, 'process', matrix.value, matrix.seconds);
    for (const { where, args = [], env = {} } of COMPILERS[engine.name] ?? []) {
      const alone = await run(command, [...engine.args, ...args, 'test/support/matrix-child.mjs', '{}', '1'], env);
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
    const tables = await run(command, [...engine.args, 'test/support/table-child.mjs']);
    if (tables.problem !== undefined) addProblem(named, 'tables', tables.problem);
    else {
      const hashes = [tables.value.tables];
      rows.push({ engine: named.name, version, where: 'tables', threads: '1', tiles: '3x12', hashes });
    }
    // The first engine also trains without a kill, for the hash that the others must reach.
    if (engine === running) await addResumed(named, command, engine.args, join(models, 'whole'));
    const killed = join(models, `killed-${engine.name}-${version}`);
    mkdirSync(killed);
    await trainWithCheckpoints(process.execPath, [], killed, { killedIn: 5 });
    await addResumed(named, command, engine.args, killed);
  }
}

/** Runs Node for ARM64, if the machine can emulate it. */
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
    // The ARM64 libraries are installed next to those of the machine.
    versionOf(emulator, ['-L', '/', command, '--version']);
  } catch (error) {
    const { stderr, message } = /** @type {Error & { stderr?: string }} */ (error);
    addProblem(engine, where, lastLine(stderr || message), MAY_BE_ABSENT);
    return;
  }
  console.error(`node ${version}, ARM64`);
  const matrix = await run(emulator, ['-L', '/', command, 'test/support/matrix-child.mjs', '{}', '1']);
  if (matrix.problem !== undefined) addProblem(engine, where, matrix.problem);
  else addCells(engine, where, matrix.value, matrix.seconds);
}

/** Time-out of a page, in milliseconds. */
const PAGE_MS = 300_000;

/** Runs pages, with the browser drivers of the tests. */
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
        const address = `${server.origin}/test/support/pages/matrix.html?threads=${THREADS.join()}`;
        await browsers.withBrowserPage(name, address, async (/** @type {any} */ page) => {
          const late = new Promise((_, reject) => setTimeout(() => reject(new Error('no result')), PAGE_MS).unref());
          const result = await Promise.race([server.result(), late]);
          engine.version = page.version;
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

printTable(rows);
process.exitCode = rows.every((row) => row.skipped || isExpected(row, rows)) ? 0 : 1;
