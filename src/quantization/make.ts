/**
 * Makes a network with weights of eight bits of one with float32 weights, as a file that is loaded by the first
 * `quantize`. weights.ts rounds the weights, calibration.ts finds the ranges of inputs, and runtime/int8/ has the
 * kernels.
 */
import type { NamedTensor } from '../common/tensors.js';
import { planNetwork, type NetworkPlan } from '../graph/plan.js';
import type { ToQuantize } from '../model/int8.js';
import type { Model } from '../model/model.js';
import type { InputRange } from '../operations/affine-int8.js';
import { MOST_INPUTS } from '../runtime/int8/weight-bytes.js';
import { rangesOn, type CalibrationRows } from './calibration.js';
import { roundWeights } from './weights.js';

/**
 * Products of inputs and units below which a layer keeps float32: rounding its rows takes longer than it saves. 64 × 64
 * take 0.75 of the time of float32 by the plain path, 32 × 32 take 1.06 (Node 20, 32 rows).
 */
const LEAST_PRODUCTS = 4096;

/** Returns a copy of a model with rounded weights, but of the layers in `skipped`. */
export function makeQuantized<O extends Float32Array | Float32Array[]>(
  source: ToQuantize,
  skipped: ReadonlySet<number>,
  rows: CalibrationRows | undefined,
): Model<O> {
  const { state } = source;
  const { plan, blueprint } = state;
  const layers = layersOf(plan, skipped);
  const ranges = rows && rangesOn(state, layers, rows);
  const int8 = new Map([...layers].map((layer): [number, InputRange | undefined] => [layer, ranges?.get(layer)]));
  const graph = { ...blueprint.graph, int8 };
  const quantized = planNetwork('quantize', graph);
  const values = valuesFor(quantized, source.tensors());
  // An engine makes nothing but models.
  const copy: unknown = source.copy({ ...blueprint, graph }, quantized, values);
  return copy as Model<O>;
}

/** Returns the indices of the layers that get weights of eight bits. */
function layersOf({ nodes }: NetworkPlan, skipped: ReadonlySet<number>): Set<number> {
  const found = new Set<number>();
  const kept = new Set(skipped);
  for (const { layer, operation } of nodes) {
    if (operation.kind !== 'affine') continue;
    const { inputs, units } = operation.config;
    if (inputs * units < LEAST_PRODUCTS || inputs > MOST_INPUTS) kept.add(layer);
    else found.add(layer);
  }
  for (const layer of kept) found.delete(layer);
  return found;
}

/** Returns the values of a quantized plan's parameters: rounded weights and their scales; others as they are. */
function valuesFor({ parameters }: NetworkPlan, tensors: readonly NamedTensor[]): Float32Array[] {
  const byName = new Map(tensors.map(({ name, data }) => [name, data]));
  const scales = new Map<string, Float32Array>();
  return parameters.map(({ name, spec: { storage, shape } }) => {
    if (storage !== 'int8') return scales.get(name) ?? byName.get(name)!;
    const rounded = roundWeights(byName.get(name)!, shape[0], shape[1]);
    scales.set(`${name}_scale`, rounded.scales);
    return rounded.weights;
  });
}
