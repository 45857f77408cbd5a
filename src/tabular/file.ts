/**
 * Files of classifiers and regressors: the file of their network, which `loadModel` and PyTorch's safetensors can load
 * directly, with one more metadata field for labels, scales and options. The reader trusts nothing in it.
 */
import { bytesOf } from '../common/arrays.js';
import { restoreCustom } from '../common/custom.js';
import { describe } from '../common/describe.js';
import { FormatError, ValueError, WasmMlpError } from '../common/errors.js';
import { readOptions } from '../common/options.js';
import { customCheck, type CustomObjects, type LoadOptions } from '../inference/custom-objects.js';
import { engineCheck, loadModel } from '../engine/default-engine.js';
import type { Engine } from '../engine/engine.js';
import { READ_FIRST } from '../inference/model-file.js';
import { plain } from '../common/plain.js';
import { hasAtMostValues } from '../formats/json-size.js';
import { decodeSafetensors, encodeSafetensors } from '../formats/safetensors.js';
import { Estimator, readMlpOptions } from './estimator.js';
import {
  FIELD,
  fieldChecker,
  FORMAT_VERSION,
  MOST_BYTES,
  MOST_VALUES,
  readField,
  readScaling,
  type FacadeFields,
  type RequireField,
} from './saved-fields.js';

/**
 * Options of `loadClassifier` and `loadRegressor`.
 * @category Tables
 */
export interface LoadTableOptions extends LoadOptions {
  /** Engine that runs the network. Default the one that all models share. */
  engine?: Engine;
}

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
  const requireField = fieldChecker(where);
  const {
    kind: saved,
    inputs,
    featureNames,
    options: settings,
    ...part
  } = readField(where, decodeSafetensors(where, bytes).metadata, requireField);
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

/** Turns an error into a FormatError: options that are refused, or have an unreadable form, are a fault of the file. */
function asFormatError<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const why = error instanceof WasmMlpError ? error.message : 'They have another form.';
    throw new FormatError(`${where}: the file's options are refused. ${why}`);
  }
}
