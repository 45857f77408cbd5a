/**
 * The matrix on the built package, in whatever engine runs this file: with the options of engines in the first
 * argument, for the numbers of threads in the others. Prints its cells as JSON, or why the engine has no such options.
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
