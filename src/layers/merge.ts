import { ShapeError, ValueError } from '../common/errors.js';
import { readOptions } from '../common/options.js';
import { LAYER_OPTIONS } from './checks.js';
import { Layer, type LayerConfig, type LayerOptions, type Lower } from './layer.js';
import type { Operation } from './operation.js';
import { pass } from './pass.js';

/** Lowers a layer that takes several inputs. */
const onMany =
  (lower: (widths: readonly number[], where: string) => Operation): Lower =>
  (where, widths) => {
    if (widths.length < 2) throw new ValueError(`${where} expected at least two inputs, got ${widths.length}.`);
    return [[lower(widths, where)]];
  };

/**
 * The sum of two or more outputs of the same width, value by value: residual connections.
 * @throws ValueError for an unknown option; ShapeError in `model` where widths differ.
 * @example
 * const x = input({ shape: [8] });
 * const h = dense({ units: 8, activation: 'relu' }).apply(x);
 * const network = await model({ inputs: x, outputs: add().apply([x, h]) });
 * network.predict([[0, 0, 0, 0, 0, 0, 0, 1]]).length; // 8
 */
export function add(options?: LayerOptions): Layer<'add'> {
  const config = readOptions<LayerConfig>('add', options, LAYER_OPTIONS);
  return new Layer(
    'add',
    config,
    onMany((widths, where) => {
      if (widths.some((width) => width !== widths[0])) {
        throw new ShapeError(`${where} expected inputs of the same width, got ${widths.join(', ')}.`);
      }
      return sum(widths[0]);
    }),
  );
}

const sum = (width: number): Operation => ({
  kind: 'add',
  outputWidth: width,
  parameters: [],
  inPlace: false,
  backwardReads: { input: false, output: false },
  forward: ({ runtime: { kernels }, inputs: [first, ...others], output: y }) =>
    others.map(
      (other, index) => (rows) =>
        kernels.f32_sum(rows * y.ld, index === 0 ? first.address : y.address, other.address, y.address),
    ),
  backward: ({ runtime, outputDelta: dy, inputDeltas }) =>
    inputDeltas.flatMap((dx) => (dx === undefined ? [] : pass(runtime, dy, dx))),
});

/**
 * Two or more outputs side by side: (a, b) from a (n, 2) and b (n, 3) is (n, 5).
 * @throws ValueError for an unknown option.
 * @example
 * const a = input({ shape: [2] });
 * const b = input({ shape: [3] });
 * const network = await model({ inputs: [a, b], outputs: concatenate().apply([a, b]) });
 * network.predict([[[1, 2]], [[3, 4, 5]]]); // [1, 2, 3, 4, 5]
 */
export function concatenate(options?: LayerOptions): Layer<'concatenate'> {
  const config = readOptions<LayerConfig>('concatenate', options, LAYER_OPTIONS);
  return new Layer('concatenate', config, onMany(sideBySide));
}

function sideBySide(widths: readonly number[]): Operation {
  let total = 0;
  const starts = widths.map((width) => (total += width) - width);
  return {
    kind: 'concatenate',
    outputWidth: total,
    parameters: [],
    inPlace: false,
    backwardReads: { input: false, output: false },
    forward: ({ runtime: { kernels }, inputs, output: y }) => [
      // Nothing else writes the padding, where random bits may have stood: a NaN there would reach the gradients'
      // padding.
      ...(y.width % 4 === 0 ? [] : [(rows: number) => kernels.f32_fill(rows * y.ld, y.address, 0)]),
      ...inputs.map((x, index) => {
        const to = y.address + 4 * starts[index];
        return (rows: number) => kernels.f32_copy_columns(rows, x.width, x.address, x.ld, to, y.ld);
      }),
    ],
    backward: ({ runtime: { kernels }, outputDelta: dy, inputDeltas }) =>
      inputDeltas.flatMap((dx, index) => {
        if (dx === undefined) return [];
        const from = dy.address + 4 * starts[index];
        return [(rows: number) => kernels.f32_take_columns(rows, dx.width, from, dy.ld, dx.address, dx.ld)];
      }),
  };
}
