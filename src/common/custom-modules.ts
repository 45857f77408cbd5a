/**
 * Where custom objects come from. Functions cannot be sent to a worker; a module can be imported there, too. Addresses
 * are kept beside the objects and never in files, so that nothing is imported that the user has not named.
 */
import type { Named } from './custom.js';
import { describe } from './describe.js';
import { ValueError } from './errors.js';
import { fieldOf, isObject } from './objects.js';
import { readOptions, text } from './options.js';

/** Address of an object: an export of a module. */
export interface ModuleAddress {
  /** Absolute address of the module. */
  readonly module: string;
  readonly export: string;
}

/**
 * Options of `fromModule`.
 * @category Models
 */
export interface FromModuleOptions {
  /** Absolute address of the module, as `new URL('./my-loss.js', import.meta.url)`. */
  module: string | URL;
  /** Name of the export. Default 'default'. */
  export?: string;
}

const addresses = /* @__PURE__ */ new WeakMap<object, ModuleAddress>();

/** Returns the address of an object; undefined if none was given. */
export const addressOf = (object: object): ModuleAddress | undefined => addresses.get(object);

const absolute = (path: string, value: unknown): string => {
  try {
    return new URL(typeof value === 'string' ? value : (fieldOf(value, 'href') as string)).href;
  } catch {
    // A worker has no address that a relative one could be relative to.
    throw new ValueError(
      `${path} expected an absolute address, got ${describe(value)}. Write new URL('./my-loss.js', import.meta.url).`,
    );
  }
};

/**
 * States from which module a custom object comes (a loss, an activation, a metric, an initializer or a schedule), so
 * that models with it can train with `runIn: 'worker'`: the worker imports the same export, in an instance of the
 * module of its own. Returns the object. Only modules that are stated here are imported, never one that a file names.
 * @throws ValueError for anything but an object with a name, and for an address that is not absolute. `fit` throws one
 * if the worker cannot import the module, or finds another object there.
 * @example
 * // fourth-power.js holds the same: export const fourth = { … };
 * const fourth = {
 *   name: 'fourthPower',
 *   value: (y: Float32Array, t: Float32Array) => (y[0] - t[0]) ** 4,
 *   gradient: (y: Float32Array, t: Float32Array) => [4 * (y[0] - t[0]) ** 3],
 * };
 * const loss = fromModule(fourth, { module: 'https://example.com/fourth-power.js', export: 'fourth' });
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
 * network.compile({ optimizer: 'sgd', loss });
 * @category Models
 */
export function fromModule<T extends Named>(object: T, options: FromModuleOptions): T {
  const address = readOptions<ModuleAddress>('fromModule', options, {
    module: { check: absolute },
    export: { check: text, or: 'default' },
  });
  if (!isObject(object) || typeof fieldOf(object, 'name') !== 'string') {
    throw new ValueError(`fromModule: object expected one with a name, got ${describe(object)}.`);
  }
  addresses.set(object, address);
  return object;
}
