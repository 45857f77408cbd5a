/** Options of a model's methods, and the result of `memory`. */
import { readOptions, unchecked } from '../common/options.js';
import type { Callback } from '../training/callbacks/callback.js';
import type { ClassWeights, SampleWeight } from '../training/data/shape.js';
import type { BatchOptions, ModelSetup } from '../inference/inference-model.js';
import type { Blueprint } from '../graph/architecture.js';
import type { NetworkPlan } from '../graph/plan.js';
import type { RestoredState } from './checkpoint.js';
import type { CompileChecks, CompileOptions } from '../training/compiled.js';
import type { PlacedWeights } from '../graph/shared-weights.js';
import type { StartRemoteFit } from './remote-fit-types.js';

/**
 * Options of `evaluate`.
 * @category Training and callbacks
 */
export interface EvaluateOptions extends BatchOptions {
  /** Weight of each row in the loss, as in `fit`; a source gives it with its batches. Default 1. */
  sampleWeight?: SampleWeight;
  /** Most batches, only with a source of batches. Default all that it yields. */
  batches?: number;
  /**
   * Callbacks, of which `onEvaluateBegin` and `onEvaluateEnd` are called. They may return promises only with a source.
   * Default none.
   */
  callbacks?: readonly Callback[];
}

/**
 * Options of `trainOnBatch` and `gradients`.
 * @category Training and callbacks
 */
export interface StepOptions {
  /** Weight of each row in the loss, as in `fit`. Default 1. */
  sampleWeight?: SampleWeight;
  /** Weight of the rows of each class, as in `fit`. Default 1. */
  classWeight?: ClassWeights;
}

/**
 * Bytes that a model uses of its engine's linear memory. Data is in memory only while a call needs it.
 * @category Models
 */
export interface ModelMemory {
  /** All weights, padded to whole vectors; also those that it shares with other models. */
  readonly weights: number;
  /** Gradients of the learned weights, once compiled. */
  readonly gradients: number;
  /** Optimizer state, once compiled. */
  readonly optimizerState: number;
  /**
   * Activations, deltas and transposed weights of the largest training batch so far. Buffers that are not needed at the
   * same time share memory.
   */
  readonly training: number;
  /** Activations of the largest batch of `evaluate` so far. */
  readonly evaluation: number;
  /** Activations of the largest prediction so far. */
  readonly prediction: number;
  /** Sum of the above. */
  readonly total: number;
}

/** Reads step options. The weights in them are checked with the data, when the number of rows is known. */
export const readStepOptions = (where: string, options: StepOptions | undefined): StepOptions =>
  readOptions<{ sampleWeight: unknown; classWeight: unknown }>(where, options, {
    sampleWeight: { check: unchecked, or: undefined },
    classWeight: { check: unchecked, or: undefined },
  }) as StepOptions;

/** A model that gets its weights, and is compiled, after it was made. */
export interface UnfinishedModel {
  restore(state: RestoredState): void;
  recompile(options: CompileOptions, targetChecks: CompileChecks, frozen: ReadonlySet<number>): void;
  dispose(): void;
}

/** Makes a model of a plan, whose weights are all 0. */
export type MakeAlike = (where: string, blueprint: Blueprint, plan: NetworkPlan) => UnfinishedModel;

/** Parts of a model that trains. */
export interface TrainableSetup extends ModelSetup {
  /** Called when the model is first shared: from then on it must not be garbage-collected. */
  readonly onShare?: (model: object) => unknown;
  /** Where the weights are. Without it the model allocates them. */
  readonly placed?: PlacedWeights;
  /** Indices of the parameters that get initial values. Default none. */
  readonly initialized?: readonly number[];
  /** Makes a model of another plan on the same engine, whose weights are all 0. */
  readonly alike?: MakeAlike;
  /** Runs `fit` in a worker. Without it the model trains only on its own thread. */
  readonly startRemoteFit?: StartRemoteFit;
}
