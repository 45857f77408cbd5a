/** Finds the ranges of the inputs of layers on given rows. */
import type { ModelState } from '../graph/model-state.js';
import { Predictor } from '../inference/predictor.js';
import type { InputRange } from '../operations/affine-int8.js';
import type { MatrixView } from '../runtime/matrix-view.js';

/** Rows of each input, row-major. */
export interface CalibrationRows {
  readonly count: number;
  readonly inputs: readonly Float32Array[];
}

/** Rows computed at a time. */
const BATCH_SIZE = 256;

/**
 * Predicts rows with the float network, and returns for each of these layers the smallest and the largest value that
 * its map reads, 0 among them: padding, and what ReLU cuts off, must be exact.
 * @throws ValueError for rows with NaN, an infinity, or no category where one is read.
 */
export function rangesOn(
  { runtime, plan, weights }: ModelState,
  layers: ReadonlySet<number>,
  { inputs, count: rows }: CalibrationRows,
): Map<number, InputRange> {
  const ranges = new Map<number, InputRange>();
  const predictor = new Predictor(runtime, plan, weights, ({ layer, operation }, [x]) => {
    if (!layers.has(layer) || operation.kind !== 'affine') return [];
    return [(count) => ranges.set(layer, widened(ranges.get(layer), runtime.memory.f32, x, count))];
  });
  try {
    const outputs = plan.outputs.map((value) => new Float32Array(rows * plan.widths[value]));
    predictor.predict('quantize', inputs, outputs, rows, BATCH_SIZE, 'fresh');
  } finally {
    predictor.free();
  }
  return ranges;
}

/** Returns a range that has the values of these rows too. */
function widened(before: InputRange | undefined, f32: Float32Array, x: MatrixView, rows: number): InputRange {
  let [low, high] = before ?? [0, 0];
  for (let row = 0; row < rows; row++) {
    const first = x.address / 4 + row * x.ld;
    for (let i = first; i < first + x.width; i++) {
      const value = f32[i];
      if (value < low) low = value;
      else if (value > high) high = value;
    }
  }
  return [low, high];
}
