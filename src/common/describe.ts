/** Whether a value is a Map or a Set, of whichever realm: what it holds is not among its fields. */
export const collectionOf = (value: unknown): string | undefined =>
  /^\[object (Map|Set)\]$/.exec(Object.prototype.toString.call(value))?.[1];

/** A value as it stands in an error message: short, and telling its kind. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined)
    return String(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (value instanceof DataView) return 'a DataView';
  const collection = collectionOf(value);
  if (collection !== undefined) return `a ${collection}`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${(value as Uint8Array).length})`;
  if (Array.isArray(value)) {
    const short = value.length <= 6 && value.every((one) => typeof one !== 'object' && typeof one !== 'function');
    return short ? `[${value.map(describe).join(',')}]` : `an array of ${value.length}`;
  }
  return 'an object';
}

/** A message that ends as a sentence does. */
export const sentence = (message: string): string => (/[.?!]$/.test(message) ? message : `${message}.`);

/** (2, 3): a shape as written in messages. */
export const describeShape = (shape: readonly number[]): string => `(${shape.join(', ')})`;
