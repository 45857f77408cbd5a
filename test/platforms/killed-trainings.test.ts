/**
 * Trainings that are killed (SIGKILL): the newest checkpoint always loads and holds the state of its epoch, and
 * training continues from it to the bit, in another process and in other engines. KILLS is the number of random moments
 * (default 30).
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadModel } from '../../src/index.js';
import { ENGINES } from '../../scripts/checks/engines.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const child = join(root, 'test/support/checkpoint-child.mjs');
const kills = Number(process.env.KILLS ?? 30);

const scratch = mkdtempSync(join(tmpdir(), 'wasm-mlp-kills-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const folder = (): string => mkdtempSync(join(scratch, 'run-'));

interface Line {
  readonly initialEpoch?: number;
  readonly epochs?: number;
  readonly hash?: string;
  readonly skipped?: number;
  readonly name?: string;
  readonly message?: string;
}

const linesOf = (output: string): Line[] =>
  output
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);

/** Runs the child to its end; a kill ends it as well. */
function run(at: string, epochs: number, more: object = {}, engine = [process.execPath]): Line[] {
  const [command, ...args] = engine;
  try {
    const given = [...args, child, at, String(epochs), JSON.stringify(more)];
    return linesOf(execFileSync(command, given, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }));
  } catch (error) {
    const { signal, stdout, stderr } = error as { signal?: string; stdout: string; stderr: string };
    if (signal !== 'SIGKILL') throw new Error(stderr, { cause: error });
    return linesOf(stdout);
  }
}

describe('ten epochs are five, a kill, and five more', () => {
  let whole: Line;
  beforeAll(() => {
    whole = run(folder(), 10)[1];
  });

  test.each([
    ['main', 'main'],
    ['worker', 'main'],
    ['worker', 'worker'],
  ])('in another process; runIn: %s, then %s', (first, then) => {
    const at = folder();
    expect(run(at, 10, { runIn: first, killedIn: 5 })).toHaveLength(1);
    const [start, end] = run(at, 10, { runIn: then });
    expect(start.initialEpoch).toBe(5);
    expect(end).toEqual(whole);
  });

  const installed = ENGINES.map(({ name, version, args }) => {
    const command = join(root, '.engines', `${name}-${version}`, 'node_modules/.bin', name);
    return { name: `${name} ${version}`, command, args };
  });
  for (const { name, command, args } of installed) {
    // `npm run test:engines` installs them, and makes the same comparison.
    test.skipIf(!existsSync(command))(`in ${name}, if it is installed`, () => {
      const [begun, ended] = [folder(), folder()];
      run(begun, 10, { killedIn: 5 });
      cpSync(begun, ended, { recursive: true });
      expect(run(ended, 10, {}, [command, ...args])[1]).toEqual(whole);
      // And back: begun there, ended here.
      const back = folder();
      run(back, 5, {}, [command, ...args]);
      expect(run(back, 10)[1]).toEqual(whole);
    });
  }
});

/** Draws moments from a seed. */
function draw(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Starts the child and kills it `after` milliseconds after its first line. Returns that line. */
const killed = (at: string, after: number, more: object): Promise<Line> =>
  new Promise((resolve, reject) => {
    const running = spawn(process.execPath, [child, at, '1000000', JSON.stringify(more)]);
    let output = '';
    let errors = '';
    running.stdout.on('data', (data: Buffer) => {
      const first = output === '';
      output += data.toString();
      if (first) setTimeout(() => running.kill('SIGKILL'), after);
    });
    running.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    running.on('close', (_code, signal) => {
      const [line, end] = linesOf(output);
      if (signal === 'SIGKILL' && line !== undefined && end === undefined) resolve(line);
      else reject(new Error(errors || output));
    });
  });

test(
  `the newest checkpoint loads after each of ${kills} kills, with the state of its epoch`,
  async () => {
    const at = folder();
    const random = draw(1);
    const starts: Line[] = [];
    for (let kill = 0; kill < kills; kill++) {
      // Most moments are within some epochs; now and then the process is killed while it begins.
      const after = random() < 0.1 ? 0 : 60 * random();
      starts.push(await killed(at, after, { runIn: kill % 5 === 4 ? 'worker' : 'main' }));
    }
    const last = run(at, starts.at(-1)!.initialEpoch! + 1)[0];
    const found = [...starts, last];
    for (const [index, { initialEpoch, skipped }] of found.entries()) {
      expect(skipped).toBe(0);
      expect(initialEpoch).toBeGreaterThanOrEqual(found[index - 1]?.initialEpoch ?? 0);
    }
    expect(last.initialEpoch).toBeGreaterThan(0);
    // The same epochs without a kill, each of which a file keeps.
    const whole = folder();
    run(whole, last.initialEpoch!, { keep: 1e6 });
    for (const { initialEpoch, hash } of found) {
      if (initialEpoch === 0) continue;
      const name = `model-${String(initialEpoch).padStart(4, '0')}.safetensors`;
      const model = await loadModel(readFileSync(join(whole, name)));
      expect(createHash('sha256').update(model.save()).digest('hex'), name).toBe(hash);
      model.dispose();
    }
    // What was being written is gone, and no more files are left than are kept.
    const names = readdirSync(at);
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(names.length).toBeLessThanOrEqual(3);
  },
  60_000 + 2000 * kills,
);

// A limit of the size of files stands for a full disk: the write fails in the middle.
test.skipIf(process.platform === 'win32')('a write that fails ends training, and the files before it are whole', () => {
  const at = folder();
  const [, before] = run(at, 2);
  const script = `ulimit -f 8; exec '${process.execPath}' '${child}' '${at}' 4`;
  const [start, end] = linesOf(execFileSync('bash', ['-c', script], { encoding: 'utf8' }));
  expect([start.initialEpoch, start.hash]).toEqual([2, before.hash]);
  expect(end.name).toBe('WasmMlpError');
  expect(end.message).toMatch(/^modelCheckpoint: a file that can be written expected, got: EFBIG/);
  expect(readdirSync(at).sort()).toEqual(['model-0001.safetensors', 'model-0002.safetensors']);
  expect(run(at, 4)[0]).toEqual(start);
});
