/**
 * Builds dist/ from src/ with tsup, and puts the kernels and the worker beside it as plain files. Prints on standard error only, so
 * that `npm start -- --json` stays machine-readable.
 */

import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { minified } from './minify.mjs';

/**
 * A file of the package is one line, which says to Node that it is not to be printed with an uncaught error: a feature of its own for its own files,
 * src/node_errors.cc. Deno prints no line that long, Bun the first thousand characters. Short lines would take 1 % of size, and be printed.
 */
const UNPRINTED = '/*node-do-not-add-exception-line*/';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

rmSync('dist', { recursive: true, force: true });
const tsup = createRequire(import.meta.url).resolve('tsup/dist/cli-default.js');
const { status } = spawnSync(process.execPath, [tsup], { stdio: ['ignore', 2, 2] });
/**
 * What of the platform the declarations name and a project may lack: the namespace is in the library "DOM" and newer versions of @types/node, the symbol in the
 * library "ESNext.Disposable". Where they are there, this adds nothing to them.
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
for (const name of ['index.d.ts', 'index.d.cts', 'predict.d.ts', 'predict.d.cts']) {
  if (status === 0) appendFileSync(`dist/${name}`, NAMESPACE);
}
/** esbuild calls require by a function of its own, which bundlers do not look into. */
const OWN_REQUIRE = /var ([\w$]+)=\([\w$]+=>typeof require<"u"\?require:.*? is not supported'\)\}\);/s;

/**
 * Puts on the one line of a file that it is not to be printed; behind the code, whose map stays right. And tells the library where it stands, see src/common/traces.ts:
 * blanks keep what follows in its place.
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
 * Minifies a built file, and brings its map up to it. Where `required` files are loaded later by esbuild's own require, they are by the plain one then: its declaration goes
 * first, and blanks keep the place for the map; its name is a global that nobody declares to Terser, and is written over last.
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
  for (const name of ['index', 'predict', 'fused', 'worker-program']) {
    await minifyFile(`dist/${name}.js`, 0);
    await minifyFile(`dist/${name}.cjs`, name === 'index' ? 2 : 0);
  }
}

for (const name of ['worker.js', 'kernels.wasm', 'kernels-fused.wasm']) {
  if (status === 0 && existsSync(`build/${name}`)) copyFileSync(`build/${name}`, `dist/${name}`);
}
process.exitCode = status ?? 1;
