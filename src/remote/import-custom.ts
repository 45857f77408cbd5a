/** Imports, in the worker, the custom objects of a model from the modules that the user has stated. */
import type { Named } from '../common/custom.js';
import { describe, sentence } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { suggestion } from '../common/nearest.js';
import { fieldOf } from '../common/objects.js';
import type { CustomObjects } from '../inference/custom-objects.js';
import type { SentCustom } from './protocol.js';

async function importOne({ name, module, export: key }: SentCustom): Promise<Named> {
  const what = `fit: fromModule of "${name}"`;
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = (await import(module)) as typeof exported;
  } catch (error) {
    const reason = sentence(String(fieldOf(error, 'message') ?? error));
    throw new ValueError(`${what}: module expected one that a worker can import, got ${describe(module)}: ${reason}`);
  }
  if (!Object.hasOwn(exported, key)) {
    const advice = suggestion(key, Object.keys(exported));
    throw new ValueError(`${what}: export expected one of ${describe(module)}, got ${describe(key)}.${advice}`);
  }
  const object = exported[key];
  const found = fieldOf(object, 'name');
  if (found !== name) {
    throw new ValueError(`${what}: export ${describe(key)} expected the object of that name, got ${describe(found)}.`);
  }
  return object as Named;
}

/** Returns the objects by name. */
export async function importCustom(sent: readonly SentCustom[]): Promise<CustomObjects> {
  const byName = new Map<string, Named[]>();
  for (const one of sent) byName.set(one.name, [...(byName.get(one.name) ?? []), await importOne(one)]);
  return byName;
}
