/** `wasm-mlp verify`: what it prints and its status, where bits are the same and where they are not. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { run, temporaryFolder, type Outcome } from './command.js';

const VECTORS = fileURLToPath(new URL('../../../verification/vectors', import.meta.url));
const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const verify = (...args: string[]): Promise<Outcome> => run(['verify', ...args], { cwd: folder });

interface Result {
  readonly version: string;
  readonly engine: string;
  readonly sameBits: boolean;
  readonly same: boolean;
  readonly vectors: readonly { readonly name: string; readonly same: boolean; readonly difference?: string }[];
  readonly networks: number;
  readonly differences: readonly { readonly seed: number; readonly subjects: readonly string[] }[];
}
const parse = ({ output }: Outcome): Result => JSON.parse(output) as Result;

describe('vectors', () => {
  beforeAll(() => {
    mkdirSync(at('vectors'));
    for (const name of ['lion.json', 'softmax.json']) cpSync(join(VECTORS, name), at(`vectors/${name}`));
    // Another last bit of the first weight.
    const text = readFileSync(at('vectors/softmax.json'), 'utf8');
    const start = text.indexOf('"first": ["') + '"first": ["'.length + 7;
    const last = (Number.parseInt(text[start], 16) ^ 1).toString(16);
    writeFileSync(at('vectors/softmax.json'), text.slice(0, start) + last + text.slice(start + 1));
  });

  test('all are computed, and have the same bits', async () => {
    const outcome = await verify('--json');
    expect(outcome).toMatchObject({ status: 0, errors: '' });
    const { vectors, ...rest } = parse(outcome);
    expect(rest).toMatchObject({ same: true, sameBits: true, engine: expect.stringMatching(/^Node /) as string });
    expect(vectors.length).toBeGreaterThan(20);
    expect(vectors.filter(({ same }) => !same)).toEqual([]);
  });

  test('one whose bits are others is named, and the status is 1', async () => {
    const { status, output, errors } = await verify('--vectors', 'vectors');
    expect(status).toBe(1);
    expect(output).toMatch(/^ {2}same +lion .*\n {2}DIFFERENT {2}softmax {2}after 0 updates$/m);
    expect(errors).toMatch(/^1 of 2 vectors differ: /);
    const json = await verify('--vectors', 'vectors', '--json');
    expect(json.status).toBe(1);
    const { same, vectors } = parse(json);
    expect(same).toBe(false);
    expect(vectors[0]).toMatchObject({ name: 'lion', same: true });
    expect(vectors[1]).toMatchObject({ name: 'softmax', same: false });
    expect(vectors[1].difference).toMatch(/^after 0 updates expected /);
  });
});

test('random networks are compared by a file of hashes', async () => {
  expect(await verify('--random', '4', '-o', 'hashes.txt')).toMatchObject({ status: 0, errors: '' });
  // The same text as on standard output.
  const { output } = await verify('--random', '4');
  expect(readFileSync(at('hashes.txt'), 'utf8')).toBe(output);
  const same = await verify('--compare', 'hashes.txt');
  expect(same).toMatchObject({ status: 0, errors: '' });
  expect(same.output).toMatch(/^All 4 networks have the same bits\.$/m);

  const lines = output.split('\n');
  const subjects = lines[1].split(' ');
  const cells = lines[4].split(' ');
  for (const subject of ['state', 'file']) cells[subjects.indexOf(subject)] = '0123456789abcdef';
  lines[4] = cells.join(' ');
  writeFileSync(at('other.txt'), lines.join('\n'));
  const different = await verify('--compare', 'other.txt');
  expect(different.status).toBe(1);
  expect(different.output).toMatch(/^ {2}network 2 {2}state, file$/m);
  expect(different.errors).toMatch(/^1 of 4 networks differ\./);
  const json = await verify('--compare', 'other.txt', '--json');
  expect(json.status).toBe(1);
  expect(parse(json)).toMatchObject({
    ...{ same: false, networks: 4 },
    differences: [{ seed: 2, subjects: ['state', 'file'] }],
  });
});
