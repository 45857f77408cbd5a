/** `compareQuantized`: what rounding a model's weights to eight bits changes on given rows. */
import { describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { isInstance, ownOf } from '../common/objects.js';
import type { Inputs } from '../common/rows.js';
import type { NetworkPlan } from '../graph/plan.js';
import { InferenceModel } from '../inference/inference-model.js';
import type { Operation } from '../operations/operation.js';

/**
 * What rounding changes in one output.
 * @category Models
 */
export interface OutputDifference {
  /** Name of the output. */
  readonly output: string;
  /** Largest |quantized − float|. */
  readonly largest: number;
  /** Mean of |quantized − float|. */
  readonly mean: number;
  /** Mean of |float|, to compare with. */
  readonly magnitude: number;
  /**
   * Rows whose decision differs: the index of the largest value, or with one sigmoid which side of 0.5. Undefined for
   * one value that is no probability.
   */
  readonly changedDecisions: number | undefined;
}

/**
 * A layer with weights.
 * @category Models
 */
export interface QuantizedLayer {
  /** Its name. */
  readonly name: string;
  /** Type of its matrix. Layers that were skipped, or would not gain, keep float32. */
  readonly weights: 'int8' | 'float32';
}

/**
 * Result of `compareQuantized`.
 * @category Models
 */
export interface QuantizationReport {
  /** Number of rows compared. */
  readonly rows: number;
  /** By output. */
  readonly outputs: readonly OutputDifference[];
  /** Dense and maxout layers of the quantized model, in order. */
  readonly layers: readonly QuantizedLayer[];
}

type AnyModel = InferenceModel<Float32Array | Float32Array[]>;

/**
 * Predicts rows by a model and by the one that `quantize` made of it, and returns how much their outputs differ.
 * @throws ShapeError, ValueError for rows that do not fit, or models of different inputs or outputs.
 * @example
 * const network = await sequential({ layers: [dense({ units: 64, inputShape: [64] }), dense({ units: 3 })] });
 * const report = compareQuantized(network, await quantize(network), new Float32Array(64));
 * report.layers.map(({ weights }) => weights); // ['int8', 'float32']
 * @category Models
 */
export function compareQuantized<O extends Float32Array | Float32Array[]>(
  float: InferenceModel<O>,
  quantized: InferenceModel<O>,
  rows: Inputs,
): QuantizationReport {
  const [before, after] = [planOf('float', float), planOf('quantized', quantized)];
  const widths = ({ inputs, outputs, widths: all }: NetworkPlan): string =>
    `${inputs.map((value) => all[value]).join(' + ')} → ${outputs.map((value) => all[value]).join(' + ')}`;
  if (widths(before) !== widths(after)) {
    throw new ShapeError(
      `compareQuantized: quantized expected the inputs and outputs of float, ${widths(before)}, got ${widths(after)}.`,
    );
  }
  const [expected, got] = [listOf(float.predict(rows)), listOf(quantized.predict(rows))];
  const names = quantized.outputNames;
  return {
    rows: expected[0].length / after.widths[after.outputs[0]],
    outputs: expected.map((values, index) => ({
      output: names[index],
      ...differenceOf(values, got[index], after.widths[after.outputs[index]], isProbability(after, index)),
    })),
    layers: layersOf(after),
  };
}

const listOf = (outputs: Float32Array | Float32Array[]): readonly Float32Array[] =>
  Array.isArray(outputs) ? outputs : [outputs];

function planOf(what: string, model: unknown): NetworkPlan {
  if (isInstance(model, InferenceModel<Float32Array>)) return (model as AnyModel).plan;
  throw new ValueError(`compareQuantized: ${what} expected a model, got ${describe(model)}.`);
}

/** Whether an output is computed by a sigmoid. */
function isProbability({ nodes, outputs }: NetworkPlan, index: number): boolean {
  const last: Operation | undefined = nodes.find(({ output }) => output === outputs[index])?.operation;
  return last?.kind === 'activation' && last.config.activation.kind === 'sigmoid';
}

function differenceOf(expected: Float32Array, got: Float32Array, width: number, isProbability: boolean) {
  let [largest, sum, magnitude] = [0, 0, 0];
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(got[i] - expected[i]);
    // A NaN of either shows.
    if (!(difference <= largest)) largest = difference;
    sum += difference;
    magnitude += Math.abs(expected[i]);
  }
  const decides = width > 1 || isProbability;
  let changed = 0;
  for (let row = 0; row * width < expected.length; row++) {
    if (decisionOf(expected, row, width) !== decisionOf(got, row, width)) changed += 1;
  }
  const values = Math.max(1, expected.length);
  return {
    largest,
    mean: sum / values,
    magnitude: magnitude / values,
    changedDecisions: decides ? changed : undefined,
  };
}

function decisionOf(values: Float32Array, row: number, width: number): number {
  if (width === 1) return values[row] > 0.5 ? 1 : 0;
  let best = 0;
  for (let j = 1; j < width; j++) if (values[row * width + j] > values[row * width + best]) best = j;
  return best;
}

function layersOf({ nodes, graph }: NetworkPlan): QuantizedLayer[] {
  const int8 = ownOf(graph, 'int8');
  const maps = nodes.filter(({ operation: { kind } }) => kind === 'affine' || kind === 'affineInt8');
  return [...new Set(maps.map(({ layer }) => layer))].map((layer) => ({
    name: graph.names[layer],
    weights: int8?.has(layer) === true ? 'int8' : 'float32',
  }));
}
