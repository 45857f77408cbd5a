/** wasm-mlp/tables/predict: predictions of table models, without training. */
export { loadTable, type TablePredictions, type TablePredictor } from './tables/predictor.js';
export type { Cell } from './tables/cells.js';
export type { ColumnKind, DropReason } from './tables/columns/column.js';
export type { PredictedLabels, PredictedNumbers } from './tables/predictions.js';
export type { ColumnSchema, DroppedColumn, Schema } from './tables/schema.js';
export type { Table, TableColumns, TableRow } from './tables/table.js';
export type { Label } from './tabular/outputs.js';
