/**
 * What cases from other libraries' test suites need: a layer, a loss, a metric or an optimizer of this library applied
 * to given numbers. The suites' numbers are facts; the tests here are written anew.
 */
import { expect } from 'vitest';
import {
  activation,
  dense,
  input,
  model,
  sequential,
  sgd,
  type ActivationLike,
  type CompileOptions,
  type ConstraintLike,
  type CustomLoss,
  type InitializerLike,
  type Layer,
  type MetricLike,
  type Model,
  type Optimizer,
} from '../../src/index.js';

/** A matrix as rows. A flat list of numbers is a column. */
export type Matrix = readonly (readonly number[])[];

/** Returns a list of numbers as rows of one number. */
export const column = (values: readonly number[]): Matrix => values.map((value) => [value]);

/** Returns a matrix of equal numbers. */
export const filled = (rows: number, width: number, value: number): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length: width }, () => value));

/** Numbers in (0, 1) of a fixed recurrence, in place of the suites' generators. */
export function uniform(seed: number, rows: number, width: number): number[][] {
  let state = seed;
  const next = (): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  return Array.from({ length: rows }, () => Array.from({ length: width }, next));
}

const rowsOf = (flat: ArrayLike<number>, width: number): number[][] =>
  Array.from({ length: flat.length / width }, (_, row) =>
    Array.from({ length: width }, (_column, i) => flat[row * width + i]),
  );

/** Largest difference allowed between lists of numbers: suites state theirs in decimal digits. */
export function expectClose(
  actual: readonly (readonly number[])[] | number,
  expected: Matrix | number,
  within: number,
): void {
  const flat = (value: Matrix | number): number[] => (typeof value === 'number' ? [value] : value.flat());
  const [got, wanted] = [flat(actual), flat(expected)];
  expect(got).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) {
    if (Number.isFinite(value))
      expect(Math.abs(got[i] - value), `number ${i}: ${got[i]}, ${value}`).toBeLessThanOrEqual(within);
    else expect(got[i]).toBe(value);
  }
}

/** Applies one layer to rows. */
export async function layerOf(layer: Layer, rows: Matrix): Promise<number[][]> {
  const x = input({ shape: [rows[0].length] });
  const net = await model({ inputs: x, outputs: layer.apply(x) });
  const flat = net.predict(rows);
  return rowsOf(flat, flat.length / rows.length);
}

/** Applies an activation to rows. */
export const activationOf = (like: ActivationLike, rows: Matrix): Promise<number[][]> =>
  layerOf(activation({ activation: like }), rows);

/** Applies a layer of several inputs to rows of each. */
export async function mergeOf(layer: Layer, ...matrices: readonly Matrix[]): Promise<number[][]> {
  const inputs = matrices.map((rows) => input({ shape: [rows[0].length] }));
  const net = await model({ inputs, outputs: layer.apply(inputs) });
  const flat = net.predict(matrices);
  return rowsOf(flat, flat.length / matrices[0].length);
}

/** Results of `evaluate` with the given outputs: of a network that hands its input on. */
async function evaluated(
  compile: Pick<CompileOptions, 'loss' | 'metrics' | 'weightedMetrics'>,
  targets: Matrix | readonly number[],
  outputs: Matrix,
  sampleWeight?: readonly number[],
): Promise<Record<string, number>> {
  const identity = await sequential({
    layers: [activation({ activation: 'linear', inputShape: [outputs[0].length] })],
  });
  identity.compile({ optimizer: sgd({ learningRate: 0.1 }), checks: 'off', ...compile });
  return identity.evaluate(outputs, targets, sampleWeight ? { sampleWeight } : {});
}

/** The loss of given outputs, averaged over rows. */
export async function lossOf(
  loss: CompileOptions['loss'],
  targets: Matrix | readonly number[],
  outputs: Matrix,
  sampleWeight?: readonly number[],
): Promise<number> {
  return (await evaluated({ loss }, targets, outputs, sampleWeight)).loss;
}

/** A metric of given outputs: of categories, unless the loss says that outputs are yes or no each. */
export async function metricOf(
  metric: MetricLike,
  targets: Matrix | readonly number[],
  outputs: Matrix,
  loss: CompileOptions['loss'] = 'meanSquaredError',
): Promise<number> {
  const logs = await evaluated({ loss, metrics: [metric] }, targets, outputs);
  return Object.entries(logs).flatMap(([key, value]) => (key === 'loss' ? [] : [value]))[0];
}

/** The same with weights of rows. */
export async function weightedMetricOf(
  metric: MetricLike,
  targets: Matrix | readonly number[],
  outputs: Matrix,
  weights: readonly number[],
  loss: CompileOptions['loss'] = 'meanSquaredError',
): Promise<number> {
  const logs = await evaluated({ loss, weightedMetrics: [metric] }, targets, outputs, weights);
  return Object.entries(logs).flatMap(([key, value]) => (key === 'loss' ? [] : [value]))[0];
}

/** A loss whose gradient with respect to the outputs is the targets. */
const LINEAR: CustomLoss = {
  name: 'linear',
  value: (y, t) => y.reduce((total, value, i) => total + value * t[i], 0),
  gradient: (_y, t) => t,
};

/** A network whose outputs are its weights, one to each unit, at the input 1. */
export async function weightsAsOutputs(
  start: readonly number[],
  optimizer: Optimizer,
  loss: CompileOptions['loss'] = LINEAR,
): Promise<Model> {
  const net = await sequential({ layers: [dense({ units: start.length, useBias: false, inputShape: [1] })] });
  net.setWeights([{ shape: [start.length, 1], data: Float32Array.from(start) }]);
  net.compile({ optimizer, loss, checks: 'off' });
  return net;
}

/** Weights after each update with the given gradients. */
export async function updatesOf(
  optimizer: Optimizer,
  start: readonly number[],
  gradients: Matrix,
): Promise<number[][]> {
  const net = await weightsAsOutputs(start, optimizer);
  return gradients.map((gradient) => {
    net.trainOnBatch([[1]], [gradient]);
    return [...net.getWeights()[0].data];
  });
}

/** Weight and bias, both from `start`, after updates with a gradient of 0. */
export async function updatesWithoutGradient(optimizer: Optimizer, start: number, updates: number): Promise<number[]> {
  const net = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
  net.setWeights([
    { shape: [1, 1], data: Float32Array.of(start) },
    { shape: [1], data: Float32Array.of(start) },
  ]);
  net.compile({ optimizer, loss: LINEAR, checks: 'off' });
  for (let update = 0; update < updates; update++) net.trainOnBatch([[1]], [[0]]);
  return net.getWeights().map(({ data }) => data[0]);
}

/** Outputs of a layer in a training step. */
export async function trainingOutputsOf(layer: Layer, rows: Matrix, seed = 1): Promise<number[][]> {
  const seen: number[][] = [];
  const watch: CustomLoss = {
    name: 'watch',
    value: (y) => {
      seen.push([...y]);
      return 0;
    },
    gradient: (y) => y.map(() => 0),
  };
  const x = input({ shape: [rows[0].length] });
  const net = await model({ inputs: x, outputs: layer.apply(x), seed });
  net.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: watch, checks: 'off' });
  net.trainOnBatch(rows, rows);
  return seen;
}

/** Weights of units, a row each, after an update with a gradient of 0, which leaves the constraint alone. */
export async function constrained(constraint: ConstraintLike, weights: Matrix): Promise<number[][]> {
  const [units, inputs] = [weights.length, weights[0].length];
  const net = await sequential({
    layers: [dense({ units, useBias: false, inputShape: [inputs], kernelConstraint: constraint })],
  });
  net.setWeights([{ shape: [units, inputs], data: Float32Array.from(weights.flat()) }]);
  net.compile({ optimizer: sgd({ learningRate: 1e-4 }), loss: LINEAR, checks: 'off' });
  net.trainOnBatch(filled(1, inputs, 0), filled(1, units, 0));
  return rowsOf(net.getWeights()[0].data, inputs);
}

/** Initial weights of a unit for each row. */
export async function initialized(
  initializer: InitializerLike,
  units: number,
  inputs: number,
  seed = 1,
): Promise<number[][]> {
  const net = await sequential({
    seed,
    layers: [dense({ units, useBias: false, inputShape: [inputs], kernelInitializer: initializer })],
  });
  return rowsOf(net.getWeights()[0].data, inputs);
}
