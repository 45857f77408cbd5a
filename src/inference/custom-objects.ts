import type { Named } from '../common/custom.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { listOf, type Check } from '../common/options.js';
import { fieldOf } from '../common/objects.js';

/**
 * Options of `loadModel`, `modelFromJSON` and `attachModel`.
 * @category Files
 */
export interface LoadOptions {
  /**
   * The custom objects that the model was made with, found by their names: activations, losses, metrics, initializers,
   * schedules.
   */
  custom?: readonly Named[];
}

/** Custom objects by name. */
export type CustomObjects = ReadonlyMap<string, readonly Named[]>;

const named = listOf('a list of objects', (path, value): readonly [name: string, object: Named] => {
  const name = fieldOf(value, 'name');
  if (typeof name === 'string') return [name, value as Named];
  throw new ValueError(`${path} expected an object with a name, got ${describe(value)}.`);
});

/** Reads a list of custom objects. */
export const customCheck: Check<CustomObjects> = (path, value) => {
  const byName = new Map<string, Named[]>();
  for (const [name, object] of named(path, value)) {
    const list = byName.get(name);
    if (list === undefined) byName.set(name, [object]);
    else list.push(object);
  }
  return byName;
};
