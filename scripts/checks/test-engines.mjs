/**
 * Compares engines bit by bit: runs the same trainings in every combination below and prints one table of hashes. They
 * are hashes of the final weights of two trainings, and of gradients, optimizer state, logs, predictions and files of
 * random networks on extreme data.
 *
 * - Several JavaScript engines and real browsers, on x64, with and without AVX, and ARM64, and each compiler of an
 *   engine alone. Where the processor has too little, the library must say so by an UnsupportedError.
 * - 1, 2 and 4 threads, each register tile, the calling thread and a worker, pages with and without isolation.
 * - 256-bit vectors, and fused numerics, whose bits differ from strict ones.
 * - The main job, and a training that is killed on the running Node and continues in each engine.
 * - Models of a table of mixed columns, and predictions with their files alone.
 *
 *     npm run test:engines                   the whole main job
 *     npm run test:engines -- --quick        one epoch of it
 *     npm run test:engines -- --epochs 3
 *     npm run test:engines -- --write        writes the table to verification/engines.md, too
 *     npm run test:engines -- --only ARM64   those whose engine, processor or compiler matches
 *
 * engines.mjs installs the engines. An engine that is not available here is listed as skipped, with the reason. Ends
 * with status 1 if a hash differs or a run fails.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  addAbsent,
  addCells,
  addProblem,
  addRefusal,
  addResult,
  addTraining,
  MAY_BE_ABSENT,
  rows,
  runOf,
} from './engine-rows.mjs';
import { documentOf, isExpected, printTable } from './engine-table.mjs';
import {
  BROWSER_COMPILERS,
  ONE_TILE,
  COMPILERS,
  EMULATED,
  ENGINES,
  install,
  knowsFlags,
  run,
  runForOutput,
  versionOf,
} from './engines.mjs';
import { ISOLATION, loadBrowsers } from './load-browsers.mjs';

/** @typedef {import('./engine-rows.mjs').Run} Run */

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
  { kind: 'process, 256-bit', options: { simd256: true }, wide: true },
  { kind: 'process, fused', options: { numerics: 'fused' } },
  { kind: 'process, 256-bit, fused', options: { numerics: 'fused', simd256: true }, wide: true },
];
const VARIANT_THREADS = ['1', '2'];

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    epochs: { type: 'string' },
    write: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
const epochs = options.epochs ?? (options.quick ? '1' : undefined);
const only = new RegExp(options.only, 'i');

/** Whether the option --only names a run. @param {Run} run */
const isWanted = ({ engine, version, processor, compiler }) =>
  only.test(`${engine} ${version} ${processor} ${compiler}`);

/**
 * Runs the trainings in a process.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} options of engines, and `tiles`
 * @param {readonly string[]} threads
 * @param {Readonly<Record<string, string>>} [env]
 */
const train = (command, args, options, threads, env) =>
  run(command, [...args, 'test/support/matrix-child.mjs', JSON.stringify(options), ...threads], env);

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
 * @param {Run} run
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} folder
 */
async function addResumed(run, command, args, folder) {
  mkdirSync(folder, { recursive: true });
  const { hash, problem } = await trainWithCheckpoints(command, args, folder);
  if (hash === undefined) addProblem(run, problem ?? 'no hash');
  else addResult(run, hash);
}

/** Runs Node, Bun and Deno. @param {string} models folder for the files of the main job */
async function runEngines(models) {
  const running = { name: 'node', version: process.versions.node, args: /** @type {string[]} */ ([]) };
  for (const engine of [running, ...ENGINES]) {
    const { name, args } = engine;
    let command = process.execPath;
    /** @type {string} */
    let version = engine.version;
    try {
      if (engine !== running) command = install(name, version);
      version = versionOf(command);
    } catch (error) {
      addAbsent(runOf(name, version), error);
      continue;
    }
    console.error(`${name} ${version}`);
    await runCompilers(name, version, command, args);
    if (isWanted(runOf(name, version))) await runUsual(name, version, command, args, models, engine === running);
  }
}

/**
 * Runs each compiler of an engine alone.
 * @param {string} name
 * @param {string} version
 * @param {string} command
 * @param {readonly string[]} args
 */
async function runCompilers(name, version, command, args) {
  for (const { compiler, args: flags = [], env = {}, tiles, ...how } of COMPILERS[name] ?? []) {
    const run = runOf(name, version, { compiler });
    if (!isWanted(run)) continue;
    if (!knowsFlags(command, flags)) addProblem(run, `it has no ${flags.join(' ')}`, true);
    else addTraining(run, await train(command, [...args, ...flags], { tiles }, ['1'], env), how);
  }
}

/**
 * Runs all that an engine computes with its usual compilers.
 *
 * @param {string} name
 * @param {string} version
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} models
 * @param {boolean} isFirst
 */
async function runUsual(name, version, command, args, models, isFirst) {
  const of = (/** @type {string} */ where) => runOf(name, version, { where });
  addTraining(of('process'), await train(command, args, {}, THREADS));
  for (const { kind, options, wide = false } of VARIANTS) {
    if (wide && !(name === 'node' && Number.parseInt(version, 10) >= WIDE_NODE)) continue;
    addTraining(of(kind), await train(command, args, options, VARIANT_THREADS));
  }
  const model = join(models, `${name}-${version}.safetensors`);
  const job = ['dist/cli/main.js', '--json', '--output', model, ...(epochs === undefined ? [] : ['--epochs', epochs])];
  const main = await run(command, [...args, ...job]);
  if (main.problem !== undefined) addProblem(of('main job'), main.problem);
  else addResult(of('main job'), main.value.weightsSha256, main.seconds);
  const tables = await run(command, [...args, 'test/support/table-child.mjs']);
  if (tables.problem !== undefined) addProblem(of('tables'), tables.problem);
  else addResult(of('tables'), tables.value.tables);
  // The first engine also trains without a kill, for the hash that the others must reach.
  if (isFirst) await addResumed(of('checkpoints'), command, args, join(models, 'whole'));
  const killed = join(models, `killed-${name}-${version}`);
  mkdirSync(killed);
  await trainWithCheckpoints(process.execPath, [], killed, { killedIn: 5 });
  await addResumed(of('checkpoints'), command, args, killed);
}

/** Flags of npm for a package of another processor. */
const FOREIGN = ['--force', '--ignore-scripts', '--cpu=arm64', '--os=linux'];

/** Runs engines on other processors, if the machine can emulate them. */
async function runEmulated() {
  for (const { name, version = process.versions.node, processor, emulator, emulatorArgs, ...other } of EMULATED) {
    const { package: from, binary = '', args = [], tiles, notQuick = false, ...how } = other;
    const run = runOf(name, version, { processor });
    if (!isWanted(run) || (notQuick && options.quick)) continue;
    let command = process.execPath;
    try {
      if (from !== undefined) {
        install(from, version, FOREIGN);
        command = join('.engines', `${from}-${version}`, 'node_modules', from, binary);
      }
      // Libraries of other processors are installed next to those of the machine.
      versionOf(emulator, [...emulatorArgs, command, '--version']);
    } catch (error) {
      addAbsent(run, error);
      continue;
    }
    console.error(`${name} ${version}, ${processor}`);
    addTraining(run, await train(emulator, [...emulatorArgs, command, ...args], { tiles }, ['1']), how);
  }
}

/** Time-out of a page, in milliseconds. */
const PAGE_MS = 300_000;

/** Settings of pages: isolated or not, then each compiler alone. @param {keyof typeof BROWSER_COMPILERS} name */
const pagesOf = (name) => [
  ...[
    {
      where: 'isolated page',
      compiler: 'usual',
      headers: ISOLATION,
      search: `threads=${THREADS.join()}`,
      how: {},
      refused: false,
      vectors: undefined,
    },
    {
      where: 'plain page',
      compiler: 'usual',
      headers: {},
      search: `threads=${THREADS.join()}`,
      how: {},
      refused: false,
      vectors: undefined,
    },
  ],
  ...BROWSER_COMPILERS[name].map(({ compiler, refused, tiles = ONE_TILE, vectors, ...how }) => ({
    where: 'isolated page',
    compiler,
    headers: ISOLATION,
    search: `threads=1&tiles=${tiles.join()}`,
    how,
    refused,
    vectors,
  })),
];

/** Runs pages, with the browser drivers of the tests. */
async function runBrowsers() {
  const browsers = await loadBrowsers();
  for (const name of browsers.browserNames) {
    const reason = browsers.reasonToSkip(name);
    if (reason !== undefined) {
      addProblem(runOf(name, '-', { where: 'page' }), reason, MAY_BE_ABSENT);
      continue;
    }
    for (const { where, compiler, headers, search, how, refused = false, vectors } of pagesOf(name)) {
      const run = runOf(name, '-', { where, compiler });
      if (!isWanted(run)) continue;
      console.error(`${name}, ${where}, ${compiler}`);
      const server = await browsers.serveRepository(headers);
      const started = performance.now();
      try {
        const address = `${server.origin}/test/support/pages/matrix.html?${search}`;
        await browsers.withBrowserPage(
          name,
          address,
          async (/** @type {any} */ page) => {
            const late = new Promise((_, reject) => setTimeout(() => reject(new Error('no result')), PAGE_MS).unref());
            const result = await Promise.race([server.result(), late]);
            run.version = page.version;
            const { error } = /** @type {{ error?: { name: string, message: string } }} */ (result);
            if (refused && error?.name === 'UnsupportedError') addRefusal(run, error.message);
            else if (!Array.isArray(result)) throw new Error(JSON.stringify(result));
            else addCells(run, result, (performance.now() - started) / 1000, vectors);
          },
          how,
        );
      } catch (error) {
        addProblem(run, /** @type {Error} */ (error).message);
      } finally {
        await server.close();
      }
    }
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'wasm-mlp-engines-'));
try {
  await runEngines(scratch);
  await runEmulated();
  await runBrowsers();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

printTable(rows);
if (options.write) {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  writeFileSync('verification/engines.md', documentOf(rows, version));
}
process.exitCode = rows.every((row) => row.skipped || isExpected(row, rows)) ? 0 : 1;
