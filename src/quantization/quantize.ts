/**
 * `quantize`: a network whose dense and maxout layers have weights of eight bits, to predict with. weights.ts rounds
 * the weights, calibration.ts finds the ranges of inputs, and runtime/int8/ has the kernels.
 */
import { newFloats } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { suggestion } from '../common/nearest.js';
import { isInstance } from '../common/objects.js';
import { listOf, readOptions, text, unchecked } from '../common/options.js';
import { perTensor } from '../common/per-tensor.js';
import { openRows, type Inputs } from '../common/rows.js';
import type { NamedTensor } from '../common/tensors.js';
import { planNetwork, type NetworkPlan } from '../graph/plan.js';
import type { TensorSpec } from '../graph/tensor-specs.js';
import { Model } from '../model/model.js';
import type { InputRange } from '../operations/affine-int8.js';
import { afterFinalizers } from '../runtime/event-loop.js';
import { bringInt8 } from '../runtime/int8/bring.js';
import { MOST_INPUTS } from '../runtime/int8/weights.js';
import { rangesOn } from './calibration.js';
import { roundWeights } from './weights.js';

/**
 * Options of `quantize`.
 * @category Models
 */
export interface QuantizeOptions {
  /**
   * Rows on which the range of each layer's inputs is found, once for all predictions. Values outside are rounded to
   * its ends. Default none: each row has its own range, found as it is predicted.
   */
  calibration?: Inputs;
  /** Names of layers that keep their float32 weights. Default none. */
  skip?: readonly string[];
}

/**
 * Products of inputs and units below which a layer keeps float32: rounding its rows takes longer than it saves.
 */
const LEAST_PRODUCTS = 1024;

/**
 * Returns a copy of a model whose dense and maxout layers have weights of eight bits: integers from −127 to 127 with a
 * float32 scale for each unit. A row of a layer's inputs is rounded to 128 levels between the smallest and the largest
 * of its values, 0 among them, or between those that `calibration` found; products are summed as integers, exactly, so
 * predictions have the same bits on every engine. Biases, activations, normalizations and layers that are too small to
 * gain stay float32. The copy predicts, evaluates, is saved, loaded and shared; it is not trained. What it was made from
 * stays as it is.
 * @throws ValueError for anything but a model with float32 weights, rows that do not fit, or names that are none of its
 * layers; StateError after `dispose`.
 * @example
 * const network = await sequential({ layers: [dense({ units: 64, inputShape: [32] }), dense({ units: 3 })] });
 * const small = await quantize(network);
 * small.predict(new Float32Array(32)).length; // 3
 * @category Models
 */
export async function quantize<O extends Float32Array | Float32Array[] = Float32Array>(
  model: Model<O>,
  options?: QuantizeOptions,
): Promise<Model<O>> {
  if (!isInstance(model, Model)) {
    throw new ValueError(
      `quantize: model expected what sequential, model or loadModel returns, got ${describe(model)}.`,
    );
  }
  const { calibration, skip } = readOptions<{ calibration: unknown; skip: readonly string[] }>('quantize', options, {
    calibration: { check: unchecked, or: undefined },
    skip: { check: listOf('a list of names', text), or: [] },
  });
  const source = model.forQuantize('quantize');
  const { state } = source;
  const { plan, blueprint } = state;
  const layers = layersOf(plan, new Set(skip.map((name) => indexOf(name, plan))));
  const rows = calibration === undefined ? undefined : readRows(calibration as Inputs, state.inputSpecs);
  await bringInt8(state.runtime);
  // The model may have been trained, or disposed, in the meantime: what follows takes its weights all at once.
  model.forQuantize('quantize');
  const ranges = rows && rangesOn(state, layers, rows.inputs, rows.count);
  const int8 = new Map([...layers].map((layer): [number, InputRange | undefined] => [layer, ranges?.get(layer)]));
  const graph = { ...blueprint.graph, int8 };
  const quantized = planNetwork('quantize', graph);
  return afterFinalizers(source.copy<O>({ ...blueprint, graph }, quantized, valuesFor(quantized, source.tensors())));
}

/** Returns the index of a layer that may be skipped. */
function indexOf(name: string, { graph: { names } }: NetworkPlan): number {
  const index = names.indexOf(name);
  if (index !== -1) return index;
  throw new ValueError(`quantize: skip expected names of layers, got ${describe(name)}.${suggestion(name, names)}`);
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

/** Copies rows for calibration, which may be of another thread, or change. */
function readRows(given: Inputs, specs: readonly TensorSpec[]) {
  const sources = perTensor('quantize', 'calibration', given, specs).map(({ what, value }, index) =>
    openRows('quantize', what, value, specs[index].width),
  );
  const [{ rows: count }] = sources;
  if (count === 0) throw new ShapeError('quantize: calibration expected at least one row, got none.');
  const inputs = sources.map((source) => {
    if (source.rows !== count) {
      throw new ShapeError(`quantize: calibration expected ${count} rows for each input, got ${source.rows}.`);
    }
    const data = newFloats(count * source.width);
    source.write(data, 0);
    return data;
  });
  return { count, inputs };
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
