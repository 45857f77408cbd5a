/**
 * The backward table: for each kind of operation, the steps of training and the facts that planning its memory needs.
 * Each entry is in the `.backward.ts` file of its operation; binding.ts has the type. wasm-mlp/predict does not import
 * this table.
 */
import { ownOf } from '../common/objects.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import { activationBackward, preluBackward } from './activation.backward.js';
import { activityPenaltyBackward } from './activity-penalty.backward.js';
import { affineBackward } from './affine.backward.js';
import { affineInt8Backward } from './affine-int8.backward.js';
import type { Backward, BackwardBinding, ForwardBinding, TrainingBinding } from './binding.js';
import { dotBackward } from './dot.backward.js';
import { embeddingBackward } from './embedding.backward.js';
import { bindForward } from './forward.js';
import { maxPiecesBackward } from './max-pieces.backward.js';
import {
  addBackward,
  averageBackward,
  concatenateBackward,
  identityBackward,
  maximumBackward,
  minimumBackward,
  multiplyBackward,
  subtractBackward,
} from './merge.backward.js';
import {
  alphaDropoutBackward,
  dropoutBackward,
  gaussianDropoutBackward,
  gaussianNoiseBackward,
} from './noise.backward.js';
import {
  batchNormalizationBackward,
  layerNormalizationBackward,
  normalizationBackward,
  rescalingBackward,
  rmsNormalizationBackward,
} from './normalization.backward.js';
import type { Operation, OperationKind, OperationOf } from './operation.js';

const BACKWARD: { readonly [K in OperationKind]: Backward<K> } = {
  affine: affineBackward,
  affineInt8: affineInt8Backward,
  activation: activationBackward,
  prelu: preluBackward,
  maxPieces: maxPiecesBackward,
  identity: identityBackward,
  add: addBackward,
  multiply: multiplyBackward,
  subtract: subtractBackward,
  average: averageBackward,
  maximum: maximumBackward,
  minimum: minimumBackward,
  dot: dotBackward,
  concatenate: concatenateBackward,
  activityPenalty: activityPenaltyBackward,
  dropout: dropoutBackward,
  alphaDropout: alphaDropoutBackward,
  gaussianDropout: gaussianDropoutBackward,
  gaussianNoise: gaussianNoiseBackward,
  batchNormalization: batchNormalizationBackward,
  layerNormalization: layerNormalizationBackward,
  rmsNormalization: rmsNormalizationBackward,
  embedding: embeddingBackward,
  rescaling: rescalingBackward,
  normalization: normalizationBackward,
};

/**
 * Returns the entry of a kind, or of an operation of it whose layer is frozen. Its optional members are read by
 * `ownOf`, since a page may have added to `Object.prototype`.
 */
function entry<K extends OperationKind>(kind: K, frozen = false): Backward<K> {
  const usual: Backward<K> = BACKWARD[kind];
  return (frozen ? ownOf(usual, 'whenFrozen') : undefined) ?? usual;
}

/** Returns which of input and output the backward steps read, besides ∂L/∂output. */
export const backwardReads = <K extends OperationKind>({ kind, config }: OperationOf<K>, frozen: boolean) =>
  entry(kind, frozen).reads(config);

/** Returns the scratch floats of a training step, forward and backward; undefined for none. */
export const scratchFloats = <K extends OperationKind>({ kind, config }: OperationOf<K>, frozen: boolean) =>
  ownOf(entry(kind, frozen), 'scratch')?.(config);

/** Returns the floats of the sums over a block of rows. */
export const blockSumFloats = <K extends OperationKind>({ kind, config }: OperationOf<K>, frozen: boolean): number =>
  ownOf(entry(kind, frozen), 'blockSums')?.(config) ?? 0;

/** Returns the floats that the forward steps save for the backward steps. */
export const savedFloats = <K extends OperationKind>({ kind, config }: OperationOf<K>, frozen: boolean): number =>
  ownOf(entry(kind, frozen), 'saved')?.(config) ?? 0;

/** Whether a training step takes statistics over the rows of its batch. */
export const usesBatchStatistics = ({ kind }: Operation, frozen: boolean): boolean =>
  ownOf(entry(kind, frozen), 'usesBatchStatistics') === true;

/** Whether a training step draws random numbers. */
export const drawsRandomNumbers = ({ kind }: Operation): boolean => ownOf(entry(kind), 'drawsRandomNumbers') === true;

/** Whether backward adds the gradient of a penalty that the loss does not include. */
export const addsPenalty = ({ kind }: Operation): boolean => ownOf(entry(kind), 'penalty') !== undefined;

/** Binds the step that adds an operation's penalty, if it has one, to a float64 at the address `total`. */
export function bindPenaltySum<K extends OperationKind>(
  { kind, config }: OperationOf<K>,
  binding: ForwardBinding,
  total: number,
): Step[] {
  const penalty = ownOf(entry(kind), 'penalty')?.(config, binding);
  if (penalty === undefined) return [];
  const { memory } = binding.runtime;
  return [
    (rows) => {
      memory.f64[total / 8] += penalty(rows);
    },
  ];
}

/** Returns the values that have a penalty. */
export const penalizedValues = (
  nodes: readonly { readonly operation: Operation; readonly output: number }[],
): number[] => nodes.filter(({ operation }) => addsPenalty(operation)).map(({ output }) => output);

/** Whether the backward steps of an operation can add to gradients of earlier batches. */
export const accumulates = ({ kind }: Operation): boolean => ownOf(entry(kind), 'accumulates') === true;

/** Whether an operation computes z = W·x + b. */
export const isAffine = ({ kind }: Operation): boolean => ownOf(entry(kind), 'isAffine') === true;

/** Binds the forward steps of a training step. */
export const bindTrainingForward = <K extends OperationKind>(
  operation: OperationOf<K>,
  binding: TrainingBinding,
  frozen: boolean,
): Step[] =>
  ownOf(entry(operation.kind, frozen), 'forward')?.(operation.config, binding) ?? bindForward(operation, binding);

/** Binds the backward steps of a training step. */
export const bindBackward = <K extends OperationKind>(
  { kind, config }: OperationOf<K>,
  binding: BackwardBinding,
  frozen: boolean,
): Step[] => entry(kind, frozen).bind(config, binding);

/** Binds the steps of an update that change running statistics. */
export const bindRunningStatistics = <K extends OperationKind>(
  { kind, config }: OperationOf<K>,
  binding: TrainingBinding,
  frozen: boolean,
): Step[] => ownOf(entry(kind, frozen), 'updateRunningStatistics')?.(config, binding) ?? [];

/** Binds steps that write the derivative of an activation; undefined unless it works value by value. */
export const bindDifferentiate = <K extends OperationKind>(
  { kind, config }: OperationOf<K>,
  binding: ForwardBinding,
  ones: MatrixView,
  derivative: MatrixView,
): Step[] | undefined => ownOf(entry(kind), 'differentiate')?.(config, binding, ones, derivative);
