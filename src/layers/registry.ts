import type { Descriptor } from '../common/descriptor.js';
import { dense, lowerDense, type DenseConfig } from './dense.js';
import type { Operation } from './operation.js';

/** A layer is a plain description; nothing happens until a model is built from it. */
export type Layer = Descriptor<'dense', DenseConfig>;

/** What a saved model may call for. */
export const LAYERS = { dense } as const;

/** The operations of a layer, in order, on `inputs` inputs. */
export function lowerLayer(layer: Layer, inputs: number): Operation[] {
  return lowerDense(layer.config, inputs);
}
