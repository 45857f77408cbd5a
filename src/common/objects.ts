/**
 * Objects of the caller's: whether there is anything to be read, and what is theirs. A proxy throws a TypeError at whatever is asked of it once its target is
 * gone (revoked), and an object has the properties of `Object.prototype` too, where a page's other scripts may have put anything.
 */

/** Whether a value is a proxy whose target is gone. `Array.isArray` throws there, and runs no code of the caller's. */
function isRevoked(value: unknown): boolean {
  try {
    Array.isArray(value);
    return false;
  } catch {
    return true;
  }
}

/** Whether a value is an object that can be asked for its properties. */
export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !isRevoked(value);

/** Whether a value is a function that can be called. */
export const isFunction = (value: unknown): value is (...args: never[]) => unknown =>
  typeof value === 'function' && !isRevoked(value);

/**
 * A field of an object, its own or of its class, but not one that all objects have: `Object.prototype` has methods whose names somebody may use, and a page's
 * other scripts may have put anything there.
 */
export function fieldOf(object: object, name: PropertyKey): unknown {
  for (let owner = object; ;) {
    if (Object.hasOwn(owner, name)) return (object as Readonly<Record<PropertyKey, unknown>>)[name];
    const parent: unknown = Object.getPrototypeOf(owner);
    if (!isObject(parent) || Object.getPrototypeOf(parent) === null) return undefined;
    owner = parent;
  }
}

/** The fields of a value by these names; all of them undefined where it is no object. */
export const fieldsOf = <K extends string>(value: unknown, ...names: readonly K[]): Partial<Record<K, unknown>> =>
  Object.fromEntries(names.map((name) => [name, isObject(value) ? fieldOf(value, name) : undefined])) as Partial<
    Record<K, unknown>
  >;

/** Whether a value is a promise, or like one. What is none need not be waited for, and cannot be where it is a proxy without a target. */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  (isObject(value) || isFunction(value)) && isFunction(fieldOf(value, 'then'));

/** Whether an object is one of a class of the library, made by its constructor. A proxy that throws is none. */
export function isInstance<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}
