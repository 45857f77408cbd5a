/** Runs the built command as a person does: its own process, no terminal. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const MAIN = fileURLToPath(new URL('../bin/wasm-mlp.mjs', import.meta.url));

export interface Outcome {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

interface Place {
  readonly cwd?: string;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunOptions extends Place {
  /** Standard input; null leaves it open. */
  readonly input?: string | null;
  /** A signal to send once: when what was printed so far matches, or after some milliseconds. */
  readonly kill?: { readonly when: RegExp | number; readonly signal: NodeJS.Signals };
}

/** Starts `wasm-mlp` with arguments in a folder. */
export const start = (args: readonly string[], { cwd, env }: Place = {}): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });

/** Runs `wasm-mlp` with arguments in a folder. */
export function run(args: readonly string[], { input, kill, ...place }: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = start(args, place);
    let [output, errors, isKilled] = ['', '', false];
    const look = (): void => {
      if (kill === undefined || isKilled) return;
      if (kill.when instanceof RegExp && !kill.when.test(output + errors)) return;
      isKilled = true;
      child.kill(kill.signal);
    };
    if (typeof kill?.when === 'number') setTimeout(look, kill.when);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (kill?.when instanceof RegExp) look();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
      if (kill?.when instanceof RegExp) look();
    });
    // A command that does not read its input may end before it is written.
    child.stdin.on('error', () => undefined);
    if (input !== null) child.stdin.end(input ?? '');
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output, errors }));
  });
}

/** A folder for the files of a test file, removed after its tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Lines that are wider than a terminal of 80 columns. */
export const wideLines = (text: string): string[] => text.split('\n').filter((line) => Array.from(line).length > 80);
