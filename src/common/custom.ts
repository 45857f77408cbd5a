/**
 * Users' own objects (activations, losses, metrics, initializers, schedules) in place of the library's: how they are
 * read from options, replaced by their names in plain data, and put back when a file or handle is loaded. The functions
 * that call such objects are in the folder of their kind, as in `losses/bind.ts`.
 */
import { isList, isSequence, typedKind, typedLength } from './arrays.js';
import { counted, describe } from './describe.js';
import type { Descriptor } from './descriptor.js';
import { ShapeError, ValueError } from './errors.js';
import { fieldOf, fieldsOf, isFunction, isInstance, isObject } from './objects.js';
import { isRecord, text } from './options.js';

/**
 * Field that all custom objects have: the name by which files and logs refer to them.
 * @category Models
 */
export interface Named {
  /** Not empty; distinguishes objects when a file is loaded. */
  readonly name: string;
}

/**
 * A user's object in place of one of the library's. A file keeps the name only; the caller passes the functions again
 * when the file is loaded.
 * @category Models
 */
export interface Custom<F extends Named> extends Descriptor<'custom', Named> {
  /** The object itself. */
  readonly custom: F;
}

/**
 * Several objects of one name. A file does not say which of them it means, so `readCustom` takes the first that has the
 * required functions.
 */
class Candidates {
  constructor(readonly objects: readonly Named[]) {}
}

/**
 * Reads a user's object, or a descriptor of one that was read before. Returns undefined for anything else.
 * @throws ValueError if a function is missing, or if only the name of a saved object is left.
 */
export function readCustom<F extends Named>(
  path: string,
  value: unknown,
  functions: readonly (keyof F & string)[],
): Custom<F> | undefined {
  if (!isObject(value) || isList(value)) return undefined;
  const kind = fieldOf(value, 'kind');
  const saved = kind !== undefined;
  if (saved && kind !== 'custom') return undefined;
  const { config, custom } = fieldsOf(value, 'config', 'custom');
  if (saved && custom === undefined) {
    const name = fieldOf(config, 'name');
    throw new ValueError(
      `${path} expected the object ${describe(name)} with its functions, got its name alone. ` +
        `Pass it in custom, an option of loadModel and attachModel.`,
    );
  }
  const given = saved ? custom : value;
  const fits = (one: unknown): boolean => functions.every((method) => isFunction(fieldOf(one, method)));
  const object = isInstance(given, Candidates) ? (given.objects.find(fits) ?? given.objects[0]) : given;
  if (!isObject(object)) throw new ValueError(`${path} expected an object with a name, got ${describe(object)}.`);
  const name = fieldOf(object, 'name');
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

/** Most levels of lists and objects in a description. Schedules within schedules are the deepest case. */
const MOST_LEVELS = 64;

/** The only fields of a description. */
const DESCRIPTION = ['kind', 'config'];

/**
 * Puts users' objects back where plain data from a file or a handle has only their names, and checks that each
 * description has the fields `{ kind, config }` only. Copies only data that contains such an object. A name that is not
 * found stays, and `readCustom` refuses it later. Messages begin with `path`.
 * @throws ValueError for anything other than a description, and for more levels than any description has.
 */
export function restoreCustom(
  path: string,
  value: unknown,
  objects: ReadonlyMap<string, readonly Named[]>,
  level = 0,
): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (level > MOST_LEVELS) throw new ValueError(`${path} expected at most ${MOST_LEVELS} levels, got more.`);
  const restore = (inner: unknown, at: string): unknown => restoreCustom(`${path}${at}`, inner, objects, level + 1);
  if (isList(value)) return restoreList(path, value, restore);
  const record = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(record, 'kind')) {
    requireFields(path, record, DESCRIPTION);
    if (!isRecord(record.config)) {
      throw new ValueError(`${path}.config expected an object, got ${describe(record.config)}.`);
    }
    if (record.kind === 'custom') return restoreOne(path, record.config, objects);
  }
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(record)) {
    const inner = restore(record[key], `.${key}`);
    if (inner !== record[key]) (copy ??= { ...record })[key] = inner;
  }
  return copy ?? record;
}

function restoreList(
  path: string,
  list: readonly unknown[],
  restore: (inner: unknown, at: string) => unknown,
): unknown {
  let copy: unknown[] | undefined;
  const { length } = list;
  for (let i = 0; i < length; i++) {
    const one = list[i];
    // A hole: no description has one, and a list may have billions.
    if (one === undefined) throw new ValueError(`${path}[${i}] expected a value, got none.`);
    const inner = restore(one, `[${i}]`);
    if (inner !== one) (copy ??= Array.from({ length }, (_, at) => list[at]))[i] = inner;
  }
  return copy ?? list;
}

function restoreOne(
  path: string,
  config: Readonly<Record<string, unknown>>,
  objects: ReadonlyMap<string, readonly Named[]>,
): unknown {
  requireFields(`${path}.config`, config, ['name']);
  const name = text(`${path}.config.name`, config.name);
  const custom = objects.get(name);
  return { kind: 'custom', config: { name }, ...(custom !== undefined && { custom: new Candidates(custom) }) };
}

/** Throws a ValueError if an object has a field other than `names`. */
export function requireFields(path: string, record: object, names: readonly string[]): void {
  for (const name of Object.keys(record)) {
    if (!names.includes(name)) {
      throw new ValueError(`${path} expected no field except ${names.join(', ')}, got ${describe(name)}.`);
    }
  }
}

/** Functions that distinguish the kinds of custom objects. */
const METHODS = ['forward', 'values', 'value', 'gradient', 'rate'] as const;

/**
 * Checks that a description has at most one object for each name and kind, since a file distinguishes objects by
 * nothing else.
 * @throws ValueError if two different objects of one kind have the same name.
 */
export function requireDistinctNames(where: string, description: unknown): void {
  const found = new Map<string, Named[]>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (!Object.hasOwn(value, 'custom')) return Object.values(value).forEach(visit);
    const { config, custom: one } = value as Custom<Named>;
    const others = found.get(config.name) ?? [];
    if (others.includes(one)) return;
    if (
      others.some((other) =>
        METHODS.some((method) => fieldOf(other, method) !== undefined && fieldOf(one, method) !== undefined),
      )
    ) {
      throw new ValueError(
        `${where}: custom objects expected to have different names, got ${describe(config.name)} twice.`,
      );
    }
    found.set(config.name, [...others, one]);
  };
  visit(description);
}

/**
 * Checks that the result of a user's function has the required number of values. Returns a copy unless it is a
 * Float32Array; each number is read once.
 */
export function requireLength(path: string, result: unknown, length: number): Float32Array | Float64Array {
  const isFloats = typedKind(result) === 'Float32Array';
  if (!isSequence(result) || !(isFloats || isList(result))) {
    throw new ValueError(`${path} expected a Float32Array of ${counted(length, 'value')}, got ${describe(result)}.`);
  }
  const got = isFloats ? typedLength(result) : result.length;
  if (got !== length) throw new ShapeError(`${path} expected ${counted(length, 'value')}, got ${got}.`);
  if (isFloats) return result as Float32Array;
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const value = result[i];
    if (typeof value !== 'number')
      throw new ValueError(`${path} expected numbers, got ${describe(value)} at index ${i}.`);
    values[i] = value;
  }
  return values;
}
