/** Python's packages as other programs that tests compare with, where they are installed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const found = new Map<string, string | undefined>();

/** Returns a Python that has these modules. */
function pythonWith(modules: readonly string[]): string | undefined {
  const program = `import ${[...modules].sort().join(', ')}`;
  if (!found.has(program)) {
    const all = ['/usr/bin/python3', 'python3'];
    found.set(
      program,
      all.find((command) => spawnSync(command, ['-c', program]).status === 0),
    );
  }
  return found.get(program);
}

/** Why tests that need these modules are skipped here; undefined where they run. */
export const missing = (...modules: readonly string[]): string | undefined =>
  pythonWith(modules) === undefined ? `no Python with ${modules.join(' and ')} is here` : undefined;

/** Runs a program that imports these modules, in a folder, and returns what it prints. */
export function runPython(program: string, args: readonly string[], folder: string): string {
  const lines = [...program.matchAll(/^(?:import|from) ([\w, .]+)/gm)];
  const modules = lines.flatMap(([, names]) => names.split(/ (?:import|as) /)[0].split(', '));
  const { stdout, stderr, status } = spawnSync(pythonWith(modules) ?? 'python3', ['-c', program, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** Calls a function with a folder of its own, and how to write a file into it. */
export function inFolder<T>(use: (folder: string, write: (name: string, bytes: Uint8Array) => void) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-'));
  try {
    return use(folder, (name, bytes) => writeFileSync(join(folder, name), bytes));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
