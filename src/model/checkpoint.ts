/**
 * A model as a safetensors file. Weights stand under their names, so PyTorch's safetensors loads the file as it is; each moment of
 * the optimizer under `optimizer.<moment>.<weight>`; the rest as JSON in the metadata field `wasm-mlp`.
 */
import { describe } from '../common/describe.js';
import { FormatError, ValueError, WasmMlpError } from '../common/errors.js';
import { flag, readOptions } from '../common/options.js';
import type { NamedTensor } from '../common/tensors.js';
import { decodeSafetensors, encodeSafetensors } from '../serialization/safetensors.js';
import { slotNames } from '../optimizers/bind.js';
import type { NetworkPlan, PlannedParameter } from '../graph/plan.js';
import type { End } from '../graph/ends.js';
import { readCompileOptions, type CompileOptions } from '../training/compiled.js';
import type { Architecture } from './architecture.js';
import { plain } from './plain.js';
import { readTensors } from './weights.js';
import type { Trainer } from '../training/trainer.js';

/** Metadata field that holds everything but tensors. */
const FIELD = 'wasm-mlp';

/** Raised when older versions could not read a file. */
const FORMAT_VERSION = 1;

/** What `save` takes. */
export interface SaveOptions {
  /** Whether the optimizer's state is saved, to go on training. Default true. */
  includeOptimizer?: boolean;
}

/** What a file says of training. */
export interface TrainingState {
  readonly options: CompileOptions;
  readonly learningRate: number;
  readonly stepCount: number;
  /** Names of the saved moments. */
  readonly slots: readonly string[];
}

interface Header {
  readonly formatVersion: number;
  readonly architecture: Architecture;
  readonly epochCount: number;
  readonly training?: TrainingState;
}

export interface Checkpoint extends Omit<Header, 'formatVersion'> {
  readonly tensors: ReadonlyMap<string, NamedTensor>;
}

/** The options of `compile` as they are saved. */
export function savedOptions({ optimizer, losses, lossWeights, metrics }: Trainer['compiled']): CompileOptions {
  if (losses.length === 1 && lossWeights[0] === 1) return { optimizer, loss: losses[0], metrics: metrics[0] };
  return { optimizer, loss: losses, lossWeights, metrics };
}

const slotTensor = (slot: string, weight: string): string => `optimizer.${slot}.${weight}`;

/** Writes the file. */
export function encodeModel(
  options: SaveOptions | undefined,
  model: {
    readonly architecture: Architecture;
    readonly epochCount: number;
    readonly weights: readonly NamedTensor[];
    readonly trainer: Trainer | undefined;
  },
): Uint8Array {
  const { includeOptimizer } = readOptions<Required<SaveOptions>>('save', options, {
    includeOptimizer: { check: flag, or: true },
  });
  const { architecture, epochCount, weights } = model;
  const tensors = [...weights];
  const trainer = includeOptimizer ? model.trainer : undefined;
  let training: TrainingState | undefined;
  if (trainer !== undefined) {
    const { compiled, learningRate, stepCount } = trainer;
    const slots = trainer.readSlots();
    training = {
      options: plain(savedOptions(compiled)),
      learningRate,
      stepCount,
      slots: slots.map(({ name }) => name),
    };
    for (const slot of slots) {
      tensors.push(...slot.tensors.map((tensor) => ({ ...tensor, name: slotTensor(slot.name, tensor.name) })));
    }
  }
  const header: Header = { formatVersion: FORMAT_VERSION, architecture, epochCount, ...(training && { training }) };
  return encodeSafetensors({ tensors, metadata: { format: 'pt', [FIELD]: JSON.stringify(header) } });
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function requireField(holds: boolean, field: string, expected: string, got: unknown): void {
  if (!holds) throw new FormatError(`loadModel: field ${field} expected ${expected}, got ${describe(got)}.`);
}

function requireTraining(training: TrainingState | undefined): void {
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
export function decodeModel(file: unknown): Checkpoint {
  const bytes = file instanceof ArrayBuffer ? new Uint8Array(file) : file;
  if (!(bytes instanceof Uint8Array)) {
    throw new ValueError(`loadModel: file expected a Uint8Array, got ${describe(bytes)}.`);
  }
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

/** A checkpoint whose every tensor was found and has the size that the model's plan asks for. */
export interface RestoredState {
  readonly epochCount: number;
  readonly weights: readonly Float32Array[];
  readonly training: (TrainingState & { readonly values: readonly (readonly Float32Array[])[] }) | undefined;
}

/**
 * Holds a checkpoint against the plan of its model before anything is allocated: every tensor there, of the right shape, finite, none left
 * over, the moments those of the optimizer.
 */
export function checkState(checkpoint: Checkpoint, plan: NetworkPlan, ends: readonly End[]): RestoredState {
  const left = new Set(checkpoint.tensors.keys());
  const pick = (parameters: readonly PlannedParameter[], nameOf: (weight: string) => string): Float32Array[] => {
    const tensors = parameters.map(({ name: weight }) => {
      const name = nameOf(weight);
      const tensor = checkpoint.tensors.get(name);
      if (tensor === undefined) throw new FormatError(`loadModel: tensor "${name}" expected, got a file without it.`);
      left.delete(name);
      return { ...tensor, name: weight };
    });
    return readTensors('loadModel', parameters, tensors);
  };
  const { epochCount, training } = checkpoint;
  const weights = pick(plan.parameters, (name) => name);
  const learned = plan.parameters.filter(({ spec }) => spec.learned);
  const values = training?.slots.map((slot) => pick(learned, (name) => slotTensor(slot, name))) ?? [];
  for (const name of left) throw new FormatError(`loadModel: tensor ${describe(name)} expected nowhere in this model.`);
  if (training !== undefined) {
    const { optimizer } = readCompileOptions(training.options, ends);
    const expected = slotNames(optimizer);
    const fits = expected.length === training.slots.length && expected.every((slot, i) => slot === training.slots[i]);
    requireField(fits, 'training.slots', `[${expected.join(', ')}]`, training.slots);
  }
  return { epochCount, weights, training: training && { ...training, values } };
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
