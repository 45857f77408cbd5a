/**
 * Reading of objects that a caller passes, and of their own properties. Reading anything from a revoked proxy throws a
 * TypeError, and every object also has the properties of `Object.prototype`, where other scripts of a page may have put
 * anything. `arrays.ts` does the same for lists and typed arrays.
 */

import { isRevoked } from './arrays.js';

/** Whether a value is an object whose properties can be read. */
export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !isRevoked(value);

/** Whether a value is a function that can be called. */
export const isFunction = (value: unknown): value is (...args: never[]) => unknown =>
  typeof value === 'function' && !isRevoked(value);

/**
 * Returns a field of an object or of its class, but not one that all objects have: `Object.prototype` has methods with
 * names that a caller may use, and other scripts of a page may have put anything there. Returns undefined if the value
 * is no object.
 */
export function fieldOf(object: unknown, name: PropertyKey): unknown {
  if (!isObject(object)) return undefined;
  let value: unknown;
  try {
    value = (object as Readonly<Record<PropertyKey, unknown>>)[name];
  } catch (error) {
    // If the object's class is a revoked proxy, the object has only its own properties.
    if (Object.hasOwn(object, name) || !inheritsNothing(object)) throw error;
  }
  // Most fields are either own or missing, so the prototypes are searched last.
  return value === undefined || Object.hasOwn(object, name) || isInherited(object, name) ? value : undefined;
}

/** Whether the prototype chain of an object ends in a revoked proxy. */
function inheritsNothing(object: object): boolean {
  let owner: unknown = object;
  while (isObject(owner)) owner = Object.getPrototypeOf(owner);
  return owner !== null;
}

/** Whether a property belongs to an object's class, and not to the object that all others inherit from. */
function isInherited(object: object, name: PropertyKey): boolean {
  for (let owner = object; ;) {
    const parent: unknown = Object.getPrototypeOf(owner);
    if (!isObject(parent) || Object.getPrototypeOf(parent) === null) return false;
    if (Object.hasOwn(parent, name)) return true;
    owner = parent;
  }
}

/** Returns the fields of a value by these names; all of them are undefined if it is no object. */
export const fieldsOf = <K extends string>(value: unknown, ...names: readonly K[]): Partial<Record<K, unknown>> =>
  Object.fromEntries(names.map((name) => [name, fieldOf(value, name)])) as Partial<Record<K, unknown>>;

/**
 * Returns an optional own field of one of the library's objects, or undefined if the object does not have it, whatever
 * `Object.prototype` has.
 */
export const ownOf = <T extends object, K extends keyof T>(object: T | undefined, name: K): T[K] | undefined =>
  object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;

/**
 * Whether a value is a promise or has a `then` method. Other values need not be awaited, and a revoked proxy cannot be.
 */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  isFunction(isFunction(value) ? (value as { then?: unknown }).then : fieldOf(value, 'then'));

/** Whether an object was made by the constructor of a class of the library. A proxy that throws was not. */
export function isInstance<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}
