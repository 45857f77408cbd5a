/**
 * What the network makes of a digit: the probability of each class, which pixels speak for the likeliest, and the
 * training digits that are nearest in its hidden layer.
 */
import type { InferenceModel } from 'wasm-mlp/predict';
import { PIXELS } from './drawing.js';

/** A digit of the training data. */
export interface Example {
  readonly label: number;
  /** Greys from 0 to 1, (28, 28). */
  readonly pixels: Float32Array;
}

export interface Reading {
  /** By class. */
  readonly probabilities: Float32Array;
  readonly digit: number;
  /**
   * Of each pixel: grey times the derivative of the likeliest class' logit by it. The sum over pixels and the share of
   * the biases is the logit, since ReLU networks are linear around each input.
   */
  readonly saliency: Float32Array;
  readonly nearest: readonly Example[];
}

/** Number of training digits that are shown. */
const SHOWN = 5;

/** Reads examples: a byte for the label, then the greys. */
export function examplesOf(bytes: Uint8Array): Example[] {
  const size = 1 + PIXELS;
  return Array.from({ length: bytes.length / size }, (_, i) => ({
    label: bytes[i * size],
    pixels: Float32Array.from(bytes.subarray(i * size + 1, (i + 1) * size), (grey) => grey / 255),
  }));
}

/** Returns the tensors of a safetensors file, in the order of their places: eight bytes of length, JSON, numbers. */
function tensorsOf(file: Uint8Array): Float32Array[] {
  const view = new DataView(file.buffer, file.byteOffset);
  const length = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Readonly<
    Record<string, { readonly data_offsets: readonly [number, number] }>
  >;
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([, { data_offsets: offsets }]) => offsets)
    .sort(([a], [b]) => a - b)
    .map(([from, to]) => new Float32Array(file.slice(8 + length + from, 8 + length + to).buffer));
}

/** A network of one hidden ReLU layer with its weights, which the saliency needs. */
export class DigitReader {
  readonly #weights: readonly Float32Array[];
  readonly #examples: readonly { readonly example: Example; readonly hidden: Float32Array }[];

  constructor(
    private readonly model: InferenceModel,
    file: Uint8Array,
    examples: readonly Example[],
  ) {
    this.#weights = tensorsOf(file);
    this.#examples = examples.map((example) => ({ example, hidden: this.#hidden(example.pixels) }));
  }

  #hidden(x: Float32Array): Float32Array {
    const [weight, bias] = this.#weights;
    return bias.map((shift, unit) => {
      let sum = shift;
      for (let i = 0; i < PIXELS; i++) sum += weight[unit * PIXELS + i] * x[i];
      return Math.max(0, sum);
    });
  }

  read(x: Float32Array): Reading {
    const probabilities = this.model.predict(x);
    const digit = probabilities.indexOf(Math.max(...probabilities));
    const [weight, bias, outer] = this.#weights;
    const units = bias.length;
    const hidden = this.#hidden(x);
    const saliency = new Float32Array(PIXELS);
    for (let unit = 0; unit < units; unit++) {
      if (hidden[unit] <= 0) continue;
      const factor = outer[digit * units + unit];
      for (let i = 0; i < PIXELS; i++) saliency[i] += factor * weight[unit * PIXELS + i];
    }
    const distance = (other: Float32Array): number =>
      other.reduce((sum, value, i) => sum + (value - hidden[i]) ** 2, 0);
    const nearest = this.#examples
      .map(({ example, hidden: other }) => ({ example, distance: distance(other) }))
      .sort((a, b) => a.distance - b.distance)
      .slice(0, SHOWN)
      .map(({ example }) => example);
    return { probabilities, digit, saliency: saliency.map((slope, i) => slope * x[i]), nearest };
  }
}
