/**
 * Checks the Markdown documents: every link leads to a file and a heading that exist, the package holds the documents,
 * and every kernel has its formula in docs/derivations.md. Code in the documents is checked in examples.test.ts.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { besideLibrary, loadedLater } from '../../scripts/package/entries.mjs';
import { ACTIVATIONS } from '../../src/activations/activations.js';
import { otherName } from '../../src/common/other-names.js';
import * as library from '../../src/index.js';
import { INITIALIZERS } from '../../src/initializers/initializers.js';
import { LOSSES } from '../../src/losses/losses.js';
import { METRICS } from '../../src/metrics/metrics.js';
import { OPTIMIZERS } from '../../src/optimizers/optimizers.js';
import { packedFiles } from '../support/packed.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'bench/README.md',
  ...markdownIn('docs'),
];

function markdownIn(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith('.md')).map(({ name }) => `${folder}/${name}`);
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Removes code and formulas, parts of which look like links. */
const prose = (markdown: string): string => markdown.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');

interface Link {
  readonly target: string;
  /** Path of the file from the root; the document itself for a link within it. */
  readonly file: string;
  readonly heading: string | undefined;
}

function linksOf(document: string): Link[] {
  return [...prose(read(document)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path, heading] = target.split('#');
      const file = path === '' ? document : relative(root, resolve(root, dirname(document), path));
      return { target, file, heading };
    });
}

/** The anchors of a document's headings, as GitHub makes them. */
const anchorsOf = (document: string): string[] =>
  [...read(document).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe.each(documents)('%s', (document) => {
  test('links to files that exist', () => {
    const missing = linksOf(document).filter(({ file }) => !existsSync(join(root, file)));
    expect(missing.map(({ target }) => target)).toEqual([]);
  });

  test('links to headings that exist', () => {
    const missing = linksOf(document).filter(
      ({ file, heading }) => heading !== undefined && file.endsWith('.md') && !anchorsOf(file).includes(heading),
    );
    expect(missing.map(({ target }) => target)).toEqual([]);
  });
});

test('the link checker finds the links of the documents', () => {
  for (const document of ['docs/derivations.md', 'docs/numerics.md', 'docs/guide.md']) {
    expect(linksOf(document).length, document).toBeGreaterThan(5);
  }
});

test('the package holds the documents and all files that they link to, except code, which is in the repository', () => {
  const files = packedFiles();
  expect(documents.filter((document) => !files.has(document))).toEqual([]);
  const code = /^(verification\/|(src|assembly|test|scripts|bench)\/(?!README\.md$))/;
  const links = documents.flatMap((document) => linksOf(document).map(({ file }) => ({ document, file })));
  const absent = links.filter(({ file }) => !files.has(file));
  expect(absent.filter(({ document, file }) => document === 'README.md' || !code.test(file))).toEqual([]);
});

test('every kernel of an activation, loss, optimizer or normalization has its formula in the derivations', () => {
  const kernels = ['activation', 'loss', 'optimizer', 'normalization'].flatMap((folder) =>
    readdirSync(join(root, 'assembly', folder)).map((name) => `assembly/${folder}/${name}`),
  );
  expect(kernels.length).toBeGreaterThan(20);
  const linked = new Set(linksOf('docs/derivations.md').map(({ file }) => file));
  expect(kernels.filter((file) => !linked.has(file))).toEqual([]);
});

/** Returns a built file and the files that it imports, and so on, in this order, but for those that are there. */
function loadedBy(file: string, there: readonly string[] = []): string[] {
  const found = new Set<string>([file]);
  for (const one of found) {
    const code = readFileSync(join(root, 'dist', one), 'utf8');
    for (const [, path] of code.matchAll(/\bfrom\s*"\.\/([\w-]+\.js)"/g)) if (!there.includes(path)) found.add(path);
  }
  return [...found].filter((one) => !there.includes(one));
}

/** Returns the size of built files in KB, compressed. */
const sizeOf = (files: readonly string[]): number =>
  files.reduce((sum, file) => sum + gzipSync(readFileSync(join(root, 'dist', file)), { level: 9 }).length, 0) / 1000;

test('the table of formats says how large each entry is', () => {
  const rows = [
    ...read('docs/formats.md').matchAll(/`wasm-mlp\/(\w+)` \|.*\| (\d+) KB(?:, reading (\d+) KB more)? \|$/gm),
  ];
  expect(rows.map(([, entry]) => entry).sort()).toEqual([...besideLibrary].sort());
  for (const [, entry, size, reading] of rows) {
    const first = loadedBy(`${entry}.js`, ['core.js']);
    expect(Math.abs(sizeOf(first) - Number(size)), entry).toBeLessThan(1);
    const later = Object.keys(loadedLater).filter((name) => name.startsWith(`${entry}-`));
    expect(reading === undefined).toBe(later.length === 0);
    for (const name of later) {
      expect(Math.abs(sizeOf(loadedBy(`${name}.js`, ['core.js', ...first])) - Number(reading)), name).toBeLessThan(1);
    }
  }
});

test.each(documents)('every block of code in %s is closed', (document) => {
  let open: number | undefined;
  read(document)
    .split('\n')
    .forEach((line, number) => {
      if (!line.startsWith('```')) return;
      // A fence with a language opens a block: within another one, that one was not closed.
      expect(open !== undefined && line !== '```', `line ${number + 1}, in the block of line ${open}`).toBe(false);
      open = open === undefined ? number + 1 : undefined;
    });
  expect(open).toBeUndefined();
});

test('the README says how large the built files are', () => {
  const [, library, predict] = /is (\d+) KB \(gzip\) with its kernels,\s`wasm-mlp\/predict` (\d+) KB/.exec(
    read('README.md'),
  )!;
  expect(Math.abs(sizeOf(loadedBy('index.js')) - Number(library))).toBeLessThan(3);
  expect(Math.abs(sizeOf(loadedBy('predict.js')) - Number(predict))).toBeLessThan(1);
});

describe('the table of all names in the guide', () => {
  const rows = [...read('docs/guide.md').matchAll(/^\| ([a-z]+) \| `([\w.]+)` \| .* \| (.*) ?\|$/gm)].map(
    ([, kind, name, others]) => ({ kind, name, others: [...others.matchAll(/`(\w+)`/g)].map(([, other]) => other) }),
  );
  const namesOf = (kind: string): string[] => rows.filter((row) => row.kind === kind).map(({ name }) => name);

  test('has every name of a choice, and no other', () => {
    const choices = {
      activation: ACTIVATIONS,
      loss: LOSSES,
      metric: METRICS,
      optimizer: OPTIMIZERS,
      initializer: INITIALIZERS,
    };
    for (const [kind, registry] of Object.entries(choices)) {
      expect(namesOf(kind).sort(), kind).toEqual(Object.keys(registry).sort());
    }
    expect(namesOf('schedule').sort()).toEqual(
      Object.keys(library.schedules)
        .map((name) => `schedules.${name}`)
        .sort(),
    );
  });

  test('has as many layers, activations, losses and optimizers as the README says', () => {
    const { length: layers } = namesOf('layer').filter((name) => name !== 'input');
    const [activations, losses, optimizers] = ['activation', 'loss', 'optimizer'].map((kind) => namesOf(kind).length);
    expect(read('README.md').replaceAll(/\s+/g, ' ')).toContain(
      `${layers} kinds of layers, ${activations} activations, ${losses} losses, ${optimizers} optimizers`,
    );
  });

  test('has every exported function', () => {
    const functions = Object.keys(library).filter((name) => name !== 'schedules' && !name.endsWith('Error'));
    const named = new Set(rows.map(({ name }) => name));
    expect(functions.filter((name) => !named.has(name))).toEqual([]);
  });

  test('lists names of other libraries that the library takes', () => {
    const listed = rows.flatMap(({ kind, name, others }) => others.map((other) => ({ kind, name, other })));
    expect(listed.length).toBeGreaterThan(10);
    for (const { kind, name, other } of listed) expect(otherName(other, namesOf(kind)), other).toBe(name);
  });
});

test('the comparison with other libraries names what the guide or the derivations name', () => {
  const rows = [...read('docs/compared.md').matchAll(/^\| here \|.*\n\| ---.*\n((?:\|.*\n)+)/gm)].flatMap(([, table]) =>
    table.trimEnd().split('\n'),
  );
  const names = rows.flatMap((row) => [...row.split(' | ')[0].matchAll(/`([\w.]+)`/g)].map(([, name]) => name));
  expect(names.length).toBeGreaterThan(100);
  const named = new Set(`${read('docs/guide.md')}${read('docs/derivations.md')}`.match(/\w+/g));
  expect(names.filter((name) => name.split('.').some((word) => !named.has(word)))).toEqual([]);
});
