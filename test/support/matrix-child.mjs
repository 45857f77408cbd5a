/**
 * Runs the matrix on the built package, in any engine that runs this file: the first argument holds the options of
 * engines, the others the numbers of threads. Prints the cells as JSON, or why the engine does not support the options.
 */
import { trainMatrix } from './matrix.mjs';

const library = await import(new URL('../../dist/index.js', import.meta.url).href);
const cells = [];
const [options, ...counts] = process.argv.slice(2);
try {
  for (const threads of counts) cells.push(...(await trainMatrix(library, Number(threads), JSON.parse(options))));
  console.log(JSON.stringify(cells));
} catch (error) {
  if (!(error instanceof library.UnsupportedError)) throw error;
  console.log(JSON.stringify({ unsupported: /** @type {Error} */ (error).message }));
}
