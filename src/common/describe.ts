/**
 * Short texts for values in error messages. A message is made when something is wrong already, so nothing here throws,
 * whatever the value.
 */
import { isDetached, isRevoked, typedKind, typedLength } from './arrays.js';
import { isObject } from './objects.js';

/** Returns 'Map', 'Set' or 'DataView' if a value is one, of any realm: their contents are not among their fields. */
export function collectionOf(value: unknown): string | undefined {
  try {
    return /^\[object (Map|Set|DataView)\]$/.exec(Object.prototype.toString.call(value))?.[1];
  } catch {
    // The value's own code threw, or it is a revoked proxy.
    return undefined;
  }
}

/** Returns a short text for an error message that names the value's kind. */
export function describe(value: unknown): string {
  const type = typeof value;
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (isRevoked(value)) return 'a revoked proxy';
  if (type === 'function' || type === 'symbol') return `a ${type}`;
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return describeObject(value);
  } catch {
    // A revoked proxy, or the object's own code threw while it was read.
    return isObject(value) ? 'an object' : 'a revoked proxy';
  }
}

function describeObject(value: object): string {
  const kind = typedKind(value);
  if (kind !== undefined) return isDetached(value) ? `a transferred ${kind}` : `${kind}(${typedLength(value)})`;
  if (!Array.isArray(value)) {
    const collection = collectionOf(value);
    return collection === undefined ? 'an object' : `a ${collection}`;
  }
  const { length } = value;
  // By index: an array may have lost its methods.
  const elements: string[] = [];
  for (let i = 0; i < length; i++) {
    const one: unknown = value[i];
    if (i === 6 || typeof one === 'object' || typeof one === 'function') return `an array of ${length}`;
    elements.push(describe(one));
  }
  return `[${elements.join(',')}]`;
}

/** Returns a number with its noun: '1 row', '2 rows'. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Returns the message with a full stop at its end, unless it ends as a sentence already. */
export const sentence = (message: string): string => (/[.?!]$/.test(message) ? message : `${message}.`);

/** Returns a shape as `(2, 3)`, or a text of the value if it is no shape. */
export function describeShape(shape: unknown): string {
  const text = describe(shape);
  return text.startsWith('[') ? `(${text.slice(1, -1).replaceAll(',', ', ')})` : text;
}
