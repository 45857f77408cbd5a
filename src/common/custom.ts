import { floatsOf, isFloat32Array, isList } from './arrays.js';
import { fieldOf, fieldsOf, isFunction, isInstance, isObject } from './objects.js';
import { describe } from './describe.js';
import type { Descriptor } from './descriptor.js';
import { ShapeError, ValueError } from './errors.js';

/** What all objects of a user's own have: the name that files and logs call them by. */
export interface Named {
  /** Not empty; tells objects apart when a file is loaded. */
  readonly name: string;
}

/** A user's own object in place of one of the library's. A file keeps the name; the functions are given again when it is loaded. */
export interface Custom<F extends Named> extends Descriptor<'custom', Named> {
  /** The object itself. */
  readonly custom: F;
}

/** Objects of one name, of which a file does not say which it means: what reads it takes the first that has the functions. */
class Candidates {
  constructor(readonly objects: readonly Named[]) {}
}

/**
 * Reads a user's own object, or the same once more; undefined for anything that does not look like one.
 * @throws ValueError where a function is missing, or where only the name is left of one that was saved.
 */
export function readCustom<F extends Named>(
  path: string,
  value: unknown,
  functions: readonly (keyof F & string)[],
): Custom<F> | undefined {
  if (!isObject(value) || isList(value)) return undefined;
  const { kind, config, custom } = fieldsOf(value, 'kind', 'config', 'custom');
  const saved = kind !== undefined;
  if (saved && kind !== 'custom') return undefined;
  if (saved && custom === undefined) {
    const { name } = fieldsOf(config, 'name');
    throw new ValueError(
      `${path} expected the object ${describe(name)} with its functions, got its name alone. ` +
        `Pass it in custom, an option of loadModel and attachModel.`,
    );
  }
  const given = saved ? custom : value;
  const fits = (one: unknown): boolean =>
    isObject(one) && functions.every((method) => isFunction(fieldOf(one, method)));
  const object = isInstance(given, Candidates) ? (given.objects.find(fits) ?? given.objects[0]) : given;
  if (!isObject(object)) throw new ValueError(`${path} expected an object with a name, got ${describe(object)}.`);
  const { name } = fieldsOf(object, 'name');
  if (typeof name !== 'string' || name.length === 0) {
    throw new ValueError(`${path} expected an object with a name, got ${describe(name)} as its name.`);
  }
  for (const method of functions) {
    const own = fieldOf(object, method);
    if (!isFunction(own)) {
      throw new ValueError(`${path} expected "${name}" to have a function ${method}, got ${describe(own)}.`);
    }
  }
  return { kind: 'custom', config: { name }, custom: object as F };
}

/**
 * Puts a user's objects back where a file has only their names, everywhere in a JSON value.
 * Returns a new value; what is not found stays a name, and is refused where it is read.
 */
export function restoreCustom(value: unknown, objects: ReadonlyMap<string, readonly Named[]>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => restoreCustom(one, objects));
  const { kind, config } = fieldsOf(value, 'kind', 'config');
  if (kind === 'custom' && isObject(config)) {
    const custom = objects.get(fieldOf(config, 'name') as string);
    return custom === undefined ? { kind, config } : { kind, config, custom: new Candidates(custom) };
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, restoreCustom(inner, objects)]));
}

/** The functions by which the kinds of a user's objects are told apart. */
const METHODS = ['forward', 'values', 'value', 'gradient', 'rate'] as const;

/**
 * Holds a description to one object for each name and kind, since a file has nothing else to tell objects apart by.
 * @throws ValueError where two different objects of one kind go by one name.
 */
export function requireDistinctNames(where: string, description: unknown): void {
  const found = new Map<string, Named[]>();
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (!Object.hasOwn(value, 'custom')) return Object.values(value).forEach(look);
    const { config, custom: one } = value as Custom<Named>;
    const others = found.get(config.name) ?? [];
    if (others.includes(one)) return;
    if (
      others.some((other) =>
        METHODS.some((method) => fieldOf(other, method) !== undefined && fieldOf(one, method) !== undefined),
      )
    ) {
      throw new ValueError(
        `${where}: objects of your own expected to have different names, got ${describe(config.name)} twice.`,
      );
    }
    found.set(config.name, [...others, one]);
  };
  look(description);
}

/** The result of a user's function, held to be as many numbers as were asked for. A list is copied: the copy is what was checked. */
export function requireLength(path: string, result: unknown, length: number): Float32Array | readonly number[] {
  const typed = isFloat32Array(result) ? floatsOf(result) : undefined;
  if (typed === undefined && !isList(result)) {
    throw new ValueError(`${path} expected a Float32Array of ${length} values, got ${describe(result)}.`);
  }
  const given = typed ?? (result as readonly unknown[]);
  if (given.length !== length) throw new ShapeError(`${path} expected ${length} values, got ${given.length}.`);
  if (typed !== undefined) return typed;
  const values: number[] = [];
  for (let i = 0; i < length; i++) {
    const value: unknown = given[i];
    if (typeof value !== 'number') {
      throw new ValueError(`${path} expected numbers, got ${describe(value)} at index ${i}.`);
    }
    values.push(value);
  }
  return values;
}
