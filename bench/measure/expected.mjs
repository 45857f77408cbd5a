/** The expected checksums: constants, since the library gives the same bits on every platform. */
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('../checksums.json', import.meta.url);

/**
 * Returns the checksums by numerics, then by the name of the measurement. @returns {Record<string, Record<string,
 * string>>}
 */
export const readExpected = () => JSON.parse(readFileSync(FILE, 'utf8'));

/** @param {Record<string, Record<string, string>>} expected */
export function writeExpected(expected) {
  const sorted = Object.fromEntries(
    Object.entries(expected).map(([numerics, checksums]) => [
      numerics,
      Object.fromEntries(Object.entries(checksums).sort(([a], [b]) => (a < b ? -1 : 1))),
    ]),
  );
  writeFileSync(FILE, `${JSON.stringify(sorted, null, 2)}\n`);
}
