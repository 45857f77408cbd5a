/**
 * Vectors: small trainings with what must come of them. `verify.mjs` computes them with the library, the tests with the
 * C program too, and `make-vectors.mjs` writes what is expected by the C program alone.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {import('./library.mjs').Description} Description */
/** @typedef {import('./library.mjs').Result} Result */

/**
 * All weights at one moment.
 * @typedef {object} Moment
 * @property {number} epochs Epochs before it.
 * @property {number} updates Updates before it; of optimizers that look at all rows at once, iterations.
 * @property {Record<string, string>} [logs] Those of the epoch before it: float64, as hexadecimal bits.
 * @property {string} sha256 Of the weights, tensor after tensor: float32, little-endian, NaN as 7fc00000.
 * @property {string[]} first The first weights, as hexadecimal bits.
 * @property {string[]} last
 */

/**
 * @typedef {object} Expected
 * @property {Moment[]} moments Before the training and after each epoch.
 * @property {string} [stopReason] Why the optimizer ended the training, where it did.
 * @property {string} final SHA-256 of the weights after the training.
 * @property {Record<string, string>} [evaluation] Logs of an evaluation of the rows of the training, after it.
 * @property {string} predictions SHA-256 of the predictions for the rows of the training, output after output.
 */

/**
 * @typedef {object} Vector
 * @property {string} name
 * @property {string} about What it covers.
 * @property {string} numerics The version of the library whose numerics these are: a later one changes them only where the changelog says so.
 * @property {Description} description
 * @property {Expected} expected
 */

/** The folder of the vectors. */
export const FOLDER = fileURLToPath(new URL('vectors', import.meta.url));

/** Returns the vectors of a folder, by name. @param {string} [folder] @returns {Vector[]} */
export const readVectors = (folder = FOLDER) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => {
      const vector = /** @type {Omit<Vector, 'name'>} */ (JSON.parse(readFileSync(join(folder, name), 'utf8')));
      return { name: name.slice(0, -'.json'.length), ...vector };
    });

/** Returns the numbers of eight hexadecimal digits each. @param {string} hex */
const words = (hex) => hex.match(/.{8}/g) ?? [];

/** Returns the hash of floats that are given by their bits. @param {readonly string[]} texts */
export function hashOf(texts) {
  const bytes = Buffer.from(texts.join(''), 'hex');
  return createHash('sha256').update(bytes.swap32()).digest('hex');
}

const SHOWN = 4;

/**
 * Returns what a vector says of a result.
 * @param {Description} description
 * @param {Result} result
 * @returns {Expected}
 */
export function summary(
  { rows, batchSize, optimizer: { accumulate = 1 } },
  { weights, epochs, stopReason, final, evaluation, predictions },
) {
  const perEpoch = Math.ceil(rows / (batchSize * Number(accumulate)));
  const moments = [{ weights, logs: undefined }, ...epochs].map(({ weights, logs }, epoch) => {
    const all = words(weights.join(''));
    return {
      epochs: epoch,
      updates: epoch * perEpoch,
      ...(logs && { logs }),
      sha256: hashOf(weights),
      first: all.slice(0, SHOWN),
      last: all.slice(-SHOWN),
    };
  });
  return {
    moments,
    ...(stopReason && { stopReason }),
    final: hashOf(final),
    ...(evaluation && { evaluation }),
    predictions: hashOf(predictions),
  };
}

/** Returns a value as text that does not depend on the order of fields. @param {unknown} value */
const sorted = (value) =>
  JSON.stringify(value, (_key, part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : /** @type {unknown} */ (part),
  );

/**
 * Returns how a result differs from what a vector expects; undefined where it has the same bits.
 * @param {Vector} vector
 * @param {Result} result
 */
export function differenceFrom({ description, expected }, result) {
  const got = summary(description, result);
  for (const [index, moment] of expected.moments.entries()) {
    const [wanted, found] = [sorted(moment), sorted(got.moments[index])];
    if (wanted !== found) return `after ${moment.updates} updates expected ${wanted}, got ${found}`;
  }
  if (got.moments.length !== expected.moments.length || got.stopReason !== expected.stopReason) {
    const ends = (/** @type {Expected} */ { moments, stopReason }) =>
      `${moments.length - 1} epochs and the reason ${stopReason ?? 'none'}`;
    return `after the training expected ${ends(expected)}, got ${ends(got)}`;
  }
  if (got.final !== expected.final) return `weights after the training expected ${expected.final}, got ${got.final}`;
  if (sorted(got.evaluation) !== sorted(expected.evaluation))
    return `evaluation expected ${sorted(expected.evaluation)}, got ${sorted(got.evaluation)}`;
  if (got.predictions === expected.predictions) return undefined;
  return `predictions expected ${expected.predictions}, got ${got.predictions}`;
}
