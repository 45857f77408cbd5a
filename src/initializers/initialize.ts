/**
 * Initial values of parameters: draws random numbers by the kernels and turns them into the distribution of each
 * initializer. `initializers.ts` declares the initializers; `orthogonal.ts` orthonormalizes matrices.
 */
import { typedKind, typedLength, typedPart } from '../common/arrays.js';
import { counted, describe, describeShape } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import { STREAM } from '../runtime/random.js';
import type { CustomInitializer, Initializer, VarianceScalingOptions } from './initializers.js';
import { orthonormalize } from './orthogonal.js';

/** Shape and fans of a parameter, as its initializer needs them. */
export interface Fans {
  /** Number of values. */
  readonly size: number;
  readonly shape: readonly number[];
  /** n_in: inputs of a unit. */
  readonly fanIn: number;
  /** n_out: units. */
  readonly fanOut: number;
}

/** Number of values in a group. The random kernels write whole groups. */
const GROUP = 16;

/** Random numbers of one parameter, with the buffer that they are written to. */
interface Draw {
  readonly size: number;
  /** Returns the drawn values, to read and write, followed by one more group. */
  view(): Float32Array;
  /** Fills the values with normal numbers, as attempt number `attempt`. */
  normal(mean: number, stddev: number, attempt?: number): void;
  /** Draws standard normal numbers for one group, into the group after the last. */
  redraw(group: number, attempt: number): void;
  uniform(low: number, high: number): void;
  /** Returns an integer in [0, 2^32). */
  word(): number;
}

/**
 * Passes the initial values of parameter number `index` of a model, row-major, to `use`: a view of memory that is free
 * afterwards. They are a function of (seed, index,
 * position) and depend on neither layout nor order of construction. Square roots are exact in every engine; the rest is
 * + − × ÷, in the kernels or in float64.
 * @throws ValueError if an initializer does not support such a tensor; ValueError or ShapeError for an invalid result
 * of a custom initializer.
 */
export function initialValues(
  { kernels, memory, arena }: WasmRuntime,
  initializer: Initializer,
  fans: Fans,
  seed: number,
  index: number,
  use: (values: Float32Array) => void,
): void {
  const { size } = fans;
  const floats = GROUP * (Math.ceil(size / GROUP) + 1);
  const at = arena.allocate(4 * floats);
  const spare = at + 4 * (floats - GROUP);
  const draw: Draw = {
    size,
    view: () => memory.f32.subarray(at / 4, at / 4 + floats),
    normal: (mean, stddev, attempt = 0) =>
      kernels.f32_normal(size, at, seed, STREAM.initialization, 0, index, attempt, 0, mean, stddev),
    redraw: (group, attempt) =>
      kernels.f32_normal(GROUP, spare, seed, STREAM.initialization, (GROUP / 4) * group, index, attempt, 0, 0, 1),
    uniform: (low, high) => kernels.f32_uniform(size, at, seed, STREAM.initialization, 0, index, 0, 0, low, high),
    word() {
      kernels.u32_random(1, at, seed, STREAM.initialization, 0, index, 0, 0);
      return memory.i32[at / 4] >>> 0;
    },
  };
  try {
    fill(draw, initializer, fans);
    use(draw.view().subarray(0, size));
  } finally {
    arena.free(at);
  }
}

/** Writes the values into the buffer of `draw`. */
function fill(draw: Draw, initializer: Initializer, fans: Fans): void {
  const { fanIn, fanOut } = fans;
  const symmetric = (limit: number): void => draw.uniform(-limit, limit);
  switch (initializer.kind) {
    case 'zeros':
      draw.view().fill(0);
      break;
    case 'ones':
      draw.view().fill(1);
      break;
    case 'constant':
      draw.view().fill(initializer.config.value);
      break;
    case 'randomNormal':
      draw.normal(initializer.config.mean, initializer.config.stddev);
      break;
    case 'randomUniform':
      // Never past maxval: the span may be rounded up by half a unit, but the largest factor, 1 − 2^−24, subtracts as
      // much.
      draw.uniform(initializer.config.minval, initializer.config.maxval);
      break;
    case 'truncatedNormal':
      truncated(draw, initializer.config.mean, initializer.config.stddev);
      break;
    case 'xavier':
    case 'lecunNormal':
      draw.normal(0, Math.sqrt(1 / fanIn));
      break;
    case 'heNormal':
      draw.normal(0, Math.sqrt(2 / fanIn));
      break;
    case 'glorotNormal':
      draw.normal(0, Math.sqrt(2 / (fanIn + fanOut)));
      break;
    case 'heUniform':
      symmetric(Math.sqrt(6 / fanIn));
      break;
    case 'glorotUniform':
      symmetric(Math.sqrt(6 / (fanIn + fanOut)));
      break;
    case 'lecunUniform':
      symmetric(Math.sqrt(3 / fanIn));
      break;
    case 'orthogonal':
      orthogonal(draw, fans.shape, initializer.config.gain);
      break;
    case 'varianceScaling':
      scaleVariance(draw, initializer.config, fans);
      break;
    case 'identity': {
      const [units, inputs] = matrixShape('identity', fans.shape);
      const values = draw.view().fill(0);
      for (let i = 0; i < Math.min(units, inputs); i++) values[i * inputs + i] = initializer.config.gain;
      break;
    }
    case 'custom':
      custom(draw, initializer.custom, fans);
  }
}

/**
 * Draws truncated normal values. Element i takes the first attempt, of number 0, 1, …, that is within two standard
 * deviations.
 */
function truncated(draw: Draw, mean: number, stddev: number): void {
  const { size } = draw;
  const values = draw.view();
  const again = values.subarray(values.length - GROUP);
  draw.normal(0, 1);
  for (let start = 0; start < size; start += GROUP) {
    const group = values.subarray(start, Math.min(start + GROUP, size));
    for (let attempt = 1; group.some((z) => Math.abs(z) > 2); attempt++) {
      draw.redraw(start / GROUP, attempt);
      for (let i = 0; i < group.length; i++) if (Math.abs(group[i]) > 2) group[i] = again[i];
    }
  }
  for (let i = 0; i < size; i++) values[i] = mean + stddev * values[i];
}

/** Standard deviation of a standard normal number that is within 2, as Keras has it. */
const TRUNCATED_DEVIATION = 0.87962566103423978;

/** Draws numbers of variance scale/n, where n is one of the fans or their mean. */
function scaleVariance(
  draw: Draw,
  { scale, mode, distribution }: Required<VarianceScalingOptions>,
  { fanIn, fanOut }: Fans,
): void {
  const width = mode === 'fanIn' ? fanIn : mode === 'fanOut' ? fanOut : (fanIn + fanOut) / 2;
  const stddev = Math.sqrt(scale / width);
  if (distribution === 'untruncatedNormal') draw.normal(0, stddev);
  else if (distribution === 'truncatedNormal') truncated(draw, 0, stddev / TRUNCATED_DEVIATION);
  else {
    const limit = Math.sqrt((3 * scale) / width);
    draw.uniform(-limit, limit);
  }
}

/** Returns the sizes of a matrix. */
function matrixShape(name: string, shape: readonly number[]): readonly number[] {
  if (shape.length === 2) return shape;
  throw new ValueError(
    `${name}: shape expected (units, inputs), got ${describeShape(shape)}. It is for weights, not for biases.`,
  );
}

/** Fills with orthonormal rows, or columns if there are fewer of them, times `gain`. */
function orthogonal(draw: Draw, shape: readonly number[], gain: number): void {
  const [units, inputs] = matrixShape('orthogonal', shape);
  const byRows = units <= inputs;
  const [count, length] = byRows ? [units, inputs] : [inputs, units];
  // Index of value (row, column) among vectors of `length` values.
  const position = (index: number): number => (byRows ? index : (index % inputs) * length + Math.floor(index / inputs));
  const vectors = new Float64Array(draw.size);
  // A Gaussian matrix that is singular in float64 occurs in tiny matrices only, once in millions: then take the next
  // attempt.
  for (let attempt = 0, found = false; !found; attempt++) {
    draw.normal(0, 1, attempt);
    const drawn = draw.view();
    for (let i = 0; i < draw.size; i++) vectors[position(i)] = drawn[i];
    found = orthonormalize(vectors, count, length);
  }
  const values = draw.view();
  for (let i = 0; i < draw.size; i++) values[i] = gain * vectors[position(i)];
}

/** Fills with the values that a custom initializer returns, after checking them. */
function custom(draw: Draw, own: CustomInitializer, { size, shape, fanIn, fanOut }: Fans): void {
  const where = `initializer ${describe(own.name)}: values`;
  const given: unknown = own.values({ shape: [...shape], fanIn, fanOut, seed: draw.word() });
  if (typedKind(given) !== 'Float32Array') {
    throw new ValueError(`${where} expected a Float32Array, got ${describe(given)}.`);
  }
  const length = typedLength(given);
  if (length !== size) {
    throw new ShapeError(
      `${where} expected ${counted(size, 'number')} for shape ${describeShape(shape)}, got ${length}.`,
    );
  }
  // Copy first, so that the checked values are the written ones: the caller's array may be in shared memory.
  const values = new Float32Array(typedPart(given as Float32Array, 0, size));
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new ValueError(`${where} expected finite numbers, got ${values[bad]} at index ${bad}.`);
  draw.view().set(values);
}
