/**
 * What describes each layer to people and to other parts of the library: one record for each kind, so that nothing
 * elsewhere decides by the name of a kind.
 */
import type { Activation } from '../activations/activations.js';
import type { GraphLayer } from './definition.js';
import type { LAYERS, LayerKind } from './registry.js';

/** A description of the layers of one kind. */
export interface LayerDescription<C = object> {
  /** The module of PyTorch that computes the same; undefined where PyTorch has none. */
  readonly torch: string | undefined;
  /** What is particular about a layer, in a word or two, for the summary. */
  readonly detail: (config: C) => string;
  /** Whether `model.adapt` gives it the mean and the variance of its inputs. */
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
  dropout: /* @__PURE__ */ describedAs('Dropout', ({ rate }) => `rate ${rate}`),
  gaussianNoise: /* @__PURE__ */ describedAs(undefined, ({ stddev }) => `stddev ${stddev}`),
  batchNormalization: /* @__PURE__ */ describedAs('BatchNorm1d', nothing),
  layerNormalization: /* @__PURE__ */ describedAs('LayerNorm', nothing),
  rescaling: /* @__PURE__ */ describedAs(undefined, ({ scale }) => `scale ${Number(scale.toPrecision(4))}`),
  normalization: { torch: undefined, detail: nothing, adapts: true },
  add: /* @__PURE__ */ describedAs(undefined, nothing),
  concatenate: /* @__PURE__ */ describedAs(undefined, nothing),
};

const INPUT: LayerDescription = { torch: undefined, detail: nothing, adapts: false };

/** The description of a layer, an input's included. */
export const descriptionOf = ({ kind }: GraphLayer): LayerDescription<never> =>
  Object.hasOwn(LAYER_DESCRIPTIONS, kind) ? LAYER_DESCRIPTIONS[kind as LayerKind] : INPUT;
