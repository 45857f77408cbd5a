import type { Named } from '../common/custom.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import type { Check } from '../common/options.js';

/** What `loadModel` and `attachModel` take besides the file or the handle. */
export interface LoadOptions {
  /** The objects of one's own that the model was made with, found by their names: activations, losses, metrics, initializers, schedules. */
  custom?: readonly Named[];
}

/** Objects of a user's own, by name. */
export type CustomObjects = ReadonlyMap<string, readonly Named[]>;

/** Reads them. */
export const customCheck: Check<CustomObjects> = (path, value) => {
  if (!Array.isArray(value)) throw new ValueError(`${path} expected a list of objects, got ${describe(value)}.`);
  const byName = new Map<string, Named[]>();
  value.forEach((one: unknown, index) => {
    const { name } = (one ?? {}) as Partial<Named>;
    if (typeof one !== 'object' || typeof name !== 'string') {
      throw new ValueError(`${path}[${index}] expected an object with a name, got ${describe(one)}.`);
    }
    const list = byName.get(name);
    if (list === undefined) byName.set(name, [one as Named]);
    else list.push(one as Named);
  });
  return byName;
};
