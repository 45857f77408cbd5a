import { isList } from './arrays.js';
import { describe } from './describe.js';
import { ShapeError, ValueError } from './errors.js';
import { suggestion } from './nearest.js';
import { fieldOf } from './objects.js';
import { isRecord } from './options.js';

/** Returns one value per input or output, with its name for messages: the value itself if there is only one. */
export function perTensor(
  where: string,
  what: string,
  value: unknown,
  tensors: readonly { readonly name: string }[],
): { readonly what: string; readonly value: unknown }[] {
  if (tensors.length === 1) return [{ what, value }];
  if (isList(value)) {
    const { length } = value;
    if (length !== tensors.length) {
      throw new ShapeError(`${where}: ${what} expected a list of ${tensors.length}, one for each, got ${length}.`);
    }
    return tensors.map((_, index) => ({ what: `${what}[${index}]`, value: value[index] }));
  }
  if (!isRecord(value)) {
    throw new ValueError(
      `${where}: ${what} expected a list or an object for ${tensors.map(({ name }) => `"${name}"`).join(', ')}, got ${describe(value)}.`,
    );
  }
  const names = tensors.map(({ name }) => name);
  const known = new Set(names);
  for (const name of Object.keys(value)) {
    if (!known.has(name)) {
      throw new ValueError(`${where}: ${what} has an unknown name ${describe(name)}.${suggestion(name, names)}`);
    }
  }
  return names.map((name) => ({ what: `${what}.${name}`, value: fieldOf(value, name) }));
}
