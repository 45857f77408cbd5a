/** Helpers of the templates. Indentation, line breaks and blank lines are left to prettier: see source.mjs. */

/**
 * Writes `from` … `count` − 1, one line each.
 *
 * @param {number} count
 * @param {(index: number) => string} write
 * @param {number} [from]
 */
export const each = (count, write, from = 0) =>
  Array.from({ length: count - from }, (_, i) => write(from + i)).join('\n');

/**
 * Writes each item, one line each.
 *
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T, index: number) => string} write
 */
export const eachOf = (items, write) => items.map(write).join('\n');

/**
 * Lines for the accumulators of a tile, row by row: `write(row, vector)`.
 *
 * @param {number} rows
 * @param {number} vectors
 * @param {(row: number, vector: number) => string} write
 */
export const eachAccumulator = (rows, vectors, write) => each(rows, (r) => each(vectors, (v) => write(r, v)));

/**
 * Joins lines and groups of lines, without those that are absent.
 *
 * @param {readonly (string | false)[]} parts
 */
export const lines = (...parts) => parts.filter((part) => part !== false).join('\n');
