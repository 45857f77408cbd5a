/**
 * Runs the matrix in a page, for the numbers of threads in the address (`?threads=1,2,4`), and with `&tiles=3x12` for
 * these tiles alone, and reports its cells.
 */
import * as built from '../../../dist/index.js';
import { trainMatrix } from '../matrix.mjs';
import { report } from './report.js';

/** Types of the sources for the built package. */
const library = /** @type {typeof import('../../../src/index.js')} */ (/** @type {unknown} */ (built));

await report(async () => {
  const cells = [];
  const search = new URLSearchParams(location.search);
  const tiles = search.get('tiles')?.split(',');
  for (const threads of (search.get('threads') ?? '1').split(',')) {
    cells.push(...(await trainMatrix(library, Number(threads), tiles && { tiles })));
  }
  return cells;
});
