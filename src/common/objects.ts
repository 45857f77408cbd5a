/**
 * Objects of the caller's: whether there is anything to be read, and what is theirs. A proxy throws a TypeError at whatever is asked of it once its target is
 * gone (revoked), and an object has the properties of `Object.prototype` too, where a page's other scripts may have put anything.
 */

import { isRevoked } from './arrays.js';

/** Whether a value is an object that can be asked for its properties. */
export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !isRevoked(value);

/** Whether a value is a function that can be called. */
export const isFunction = (value: unknown): value is (...args: never[]) => unknown =>
  typeof value === 'function' && !isRevoked(value);

/**
 * A field of an object, its own or of its class, but not one that all objects have: `Object.prototype` has methods whose names somebody may use, and a page's
 * other scripts may have put anything there. Undefined for what is no object.
 */
export function fieldOf(value: unknown, name: PropertyKey): unknown {
  for (let owner = value; isObject(owner);) {
    const parent: unknown = Object.getPrototypeOf(owner);
    if (Object.hasOwn(owner, name)) {
      const everyones = parent === null && owner !== value;
      return everyones ? undefined : (value as Readonly<Record<PropertyKey, unknown>>)[name];
    }
    owner = parent;
  }
  return undefined;
}

/** The fields of a value by these names. */
export const fieldsOf = <K extends string>(value: unknown, ...names: readonly K[]): Partial<Record<K, unknown>> =>
  Object.fromEntries(names.map((name) => [name, fieldOf(value, name)])) as Partial<Record<K, unknown>>;

/** Whether a value is a promise, or like one. What is none need not be waited for, and cannot be where it is a proxy without a target. */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  isFunction(isFunction(value) ? (value as { then?: unknown }).then : fieldOf(value, 'then'));

/** Whether an object is one of a class of the library, made by its constructor. A proxy that throws is none. */
export function isInstance<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}
