/** Reads an architecture that `model.toJSON` gave, as an object or as text, for `modelFromJSON`. */
import { requireDistinctNames, restoreCustom } from '../common/custom.js';
import { describe } from '../common/describe.js';
import { FormatError, ValueError } from '../common/errors.js';
import { isRecord } from '../common/options.js';
import { copyPlain, MOST_VALUES } from '../common/plain.js';
import { hasAtMostValues } from '../formats/json-size.js';
import { readArchitecture, type Architecture, type Blueprint } from '../graph/architecture.js';
import type { CustomObjects } from '../inference/custom-objects.js';
import { FACTORIES } from '../layers/registry.js';

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

/**
 * Returns the blueprint of an architecture; `custom` has the custom objects by name.
 * @throws FormatError for text that is not JSON; ValueError, ShapeError for what no `toJSON` gives.
 */
export function blueprintFrom(where: string, json: unknown, custom: CustomObjects): Blueprint {
  const given = typeof json === 'string' ? parse(where, json) : json;
  if (!isRecord(given)) {
    throw new ValueError(`${where}: json expected what model.toJSON() gives, or its text, got ${describe(json)}.`);
  }
  const architecture = copyPlain(`${where}: json`, given);
  const restored = restoreCustom(`${where}: architecture`, architecture, custom) as Architecture;
  const blueprint = readArchitecture(where, restored, FACTORIES);
  requireDistinctNames(where, blueprint.graph.layers);
  return blueprint;
}
