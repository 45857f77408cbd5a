/**
 * Builds dist/ from src/ with tsup, minifies each file once more, orders and completes the declarations, and adds the
 * kernels and the worker as plain files. Prints on standard error only, so that `npm start -- --json` stays
 * machine-readable.
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { besideLibrary, besidePredict, loadedByEntries } from './entries.mjs';
import { minified } from './minify.mjs';
import { orderDeclarations } from './order-declarations.mjs';

/**
 * Keeps Node from printing the source line of an uncaught error, since a file of the package is a single line. Node
 * introduced the comment for its own files (src/node_errors.cc). Deno prints no line that long, Bun prints the first
 * thousand characters. Short lines would cost 1 % of size, and be printed.
 */
const UNPRINTED = '/*node-do-not-add-exception-line*/';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

rmSync('dist', { recursive: true, force: true });
const tsup = createRequire(import.meta.url).resolve('tsup/dist/cli-default.js');
const { status } = spawnSync(process.execPath, [tsup], { stdio: ['ignore', 2, 2] });
/**
 * Platform types that the declarations name and a project may lack: the namespace is in the library "DOM" and newer
 * versions of @types/node, the symbol in the library "ESNext.Disposable". Where these exist, the text adds nothing.
 */
const NAMESPACE = `
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
  namespace WebAssembly {
    interface Module {}
    interface Memory {}
  }
}
`;
const declared = ['index', 'predict', ...besideLibrary, ...besidePredict].flatMap((name) =>
  ['js', 'cjs'].map((end) => [name, end]),
);
for (const [entry, extension] of declared) {
  if (status !== 0) break;
  const file = `dist/${entry}.d.${extension.replace('js', 'ts')}`;
  const ordered = orderDeclarations(readFileSync(file, 'utf8'), readFileSync(`src/${entry}.ts`, 'utf8'));
  // Types of the main entry are those of the file beside this one, in the same module system.
  const imported = /(?<=\bfrom )'\.[./a-z]*\/(index|predict)\.js'/g;
  const linked = ordered.replaceAll(imported, `'./$1.${extension}'`);
  writeFileSync(file, imported.test(ordered) ? linked : ordered + NAMESPACE);
}
/** esbuild wraps `require` in a function that bundlers do not analyse. */
const OWN_REQUIRE = /var ([\w$]+)=\([\w$]+=>typeof require<"u"\?require:.*? is not supported'\)\}\);/s;

/**
 * Appends UNPRINTED behind the code, so that the source map stays right, and writes the position of `new Error` into
 * the placeholder of src/common/traces.ts, padded with blanks so that nothing behind it moves.
 *
 * @param {string} file
 * @param {string} minified
 */
function finish(file, minified) {
  const [code, comment, ...others] = minified.split('\n');
  const [placeholder] = /(["'`])@place of findOwn in the file@\1/.exec(code) ?? [];
  const call = code.search(/new Error(?=\)?(\(\))?\.stack\))/);
  const found = placeholder === undefined || (call !== -1 && call < code.indexOf(placeholder));
  if (!comment?.startsWith('//# ') || others.length > 0 || !found) {
    throw new Error(`build-dist: ${file} expected to be one line, in which findOwn makes an error.`);
  }
  const placed = placeholder ? code.replace(placeholder, `":1:${call + 1}"`.padEnd(placeholder.length)) : code;
  return [placed + UNPRINTED, comment, ''].join('\n');
}

/**
 * Minifies a built file and updates its map. `required` files are loaded later by esbuild's wrapper of `require`, which
 * becomes plain `require`. Its declaration is overwritten first, with blanks of the same length for the map. Terser
 * then keeps its name, an undeclared global, which is replaced last.
 *
 * @param {string} file
 * @param {number} required
 */
async function minifyFile(file, required) {
  const name = basename(file);
  const built = readFileSync(file, 'utf8');
  const [declaration = '', own = ''] = (required > 0 && OWN_REQUIRE.exec(built)) || [];
  const { code, map } = await minified(built.replace(declaration, declaration.replace(/[^\n]/g, ' ')), {
    module: file.endsWith('.js'),
    toplevel: true,
    sourceMap: {
      includeSources: true,
      content: readFileSync(`${file}.map`, 'utf8'),
      filename: name,
      url: `${name}.map`,
    },
  });
  const parts = required > 0 ? code.split(`${own}(".`) : [code];
  if (parts.length !== required + 1) {
    throw new Error(`build-dist: ${file} expected to load ${required} files later, found ${parts.length - 1}.`);
  }
  writeFileSync(file, finish(file, parts.join('require(".')));
  writeFileSync(`${file}.map`, map);
}
if (status === 0) {
  const all = [
    'index',
    'predict',
    ...besideLibrary,
    ...besidePredict,
    ...Object.keys(loadedByEntries),
    'fused',
    'worker-program',
  ];
  for (const name of all) {
    // What an ES module imports later, the CommonJS one requires then.
    const later = new Set(readFileSync(`dist/${name}.js`, 'utf8').match(/\bimport\("\.\/[\w-]+\.js"\)/g));
    await minifyFile(`dist/${name}.js`, 0);
    await minifyFile(`dist/${name}.cjs`, later.size);
  }
}

for (const name of ['worker.js', 'kernels.wasm', 'kernels-fused.wasm']) {
  if (status === 0 && existsSync(`build/${name}`)) copyFileSync(`build/${name}`, `dist/${name}`);
}
process.exitCode = status ?? 1;
