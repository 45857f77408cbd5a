/** The matrix on the built package, in whatever engine runs this file, for the numbers of threads in the arguments; prints its cells as JSON. */
import { trainMatrix } from './matrix.mjs';

const library = await import(new URL('../../dist/index.js', import.meta.url).href);
const cells = [];
for (const threads of process.argv.slice(2)) cells.push(...(await trainMatrix(library, Number(threads))));
console.log(JSON.stringify(cells));
