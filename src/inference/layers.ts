/**
 * Reads the layers of a file as far as prediction needs them: by the option tables of the layer definitions, with the
 * options that only training uses (initializers, penalties, constraints) kept unread.
 */
import { resolveSaved } from '../common/descriptor.js';
import { readFields } from '../common/options.js';
import { activationLayerDefinition, preluDefinition } from '../layers/activation.js';
import { activityRegularizationDefinition } from '../layers/activity-regularization.js';
import {
  inputsOf,
  SAVED_CHECKS,
  type GraphLayer,
  type LayerConfig,
  type LayerDefinition,
  type LayerFactories,
} from '../layers/definition.js';
import { denseDefinition } from '../layers/dense.js';
import { dotDefinition } from '../layers/dot.js';
import { embeddingDefinition } from '../layers/embedding.js';
import { inputDefinition } from '../layers/input.js';
import { maxoutDefinition } from '../layers/maxout.js';
import {
  addDefinition,
  averageDefinition,
  concatenateDefinition,
  maximumDefinition,
  minimumDefinition,
  multiplyDefinition,
  subtractDefinition,
} from '../layers/merge.js';
import {
  alphaDropoutDefinition,
  dropoutDefinition,
  gaussianDropoutDefinition,
  gaussianNoiseDefinition,
} from '../layers/noise.js';
import {
  batchNormalizationDefinition,
  layerNormalizationDefinition,
  rmsNormalizationDefinition,
} from '../layers/normalize.js';
import { normalizationDefinition, rescalingDefinition } from '../layers/preprocess.js';
import type { LayerKind } from '../layers/registry.js';

/** Returns a function that reads a layer of a file. */
const reading =
  <K extends string, C extends LayerConfig>(definition: LayerDefinition<K, C>) =>
  (given: object): GraphLayer => {
    const { kind, options, lower } = definition;
    const config = readFields<C>(kind, given, options(SAVED_CHECKS));
    return { kind, config, lower: lower(config), inputs: () => inputsOf(definition, config) };
  };

const LAYERS: Readonly<Record<LayerKind, (given: object) => GraphLayer>> = {
  dense: /* @__PURE__ */ reading(denseDefinition),
  maxout: /* @__PURE__ */ reading(maxoutDefinition),
  prelu: /* @__PURE__ */ reading(preluDefinition),
  activation: /* @__PURE__ */ reading(activationLayerDefinition),
  activityRegularization: /* @__PURE__ */ reading(activityRegularizationDefinition),
  dropout: /* @__PURE__ */ reading(dropoutDefinition),
  alphaDropout: /* @__PURE__ */ reading(alphaDropoutDefinition),
  gaussianDropout: /* @__PURE__ */ reading(gaussianDropoutDefinition),
  gaussianNoise: /* @__PURE__ */ reading(gaussianNoiseDefinition),
  batchNormalization: /* @__PURE__ */ reading(batchNormalizationDefinition),
  layerNormalization: /* @__PURE__ */ reading(layerNormalizationDefinition),
  rmsNormalization: /* @__PURE__ */ reading(rmsNormalizationDefinition),
  embedding: /* @__PURE__ */ reading(embeddingDefinition),
  rescaling: /* @__PURE__ */ reading(rescalingDefinition),
  normalization: /* @__PURE__ */ reading(normalizationDefinition),
  add: /* @__PURE__ */ reading(addDefinition),
  multiply: /* @__PURE__ */ reading(multiplyDefinition),
  subtract: /* @__PURE__ */ reading(subtractDefinition),
  average: /* @__PURE__ */ reading(averageDefinition),
  maximum: /* @__PURE__ */ reading(maximumDefinition),
  minimum: /* @__PURE__ */ reading(minimumDefinition),
  dot: /* @__PURE__ */ reading(dotDefinition),
  concatenate: /* @__PURE__ */ reading(concatenateDefinition),
};

/** Factories that read an architecture for prediction. */
export const PREDICTION_FACTORIES: LayerFactories = {
  layers: LAYERS,
  input: /* @__PURE__ */ reading(inputDefinition),
  readOptions: readFields,
  resolve: resolveSaved,
};
