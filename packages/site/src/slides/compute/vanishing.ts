/** The size of the gradient in each layer of deep networks: the vanishing gradient. */
import { dense, type Engine } from 'wasm-mlp';
import { RandomStream } from '../../exact/random.js';
import type { VANISHING_INITIALIZERS, VanishingName } from '../choices.js';

export interface VanishingInput {
  readonly depth: number;
  readonly initializer: (typeof VANISHING_INITIALIZERS)[number];
  readonly seed: number;
}

/** Of each activation the norm of δ in each hidden layer, first to last, over those of the last. */
export type VanishingResult = Readonly<Record<VanishingName, number[]>>;

const UNITS = 32;
const ROWS = 64;

export function vanishingGradients(engine: Engine, { depth, initializer, seed }: VanishingInput): VanishingResult {
  const random = new RandomStream(7);
  const x = Float32Array.from({ length: ROWS * 4 }, () => random.normal());
  const t = Float32Array.from({ length: ROWS }, () => (random.next() < 0.5 ? 0 : 1));
  const of = (activation: VanishingName): number[] => {
    const layer = (first: boolean) =>
      dense({
        units: UNITS,
        activation,
        kernelInitializer: initializer,
        ...(first && { inputShape: [4] }),
      });
    const model = engine.sequential({
      seed,
      layers: [
        ...Array.from({ length: depth }, (_, i) => layer(i === 0)),
        dense({ units: 1, activation: 'sigmoid', kernelInitializer: initializer }),
      ],
    });
    model.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy' });
    const { layers } = model.diagnose(x, t);
    model.dispose();
    return layers.slice(0, depth).map(({ deltaNorm }) => deltaNorm ?? NaN);
  };
  return { sigmoid: of('sigmoid'), relu: of('relu'), tanh: of('tanh') };
}
