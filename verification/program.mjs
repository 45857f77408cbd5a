/** Compiles the C program and runs it on descriptions. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('c/', import.meta.url));

/** Products are not fused with sums, and float is computed as float. */
const FLAGS = ['-std=c11', '-ffp-contract=off', '-Wall', '-Wextra', '-Werror'];

const COMPILER = process.env.CC ?? 'gcc';

/** Returns why the program cannot be compiled here; undefined if it can. */
export function missingCompiler() {
  const { status } = spawnSync(COMPILER, ['--version']);
  return status === 0 ? undefined : `${COMPILER} is not installed; apt-get install gcc libc6-dev`;
}

/** A compiled program; one that is compiled with `faults` can plant one of them in a run. */
export class Program {
  #folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-verification-'));
  #path = join(this.#folder, 'reference');

  constructor(faults = false) {
    const sources = readdirSync(SOURCES).filter((name) => name.endsWith('.c'));
    const files = sources.map((name) => join(SOURCES, name));
    execFileSync(COMPILER, [...FLAGS, '-O1', ...(faults ? ['-DFAULTS'] : []), '-o', this.#path, ...files, '-lm'], {
      stdio: 'pipe',
    });
  }

  /**
   * @param {import('./library.mjs').Description} description
   * @param {string} [fault]
   * @returns {import('./library.mjs').Result}
   */
  run(description, fault) {
    const options = /** @type {const} */ ({ input: JSON.stringify(description), encoding: 'utf8', maxBuffer: 2 ** 28 });
    const { status, signal, stdout, stderr } = spawnSync(this.#path, fault === undefined ? [] : [fault], options);
    if (status !== 0) throw new Error(`the C program ended with ${status ?? signal ?? 'nothing'}: ${stderr}`);
    return /** @type {import('./library.mjs').Result} */ (JSON.parse(stdout));
  }

  dispose() {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
