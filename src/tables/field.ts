/**
 * The file of a table model: that of its classifier or regressor, with one more metadata field for the preprocessing
 * and the names of the targets.
 */
import { describe } from '../common/describe.js';
import { FormatError, ValueError } from '../common/errors.js';
import { fieldOf, ownOf } from '../common/objects.js';
import { hasAtMostValues } from '../formats/json-size.js';
import { decodeSafetensors, encodeSafetensors } from '../formats/safetensors.js';
import type { FacadeFields, RequireField } from '../tabular/saved-fields.js';
import { CHOICES, type ColumnChoice, type ColumnChoices } from './choices.js';
import type { Preprocessing } from './preprocessing.js';
import { fieldsOfSaved, readPreprocessing } from './saved.js';

/** Metadata field for the preprocessing. */
const FIELD = 'wasm-mlp.columns';

/** Version of the field, raised when older versions could not read it. */
const FORMAT_VERSION = 1;

/** Largest size of the field, in characters, and most values in it. */
const MOST_CHARACTERS = 16_000_000;
const MOST_VALUES = 1_000_000;

/** What a table model has in addition to its classifier or regressor. */
export interface TableField {
  readonly preprocessing: Preprocessing;
  /** Names of the columns that it predicts. */
  readonly targets: readonly string[];
  /** What the caller said of columns. */
  readonly choices: ColumnChoices;
}

const isNameList = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((name) => typeof name === 'string') &&
  new Set(value).size === value.length;

const isChoiceList = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every(
    (pair: unknown) =>
      Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' && CHOICES.includes(pair[1] as string),
  );

/**
 * Adds the field to the file of a classifier or regressor.
 * @throws ValueError for a preprocessing that is too large for a file.
 */
export function addTableField(
  where: string,
  file: Uint8Array,
  { preprocessing, targets, choices }: TableField,
): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(where, file);
  const text = JSON.stringify({ formatVersion: FORMAT_VERSION, targets, choices: [...choices], preprocessing });
  if (text.length > MOST_CHARACTERS || !hasAtMostValues(text, MOST_VALUES)) {
    throw new ValueError(
      `${where}: columns expected to take at most ${MOST_CHARACTERS} characters and ${MOST_VALUES} values, ` +
        `got ${text.length} characters. Leave out columns of long texts: columns: { name: "drop" }.`,
    );
  }
  return encodeSafetensors({ tensors, metadata: { ...metadata, [FIELD]: text } });
}

/**
 * Reads the field of a file's metadata.
 * @throws FormatError for anything that `addTableField` would not write.
 */
export function readTableField(where: string, metadata: Readonly<Record<string, string>>): TableField {
  const text = ownOf(metadata, FIELD);
  if (text === undefined) {
    throw new FormatError(
      `${where}: field __metadata__.${FIELD} expected, got a file without it. It is none of a table: load it by ` +
        `loadClassifier, loadRegressor or loadModel.`,
    );
  }
  if (text.length > MOST_CHARACTERS || !hasAtMostValues(text, MOST_VALUES)) {
    throw new FormatError(
      `${where}: field ${FIELD} expected at most ${MOST_CHARACTERS} characters and ${MOST_VALUES} values, got more.`,
    );
  }
  let saved: unknown;
  try {
    saved = JSON.parse(text);
  } catch {
    throw new FormatError(`${where}: field ${FIELD} expected JSON, got ${describe(text)}.`);
  }
  const at = `${where}: field ${FIELD}`;
  const fields = fieldsOfSaved(at, saved);
  fields.take('formatVersion', String(FORMAT_VERSION), (value) => value === FORMAT_VERSION);
  const targets = fields.take<string[]>('targets', 'a list of different names', isNameList);
  const choices = fields.take<[string, ColumnChoice][]>('choices', 'a list of names and choices', isChoiceList);
  const preprocessing = readPreprocessing(
    `${at}.preprocessing`,
    fields.take('preprocessing', 'an object', (value) => typeof value === 'object'),
  );
  fields.end();
  return { preprocessing, targets, choices: new Map(choices) };
}

/** Throws unless the targets are as many as a facade's fields say. */
export function requireTargets(
  { targets }: TableField,
  { labels, multilabel, targets: scales }: FacadeFields,
  check: RequireField,
): void {
  if (labels !== undefined) {
    const several = multilabel === true;
    check(several === targets.length > 1, 'targets', several ? 'several names' : 'one name', targets);
  } else {
    const shift = fieldOf(scales, 'shift');
    const outputs = Array.isArray(shift) ? shift.length : 0;
    check(targets.length === outputs, 'targets', `${outputs} names, one for each output`, targets);
  }
}

/** What is used of a network, to predict with or to train. */
interface Network {
  readonly widths: { readonly inputs: readonly number[]; readonly outputs: readonly number[] };
  predict(x: Float32Array | Float32Array[]): Float32Array;
}

/**
 * Throws unless a network takes what the preprocessing gives.
 * @throws FormatError
 */
export function requireNetworkOf(where: string, { preprocessing }: TableField, network: Network): void {
  const { features, embeddings } = preprocessing;
  const expected = [features.length, embeddings.length].filter((width) => width > 0);
  const { inputs } = network.widths;
  if (inputs.join() !== expected.join()) {
    throw new FormatError(`${where}: network expected inputs of ${expected.join()} values, got ${inputs.join()}.`);
  }
  const last = embeddings.map(({ places }) => places - 1);
  try {
    network.predict(networkRows(preprocessing, new Float32Array(features.length), Float32Array.from(last)));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new FormatError(`${where}: network expected to take places up to ${last.join()}. ${why}`);
  }
}

/** Returns numbers and places as the network of a preprocessing takes them. */
export const networkRows = (
  { features, embeddings }: Preprocessing,
  numbers: Float32Array,
  places: Float32Array,
): Float32Array | Float32Array[] =>
  embeddings.length === 0 ? numbers : features.length === 0 ? places : [numbers, places];
