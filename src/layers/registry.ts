import { activation, prelu } from './activation.js';
import { dense } from './dense.js';
import { inputLayer } from './input.js';
import { maxout } from './maxout.js';
import { add, concatenate } from './merge.js';
import { dropout, gaussianNoise } from './noise.js';
import { batchNormalization, layerNormalization } from './normalize.js';
import { normalization, rescaling } from './preprocess.js';

/** What a saved model may call for. */
export const LAYERS = {
  dense,
  maxout,
  prelu,
  activation,
  dropout,
  gaussianNoise,
  batchNormalization,
  layerNormalization,
  rescaling,
  normalization,
  add,
  concatenate,
} as const;

/** Of a graph, whose inputs are among its layers. */
export const GRAPH_LAYERS = { ...LAYERS, input: inputLayer } as const;
