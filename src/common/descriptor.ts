import { describe } from './describe.js';
import { ValueError } from './errors.js';
import { nameOf, readOptions } from './options.js';
import { fieldsOf } from './objects.js';

/**
 * A choice that is plain data: which one, and its options. Optimizers, losses, initializers and layers are descriptors
 * until a model is built, which is what makes them cheap to write, to compare and to save.
 */
export interface Descriptor<K extends string = string, C = object> {
  /** Which choice: the name of its factory. */
  readonly kind: K;
  /** Its options, defaults filled in. */
  readonly config: Readonly<C>;
}

/** A factory of a choice that has no options; it refuses any. */
export const withoutOptions =
  <K extends string>(kind: K) =>
  (options?: object): Descriptor<K> => ({ kind, config: readOptions(kind, options, {}) });

/**
 * Resolves what a user may write where a choice is wanted: a name with its defaults, a descriptor made by a factory, or
 * the same read from a file.
 */
export function resolve<D extends Descriptor>(
  path: string,
  value: unknown,
  factories: Readonly<Record<string, unknown>>,
): D {
  if (typeof value === 'string') {
    const kind = nameOf(Object.keys(factories))(path, value);
    return (factories[kind] as () => D)();
  }
  const { kind: given, config } = fieldsOf(value, 'kind', 'config');
  if (given !== undefined) {
    const kind = nameOf(Object.keys(factories))(path, given);
    return (factories[kind] as (options: unknown) => D)(config);
  }
  throw new ValueError(`${path} expected a name or what its factory makes, got ${describe(value)}.`);
}
