/** JSON files as callers have them: text, its bytes, or the parsed object. */
import { bytesOf } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { FormatError, ValueError } from '../common/errors.js';
import { isRecord } from '../common/options.js';
import { copyPlain, MOST_VALUES } from '../common/plain.js';
import { hasAtMostValues } from './json-size.js';

/** Fields of a JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

function parse(where: string, text: string, most: number): unknown {
  if (!hasAtMostValues(text, most)) throw new FormatError(`${where} expected at most ${most} values, got more.`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new FormatError(`${where} expected JSON, got something else.`);
  }
}

/**
 * Returns the object that JSON says, a copy if it was passed as an object. Numbers may take `most` values and one more
 * for each eight characters of text.
 * @throws FormatError for text that is no JSON, or no object; ValueError for anything but text, bytes or plain data.
 */
export function readJson(where: string, value: unknown, most = MOST_VALUES): JsonObject {
  // A copy: text decoders take no shared memory.
  const bytes = bytesOf(value)?.slice();
  const text = bytes === undefined ? value : new TextDecoder().decode(bytes);
  if (typeof text === 'string') {
    const parsed = parse(where, text, Math.max(most, Math.floor(text.length / 8)));
    if (isRecord(parsed)) return parsed;
    throw new FormatError(`${where} expected an object, got ${describe(parsed)}.`);
  }
  if (!isRecord(value)) {
    throw new ValueError(`${where} expected JSON as text, bytes or an object, got ${describe(value)}.`);
  }
  return copyPlain(where, value, most) as JsonObject;
}
