/** A model's file as far as it can be read without building the model. */
import { restoreCustom } from '../common/custom.js';
import { describe } from '../common/describe.js';
import { bytesOf } from '../common/arrays.js';
import { FormatError, ValueError, WasmMlpError } from '../common/errors.js';
import type { NamedTensor } from '../common/tensors.js';
import type { PlannedParameter } from '../graph/plan.js';
import { decodeSafetensors } from '../serialization/safetensors.js';
import type { CompileOptions } from '../training/compiled.js';
import { readArchitecture, type Architecture, type Blueprint } from './architecture.js';
import type { CustomObjects } from './custom.js';
import { readTensors } from './weights.js';

/** Metadata field that holds everything but tensors. */
export const FIELD = 'wasm-mlp';

/** Raised when older versions could not read a file. */
export const FORMAT_VERSION = 1;

/** What a file says of training. */
export interface SavedTraining {
  readonly options: CompileOptions;
  readonly learningRate: number;
  readonly stepCount: number;
  /** Names of the saved moments. */
  readonly slots: readonly string[];
}

export interface Header {
  readonly formatVersion: number;
  readonly architecture: Architecture;
  readonly epochCount: number;
  readonly training?: SavedTraining;
}

export interface Checkpoint extends Omit<Header, 'formatVersion'> {
  readonly tensors: ReadonlyMap<string, NamedTensor>;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

export function requireField(holds: boolean, field: string, expected: string, got: unknown): void {
  if (!holds) throw new FormatError(`loadModel: field ${field} expected ${expected}, got ${describe(got)}.`);
}

function requireTraining(training: SavedTraining | undefined): void {
  if (training === undefined) return;
  requireField(typeof training === 'object' && training !== null, 'training', 'an object', training);
  requireField(isCount(training.stepCount), 'training.stepCount', 'a count', training.stepCount);
  const rate = Math.fround(training.learningRate);
  requireField(rate >= 0 && rate < Infinity, 'training.learningRate', 'a number >= 0', training.learningRate);
  const names = Array.isArray(training.slots) && training.slots.every((slot) => typeof slot === 'string');
  requireField(names, 'training.slots', 'a list of names', training.slots);
  requireField(
    typeof training.options === 'object' && training.options !== null,
    'training.options',
    'an object',
    training.options,
  );
}

/** Reads a file as far as it can be checked without building the model. */
function decodeModel(file: unknown): Checkpoint {
  const bytes = bytesOf(file);
  if (bytes === undefined) throw new ValueError(`loadModel: file expected a Uint8Array, got ${describe(file)}.`);
  const { tensors, metadata } = decodeSafetensors('loadModel', bytes);
  const text = metadata[FIELD];
  if (text === undefined) {
    throw new FormatError(
      `loadModel: field __metadata__.${FIELD} expected, got a file without it. It was not saved by wasm-mlp.`,
    );
  }
  let header: Header;
  try {
    header = JSON.parse(text) as Header;
  } catch {
    throw new FormatError(`loadModel: field ${FIELD} expected JSON, got something else.`);
  }
  requireField(typeof header === 'object' && header !== null, FIELD, 'an object', header);
  requireField(header.formatVersion === FORMAT_VERSION, 'formatVersion', `${FORMAT_VERSION}`, header.formatVersion);
  requireField(isCount(header.epochCount), 'epochCount', 'a count', header.epochCount);
  const { architecture } = header;
  requireField(typeof architecture === 'object' && architecture !== null, 'architecture', 'an object', architecture);
  requireTraining(header.training);
  const { epochCount, training } = header;
  const map = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return { architecture, epochCount, ...(training && { training }), tensors: map };
}

/** Reads a file, with the user's own objects by name, as far as that goes without a plan. */
export function openModel(
  file: unknown,
  custom: CustomObjects,
): { readonly checkpoint: Checkpoint; readonly blueprint: Blueprint } {
  const { architecture, training, ...rest } = decodeModel(file);
  const restored = restoreCustom({ architecture, ...(training && { training }) }, custom);
  const checkpoint = { ...rest, ...(restored as Pick<Checkpoint, 'architecture' | 'training'>) };
  return { checkpoint, blueprint: asFormatError(() => readArchitecture('loadModel', checkpoint.architecture)) };
}

/** The tensors of these parameters, in order. */
export function takeTensors(
  { tensors }: Checkpoint,
  parameters: readonly PlannedParameter[],
  values: 'finite' | 'any' = 'finite',
): Float32Array[] {
  const found = parameters.map(({ name }) => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new FormatError(`loadModel: tensor "${name}" expected, got a file without it.`);
    return tensor;
  });
  return readTensors('loadModel', parameters, found, { copied: false, finite: values === 'finite' });
}

/** What a file asks for that a model refuses is a fault of the file. */
export function asFormatError<T>(build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (error instanceof WasmMlpError && error.name !== 'MemoryError' && error.name !== 'FormatError') {
      const { message } = error;
      throw new FormatError(
        message.startsWith('loadModel: ') ? message : `loadModel: the file's model is refused. ${message}`,
      );
    }
    throw error;
  }
}
