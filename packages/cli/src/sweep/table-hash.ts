/** The identity of a table: machines that were given other rows, or read them in another way, get another hash. */
import { createHash } from 'node:crypto';
import type { ReadCell } from '../reading/reader.js';
import type { Columns } from '../training/data.js';

/** Cells whose bytes are hashed at a time. */
const CELLS = 65_536;

/**
 * SHA-256 of names and cells, column by column. The file does not count, so a CSV and a Parquet file of the same
 * values have the same hash.
 */
export function tableHash(columns: Columns): string {
  const hash = createHash('sha256');
  for (const [name, cells] of Object.entries(columns)) {
    hash.update(`${JSON.stringify([name, cells.length])}\n`);
    for (let from = 0; from < cells.length; from += CELLS) {
      hash.update(
        cells
          .slice(from, from + CELLS)
          .map(cellText)
          .join(''),
      );
    }
  }
  return hash.digest('hex');
}

/** A cell as text that no other cell has. JSON has no −0 and no infinities. */
const cellText = (cell: ReadCell): string =>
  typeof cell === 'number' ? `${Object.is(cell, -0) ? '-0' : cell}\n` : `${JSON.stringify(cell)}\n`;
