/**
 * A model as a safetensors file. Weights stand under their names, so PyTorch's safetensors loads the file as it is;
 * each moment of the optimizer under `optimizer.<moment>.<weight>`; the rest as JSON in the metadata field `wasm-mlp`.
 */
import { describe } from '../common/describe.js';
import { FormatError } from '../common/errors.js';
import { flag, isRecord, readOptions } from '../common/options.js';
import { encodeSafetensors } from '../formats/safetensors.js';
import { stateNames } from '../optimizers/bind.js';
import type { NetworkPlan, PlannedParameter } from '../graph/plan.js';
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
import type { Trainer } from '../training/trainer.js';

/** What a file says of training. */
export interface SavedTraining {
  readonly options: CompileOptions;
  readonly learningRate: number;
  readonly stepCount: number;
  /** Names of the saved moments. */
  readonly slots: readonly string[];
}

/**
 * What `save` takes.
 * @category Files
 */
export interface SaveOptions {
  /** Whether the optimizer's state is saved, to go on training. Default true. */
  includeOptimizer?: boolean;
}

/** The options of `compile` as they are saved. */
export function savedOptions({ optimizer, losses, lossWeights, metrics }: Trainer['compiled']): CompileOptions {
  if (losses.length === 1 && lossWeights[0] === 1) return { optimizer, loss: losses[0], metrics: metrics[0] };
  return { optimizer, loss: losses, lossWeights, metrics };
}

const slotTensor = (slot: string, weight: string): string => `optimizer.${slot}.${weight}`;

/** Writes the file: the weights as they are, and the optimizer's state of the same step. */
export function encodeModel(
  options: SaveOptions | undefined,
  { blueprint, runtime, plan, weights, epochCount }: ModelState,
  current: Trainer | undefined,
): Uint8Array {
  const { includeOptimizer } = readOptions<Required<SaveOptions>>('save', options, {
    includeOptimizer: { check: flag, or: true },
  });
  const tensors = readParameters(runtime, weights, plan.parameters);
  const trainer = includeOptimizer ? current : undefined;
  let training: SavedTraining | undefined;
  if (trainer !== undefined) {
    const { compiled, savedRate: learningRate, stepCount } = trainer;
    const slots = trainer.readOptimizerState();
    training = {
      options: plain(savedOptions(compiled)),
      learningRate,
      stepCount,
      slots: slots.map(({ name }) => name),
    };
    for (const slot of slots) {
      for (const tensor of slot.tensors) tensors.push({ ...tensor, name: slotTensor(slot.name, tensor.name) });
    }
  }
  const architecture = architectureOf(blueprint);
  const header: Header = { formatVersion: FORMAT_VERSION, architecture, epochCount, ...(training && { training }) };
  return encodeSafetensors({ tensors, metadata: { format: 'pt', [FIELD]: JSON.stringify(header) } });
}

/** Reads what a file says of training. */
function readTraining(training: unknown, custom: CustomObjects): SavedTraining | undefined {
  if (training === undefined) return undefined;
  requireObject('training', training, ['options', 'learningRate', 'stepCount', 'slots']);
  const { options, learningRate, stepCount, slots } = training as SavedTraining;
  requireField(isCount(stepCount), 'training.stepCount', 'a count', stepCount);
  const isRate = typeof learningRate === 'number' && learningRate >= 0 && Math.fround(learningRate) < Infinity;
  requireField(isRate, 'training.learningRate', 'a number >= 0', learningRate);
  const names = Array.isArray(slots) && slots.every((slot) => typeof slot === 'string');
  requireField(names, 'training.slots', 'a list of names', slots);
  requireField(isRecord(options), 'training.options', 'an object', options);
  const restored = restoreField('training.options', options, custom);
  // −0 is 0 here as in all options.
  return { options: restored, learningRate: learningRate + 0, stepCount: stepCount + 0, slots };
}

/** A checkpoint whose every tensor was found and has the size that the model's plan asks for. */
export interface RestoredState {
  readonly epochCount: number;
  readonly weights: readonly Float32Array[];
  readonly training: (SavedTraining & { readonly values: readonly (readonly Float32Array[])[] }) | undefined;
}

/**
 * Holds a checkpoint against the plan of its model before anything is allocated: every tensor there, of the right
 * shape, weights finite, none left over, the moments those of the optimizer.
 */
export function checkState(
  checkpoint: Checkpoint,
  plan: NetworkPlan,
  outputSpecs: readonly TensorSpec[],
  custom: CustomObjects,
): RestoredState {
  const left = new Set(checkpoint.tensors.keys());
  const pick = (parameters: readonly PlannedParameter[], values: 'finite' | 'any' = 'finite'): Float32Array[] => {
    for (const { name } of parameters) left.delete(name);
    return takeTensors(checkpoint, parameters, values);
  };
  const { epochCount } = checkpoint;
  const training = readTraining(checkpoint.training, custom);
  const weights = pick(plan.parameters);
  const learned = plan.parameters.filter(({ spec }) => spec.learned);
  const momentsOf = (slot: string): PlannedParameter[] =>
    learned.map((parameter) => ({ ...parameter, name: slotTensor(slot, parameter.name) }));
  if (training !== undefined) {
    const { optimizer } = readCompileOptions(training.options, outputSpecs);
    const expected = stateNames(optimizer);
    const fits = expected.length === training.slots.length && expected.every((slot, i) => slot === training.slots[i]);
    requireField(fits, 'training.slots', `[${expected.join(', ')}]`, training.slots);
  }
  // A training goes on from a moment that has overflowed.
  const values = training?.slots.map((slot) => pick(momentsOf(slot), 'any')) ?? [];
  for (const name of left) throw new FormatError(`loadModel: tensor ${describe(name)} expected nowhere in this model.`);
  return { epochCount, weights, training: training && { ...training, values } };
}
