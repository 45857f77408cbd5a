/**
 * Custom objects of a model that trains in a worker: the addresses that are sent to it. import-custom.ts imports them.
 */
import type { Custom, Named } from '../common/custom.js';
import { addressOf } from '../common/custom-modules.js';
import { UnsupportedError } from '../common/errors.js';
import type { SentCustom } from './protocol.js';

/** Returns the addresses of all custom objects in descriptions. */
export function customModules(...descriptions: readonly unknown[]): readonly SentCustom[] {
  const found = new Map<Named, SentCustom>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (!Object.hasOwn(value, 'custom')) return Object.values(value).forEach(visit);
    const { config, custom } = value as Custom<Named>;
    const address = addressOf(custom);
    if (address === undefined) {
      throw new UnsupportedError(
        `fit: runIn expected 'main' for a model with custom objects, got 'worker': the functions of ` +
          `"${config.name}" cannot be sent to a worker. State by fromModule which module it comes from.`,
      );
    }
    found.set(custom, { ...address, name: config.name });
  };
  visit(descriptions);
  return [...found.values()];
}
