/**
 * Objects of the caller's: whether there is anything to be read, and what is theirs. A proxy throws a TypeError at
 * whatever is asked of it once its target is gone (revoked), and an object has the properties of `Object.prototype`
 * too, where a page's other scripts may have put anything.
 */

import { isRevoked } from './arrays.js';

/** Whether a value is an object that can be asked for its properties. */
export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !isRevoked(value);

/** Whether a value is a function that can be called. */
export const isFunction = (value: unknown): value is (...args: never[]) => unknown =>
  typeof value === 'function' && !isRevoked(value);

/**
 * A field of an object, its own or of its class, but not one that all objects have: `Object.prototype` has methods
 * with names that a caller may use, and a page's other scripts may have put anything there. Undefined for what is no
 * object.
 */
export function fieldOf(object: unknown, name: PropertyKey): unknown {
  if (!isObject(object)) return undefined;
  let value: unknown;
  try {
    value = (object as Readonly<Record<PropertyKey, unknown>>)[name];
  } catch (error) {
    // Where its class is a proxy without a target, an object has nothing but its own.
    if (Object.hasOwn(object, name) || !inheritsNothing(object)) throw error;
  }
  // Most fields are there or nowhere: who has one is only asked where it is not the object itself.
  return value === undefined || Object.hasOwn(object, name) || isInherited(object, name) ? value : undefined;
}

/** Whether what an object inherits from is a proxy without a target. */
function inheritsNothing(object: object): boolean {
  let owner: unknown = object;
  while (isObject(owner)) owner = Object.getPrototypeOf(owner);
  return owner !== null;
}

/** Whether a property is that of an object's class, and not of the object that all others inherit from. */
function isInherited(object: object, name: PropertyKey): boolean {
  for (let owner = object; ;) {
    const parent: unknown = Object.getPrototypeOf(owner);
    if (!isObject(parent) || Object.getPrototypeOf(parent) === null) return false;
    if (Object.hasOwn(parent, name)) return true;
    owner = parent;
  }
}

/** The fields of a value by these names; all of them undefined where it is no object. */
export const fieldsOf = <K extends string>(value: unknown, ...names: readonly K[]): Partial<Record<K, unknown>> =>
  Object.fromEntries(names.map((name) => [name, fieldOf(value, name)])) as Partial<Record<K, unknown>>;

/**
 * What an object of the library's own says by a name that it may leave out: nothing where it does, whatever
 * `Object.prototype` says.
 */
export const ownOf = <T extends object, K extends keyof T>(object: T | undefined, name: K): T[K] | undefined =>
  object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;

/**
 * Whether a value is a promise, or like one. What is none need not be waited for, and cannot be where it is a proxy
 * without a target.
 */
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
