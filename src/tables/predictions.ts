/** Predicted numbers as columns: one for a single target, by name for several. */
import { setField } from '../common/options.js';

/**
 * Predicted numbers: a number for each row, or, of several targets, such columns by their names.
 * @category Tables
 */
export type PredictedNumbers = Float64Array | Readonly<Record<string, Float64Array>>;

/** Returns the predictions of rows, those of several targets one after the other, as columns. */
export function columnsOf(flat: Float64Array, targets: readonly string[]): PredictedNumbers {
  if (targets.length === 1) return flat;
  const columns: Record<string, Float64Array> = {};
  targets.forEach((name, index) => {
    setField(
      columns,
      name,
      flat.filter((_, i) => i % targets.length === index),
    );
  });
  return columns;
}
