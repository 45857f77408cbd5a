/**
 * Values as they stand in error messages. A message is made where something is wrong already, so nothing here throws,
 * whatever the value.
 */
import { isDetached, isRevoked, typedKind, typedLength } from './arrays.js';
import { isObject } from './objects.js';

/** Map, Set or DataView where a value is one, of whichever realm: what it holds is not among its fields. */
export function collectionOf(value: unknown): string | undefined {
  try {
    return /^\[object (Map|Set|DataView)\]$/.exec(Object.prototype.toString.call(value))?.[1];
  } catch {
    // A value whose own code throws, or a proxy whose target is gone.
    return undefined;
  }
}

/** A value as it stands in an error message: short, and telling its kind. */
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
    // It is a proxy without a target, or its own code threw while it was looked at.
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

/** A message that ends as a sentence does. */
export const sentence = (message: string): string => (/[.?!]$/.test(message) ? message : `${message}.`);

/** (2, 3): a shape as written in messages; of what is none, what it is. */
export function describeShape(shape: unknown): string {
  const text = describe(shape);
  return text.startsWith('[') ? `(${text.slice(1, -1).replaceAll(',', ', ')})` : text;
}
