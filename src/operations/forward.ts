/** The forward table: the prediction of each kind of operation. `wasm-mlp/predict` imports only this table. */
import { ownOf } from '../common/objects.js';
import type { Step } from '../runtime/matrix-view.js';
import { activationForward, preluForward } from './activation.js';
import { activityPenaltyForward } from './activity-penalty.js';
import { affineForward } from './affine.js';
import { affineInt8Forward } from './affine-int8.js';
import type { Forward, ForwardBinding } from './binding.js';
import { dotForward } from './dot.js';
import { embeddingForward } from './embedding.js';
import { maxPiecesForward } from './max-pieces.js';
import {
  addForward,
  averageForward,
  concatenateForward,
  identityForward,
  maximumForward,
  minimumForward,
  multiplyForward,
  subtractForward,
} from './merge.js';
import { noiseForward } from './noise.js';
import {
  batchNormalizationForward,
  layerNormalizationForward,
  normalizationForward,
  rescalingForward,
  rmsNormalizationForward,
} from './normalization.js';
import type { Operation, OperationKind, OperationOf } from './operation.js';

const FORWARD: { readonly [K in OperationKind]: Forward<K> } = {
  affine: affineForward,
  affineInt8: affineInt8Forward,
  activation: activationForward,
  prelu: preluForward,
  maxPieces: maxPiecesForward,
  identity: identityForward,
  add: addForward,
  multiply: multiplyForward,
  subtract: subtractForward,
  average: averageForward,
  maximum: maximumForward,
  minimum: minimumForward,
  dot: dotForward,
  concatenate: concatenateForward,
  activityPenalty: activityPenaltyForward,
  dropout: noiseForward,
  alphaDropout: noiseForward,
  gaussianDropout: noiseForward,
  gaussianNoise: noiseForward,
  batchNormalization: batchNormalizationForward,
  layerNormalization: layerNormalizationForward,
  rmsNormalization: rmsNormalizationForward,
  embedding: embeddingForward,
  rescaling: rescalingForward,
  normalization: normalizationForward,
};

/** Returns the number of categories of each column that an operation reads as an index; undefined for most. */
export const categoriesOf = <K extends OperationKind>({
  kind,
  config,
}: OperationOf<K>): readonly number[] | undefined => ownOf(FORWARD[kind] as Forward<K>, 'categories')?.(config);

/** Whether the output of an operation may overwrite its only input. */
export const isInPlace = ({ kind }: Operation): boolean => FORWARD[kind].inPlace;

/**
 * Whether the steps of a prediction are calls of kernels alone, which other threads can make as well: not functions of
 * the user, and nothing that reads indices, which have to be checked before.
 */
export const isOfKernels = ({ kind, config }: Operation): boolean =>
  kind !== 'embedding' && !(kind === 'activation' && config.activation.kind === 'custom');

/** Binds the steps of a prediction. */
export const bindForward = <K extends OperationKind>(
  { kind, config }: OperationOf<K>,
  binding: ForwardBinding,
): Step[] => FORWARD[kind].bind(config, binding);
