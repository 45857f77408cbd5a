/**
 * Compiles and runs all code that the documentation shows, in docstrings and Markdown, and compares its values with
 * those in the comments. How snippets are found and run is in support/snippets.ts.
 */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as library from '../../src/index.js';
import { examplesOf, run, snippetsOf, typeErrors } from '../support/snippets.js';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8');

const sources = readdirSync(resolve(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts') && !path.startsWith('cli/') && !path.endsWith('.generated.ts'))
  .sort();

const examples = sources.flatMap((path) =>
  examplesOf(ts.createSourceFile(path, read(`src/${path}`), ts.ScriptTarget.ES2022, true), path),
);
const pages = readdirSync(resolve(root, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const documents = ['README.md', ...pages].flatMap((path) => snippetsOf(read(path), path));
const all = [...examples, ...documents];

/** The values that src/index.ts exports, with the tags of their docstrings. */
function exports(): { name: string; tags: readonly string[] }[] {
  const entry = resolve(root, 'src/index.ts');
  const { config } = ts.readConfigFile(resolve(root, 'tsconfig.json'), (file) => ts.sys.readFile(file));
  const { options } = ts.convertCompilerOptionsFromJson((config as { compilerOptions: unknown }).compilerOptions, root);
  const program = ts.createProgram([entry], options);
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
  return checker.getExportsOfModule(module).flatMap((symbol) => {
    const name = symbol.getName();
    if (!(name in library)) return [];
    const original = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return [{ name, tags: original.getJsDocTags(checker).map((tag) => tag.name) }];
  });
}

/** Files of others that snippets read, by the names that they have there. */
const FILES = JSON.parse(read('test/golden/snippet-files.json')) as Record<string, string>;

describe('examples', () => {
  // Snippets write files.
  const before = process.cwd();
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-examples-'));
    process.chdir(folder);
    for (const [name, file] of Object.entries(FILES)) copyFileSync(resolve(root, 'test/golden', file), name);
  });
  afterAll(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  });

  test('exist for every value of the public entry', () => {
    const values = exports();
    expect(values.map(({ name }) => name).sort()).toEqual(Object.keys(library).sort());
    const isError = (name: string): boolean => {
      const { prototype } = library[name as keyof typeof library] as { prototype?: unknown };
      return prototype instanceof Error;
    };
    const without = values.filter(({ name, tags }) => !tags.includes('example') && !isError(name));
    expect(without.map(({ name }) => name)).toEqual([]);
  });

  test('compile', () => {
    // A snippet that does not compile shows that errors are noticed.
    const wrong = { title: 'wrong', code: 'dense({ units: "three" });' };
    expect(typeErrors([...all, wrong], root)).toEqual(["wrong: Type 'string' is not assignable to type 'number'."]);
  });

  test.each(all)('run and give the values of their comments: $title', async (snippet) => {
    // Node 20 has relaxed SIMD behind a flag, which affects only what is compiled from then on.
    if (snippet.code.includes("'fused'")) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
    await run(snippet);
  });
});

describe('values in comments are compared', () => {
  const cases: [code: string, holds: boolean][] = [
    ['1 + 1; // 2', true],
    ['1 + 1; // 3', false],
    ['const a = [1, -2]; // [1, -2]', true],
    ['const a = [1, -2]; // [1, 2]', false],
    ["({ a: 'b', c: [true, null, undefined] }); // { a: 'b', c: [true, null, undefined] }", true],
    ["({ a: 'b' }); // { a: 'c' }", false],
    ['Float32Array.of(0.1, 1); // [0.1, 1]', true],
    ['Float32Array.of(0.1, 1); // [0.1, 2]', false],
    ['await Promise.resolve(1); // 2', false],
    ['for (const a of [1, 2]) {\n  a < 3; // true\n}', true],
    ['if (Date.now() < 0) {\n  1; // 1\n}', false],
  ];
  test.each(cases)('%s: %s', async (code, holds) => {
    const result = run({ title: '', code });
    if (holds) expect(await result).toBe(1);
    else await expect(result).rejects.toThrow();
  });

  test('a comment that is no literal is not compared', async () => {
    expect(await run({ title: '', code: '1; // the first\n2; // Float32Array(4)\n3; // { loss, accuracy }' })).toBe(0);
  });
});
