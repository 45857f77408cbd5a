import type { Machine } from '../engine/machine.js';
import { STREAM } from '../engine/random.js';
import type { Initializer } from './initializers.js';

/** What an initializer may ask of its parameter. */
export interface Fans {
  /** Number of values. */
  readonly size: number;
  /** n_in: inputs of a unit. */
  readonly fanIn: number;
  /** n_out: units. */
  readonly fanOut: number;
}

/**
 * The first values of parameter number `index` of a model, row-major. They are a function of (seed, index, position): neither
 * layout nor order of construction has a say. Square roots are exact in every engine; everything else runs in the kernels.
 */
export function initialValues(
  machine: Machine,
  initializer: Initializer,
  fans: Fans,
  seed: number,
  index: number,
): Float32Array {
  const { kernels, memory, arena } = machine;
  const { size, fanIn, fanOut } = fans;
  // The random kernels write whole groups of sixteen.
  const at = arena.allocate(4 * Math.ceil(size / 16) * 16);
  const normal = (mean: number, stddev: number): void =>
    kernels.f32_normal(size, at, seed, STREAM.initialization, 0, index, 0, 0, mean, stddev);
  switch (initializer.kind) {
    case 'zeros':
      kernels.f32_fill(size, at, 0);
      break;
    case 'ones':
      kernels.f32_fill(size, at, 1);
      break;
    case 'constant':
      kernels.f32_fill(size, at, initializer.config.value);
      break;
    case 'randomNormal':
      normal(initializer.config.mean, initializer.config.stddev);
      break;
    case 'xavier':
      normal(0, Math.sqrt(1 / fanIn));
      break;
    case 'heNormal':
      normal(0, Math.sqrt(2 / fanIn));
      break;
    case 'glorotUniform': {
      const limit = Math.sqrt(6 / (fanIn + fanOut));
      kernels.f32_uniform(size, at, seed, STREAM.initialization, 0, index, 0, 0, -limit, limit);
    }
  }
  const values = memory.f32.slice(at / 4, at / 4 + size);
  arena.free(at);
  return values;
}
