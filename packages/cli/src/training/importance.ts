/** What columns are worth: what the main score loses when their values are shuffled, by the library. */
import { permutationImportance } from 'wasm-mlp/tables';
import type { Columns } from './data.js';
import { predictRows, type Predictions, type TableModel } from './estimate.js';
import { scoresOf } from './scores.js';
import type { Task } from './target.js';

const only = (columns: Columns, names: readonly string[]): Columns => {
  const chosen = Object.create(null) as Record<string, Columns[string]>;
  for (const name of names) chosen[name] = columns[name];
  return chosen;
};

/** Returns the losses of each column that the model uses, on rows with their targets. */
export async function importanceOf(
  model: TableModel,
  task: Task,
  columns: Columns,
  { seed, repeats = 1 }: { readonly seed: number; readonly repeats?: number },
): Promise<[name: string, losses: readonly number[]][]> {
  const { targets, schema } = model;
  const truth = only(columns, targets);
  const estimator = { fit: () => undefined, predict: (rows: Columns) => predictRows(model, rows) };
  const score = (_truth: unknown, predicted: unknown): number =>
    scoresOf(
      task,
      targets.map((name) => columns[name]),
      predicted as Predictions,
    )[0].value;
  const inputs = only(
    columns,
    schema.columns.map(({ name }) => name),
  );
  const found = await permutationImportance(estimator, inputs, truth, { score, repeats, seed });
  return found.columns.map(({ column, values }) => [String(column), values]);
}
