/** wasm-mlp/tables: divisions of tables, cross-validation, reports, and what a model makes of a column. */
export { takeRows, type ColumnValues, type TableRows } from './selection/rows.js';
export {
  kFold,
  stratifiedKFold,
  trainTestSplit,
  type Fold,
  type FoldOptions,
  type Split,
  type SplitOptions,
} from './selection/splits.js';
