/** Runs the matrix in a page, for the numbers of threads in the address (`?threads=1,2,4`), and reports its cells. */
import * as built from '../../../dist/index.js';
import { trainMatrix } from '../matrix.mjs';
import { report } from './report.js';

/** Types of the sources for the built package. */
const library = /** @type {typeof import('../../../src/index.js')} */ (/** @type {unknown} */ (built));

await report(async () => {
  const cells = [];
  for (const threads of (new URLSearchParams(location.search).get('threads') ?? '1').split(',')) {
    cells.push(...(await trainMatrix(library, Number(threads))));
  }
  return cells;
});
