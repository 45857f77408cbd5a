/**
 * Writes a model as a safetensors file, and checks what is read from one:
 *
 * - weights are stored under their names, so that PyTorch's safetensors can load the file;
 * - optimizer state is stored under `optimizer.<state>.<weight>`;
 * - the rest is JSON in the metadata field `wasm-mlp`.
 *
 * inference/model-file.ts reads the parts that prediction needs; formats/safetensors.ts has the container.
 */
import { describe } from '../common/describe.js';
import { FormatError, ValueError } from '../common/errors.js';
import { ownOf } from '../common/objects.js';
import { flag, isRecord, nameOf, optional, readOptions } from '../common/options.js';
import type { NamedTensor } from '../common/tensors.js';
import { HALVES, toHalves } from '../formats/halves.js';
import { encodeSafetensors, type StoredTensor } from '../formats/safetensors.js';
import { GRADIENT, stateNames } from '../optimizers/bind.js';
import { isFullBatch } from '../optimizers/full-batch.js';
import type { NetworkPlan, PlannedParameter } from '../graph/plan.js';
import type { ParameterSpec } from '../operations/operation.js';
import type { TensorSpec } from '../graph/tensor-specs.js';
import { readCompileOptions, type CompileOptions } from '../training/compiled.js';
import { readParameters } from '../graph/parameters.js';
import { architectureOf } from '../graph/architecture.js';
import type { ModelState } from '../graph/model-state.js';
import {
  FIELD,
  FORMAT_VERSION,
  isCount,
  requireField,
  requireObject,
  restoreField,
  takeTensors,
  type Checkpoint,
  type Header,
} from '../inference/model-file.js';
import type { CustomObjects } from '../inference/custom-objects.js';
import { plain } from '../common/plain.js';
import { NO_BATCHES, type GroupCounters } from '../training/batch-group.js';
import { layOutTraining } from '../training/layout.js';
import type { Trainer } from '../training/trainer.js';

/** Training state in a file. */
export interface SavedTraining {
  readonly options: CompileOptions;
  readonly learningRate: number;
  readonly stepCount: number;
  /** Batches of an unfinished group, whose summed gradient is among the tensors. */
  readonly group?: GroupCounters | undefined;
  /** Names of the saved tensors of optimizer state, one for all trained weights each. */
  readonly slots: readonly string[];
  /** Names of the layers that were frozen when the model was compiled, if any were. */
  readonly frozen?: readonly string[];
}

/**
 * Options of `save`.
 * @category Files
 */
export interface SaveOptions {
  /**
   * Whether to save the optimizer state, so that training can continue. Default true, and false for `weights` of 16
   * bits.
   */
  includeOptimizer?: boolean;
  /**
   * Type of the weights in the file. With `'float16'` (11 bits of precision, up to 65504) or `'bfloat16'` (8 bits, the
   * range of float32) the file has half the size, to predict with: matrices are rounded to the nearest number of that
   * type, vectors (biases, statistics of normalizations) stay float32. `loadModel` makes float32 of them. Default
   * `'float32'`, which keeps every bit.
   */
  weights?: 'float32' | 'float16' | 'bfloat16';
}

const TYPES = ['float32', 'float16', 'bfloat16'] as const;

/** Returns a tensor as it is stored with `weights` of this type. */
function stored(type: (typeof TYPES)[number], tensor: NamedTensor, storage: ParameterSpec['storage']): StoredTensor {
  const { name, shape, data } = tensor;
  if (storage === 'int8') return { name, shape, dtype: 'I8', data: Int8Array.from(data) };
  if (type === 'float32' || shape.length < 2) return tensor;
  const { dtype, tooLarge } = HALVES[type];
  const at = data.findIndex((value) => Math.abs(value) >= tooLarge && Math.abs(value) < Infinity);
  if (at !== -1) {
    const instead = type === 'float16' ? `'bfloat16' or 'float32'` : `'float32'`;
    throw new ValueError(
      `save: weights expected numbers that ${type} has, got ${data[at]} at index ${at} of "${name}". Use ${instead}.`,
    );
  }
  return { name, shape, dtype, data: toHalves(type, data) };
}

/** Returns the options of `compile` in the form in which they are saved. */
export function savedOptions(compiled: Trainer['compiled']): CompileOptions {
  const { optimizer, losses, lossWeights, metrics, weightedMetrics } = compiled;
  const weighted = weightedMetrics.some(({ length }) => length > 0);
  if (losses.length === 1 && lossWeights[0] === 1) {
    const [of] = weightedMetrics;
    return { optimizer, loss: losses[0], metrics: metrics[0], ...(weighted && { weightedMetrics: of }) };
  }
  return { optimizer, loss: losses, lossWeights, metrics, ...(weighted && { weightedMetrics }) };
}

/** Start of the names of tensors that callbacks remember: no weight's name begins with "optimizer.". */
const CALLBACK_TENSORS = 'optimizer.callbacks.';

const stateTensor = (state: string, weight: string): string => `optimizer.${state}.${weight}`;

interface SaveChoices {
  readonly includeOptimizer: boolean | undefined;
  readonly weights: (typeof TYPES)[number];
}

/** Encodes the file: the current weights, and the optimizer state of the same step. */
export function encodeModel(
  options: SaveOptions | undefined,
  { blueprint, runtime, plan, weights, frozen, epochCount }: ModelState,
  current: Trainer | undefined,
): Uint8Array {
  const { weights: type, includeOptimizer = type === 'float32' } = readOptions<SaveChoices>('save', options, {
    includeOptimizer: { check: optional(flag), or: undefined },
    weights: { check: nameOf(TYPES), or: 'float32' },
  });
  if (includeOptimizer && type !== 'float32') {
    throw new ValueError(
      `save: includeOptimizer expected false with weights of ${type}, from which no training continues. Leave one out.`,
    );
  }
  const tensors: StoredTensor[] = readParameters(runtime, weights, plan.parameters).map((one, index) =>
    stored(type, one, plan.parameters[index].spec.storage),
  );
  const trainer = includeOptimizer ? current : undefined;
  let training: SavedTraining | undefined;
  if (trainer !== undefined) {
    const { compiled, rate, stepCount } = trainer;
    const states = trainer.updater.readState();
    const notTrained = plan.graph.names.filter((_, index) => trainer.layout.frozen.has(index));
    training = {
      options: plain(savedOptions(compiled)),
      learningRate: rate.saved,
      stepCount,
      ...(trainer.groupCounters.batches > 0 && { group: trainer.groupCounters }),
      slots: states.map(({ name }) => name),
      ...(notTrained.length > 0 && { frozen: notTrained }),
    };
    for (const state of states) {
      for (const tensor of state.tensors) tensors.push({ ...tensor, name: stateTensor(state.name, tensor.name) });
    }
  }
  const architecture = architectureOf(blueprint, frozen);
  const header: Header = { formatVersion: FORMAT_VERSION, architecture, epochCount, ...(training && { training }) };
  // Four bytes before two: readers that take tensors in place want each on a multiple of its size.
  tensors.sort((a, b) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  return encodeSafetensors({ tensors, metadata: { format: 'pt', [FIELD]: JSON.stringify(header) } });
}

/** Reads the training state of a file. */
function readTraining(training: unknown, custom: CustomObjects): SavedTraining | undefined {
  if (training === undefined) return undefined;
  requireObject('training', training, ['options', 'learningRate', 'stepCount', 'group', 'slots', 'frozen']);
  const { options, learningRate, stepCount, slots } = training as SavedTraining;
  // Not by `??`: a file's null is no list.
  const [frozen = []] = [ownOf(training as SavedTraining, 'frozen')];
  requireField(isCount(stepCount), 'training.stepCount', 'a count', stepCount);
  const isRate = typeof learningRate === 'number' && learningRate >= 0 && Math.fround(learningRate) < Infinity;
  requireField(isRate, 'training.learningRate', 'a number >= 0', learningRate);
  const names = Array.isArray(slots) && slots.every((slot) => typeof slot === 'string');
  requireField(names, 'training.slots', 'a list of names', slots);
  const layers = Array.isArray(frozen) && frozen.every((name) => typeof name === 'string');
  requireField(layers, 'training.frozen', 'a list of names', frozen);
  requireField(isRecord(options), 'training.options', 'an object', options);
  const restored = restoreField('training.options', options, custom);
  // Turns −0 into 0, as for all options.
  const group = readGroup(ownOf(training as SavedTraining, 'group'));
  return { options: restored, learningRate: learningRate + 0, stepCount: stepCount + 0, group, slots, frozen };
}

/** Reads the counters of an unfinished group of batches. */
function readGroup(given: unknown): GroupCounters | undefined {
  if (given === undefined) return undefined;
  requireObject('training.group', given, ['batches', 'rows', 'expected']);
  const { batches, rows, expected } = given as GroupCounters;
  const counts = [batches, rows, expected].every((count) => isCount(count) && count > 0) && batches <= rows;
  requireField(counts, 'training.group', 'counts of batches and rows', given);
  return { batches, rows, expected };
}

/** State from a checkpoint, in which every tensor of the model's plan was found with the right shape. */
export interface RestoredState {
  readonly epochCount: number;
  readonly weights: readonly Float32Array[];
  readonly training: RestoredTraining | undefined;
}

/** Training state from a checkpoint. */
interface RestoredTraining extends Omit<SavedTraining, 'frozen'> {
  readonly values: readonly (readonly Float32Array[])[];
  /** Indices of the layers that were frozen when the model was compiled. */
  readonly frozen: ReadonlySet<number>;
}

/** Returns the indices of layers by their names. */
function indicesOf({ graph: { names } }: NetworkPlan, layers: readonly string[]): Set<number> {
  const indices = new Map(names.map((name, index) => [name, index]));
  return new Set(
    layers.map((name) => {
      const index = indices.get(name);
      requireField(index !== undefined, 'training.frozen', 'names of layers', name);
      return index!;
    }),
  );
}

/**
 * Checks a checkpoint against the plan of its model before anything is allocated: every tensor is present with the
 * right shape, weights are finite, no tensor is left over, and the optimizer state is that of the optimizer.
 */
export function checkState(
  checkpoint: Checkpoint,
  plan: NetworkPlan,
  outputSpecs: readonly TensorSpec[],
  custom: CustomObjects,
): RestoredState {
  const unused = new Set(checkpoint.tensors.keys());
  const pick = (parameters: readonly PlannedParameter[], values: 'finite' | 'any' = 'finite'): Float32Array[] => {
    for (const { name } of parameters) unused.delete(name);
    return takeTensors(checkpoint, parameters, values);
  };
  const { epochCount } = checkpoint;
  const training = readTraining(checkpoint.training, custom);
  const weights = pick(plan.parameters);
  const frozen = indicesOf(plan, training?.frozen ?? []);
  const learned = layOutTraining(plan, frozen).trained;
  const stateOf = (state: string): PlannedParameter[] =>
    learned.map((parameter) => ({ ...parameter, name: stateTensor(state, parameter.name) }));
  if (training !== undefined) {
    const { optimizer } = readCompileOptions(training.options, outputSpecs);
    // The summed gradient is saved only of an unfinished group.
    const expected = stateNames(optimizer).filter((name) => name !== GRADIENT || training.group !== undefined);
    const fits = expected.length === training.slots.length && expected.every((name, i) => name === training.slots[i]);
    requireField(fits, 'training.slots', `[${expected.join(', ')}]`, training.slots);
    const most = isFullBatch(optimizer) ? 0 : (optimizer.config.accumulate ?? 1) - 1;
    const { batches } = training.group ?? NO_BATCHES;
    requireField(batches <= most, 'training.group.batches', `at most ${most}`, batches);
  }
  // Optimizer state may be infinite: training continues from a state that has overflowed.
  const values = training?.slots.map((name) => pick(stateOf(name), 'any')) ?? [];
  for (const name of unused) {
    // State of callbacks, which wasm-mlp/node reads.
    if (name.startsWith(CALLBACK_TENSORS)) continue;
    throw new FormatError(`loadModel: tensor ${describe(name)} expected nowhere in this model.`);
  }
  return { epochCount, weights, training: training && { ...training, frozen, values } };
}
