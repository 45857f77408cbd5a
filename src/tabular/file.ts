/**
 * Files of classifiers and regressors: the file of their network, which `loadModel` and PyTorch's safetensors can load
 * directly, with one more metadata field for labels, scales and options. The reader trusts nothing in it.
 */
import { bytesOf } from '../common/arrays.js';
import { restoreCustom } from '../common/custom.js';
import { counted, describe } from '../common/describe.js';
import { FormatError, ValueError, WasmMlpError } from '../common/errors.js';
import { isRecord, readOptions } from '../common/options.js';
import { customCheck, type CustomObjects, type LoadOptions } from '../inference/custom-objects.js';
import { engineCheck, loadModel } from '../engine/default-engine.js';
import type { Engine } from '../engine/engine.js';
import { READ_FIRST } from '../inference/model-file.js';
import { plain } from '../common/plain.js';
import { hasAtMostValues } from '../formats/json-size.js';
import { decodeSafetensors, encodeSafetensors } from '../formats/safetensors.js';
import type { Scaling } from './columns.js';
import { Estimator, readMlpOptions } from './estimator.js';

/** Metadata field for what a facade has in addition to its network. */
const FIELD = 'wasm-mlp.table';

/** Version of the format, raised when older versions could not read a file. */
const FORMAT_VERSION = 1;

/** Largest size of that field, in bytes. */
const MOST_BYTES = 16_000_000;

/** Most values in the field: labels, and a shift and a scale for each column. */
const MOST_VALUES = 2_000_000;

/**
 * Options of `loadClassifier` and `loadRegressor`.
 * @category Tables
 */
export interface LoadTableOptions extends LoadOptions {
  /** Engine that runs the network. Default the one that all models share. */
  engine?: Engine;
}

/** Fields of one kind of facade. */
export type FacadeFields = Readonly<Record<string, unknown>>;

/**
 * Returns the file of a fitted facade. `part` has the fields of its kind, in addition to network, scaling and options.
 */
export function encodeTable(where: string, kind: string, estimator: Estimator, part: FacadeFields): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(
    where,
    bytesOf(estimator.model('save').save({ includeOptimizer: false }))!,
  );
  const { scaling, settings, featureNames } = estimator;
  const text = JSON.stringify({
    formatVersion: FORMAT_VERSION,
    kind,
    ...part,
    ...(scaling && { inputs: scaling }),
    ...(featureNames && { featureNames }),
    options: plain({ ...settings, engine: undefined }),
  });
  const bytes = new TextEncoder().encode(JSON.stringify(text)).length;
  if (bytes > MOST_BYTES) {
    throw new ValueError(`${where}: labels and scales expected to take at most ${MOST_BYTES} bytes, got ${bytes}.`);
  }
  if (!hasAtMostValues(text, MOST_VALUES)) {
    throw new ValueError(`${where}: labels and scales expected to be at most ${MOST_VALUES} values, got more.`);
  }
  return encodeSafetensors({ tensors, metadata: { ...metadata, [FIELD]: text } });
}

/** Result of reading a file: an estimator that predicts, and the fields of its kind, checked. */
export interface Decoded<P> {
  readonly estimator: Estimator;
  readonly part: P;
}

/** Throws a FormatError if a condition on a field does not hold. */
export type RequireField = (holds: boolean, field: string, expected: string, got: unknown) => void;

/**
 * Reads the file of a facade. `check` takes the fields of this kind, `names`, and the number of the network's outputs.
 * @throws FormatError for anything that `encodeTable` would not write.
 */
export async function decodeTable<P>(
  where: string,
  kind: 'mlpClassifier' | 'mlpRegressor',
  file: unknown,
  options: LoadTableOptions | undefined,
  names: readonly string[],
  check: (part: FacadeFields, outputs: number, requireField: RequireField) => P,
): Promise<Decoded<P>> {
  const { custom, engine } = readOptions<{ custom: CustomObjects; engine: Engine | undefined }>(where, options, {
    custom: { check: customCheck, or: new Map() },
    engine: { check: engineCheck, or: undefined },
  });
  const bytes = bytesOf(file);
  if (bytes === undefined)
    throw new ValueError(`${where}: file expected a Uint8Array, got ${describe(file)}.${READ_FIRST}`);
  const requireField: RequireField = (holds, field, expected, got) => {
    if (!holds) throw new FormatError(`${where}: field ${field} expected ${expected}, got ${describe(got)}.`);
  };
  const { kind: saved, inputs, featureNames, options: settings, ...part } = readField(where, bytes, requireField);
  if (saved !== kind && (saved === 'mlpClassifier' || saved === 'mlpRegressor')) {
    const use = saved === 'mlpClassifier' ? 'loadClassifier' : 'loadRegressor';
    throw new FormatError(`${where}: file expected of ${kind}, got one of ${saved}. Use ${use}.`);
  }
  requireField(saved === kind, 'kind', `"${kind}"`, saved);
  for (const name of Object.keys(part)) requireField(names.includes(name), name, 'no such field', part[name]);
  requireField(!Object.hasOwn(settings as object, 'engine'), 'options.engine', 'no such field', 'an engine');
  const settled = asFormatError(where, () =>
    readMlpOptions(where, {
      ...(restoreCustom(`${where}: options`, settings, custom) as object),
      ...(engine && { engine }),
    }),
  );
  const model = await loadModel(bytes, options);
  try {
    const widths = model.widths;
    const width = widths.inputs.reduce((sum, one) => sum + one, 0);
    const embedded = settled.embeddings.map(({ column }) => column);
    const several = embedded.length > 0 && embedded.length < width;
    const fits = several
      ? widths.inputs[1] === embedded.length && widths.inputs.length === 2
      : widths.inputs.length === 1;
    requireField(fits, 'architecture', `a network with ${several ? 'two inputs' : 'one input'}`, widths.inputs);
    const different = new Set(embedded).size === embedded.length && embedded.every((column) => column < width);
    requireField(different, 'options.embeddings', `different columns below ${width}`, embedded);
    requireField(widths.outputs.length === 1, 'architecture', 'a network with one output', widths.outputs);
    const numbers = width - embedded.length;
    const scaling = inputs === undefined ? undefined : readScaling('inputs', inputs, numbers, requireField);
    const names = new Set(Array.isArray(featureNames) ? (featureNames as unknown[]) : []);
    const named = names.size === width && [...names].every((name) => typeof name === 'string' && name !== '');
    requireField(featureNames === undefined || named, 'featureNames', `${width} different names`, featureNames);
    const fitted = { model, scaling, featureNames: featureNames as string[] | undefined, compiled: false };
    const checked = check(part, widths.outputs[0], requireField);
    return { estimator: new Estimator(kind, settled, fitted), part: checked };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Returns the fields in the metadata field. */
function readField(where: string, bytes: Uint8Array, requireField: RequireField): Record<string, unknown> {
  const text = decodeSafetensors(where, bytes).metadata[FIELD];
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

/** Turns an error into a FormatError: options that are refused, or have an unreadable form, are a fault of the file. */
function asFormatError<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const why = error instanceof WasmMlpError ? error.message : 'They have another form.';
    throw new FormatError(`${where}: the file's options are refused. ${why}`);
  }
}
