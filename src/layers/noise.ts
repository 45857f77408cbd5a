import { fraction, nonNegative, readOptions } from '../common/options.js';
import { STREAM } from '../runtime/random.js';
import { LAYER_OPTIONS } from './checks.js';
import { Layer, onOne, type LayerConfig, type LayerOptions } from './layer.js';
import type { Operation } from './operation.js';
import { pass } from './pass.js';

/** Floats of the sixteen words that the random kernels draw at a time. */
const WORDS = 16;

/** What `dropout` takes. */
export interface DropoutOptions extends LayerOptions {
  /** Share of the values that a training step drops, in [0, 1). */
  rate: number;
}

/** A dropout layer, settled. */
export interface DropoutConfig extends LayerConfig {
  /** Share of the values that a training step drops. */
  readonly rate: number;
}

/**
 * Inverted dropout (Srivastava et al. 2014): a training step sets each value to 0 with probability `rate` and divides
 * the others by 1 − rate; at all other times y = x. Masks are a function of (seed, layer, update, row, column).
 * @throws ValueError for an unknown option, or a rate outside [0, 1).
 * @example
 * dropout({ rate: 0.5 }).config.rate; // 0.5
 */
export function dropout(options: DropoutOptions): Layer<'dropout', DropoutConfig> {
  const config = readOptions<DropoutConfig>('dropout', options, { rate: { check: fraction }, ...LAYER_OPTIONS });
  return new Layer(
    'dropout',
    config,
    onOne((inputs) => [[drop(inputs, config.rate)]]),
  );
}

function drop(width: number, rate: number): Operation {
  const scale = 1 / (1 - rate);
  return {
    kind: 'dropout',
    outputWidth: width,
    parameters: [],
    inPlace: true,
    backwardReads: { input: false, output: false },
    scratch: { forward: WORDS, backward: WORDS },
    forward({ runtime, training, clock, node, inputs: [x], output: y, scratch }) {
      const { kernels } = runtime;
      if (!training || rate === 0) return pass(runtime, x, y);
      return [
        (rows) =>
          kernels.f32_dropout(
            rows,
            width,
            x.address,
            scratch,
            y.address,
            x.ld,
            clock.seed,
            STREAM.dropout,
            node,
            clock.step,
            rate,
            scale,
          ),
      ];
    },
    // The mask once more, from the same counters.
    backward({ runtime, clock, node, outputDelta: dy, inputDeltas: [dx], scratch }) {
      const { kernels } = runtime;
      if (dx === undefined) return [];
      if (rate === 0) return pass(runtime, dy, dx);
      return [
        (rows) =>
          kernels.f32_dropout(
            rows,
            width,
            dy.address,
            scratch,
            dx.address,
            dy.ld,
            clock.seed,
            STREAM.dropout,
            node,
            clock.step,
            rate,
            scale,
          ),
      ];
    },
  };
}

/** What `gaussianNoise` takes. */
export interface GaussianNoiseOptions extends LayerOptions {
  /** Standard deviation of the noise, at least 0. */
  stddev: number;
}

/** A noise layer, settled. */
export interface GaussianNoiseConfig extends LayerConfig {
  /** Standard deviation of the noise. */
  readonly stddev: number;
}

/**
 * A training step adds noise from N(0, stddev²) to each value; at all other times y = x. The noise is a function of
 * (seed, layer, update, row, column).
 * @throws ValueError for an unknown option, or a standard deviation below 0.
 * @example
 * gaussianNoise({ stddev: 0.1, inputShape: [4] }).config.stddev; // 0.1
 */
export function gaussianNoise(options: GaussianNoiseOptions): Layer<'gaussianNoise', GaussianNoiseConfig> {
  const config = readOptions<GaussianNoiseConfig>('gaussianNoise', options, {
    stddev: { check: nonNegative },
    ...LAYER_OPTIONS,
  });
  return new Layer(
    'gaussianNoise',
    config,
    onOne((inputs) => [[addNoise(inputs, config.stddev)]]),
  );
}

function addNoise(width: number, stddev: number): Operation {
  return {
    kind: 'gaussianNoise',
    outputWidth: width,
    parameters: [],
    inPlace: true,
    backwardReads: { input: false, output: false },
    scratch: { forward: WORDS },
    forward({ runtime, training, clock, node, inputs: [x], output: y, scratch }) {
      const { kernels } = runtime;
      if (!training || stddev === 0) return pass(runtime, x, y);
      return [
        (rows) =>
          kernels.f32_gaussian_noise(
            rows,
            width,
            x.address,
            scratch,
            y.address,
            x.ld,
            clock.seed,
            STREAM.noise,
            node,
            clock.step,
            stddev,
          ),
      ];
    },
    backward: ({ runtime, outputDelta: dy, inputDeltas: [dx] }) => (dx === undefined ? [] : pass(runtime, dy, dx)),
  };
}
