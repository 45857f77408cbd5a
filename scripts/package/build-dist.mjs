/**
 * Builds dist/ from src/: code by bundle.mjs, minified; declarations by tsup, ordered and completed; the kernels and
 * the worker as plain files. Prints on standard error only, so that `npm start -- --json` stays machine-readable.
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';
import { builds, declared } from './entries.mjs';
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
for (const entry of declared) {
  if (status !== 0) break;
  const bundled = readFileSync(`dist/${entry}.d.ts`, 'utf8');
  const source = readFileSync(`${builds.map(({ files }) => files[entry]).find(Boolean)}.ts`, 'utf8');
  // One that is a module of its own, and no list of exports, has nothing to order.
  const ordered = /^export .* from /m.test(source) ? orderDeclarations(bundled, source) : bundled;
  // Types of the main entry are those of the file beside this one, in the same module system.
  const imported = /(?<=\bfrom )'\.[./a-z]*\/(index|predict)\.js'/g;
  const text = ordered === bundled || imported.test(ordered) ? ordered : ordered + NAMESPACE;
  for (const end of ['js', 'cjs']) {
    writeFileSync(`dist/${entry}.d.${end.replace('js', 'ts')}`, text.replaceAll(imported, `'./$1.${end}'`));
  }
}

/**
 * Appends UNPRINTED behind the code, so that the source map stays right, and writes the position of `new Error` into
 * the placeholder of src/common/traces.ts, padded with blanks so that nothing behind it moves.
 *
 * @param {string} file
 * @param {string} minified
 * @param {boolean} hasFindOwn whether the file has that code; the worker's program has it within a text
 */
function finish(file, minified, hasFindOwn) {
  const [code, comment, ...others] = minified.split('\n');
  const [placeholder] = (hasFindOwn && /(["'`])@place of findOwn in the file@\1/.exec(code)) || [];
  const call = code.search(/new Error(?=\)?(\(\))?\.stack\))/);
  const found = placeholder === undefined ? !hasFindOwn : call !== -1 && call < code.indexOf(placeholder);
  if (!comment?.startsWith('//# ') || others.length > 0 || !found) {
    throw new Error(`build-dist: ${file} expected to be one line, in which findOwn makes an error.`);
  }
  const placed = placeholder ? code.replace(placeholder, `":1:${call + 1}"`.padEnd(placeholder.length)) : code;
  return [placed + UNPRINTED, comment, ''].join('\n');
}

/**
 * Minifies a bundled file and writes it with its map.
 *
 * @param {import('./bundle.mjs').Bundled} bundled
 * @param {string} core name of the file with what all others of the build share
 */
async function writeMinified({ fileName, code, map }, core) {
  const minifiedFile = await minified(code, {
    module: fileName.endsWith('.js'),
    toplevel: true,
    sourceMap: { includeSources: true, content: map, filename: fileName, url: `${fileName}.map` },
  });
  writeFileSync(`dist/${fileName}`, finish(`dist/${fileName}`, minifiedFile.code, fileName.startsWith(`${core}.`)));
  writeFileSync(`dist/${fileName}.map`, minifiedFile.map);
}
if (status === 0) {
  mkdirSync('dist', { recursive: true });
  for (const build of builds) for (const file of await bundle(build)) await writeMinified(file, build.core);
}

for (const name of ['worker.js', 'kernels.wasm', 'kernels-fused.wasm']) {
  if (status === 0 && existsSync(`build/${name}`)) copyFileSync(`build/${name}`, `dist/${name}`);
}
process.exitCode = status ?? 1;
