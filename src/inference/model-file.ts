/**
 * Reads the file of a model as far as possible without building the model: header, architecture, and tensors by name.
 * formats/safetensors.ts decodes the container; model/checkpoint.ts writes files and reads the training state.
 */
import { bytesOf } from '../common/arrays.js';
import { requireFields, restoreCustom } from '../common/custom.js';
import { describe, sentence } from '../common/describe.js';
import { FormatError, MemoryError, ValueError, WasmMlpError } from '../common/errors.js';
import { isRecord } from '../common/options.js';
import { isOutOfMemory } from '../common/tensors.js';
import type { PlannedParameter } from '../graph/plan.js';
import type { ParameterSpec } from '../operations/operation.js';
import type { LayerFactories } from '../layers/definition.js';
import { hasAtMostValues } from '../formats/json-size.js';
import { DTYPES, INT8 } from '../formats/dtypes.js';
import { decodeSafetensors, type DecodedTensor } from '../formats/safetensors.js';
import { readArchitecture, type Architecture, type Blueprint } from '../graph/architecture.js';
import type { CustomObjects } from './custom-objects.js';
import { readTensors } from '../graph/named-weights.js';

/** Hint for a path, an address or a response given instead of bytes. */
export const READ_FIRST = ' Read the file first: readFileSync(path), or new Uint8Array(await response.arrayBuffer()).';

/** Metadata field that holds everything except tensors. */
export const FIELD = 'wasm-mlp';

/** Version of the format. Increase it when older versions of the library cannot read new files. */
export const FORMAT_VERSION = 1;

/** Types of weights besides float32, which `save` writes. */
const TYPES = { F16: DTYPES.F16, BF16: DTYPES.BF16, I8: INT8 };

export interface Header {
  readonly formatVersion: number;
  readonly architecture: Architecture;
  readonly epochCount: number;
  /** State for continuing training; only the whole library reads it. */
  readonly training?: unknown;
}

export interface Checkpoint extends Omit<Header, 'formatVersion'> {
  readonly tensors: ReadonlyMap<string, DecodedTensor>;
  /**
   * Whether values of tensors are copied when they are checked; otherwise they are read from the file when written.
   */
  readonly copied: boolean;
}

/** All fields of a header, and of an architecture. */
const HEADER_FIELDS = ['formatVersion', 'architecture', 'epochCount', 'training'];
const ARCHITECTURE_FIELDS = ['seed', 'layers', 'nodes', 'inputs', 'outputs', 'int8'];

/**
 * Limit on the number of JSON values in the library's part of the header: for any file, and how many more for each
 * tensor and for each number in the tensors.
 */
const FREE_VALUES = 1_048_576;
const VALUES_PER_TENSOR = 10;
const VALUES_PER_NUMBER = 0.25;

export const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

export function requireField(holds: boolean, field: string, expected: string, got: unknown): void {
  if (!holds) throw new FormatError(`loadModel: field ${field} expected ${expected}, got ${describe(got)}.`);
}

/** Throws unless a value of the file is an object with no fields other than `names`. */
export function requireObject(field: string, value: unknown, names: readonly string[]): void {
  requireField(isRecord(value), field, 'an object', value);
  // Checks this first: unknown fields may be of any size.
  asFormatError(field, () => requireFields(`loadModel: field ${field}`, value as object, names));
}

/** Reads the library's part of the header. */
function readHeader(text: string, most: number): Header {
  if (!hasAtMostValues(text, most)) {
    throw new FormatError(`loadModel: field ${FIELD} expected at most ${Math.floor(most)} values, got more.`);
  }
  let header: Header;
  try {
    header = JSON.parse(text) as Header;
  } catch {
    throw new FormatError(`loadModel: field ${FIELD} expected JSON, got something else.`);
  }
  requireField(isRecord(header), FIELD, 'an object', header);
  // Checks the version first: files of later versions may have other fields.
  requireField(header.formatVersion === FORMAT_VERSION, 'formatVersion', `${FORMAT_VERSION}`, header.formatVersion);
  requireObject(FIELD, header, HEADER_FIELDS);
  requireField(isCount(header.epochCount), 'epochCount', 'a count', header.epochCount);
  const { formatVersion, architecture, epochCount } = header;
  requireObject('architecture', architecture, ARCHITECTURE_FIELDS);
  return { formatVersion, architecture, epochCount: epochCount + 0, training: header.training };
}

/** Reads a file as far as it can be checked without building the model. */
function decodeModel(file: unknown): Omit<Checkpoint, 'copied'> {
  const bytes = bytesOf(file);
  if (bytes === undefined)
    throw new ValueError(`loadModel: file expected a Uint8Array, got ${describe(file)}.${READ_FIRST}`);
  const { tensors, metadata } = decodeSafetensors('loadModel', bytes, TYPES);
  const text = metadata[FIELD];
  if (text === undefined) {
    throw new FormatError(
      `loadModel: field __metadata__.${FIELD} expected, got a file without it. It was not saved by wasm-mlp: ` +
        `to take weights of other files, build the model and call loadWeights.`,
    );
  }
  const numbers = tensors.reduce((total, { data }) => total + data.length, 0);
  const most = FREE_VALUES + VALUES_PER_TENSOR * tensors.length + VALUES_PER_NUMBER * numbers;
  const { architecture, epochCount, training } = readHeader(text, most);
  const map = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return { architecture, epochCount, training, tensors: map };
}

/** Returns a field of a file with custom objects in place of their names. */
export const restoreField = <T>(field: string, value: T, custom: CustomObjects): T =>
  asFormatError(field, () => restoreCustom(`loadModel: ${field}`, value, custom)) as T;

/** Reads a file as far as possible without a plan; `custom` has the custom objects by name. */
export function openModel(
  file: unknown,
  custom: CustomObjects,
  factories: LayerFactories,
): { readonly checkpoint: Checkpoint; readonly blueprint: Blueprint } {
  const { architecture, ...rest } = decodeModel(file);
  const checkpoint: Checkpoint = {
    ...rest,
    architecture: restoreField('architecture', architecture, custom),
    // Custom functions may run between check and use, and change the file.
    copied: custom.size > 0,
  };
  const blueprint = asFormatError('architecture', () =>
    readArchitecture('loadModel', checkpoint.architecture, factories),
  );
  return { checkpoint, blueprint };
}

/** Throws unless integers are those of weights of eight bits. */
function requireDtype({ name, dtype = 'F32' }: DecodedTensor, { storage }: ParameterSpec): void {
  if ((dtype === 'I8') === (storage === 'int8')) return;
  const expected = storage === 'int8' ? 'I8' : 'F32, F16 or BF16';
  throw new FormatError(`loadModel: tensor ${describe(name)} expected dtype ${expected}, got ${dtype}.`);
}

/** Returns the tensors of these parameters, in order. */
export function takeTensors(
  { tensors, copied }: Checkpoint,
  parameters: readonly PlannedParameter[],
  values: 'finite' | 'any' = 'finite',
): Float32Array[] {
  const found = parameters.map(({ name, spec }) => {
    const tensor = tensors.get(name);
    if (tensor === undefined)
      throw new FormatError(`loadModel: tensor ${describe(name)} expected, got a file without it.`);
    requireDtype(tensor, spec);
    return tensor;
  });
  return readTensors('loadModel', parameters, found, { copied, finite: values === 'finite' });
}

/**
 * Runs `build`, which reads or uses `field` of a file, and turns its errors into a FormatError: the file is at fault,
 * whatever goes wrong. Only lack of memory stays a MemoryError.
 */
export function asFormatError<T>(field: string, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (error instanceof MemoryError || error instanceof FormatError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof WasmMlpError) {
      throw new FormatError(
        message.startsWith('loadModel: ') ? message : `loadModel: the file's model is refused. ${message}`,
      );
    }
    if (isOutOfMemory(error)) throw new MemoryError(`loadModel: memory for ${field} expected, got none: ${message}.`);
    throw new FormatError(
      `loadModel: field ${field} expected what model.save writes, got what cannot be read: ${sentence(message)}`,
      { cause: error },
    );
  }
}
