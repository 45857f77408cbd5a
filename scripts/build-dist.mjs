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

/** Characters of a line of the library, but for texts that are longer. It takes 1 % of size; without, an uncaught error printed 260,000 characters. */
const LINE_LIMIT = 1000;

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

rmSync('dist', { recursive: true, force: true });
const tsup = createRequire(import.meta.url).resolve('tsup/dist/cli-default.js');
const { status } = spawnSync(process.execPath, [tsup], { stdio: ['ignore', 2, 2] });
/**
 * The one namespace of the platform that the declarations name and that a project for Node may lack: the library "DOM" has it, and newer versions of @types/node. Where it
 * is there, this adds nothing to it.
 */
const NAMESPACE = `
declare global {
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
    format: { max_line_len: LINE_LIMIT },
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
  writeFileSync(file, `${parts.join('require(".')}\n`);
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
