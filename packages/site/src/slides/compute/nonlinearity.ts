/** What the slides' network for XOR answers over the square when its units have another activation. */
import type { Engine } from 'wasm-mlp';
import type { NONLINEARITIES } from '../choices.js';
import { XOR, XOR_NETWORK } from '../exact/step-networks.js';
import { networkOf } from './networks.js';

export interface NonlinearityInput {
  readonly activation: (typeof NONLINEARITIES)[number];
  /** What all weights and biases are multiplied with: the larger, the more a sigmoid is like a step. */
  readonly steepness: number;
  readonly size: number;
}

export interface NonlinearityResult {
  /** Outputs over the square [−½, 1½]², rows from the top. */
  readonly field: Float32Array;
  /** Outputs at the four points of XOR. */
  readonly answers: readonly number[];
}

export function nonlinearField(engine: Engine, { activation, steepness, size }: NonlinearityInput): NonlinearityResult {
  const model = networkOf(
    engine,
    XOR_NETWORK.map(({ weights, bias }) => ({
      weights: weights.map((row) => row.map((weight) => weight * steepness)),
      bias: bias.map((value) => value * steepness),
      activation,
    })),
  );
  const middle = (i: number): number => -0.5 + (2 * (i + 0.5)) / size;
  const places = Float32Array.from({ length: 2 * size * size }, (_, i) => {
    const cell = i >> 1;
    return i % 2 === 0 ? middle(cell % size) : middle(size - 1 - Math.floor(cell / size));
  });
  const field = model.predict(places);
  const answers = [...model.predict(XOR.map(({ at }) => [...at]))];
  model.dispose();
  return { field, answers };
}
