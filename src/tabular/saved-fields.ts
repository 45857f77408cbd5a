/**
 * The metadata field in which facades keep what they have in addition to their network, and the checks of its parts:
 * labels, and scales of columns. `file.ts` reads and writes whole files; `wasm-mlp/tables/predict` reads as much as it
 * predicts with.
 */
import { counted, describe } from '../common/describe.js';
import { FormatError } from '../common/errors.js';
import { ownOf } from '../common/objects.js';
import { isRecord } from '../common/options.js';
import { hasAtMostValues } from '../formats/json-size.js';
import { isLabel, type Label, type Labels, type Scaling } from './outputs.js';

/** Metadata field for what a facade has in addition to its network. */
export const FIELD = 'wasm-mlp.table';

/** Version of the format, raised when older versions could not read a file. */
export const FORMAT_VERSION = 1;

/** Largest size of that field, in bytes. */
export const MOST_BYTES = 16_000_000;

/** Most values in the field: labels, and a shift and a scale for each column. */
export const MOST_VALUES = 2_000_000;

/** Fields of one kind of facade. */
export type FacadeFields = Readonly<Record<string, unknown>>;

/** Throws a FormatError if a condition on a field does not hold. */
export type RequireField = (holds: boolean, field: string, expected: string, got: unknown) => void;

/** Returns the check of a file's fields. */
export const fieldChecker =
  (where: string): RequireField =>
  (holds, field, expected, got) => {
    if (!holds) throw new FormatError(`${where}: field ${field} expected ${expected}, got ${describe(got)}.`);
  };

/** Returns the fields in the metadata field. */
export function readField(
  where: string,
  metadata: Readonly<Record<string, string>>,
  requireField: RequireField,
): Record<string, unknown> {
  const text = ownOf(metadata, FIELD);
  if (text === undefined) {
    throw new FormatError(
      `${where}: field __metadata__.${FIELD} expected, got a file without it. Load a file of model.save by loadModel.`,
    );
  }
  requireField(text.length <= MOST_BYTES, FIELD, `at most ${MOST_BYTES} characters`, text.length);
  requireField(hasAtMostValues(text, MOST_VALUES), FIELD, `at most ${MOST_VALUES} values`, 'more');
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    throw new FormatError(`${where}: field ${FIELD} expected JSON, got something else.`);
  }
  requireField(isRecord(fields), FIELD, 'an object', fields);
  const { formatVersion, ...rest } = fields as Record<string, unknown>;
  requireField(formatVersion === FORMAT_VERSION, `${FIELD}.formatVersion`, `${FORMAT_VERSION}`, formatVersion);
  requireField(isRecord(rest.options), `${FIELD}.options`, 'an object', rest.options);
  return rest;
}

/** Reads shift and scale of `width` columns. */
export function readScaling(field: string, value: unknown, width: number, requireField: RequireField): Scaling {
  requireField(isRecord(value), field, 'an object', value);
  const { shift, scale, ...rest } = value as Partial<Scaling>;
  const lists = { shift, scale };
  requireField(Object.keys(rest).length === 0, field, 'shift and scale and nothing else', Object.keys(rest));
  for (const name of ['shift', 'scale'] as const) {
    const list: unknown = lists[name];
    const path = `${field}.${name}`;
    requireField(Array.isArray(list) && list.length === width, path, `a list of ${counted(width, 'number')}`, list);
    for (const one of list as unknown[]) {
      const holds = Number.isFinite(one) && (name === 'shift' || (one as number) > 0);
      requireField(holds, path, name === 'shift' ? 'finite numbers' : 'numbers > 0', one);
    }
  }
  return lists as Scaling;
}

/** Reads the labels of a classifier, one for each output. */
export function readSavedLabels(
  { labels, multilabel }: FacadeFields,
  outputs: number,
  requireField: RequireField,
): Labels {
  requireField(multilabel === undefined || multilabel === true, 'multilabel', 'true', multilabel);
  const fits = Array.isArray(labels) && labels.length === outputs && labels.length > (multilabel ? 0 : 1);
  requireField(fits, 'labels', `a list of ${outputs} labels, one for each output`, labels);
  for (const label of labels as unknown[]) {
    requireField(isLabel(label), 'labels', 'strings, finite numbers, true or false', label);
  }
  const different = new Set(labels as unknown[]).size;
  requireField(different === outputs, 'labels', `${outputs} different ones`, different);
  return { labels: labels as Label[], multilabel: multilabel === true };
}
