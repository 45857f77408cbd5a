/**
 * Descriptions of layers, for people and for other parts of the library: one record per kind, so that no other code
 * branches on the name of a kind.
 */
import type { Activation } from '../activations/activations.js';
import type { GraphLayer } from './definition.js';
import type { LAYERS, LayerKind } from './registry.js';

/** A description of the layers of one kind. */
export interface LayerDescription<C = object> {
  /** The PyTorch module that computes the same; undefined if PyTorch has none. */
  readonly torch: string | undefined;
  /** Returns the distinguishing detail of a layer for the summary, in a word or two. */
  readonly detail: (config: C) => string;
  /** Whether `model.adapt` sets its mean and variance from data. */
  readonly adapts: boolean;
}

type ConfigOf<K extends LayerKind> = ReturnType<(typeof LAYERS)[K]>['config'];

const nameOf = (activation: Activation): string =>
  activation.kind === 'custom' ? activation.config.name : activation.kind;

const nothing = (): string => '';

const describedAs = <C>(torch: string | undefined, detail: (config: C) => string): LayerDescription<C> => ({
  torch,
  detail,
  adapts: false,
});

/** The descriptions of all layers. */
const LAYER_DESCRIPTIONS: { readonly [K in LayerKind]: LayerDescription<ConfigOf<K>> } = {
  dense: /* @__PURE__ */ describedAs('Linear', ({ activation }) => nameOf(activation)),
  maxout: /* @__PURE__ */ describedAs(undefined, ({ pieces }) => `${pieces} pieces`),
  prelu: /* @__PURE__ */ describedAs('PReLU', nothing),
  activation: /* @__PURE__ */ describedAs(undefined, ({ activation }) => nameOf(activation)),
  activityRegularization: /* @__PURE__ */ describedAs(undefined, nothing),
  dropout: /* @__PURE__ */ describedAs('Dropout', ({ rate }) => `rate ${rate}`),
  alphaDropout: /* @__PURE__ */ describedAs('AlphaDropout', ({ rate }) => `rate ${rate}`),
  gaussianDropout: /* @__PURE__ */ describedAs(undefined, ({ rate }) => `rate ${rate}`),
  gaussianNoise: /* @__PURE__ */ describedAs(undefined, ({ stddev }) => `stddev ${stddev}`),
  batchNormalization: /* @__PURE__ */ describedAs('BatchNorm1d', nothing),
  layerNormalization: /* @__PURE__ */ describedAs('LayerNorm', nothing),
  rmsNormalization: /* @__PURE__ */ describedAs('RMSNorm', nothing),
  embedding: /* @__PURE__ */ describedAs(
    'Embedding',
    ({ inputDim }) => `${typeof inputDim === 'number' ? inputDim : inputDim.join(' + ')} categories`,
  ),
  rescaling: /* @__PURE__ */ describedAs(undefined, ({ scale }) => `scale ${Number(scale.toPrecision(4))}`),
  normalization: { torch: undefined, detail: nothing, adapts: true },
  add: /* @__PURE__ */ describedAs(undefined, nothing),
  multiply: /* @__PURE__ */ describedAs(undefined, nothing),
  subtract: /* @__PURE__ */ describedAs(undefined, nothing),
  average: /* @__PURE__ */ describedAs(undefined, nothing),
  maximum: /* @__PURE__ */ describedAs(undefined, nothing),
  minimum: /* @__PURE__ */ describedAs(undefined, nothing),
  dot: /* @__PURE__ */ describedAs(undefined, ({ normalize }) => (normalize ? 'normalized' : '')),
  concatenate: /* @__PURE__ */ describedAs(undefined, nothing),
};

const INPUT: LayerDescription = { torch: undefined, detail: nothing, adapts: false };

/** Returns the description of a layer or of an input. */
export const descriptionOf = ({ kind }: GraphLayer): LayerDescription<never> =>
  Object.hasOwn(LAYER_DESCRIPTIONS, kind) ? LAYER_DESCRIPTIONS[kind as LayerKind] : INPUT;
