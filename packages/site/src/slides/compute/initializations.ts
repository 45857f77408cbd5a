/** Histograms of the activations in thirty layers, for each way of choosing the first weights. */
import * as library from 'wasm-mlp';
import type { Engine, InitializerLike, SymbolicTensor } from 'wasm-mlp';
import { RandomStream } from '../../exact/random.js';
import { HISTOGRAMS, INITIALIZATIONS, type InitializationName } from '../choices.js';

const kernels: Readonly<Record<InitializationName, () => InitializerLike>> = {
  zeros: () => library.zeros(),
  constant: () => library.constant({ value: 0.1 }),
  small: () => library.randomNormal({ stddev: 0.02 }),
  large: () => library.randomNormal({ stddev: 0.3 }),
  xavier: () => library.xavier(),
  msra: () => library.msra(),
};

export interface InitializationsInput {
  readonly activation: 'tanh' | 'sigmoid' | 'relu';
  readonly seed: number;
}

export interface LayerHistogram {
  /** Share of the values in each of `HISTOGRAMS.bins` equal intervals of [−range, range]; values beyond are in the last. */
  readonly shares: readonly number[];
  readonly mean: number;
  readonly deviation: number;
  /** Share of values that are 0. */
  readonly zero: number;
}
export type Initializations = Readonly<Record<InitializationName, readonly LayerHistogram[]>>;

const { depth: DEPTH, units: UNITS, rows: ROWS, bins: BINS, range: RANGE } = HISTOGRAMS;

function histogramOf(values: Float32Array, range: number): LayerHistogram {
  const shares = new Array<number>(BINS).fill(0);
  let [sum, squares, zero] = [0, 0, 0];
  for (const value of values) {
    const bin = Math.floor(((value + range) / (2 * range)) * BINS);
    shares[Math.max(0, Math.min(BINS - 1, bin))] += 1 / values.length;
    sum += value;
    squares += value * value;
    if (value === 0) zero++;
  }
  const mean = sum / values.length;
  return {
    shares,
    mean,
    deviation: Math.sqrt(Math.max(0, squares / values.length - mean * mean)),
    zero: zero / values.length,
  };
}

export function initializations(engine: Engine, { activation, seed }: InitializationsInput): Initializations {
  const random = new RandomStream(11);
  const x = Float32Array.from({ length: ROWS * UNITS }, () => random.normal());
  const of = (name: InitializationName): LayerHistogram[] => {
    const inputs = library.input({ shape: [UNITS] });
    const layers: SymbolicTensor[] = [];
    for (let l = 0; l < DEPTH; l++) {
      const layer = library.dense({ units: UNITS, activation, kernelInitializer: kernels[name]() });
      layers.push(layer.apply(layers.at(-1) ?? inputs));
    }
    const model = engine.model({ inputs, outputs: layers, seed });
    const predicted = model.predict(x) as Float32Array[];
    const histograms = predicted.map((values) => histogramOf(values, RANGE[activation]));
    model.dispose();
    return histograms;
  };
  return Object.fromEntries(INITIALIZATIONS.map((name) => [name, of(name)])) as unknown as Initializations;
}
