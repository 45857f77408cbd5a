import { describe } from './describe.js';
import { ValueError } from './errors.js';
import { nameOf, oneOf, readOptions, type Check } from './options.js';
import { fieldOf } from './objects.js';

/**
 * A choice as plain data: its kind and its options. Optimizers, losses, initializers and layers are descriptors until a
 * model is built, which makes them cheap to write, to compare and to save.
 * @category Models
 */
export interface Descriptor<K extends string = string, C = object> {
  /** Name of the factory that makes this choice. */
  readonly kind: K;
  /** Options of the choice, with defaults filled in. */
  readonly config: Readonly<C>;
}

/** Makes the factory of a choice without options. The factory refuses any. */
export const withoutOptions =
  <K extends string>(kind: K) =>
  (options?: object): Descriptor<K> => ({ kind, config: readOptions(kind, options, {}) });

/**
 * Resolves what a user may write for a choice: a name (with its defaults), a descriptor made by a factory, or a
 * descriptor read from a file.
 */
export const resolve: Resolver = (path, value, factories) => resolveBy(nameOf, path, value, factories);

/** `resolve` without names of other libraries and without suggestions, for files. */
export const resolveSaved: Resolver = (path, value, factories) => resolveBy(oneOf, path, value, factories);

/** Resolves a choice by a table of factories: `resolve` or `resolveSaved`. */
export type Resolver = <D extends Descriptor>(
  path: string,
  value: unknown,
  factories: Readonly<Record<string, unknown>>,
) => D;

function resolveBy<D extends Descriptor>(
  pick: (names: readonly string[]) => Check<string>,
  path: string,
  value: unknown,
  factories: Readonly<Record<string, unknown>>,
): D {
  // The names are listed for others only: a network has thousands of choices.
  const kindOf = (name: unknown): string =>
    typeof name === 'string' && Object.hasOwn(factories, name) ? name : pick(Object.keys(factories))(path, name);
  if (typeof value === 'string') return (factories[kindOf(value)] as () => D)();
  const given = fieldOf(value, 'kind');
  if (given !== undefined) {
    return (factories[kindOf(given)] as (options: unknown) => D)(fieldOf(value, 'config'));
  }
  throw new ValueError(`${path} expected a name or the result of its factory, got ${describe(value)}.`);
}
