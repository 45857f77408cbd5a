/**
 * `quantize`: a network whose dense and maxout layers have weights of eight bits, to predict with. This file reads the
 * arguments; make.ts makes the network.
 */
import { newFloats } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { suggestion } from '../common/nearest.js';
import { isInstance } from '../common/objects.js';
import { listOf, readOptions, text, unchecked } from '../common/options.js';
import { perTensor } from '../common/per-tensor.js';
import { openRows, type Inputs } from '../common/rows.js';
import type { NetworkPlan } from '../graph/plan.js';
import type { TensorSpec } from '../graph/tensor-specs.js';
import { Model } from '../model/model.js';
import { afterFinalizers } from '../runtime/event-loop.js';
import { bringInt8 } from '../runtime/int8/bring.js';
import type { CalibrationRows } from './calibration.js';

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
 * Returns a copy of a model whose dense and maxout layers have weights of eight bits: integers from −127 to 127 with a
 * float32 scale for each unit. A row of a layer's inputs is rounded to 128 levels between the smallest and the largest
 * of its values, 0 among them, or between those that `calibration` found; products are summed as integers, exactly, so
 * predictions have the same bits on every engine. Biases, activations, normalizations and layers that are too small to
 * gain stay float32. The copy predicts, evaluates, is saved, loaded and shared; it is not trained. What it was made
 * from stays as it is.
 * @throws ValueError for anything but a model with float32 weights, rows that do not fit, or names that are none of its
 * layers; StateError after `dispose`.
 * @example
 * const network = await sequential({ layers: [dense({ units: 64, inputShape: [64] }), dense({ units: 3 })] });
 * const small = await quantize(network);
 * small.predict(new Float32Array(64)).length; // 3
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
  const skipped = new Set(skip.map((name) => indexOf(name, state.plan)));
  // Rows are copied before the wait: their owner may change them.
  const rows = calibration === undefined ? undefined : readRows(calibration as Inputs, state.inputSpecs);
  const { makeQuantized } = await import('./make.js');
  await bringInt8(state.runtime);
  // The model may have been disposed in the meantime. What follows takes its weights all at once.
  model.forQuantize('quantize');
  return afterFinalizers(makeQuantized<O>(source, skipped, rows));
}

/** Returns the index of a layer that may be skipped. */
function indexOf(name: string, { graph: { names } }: NetworkPlan): number {
  const index = names.indexOf(name);
  if (index !== -1) return index;
  throw new ValueError(`quantize: skip expected names of layers, got ${describe(name)}.${suggestion(name, names)}`);
}

/** Copies rows for calibration, which may be of another thread, or change. */
function readRows(given: Inputs, specs: readonly TensorSpec[]): CalibrationRows {
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
