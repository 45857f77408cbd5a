/**
 * The package as `npm pack` builds it: its files, source maps, declarations, entries by import and require, and what
 * bundlers are told. Applications built with bundlers are tested in test/platforms/bundlers.test.ts.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire, SourceMap, type SourceMapPayload } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { besideLibrary, besidePredict, builds, built, declared } from '../../scripts/package/entries.mjs';
import type * as library from '../../src/index.js';
import { packedFiles } from '../support/packed.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/**
 * Matches `import … from '…'`, `import '…'` or `export … from '…'` at the start of a statement, also in minified code,
 * but not `import(…)`.
 */
const staticImport = /(?:^|[;}])\s*(?:import\s*["']|(?:import|export)\b[^"'`;()]*?\bfrom\s*["'])([^"']+)/gm;

/** Returns what a built file imports before it runs. */
const importsOf = (name: string): string[] =>
  [...readFileSync(join(root, `dist/${name}.js`), 'utf8').matchAll(staticImport)].map(([, path]) => path);

describe('the package', () => {
  test('holds the built library, its documents and the example, and nothing else', () => {
    const documents = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
    const code = [
      ...built.flatMap((name) => ['cjs', 'cjs.map', 'js', 'js.map'].map((end) => `dist/${name}.${end}`)),
      ...declared.flatMap((name) => ['d.cts', 'd.ts'].map((end) => `dist/${name}.${end}`)),
    ];
    const files = [
      'ARCHITECTURE.md',
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'bench/README.md',
      'dist/kernels-fused.wasm',
      'dist/kernels.wasm',
      'dist/worker.js',
      'docs/peers.svg',
      'docs/playground.jpg',
      'docs/training.svg',
      'examples/page/index.html',
      'examples/page/page.css',
      'examples/page/page.js',
      'examples/page/view.js',
      'examples/page/xor.js',
      'fused/package.json',
      'package.json',
      'predict/package.json',
      'tables/predict/package.json',
      ...documents.map((name) => `docs/${name}`),
      ...besideLibrary.map((name) => `${name}/package.json`),
      ...code,
    ];
    expect([...packedFiles()].sort()).toEqual(files.sort());
  });

  /** Fewest places with `throw` in the code of a file; none in files of entries or texts, and where nothing is refused. */
  const THROWS: Readonly<Record<string, number>> = {
    core: 21,
    'predict-core': 21,
    onnx: 6,
    ...Object.fromEntries(
      ['index', 'predict', 'fused', 'int8', 'quantization', 'wide-vectors', 'worker-program'].map((name) => [name, 0]),
    ),
  };
  const entries = ['index', 'predict', ...besideLibrary, ...besidePredict];

  test.each(built.flatMap((name) => [`${name}.js`, `${name}.cjs`]))(
    'has source maps: the map of %s leads from each throw to one in the sources',
    (name) => {
      const text = readFileSync(join(root, 'dist', `${name}.map`), 'utf8');
      const map = JSON.parse(text) as SourceMapPayload;
      const found = new SourceMap(map);
      let count = 0;
      readFileSync(join(root, 'dist', name), 'utf8')
        .split('\n')
        .forEach((line, index) => {
          for (const { index: column } of line.matchAll(/\bthrow\b(?= new [\w$.]+\()/g)) {
            const entry = found.findEntry(index, column) as { originalSource: string; originalLine: number };
            const source = map.sourcesContent[map.sources.indexOf(entry.originalSource)] ?? '';
            expect(source.split('\n')[entry.originalLine], `line ${index + 1}, column ${column}`).toMatch(
              /throw|=> \{|\?/,
            );
            count++;
          }
        });
      expect(count).toBeGreaterThanOrEqual(THROWS[name.split('.')[0]] ?? 1);
    },
  );

  test('has complete declarations where the platform lacks the library "DOM"', () => {
    const besides = [...besideLibrary, ...besidePredict].flatMap((name) => [`${name}.d.ts`, `${name}.d.cts`]);
    const entries = ['index.d.ts', 'predict.d.ts', 'fused.d.ts', ...besides].map((name) => join(root, 'dist', name));
    const lib = (...names: string[]): string[] => names.map((name) => `lib.${name}.d.ts`);
    // Without DOM, AbortSignal and URL come from a platform's own types; here from a minimal declaration of them.
    const platform = join(root, 'test/support/platform.d.ts');
    for (const [libs, files] of [
      [lib('es2022'), [...entries, platform]],
      [lib('es2022', 'dom'), entries],
    ] as const) {
      const program = ts.createProgram(files, {
        lib: [...libs],
        types: [],
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.Node16,
        moduleResolution: ts.ModuleResolutionKind.Node16,
      });
      const found = ts
        .getPreEmitDiagnostics(program)
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
      expect(found).toEqual([]);
    }
  });

  test('has models and engines that `using` accepts, with and without a library that declares its symbol', () => {
    const source = join(root, 'test/support/using.ts');
    for (const libs of [
      ['lib.es2022.d.ts', 'lib.dom.d.ts'],
      ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
    ]) {
      const program = ts.createProgram([source], {
        lib: libs,
        types: [],
        strict: true,
        noEmit: true,
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.Node16,
        moduleResolution: ts.ModuleResolutionKind.Node16,
      });
      const found = ts
        .getPreEmitDiagnostics(program)
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
      // `using` itself needs the library's type Disposable; a call of the method does not.
      expect(found.filter((text) => !text.includes("'Disposable'"))).toEqual([]);
    }
  });

  test('loads its parts where scripts may not import: in a context of its own, as under Jest', async () => {
    const loaded = new Map<string, { exports: unknown }>();
    const load = (name: string): unknown => {
      const file = join(root, 'dist', name);
      if (!name.startsWith('./')) return createRequire(file)(name);
      const module = loaded.get(file) ?? { exports: {} };
      if (loaded.has(file)) return module.exports;
      loaded.set(file, module);
      const wrapped = `(function (module, exports, require) {${readFileSync(file, 'utf8')}\n})`;
      const script = runInThisContext(wrapped, { filename: file }) as (...given: unknown[]) => void;
      script(module, module.exports, load);
      return module.exports;
    };
    const { createEngine, dense } = load('./index.cjs') as typeof library;
    const engine = await createEngine();
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const { history } = await model.fit([[1]], [[1]], { epochs: 2, runIn: 'worker' });
    expect(history.loss).toHaveLength(2);
    engine.dispose();
    const names = ['index', 'core', 'remote-fit', 'worker-program'].map((name) => join(root, `dist/${name}.cjs`));
    expect([...loaded.keys()]).toEqual(names);
  });

  test('shows the message of an uncaught error, not its own source', () => {
    for (const [entry, load] of [
      ['index.js', 'import { dense } from'],
      ['index.cjs', 'const { dense } = require('],
    ] as const) {
      const end = entry.endsWith('cjs') ? ')' : '';
      const code = `${load} ${JSON.stringify(join(root, 'dist', entry))}${end}; dense({ unitz: 1 });`;
      const args = [...(entry.endsWith('cjs') ? [] : ['--input-type=module']), '-e', code];
      const { stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      expect(stderr).toMatch(/^ValueError: dense: unknown option "unitz"\. Did you mean "units"\?\n/);
      expect(stderr.length).toBeLessThan(1000);
    }
  });

  test('needs no other package at run time', () => {
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest).not.toHaveProperty('peerDependencies');
    expect(manifest).not.toHaveProperty('optionalDependencies');
    for (const name of built) {
      // Node's own modules are those of wasm-mlp/node, which is for platforms that have them.
      const known = name === 'node' ? /^(\.\/[\w-]+\.js|node:[\w/]+)$/ : /^\.\/[\w-]+\.js$/;
      for (const path of importsOf(name)) expect(path, name).toMatch(known);
    }
    for (const name of ['core', 'predict-core', 'worker-program']) expect(importsOf(name)).toEqual([]);
  });

  test('declares itself free of side effects, and its types before its code', () => {
    expect(manifest.sideEffects).toBe(false);
    expect(Object.keys(manifest.exports['.'].import)).toEqual(['types', 'default']);
    expect(Object.keys(manifest.exports['.'].require)).toEqual(['types', 'default']);
  });

  test.each([
    ['wasm-mlp', 'sequential'],
    ['wasm-mlp/predict', 'loadModel'],
    ['wasm-mlp/fused', 'fusedKernels'],
    ['wasm-mlp/tables/predict', 'loadTable'],
    ['wasm-mlp/onnx', 'exportOnnx'],
    ...besideLibrary.map((name) => [`wasm-mlp/${name}`, undefined]),
  ])('%s exposes the same names by import and by require', (entry, name) => {
    const print = 'console.log(JSON.stringify(Object.keys(library).sort()))';
    const imported = run('node', '--input-type=module', '-e', `import * as library from '${entry}'; ${print}`);
    const required = run('node', '-e', `const library = require('${entry}'); ${print}`);
    if (name !== undefined) expect(JSON.parse(imported)).toContain(name);
    expect(JSON.parse(imported)).not.toEqual([]);
    expect(JSON.parse(required)).toEqual(JSON.parse(imported));
  });

  test('has entries of formats that import the library beside them: one class of errors, one type of models', () => {
    const classesIn = (code: string): string[] => [...code.matchAll(/\bclass (\w+)/g)].map(([, type]) => type);
    const ofLibrary = classesIn(readFileSync(join(root, 'dist/index.d.ts'), 'utf8'));
    for (const { core, files, shared, entry } of builds) {
      const own = [core, ...shared];
      for (const name of [...Object.keys(files), ...shared]) {
        for (const [end, imported] of [
          ['js', /\bfrom\s*"([^"]+)"/g],
          ['cjs', /\brequire\("([^"]+)"\)/g],
        ] as const) {
          const code = readFileSync(join(root, 'dist', `${name}.${end}`), 'utf8');
          const later = Object.keys(files).map((file) => `./${file}.cjs`);
          const found = [...code.matchAll(imported)].map(([, path]) => path);
          const known = own.map((file) => `./${file}.${end}`);
          // What is loaded when a function is called is not imported before. Node's own modules are no copies.
          const copies = found.filter((path) => ![...known, ...later].includes(path) && !path.startsWith('node:'));
          expect(copies, name).toEqual([]);
          // The program of a worker is a text, for another thread.
          if (name === 'worker-program') continue;
          expect(code, name).not.toMatch(/\bextends Error\b/);
          expect(found, name).toContain(`./${core}.${end}`);
        }
      }
      const beside = Object.keys(files).filter((name) => entry !== name && declared.includes(name) && name !== 'fused');
      for (const end of ['ts', 'cts']) {
        for (const name of beside) {
          const text = readFileSync(join(root, 'dist', `${name}.d.${end}`), 'utf8');
          const code = text.replace(/\/\*[\s\S]*?\*\//g, '');
          const found = [...code.matchAll(/\bfrom '([^']+)'/g)].map(([, path]) => path);
          // Declarations that name no type of the library import nothing.
          const isPlain = !/\b(Model|Callback|Layer|Engine|LoadOptions)\b/.test(code);
          expect([...new Set(found)], name).toEqual(isPlain ? [] : [`./${entry}.${end.replace('ts', 'js')}`]);
          expect(classesIn(code).filter((type) => ofLibrary.includes(type))).toEqual([]);
        }
      }
    }
    const check =
      'console.log((() => { try { exportOnnx(1); } catch (error) { return error instanceof ValueError; } })())';
    const imports = "import { ValueError } from 'wasm-mlp'; import { exportOnnx } from 'wasm-mlp/onnx'; ";
    const requires = "const { ValueError } = require('wasm-mlp'); const { exportOnnx } = require('wasm-mlp/onnx'); ";
    expect(run('node', '--input-type=module', '-e', imports + check)).toBe('true\n');
    expect(run('node', '-e', requires + check)).toBe('true\n');
  });

  test('has predictions without the names of other libraries, which only messages of training need', () => {
    const holds = (name: string): boolean =>
      readFileSync(join(root, 'dist', name), 'utf8').includes('sigmoidfocalloss');
    expect(['core.js', 'predict-core.js'].map(holds)).toEqual([true, false]);
  });

  test('loads its parts by require as well', () => {
    const script = `
      const { createEngine, dense } = require('wasm-mlp');
      createEngine({ threads: 2 }).then(async (engine) => {
        const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
        model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
        const { epoch } = await model.fit([[1]], [[2]], { epochs: 2, runIn: 'worker' });
        const small = await require('wasm-mlp/predict').loadModel(model.save());
        console.log(JSON.stringify([epoch, small.predict([[3]])[0] === model.predict([[3]])[0]]));
      });`;
    expect(JSON.parse(run('node', '-e', script))).toEqual([[0, 1], true]);
  });

  test.each(entries.flatMap((name) => [`${name}.d.ts`, `${name}.d.cts`]))(
    'the declarations of %s begin with the public API',
    (name) => {
      const text = readFileSync(join(root, 'dist', name), 'utf8');
      const { statements } = ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
      const published = new Set(
        statements.filter(ts.isExportDeclaration).flatMap(({ exportClause }) => {
          const { elements } = exportClause as ts.NamedExports;
          return elements.map((element) => (element.propertyName ?? element.name).text);
        }),
      );
      const declared = statements.flatMap((statement) => {
        if (ts.isVariableStatement(statement)) return [statement.declarationList.declarations[0].name.getText()];
        const { name } = statement as { name?: ts.Node };
        return name === undefined || ts.isModuleDeclaration(statement) ? [] : [name.getText()];
      });
      const isPublic = declared.map((local) => published.has(local));
      expect(isPublic[0]).toBe(true);
      expect(isPublic).toEqual([...isPublic].sort((a, b) => Number(b) - Number(a)));
      expect(new Set(declared.filter((local) => published.has(local)))).toEqual(published);
    },
  );
});
