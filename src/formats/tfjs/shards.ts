/**
 * Shards of a model as callers pass them: copied at once, since the reader is loaded meanwhile, and put into the order
 * of the manifest.
 */
import { bytesOf, isList } from '../../common/arrays.js';
import { describe } from '../../common/describe.js';
import { FormatError, ValueError } from '../../common/errors.js';
import { isFunction, isThenable } from '../../common/objects.js';
import { isRecord } from '../../common/options.js';

/**
 * Weights beside a `model.json`: the bytes of all shards in order, as one or as a list; the files by the paths that the
 * model gives; or a function that returns a file for its path.
 * @category TensorFlow.js
 */
export type TfjsWeights =
  | Uint8Array
  | ArrayBuffer
  | readonly (Uint8Array | ArrayBuffer)[]
  | Readonly<Record<string, Uint8Array | ArrayBuffer>>
  | ((path: string) => Uint8Array | ArrayBuffer | PromiseLike<Uint8Array | ArrayBuffer>);

/** Copies of what a caller passed: shards in order, files by path, or a function that reads them. */
export type GivenShards = readonly Uint8Array[] | ReadonlyMap<string, Uint8Array> | ((path: string) => unknown);

/** Copies bytes, which the caller may change. */
function copyOf(where: string, value: unknown): Uint8Array {
  const bytes = bytesOf(value);
  if (bytes !== undefined) return bytes.slice();
  throw new ValueError(`${where} expected a Uint8Array or ArrayBuffer, got ${describe(value)}.`);
}

/** Copies shards of any form; undefined where there are none. */
export function copyShards(where: string, given: unknown): GivenShards | undefined {
  if (given === undefined) return undefined;
  if (isFunction(given)) return given as (path: string) => unknown;
  if (isList(given)) {
    const { length } = given;
    return Array.from({ length }, (_, index) => copyOf(`${where}: weights[${index}]`, given[index]));
  }
  if (bytesOf(given) !== undefined || !isRecord(given)) return [copyOf(`${where}: weights`, given)];
  const names = Object.keys(given).filter((name) => !name.endsWith('.json'));
  return new Map(names.map((name) => [name, copyOf(`${where}: weights of "${name}"`, given[name])]));
}

/** The end of a path: files are often passed by their names alone. */
const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Returns the bytes of the shards in the order of the manifest. */
export async function shardsOf(
  where: string,
  paths: readonly string[],
  given: GivenShards | undefined,
): Promise<readonly Uint8Array[]> {
  if (given === undefined) {
    const listed = paths.map((path) => `"${path}"`).join(', ');
    throw new ValueError(
      `${where}: weights expected the bytes of ${listed || 'the shards'}, got none. Pass them as the second argument.`,
    );
  }
  if (typeof given === 'function') {
    const parts: Uint8Array[] = [];
    for (const path of paths) {
      const bytes = given(path);
      parts.push(copyOf(`${where}: weights of "${path}"`, isThenable(bytes) ? await bytes : bytes));
    }
    return parts;
  }
  if (!(given instanceof Map)) return given as readonly Uint8Array[];
  const files = given as ReadonlyMap<string, Uint8Array>;
  const byBase = new Map([...files].map(([name, bytes]) => [baseOf(name), bytes]));
  const used = new Set<Uint8Array>();
  return paths.map((path) => {
    const found = files.get(path) ?? byBase.get(baseOf(path));
    if (found !== undefined && !used.has(found)) {
      used.add(found);
      return found;
    }
    if (found !== undefined) {
      throw new FormatError(`${where}: paths expected files of their own, got one for several, ${describe(path)} too.`);
    }
    throw new ValueError(
      `${where}: weights expected "${path}" among its files, got ${describe([...files.keys()].join(', '))}.`,
    );
  });
}
