import { isList } from './arrays.js';
import { describe } from './describe.js';
import { ShapeError, ValueError } from './errors.js';
import { suggestion } from './nearest.js';
import { fieldOf } from './objects.js';
import { isRecord } from './options.js';

/** One value per end, with what messages call it: the value itself where there is one end. */
export function perEnd(
  where: string,
  what: string,
  value: unknown,
  ends: readonly { readonly name: string }[],
): { readonly what: string; readonly value: unknown }[] {
  if (ends.length === 1) return [{ what, value }];
  if (isList(value)) {
    const { length } = value;
    if (length !== ends.length) {
      throw new ShapeError(`${where}: ${what} expected a list of ${ends.length}, one for each, got ${length}.`);
    }
    return ends.map((_, index) => ({ what: `${what}[${index}]`, value: value[index] }));
  }
  if (!isRecord(value)) {
    throw new ValueError(
      `${where}: ${what} expected a list or an object for ${ends.map(({ name }) => `"${name}"`).join(', ')}, got ${describe(value)}.`,
    );
  }
  const names = ends.map(({ name }) => name);
  const known = new Set(names);
  for (const name of Object.keys(value)) {
    if (!known.has(name)) {
      throw new ValueError(`${where}: ${what} has no place ${describe(name)}.${suggestion(name, names)}`);
    }
  }
  return names.map((name) => ({ what: `${what}.${name}`, value: fieldOf(value, name) }));
}
