/** Values as they stand in error messages. A message is made where something is wrong already, so nothing here throws, whatever the value. */
import { isDetached, isList, typedKind, typedLength } from './arrays.js';
import { isRevoked } from './objects.js';

/** Whether a value is a Map or a Set, of whichever realm: what it holds is not among its fields. */
export function collectionOf(value: unknown): string | undefined {
  try {
    return /^\[object (Map|Set)\]$/.exec(Object.prototype.toString.call(value))?.[1];
  } catch {
    // A value whose own code throws, or a proxy whose target is gone.
    return undefined;
  }
}

/** A value as it stands in an error message: short, and telling its kind. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined)
    return String(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'symbol') return 'a symbol';
  if (isRevoked(value)) return 'a revoked proxy';
  if (typeof value === 'function') return 'a function';
  try {
    return describeObject(value);
  } catch {
    // The value's own code threw while it was looked at.
    return isList(value) ? 'an array' : 'an object';
  }
}

function describeObject(value: object): string {
  const kind = typedKind(value);
  if (kind !== undefined) {
    return isDetached(value) ? `a ${kind} whose memory was transferred` : `${kind}(${typedLength(value)})`;
  }
  if (ArrayBuffer.isView(value)) return 'a DataView';
  const collection = collectionOf(value);
  if (collection !== undefined) return `a ${collection}`;
  if (!isList(value)) return 'an object';
  const { length } = value;
  // By index: an array may have lost its methods.
  const elements: string[] = [];
  for (let i = 0; i < length && i <= 6; i++) {
    const one = value[i];
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
