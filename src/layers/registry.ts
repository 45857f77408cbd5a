import { resolve } from '../common/descriptor.js';
import { readOptions } from '../common/options.js';
import { activation, prelu } from './activation.js';
import { activityRegularization } from './activity-regularization.js';
import type { LayerFactories } from './definition.js';
import { dense } from './dense.js';
import { dot } from './dot.js';
import { embedding } from './embedding.js';
import { inputLayer } from './input.js';
import { maxout } from './maxout.js';
import { add, average, concatenate, maximum, minimum, multiply, subtract } from './merge.js';
import { alphaDropout, dropout, gaussianDropout, gaussianNoise } from './noise.js';
import { batchNormalization, layerNormalization, rmsNormalization } from './normalize.js';
import { normalization, rescaling } from './preprocess.js';

/** Factories of layers by kind: the kinds that an architecture may name. */
export const LAYERS = {
  dense,
  maxout,
  prelu,
  activation,
  activityRegularization,
  dropout,
  alphaDropout,
  gaussianDropout,
  gaussianNoise,
  batchNormalization,
  layerNormalization,
  rmsNormalization,
  embedding,
  rescaling,
  normalization,
  add,
  multiply,
  subtract,
  average,
  maximum,
  minimum,
  dot,
  concatenate,
} as const;

/** Kind of a layer. */
export type LayerKind = keyof typeof LAYERS;

/** Factories that read an architecture with all of its options, including those of training. */
export const FACTORIES: LayerFactories = { layers: LAYERS, input: inputLayer, readOptions, resolve };
