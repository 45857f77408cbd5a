/**
 * wasm-mlp/tables: models of tables of mixed columns and their preprocessing; divisions of tables, cross-validation,
 * reports, and what a model makes of a column.
 */
export { calibrationCurve } from './selection/calibration.js';
export type { CalibrationBin, CalibrationCurve, CalibrationOptions } from './selection/calibration.js';
export { confusionTable, type ConfusionOptions, type ConfusionTable } from './selection/confusion.js';
export { crossValidate } from './selection/cross-validate.js';
export type {
  CrossValidateOptions,
  CrossValidation,
  FoldInfo,
  FoldResult,
  ScoreSummary,
} from './selection/cross-validate.js';
export { permutationImportance } from './selection/importance.js';
export type { ColumnImportance, ImportanceOptions, Importances } from './selection/importance.js';
export type { RowLabels } from './selection/labels.js';
export { classificationReport } from './selection/report.js';
export type { ClassificationReport, LabelRates, Rates, ReportOptions } from './selection/report.js';
export { takeRows, type ColumnValues, type TableRows } from './selection/rows.js';
export { scorePredictions, type ScoreFunction, type ScoreName, type TableEstimator } from './selection/scores.js';
export {
  kFold,
  stratifiedKFold,
  trainTestSplit,
  type Fold,
  type FoldOptions,
  type Split,
  type SplitOptions,
} from './selection/splits.js';
export { bestThreshold, thresholdCurve } from './selection/thresholds.js';
export type {
  BestThreshold,
  BestThresholdOptions,
  ThresholdCosts,
  ThresholdCurve,
  ThresholdMeasure,
  ThresholdOptions,
  ThresholdPoint,
} from './selection/thresholds.js';
export {
  inferSchema,
  learnPreprocessing,
  type PreprocessingLearner,
  type PreprocessingOptions,
} from './tables/learner.js';
export {
  tableClassifier,
  type TableClassifier,
  type TableClassifierFitOptions,
  type TableClassifierPartialFitOptions,
} from './tables/classifier.js';
export { tableRegressor, type TableRegressor } from './tables/regressor.js';
export type { TableModel } from './tables/table-model.js';
export { inferTask } from './tables/targets.js';
export { loadTable } from './tables/load.js';
export type { Cell } from './tables/cells.js';
export type { ColumnChoice } from './tables/choices.js';
export type { ColumnKind, DropReason } from './tables/columns/column.js';
export type { TableModelFitOptions, TableModelOptions } from './tables/estimator.js';
export type { PredictedLabels, PredictedNumbers } from './tables/predictions.js';
export type { EmbeddingColumn, Preprocessing, TransformedTable } from './tables/preprocessing.js';
export type { ColumnSchema, DroppedColumn, Schema } from './tables/schema.js';
export type { Table, TableColumns, TableRow } from './tables/table.js';
