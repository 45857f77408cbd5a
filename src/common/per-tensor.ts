import { isList } from './arrays.js';
import { describe } from './describe.js';
import { ShapeError, ValueError } from './errors.js';
import { suggestion } from './nearest.js';
import { fieldOf } from './objects.js';
import { isRecord } from './options.js';

/**
 * Returns one value per input or output, with its name for messages. If there is only one, that is the value itself, or
 * its field by the name of the input or output.
 */
export function perTensor(
  where: string,
  what: string,
  value: unknown,
  tensors: readonly { readonly name: string }[],
): { readonly what: string; readonly value: unknown }[] {
  const names = tensors.map(({ name }) => name);
  if (tensors.length === 1) {
    const [name] = names;
    const own = isRecord(value) ? fieldOf(value, name) : undefined;
    if (own === undefined) return [{ what, value }];
    requireNames(where, what, value as object, names);
    return [{ what: `${what}.${name}`, value: own }];
  }
  if (isList(value)) {
    const { length } = value;
    if (length !== tensors.length) {
      throw new ShapeError(`${where}: ${what} expected a list of ${tensors.length}, one for each, got ${length}.`);
    }
    return tensors.map((_, index) => ({ what: `${what}[${index}]`, value: value[index] }));
  }
  if (!isRecord(value)) {
    throw new ValueError(
      `${where}: ${what} expected a list or an object for ${names.map((name) => `"${name}"`).join(', ')}, got ${describe(value)}.`,
    );
  }
  requireNames(where, what, value, names);
  return names.map((name) => ({ what: `${what}.${name}`, value: fieldOf(value, name) }));
}

function requireNames(where: string, what: string, value: object, names: readonly string[]): void {
  const known = new Set(names);
  for (const name of Object.keys(value)) {
    if (!known.has(name)) {
      throw new ValueError(`${where}: ${what} has an unknown name ${describe(name)}.${suggestion(name, names)}`);
    }
  }
}
