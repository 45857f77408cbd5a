import { dense, lowerDense } from './dense.js';
import { lowerMaxout, maxout } from './maxout.js';
import type { Operation } from './operation.js';

/** A layer is a plain description; nothing happens until a model is built from it. */
export type Layer = ReturnType<typeof dense> | ReturnType<typeof maxout>;

/** What a saved model may call for. */
export const LAYERS = { dense, maxout } as const;

/** The operations of a layer on `inputs` inputs, in order, grouped as PyTorch would have them in modules. */
export function lowerLayer(layer: Layer, inputs: number): Operation[][] {
  switch (layer.kind) {
    case 'dense':
      return lowerDense(layer.config, inputs);
    case 'maxout':
      return lowerMaxout(layer.config, inputs);
  }
}
