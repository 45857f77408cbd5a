/** What `diagnose` of the library finds in a trained model, as sentences. */
import { takeRows } from 'wasm-mlp/tables';
import type { TrainingTable } from './data.js';
import type { TableModel } from './estimate.js';
import { spreadOf } from './scores.js';

/** Rows that are measured: enough for shares of units and rows. */
const ROWS = 1000;

/** The losses that the facades train with. */
const LOSSES = {
  classification: 'sparseCategoricalCrossentropy',
  multilabel: 'binaryCrossentropy',
  regression: 'meanSquaredError',
} as const;

/** Returns a sentence for each fault; one that says so if there is none. */
export function diagnosisOf(model: TableModel, table: TrainingTable): string[] {
  // Of a streamed table only some rows are in memory.
  const there = table.columns[table.targets[0]].length;
  const rows = Array.from({ length: Math.min(ROWS, there) }, (_, i) => i);
  const { numbers, places } = model.preprocessing.transform(takeRows(table.columns, rows));
  const { features, embeddings } = model.preprocessing;
  const inputs = [...(features.length > 0 ? [numbers] : []), ...(embeddings.length > 0 ? [places] : [])];
  const x = inputs.length === 1 ? inputs[0] : inputs;
  // A model of a file has no loss.
  model.model.compile({ optimizer: 'adam', loss: LOSSES[table.task] });
  const { faults } = model.model.diagnose(x, targetsOf(model, table, rows.length));
  return faults.length === 0 ? ['No fault was found.'] : faults.map(({ message }) => message);
}

/** Targets as the network has them: class indices, or numbers standardized over the table. */
function targetsOf(model: TableModel, { columns, targets }: TrainingTable, rows: number): Int32Array | Float32Array {
  if (model.kind === 'classifier' && targets.length > 1) {
    const { classes } = model;
    const y = new Float32Array(rows * classes.length);
    classes.forEach((name, at) => {
      for (let row = 0; row < rows; row++) y[row * classes.length + at] = columns[String(name)][row] === true ? 1 : 0;
    });
    return y;
  }
  if (model.kind === 'classifier') {
    const labels: readonly unknown[] = model.classes;
    return Int32Array.from(columns[targets[0]].slice(0, rows), (label) => labels.indexOf(label));
  }
  const y = new Float32Array(rows * targets.length);
  targets.forEach((name, at) => {
    const { mean, spread } = spreadOf(columns[name].map(Number));
    for (let row = 0; row < rows; row++)
      y[row * targets.length + at] = (Number(columns[name][row]) - mean) / (spread || 1);
  });
  return y;
}
