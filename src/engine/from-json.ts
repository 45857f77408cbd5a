/** Reads an architecture that `model.toJSON` gave, as an object or as text, for `modelFromJSON`. */
import { isList } from '../common/arrays.js';
import { requireDistinctNames, restoreCustom } from '../common/custom.js';
import { describe } from '../common/describe.js';
import { FormatError, ValueError } from '../common/errors.js';
import { isRecord, setField } from '../common/options.js';
import { hasAtMostValues } from '../formats/json-size.js';
import { readArchitecture, type Architecture, type Blueprint } from '../graph/architecture.js';
import type { CustomObjects } from '../inference/custom-objects.js';
import { FACTORIES } from '../layers/registry.js';

/** Largest number of values in a text, as for the header of a file. */
const MOST_VALUES = 1_048_576;

function parse(where: string, text: string): unknown {
  if (!hasAtMostValues(text, MOST_VALUES)) {
    throw new FormatError(`${where}: json expected at most ${MOST_VALUES} values, got more.`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new FormatError(
      `${where}: json expected JSON, got something else. Pass JSON.stringify(model), or an object.`,
    );
  }
}

/** Most levels of lists and objects: more than any architecture has. */
const MOST_LEVELS = 128;

/**
 * Copies plain data. Reads each value once: the caller's objects may have getters, be proxies, or have cycles.
 * @throws ValueError for anything else than plain data, and for more of it than any architecture has.
 */
function copyPlain(path: string, value: unknown, counter: { values: number }, level = 0): unknown {
  counter.values += 1;
  if (level > MOST_LEVELS || counter.values > MOST_VALUES) {
    throw new ValueError(`${path} expected at most ${MOST_VALUES} values in ${MOST_LEVELS} levels, got more.`);
  }
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  const copy = (at: string, inner: unknown): unknown => copyPlain(`${path}${at}`, inner, counter, level + 1);
  if (isList(value)) {
    const { length } = value;
    const list: unknown[] = [];
    for (let i = 0; i < length; i++) list.push(copy(`[${i}]`, value[i]));
    return list;
  }
  if (!isRecord(value)) throw new ValueError(`${path} expected plain data, got ${describe(value)}.`);
  const record: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const inner = value[key];
    if (inner !== undefined) setField(record, key, copy(`.${key}`, inner));
  }
  return record;
}

/**
 * Returns the blueprint of an architecture; `custom` has the custom objects by name.
 * @throws FormatError for text that is not JSON; ValueError, ShapeError for what no `toJSON` gives.
 */
export function blueprintFrom(where: string, json: unknown, custom: CustomObjects): Blueprint {
  const given = typeof json === 'string' ? parse(where, json) : json;
  if (!isRecord(given)) {
    throw new ValueError(`${where}: json expected what model.toJSON() gives, or its text, got ${describe(json)}.`);
  }
  const architecture = copyPlain(`${where}: json`, given, { values: 0 });
  const restored = restoreCustom(`${where}: architecture`, architecture, custom) as Architecture;
  const blueprint = readArchitecture(where, restored, FACTORIES);
  requireDistinctNames(where, blueprint.graph.layers);
  return blueprint;
}
