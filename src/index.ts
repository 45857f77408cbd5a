/** wasm-mlp: multilayer perceptrons in WebAssembly SIMD, with the same bits on every engine. */
export { createEngine, createEngineSync } from './engine/create-engine.js';
export { loadModel, model, modelFromJSON, sequential } from './engine/default-engine.js';
export type { EngineOptions } from './engine/engine-options.js';
export type { Engine, Predictions } from './engine/engine.js';
export type { EngineInfo, WarmUpOptions } from './engine/engine-info.js';
export { attachModel, type ModelHandle } from './inference/attach.js';
export { quantize, type QuantizeOptions } from './quantization/quantize.js';
export {
  compareQuantized,
  type OutputDifference,
  type QuantizationReport,
  type QuantizedLayer,
} from './quantization/compare.js';
export type { LoadOptions } from './inference/custom-objects.js';
export type { GraphNode } from './graph/graph.js';
export type { Numerics } from './runtime/features.js';
export type { Architecture, Int8Layer, LayerData, ModelAsLayer, SequentialOptions } from './graph/architecture.js';
export type { ModelOptions, Tensors } from './graph/model-options.js';
export type { BatchOptions, InferenceModel } from './inference/inference-model.js';
export type { Model } from './model/model.js';
export type { Applied, ApplyOptions } from './model/apply.js';
export type { LoadedWeights, LoadWeightsOptions } from './model/load-weights.js';
export type { ModelLayer } from './model/model-layer.js';
export type { PredictOptions } from './model/hooks.js';
export type { EvaluateOptions, ModelMemory, StepOptions } from './model/model-options.js';
export type { SaveOptions } from './model/checkpoint.js';
export type { TensorLike } from './graph/named-weights.js';
export type {
  Layer,
  LayerConfig,
  LayerOptions,
  SymbolicTensor,
  WeightedLayerConfig,
  WeightedLayerOptions,
} from './layers/layer.js';
export { input } from './layers/input.js';
export type { InputConfig, InputOptions } from './layers/input.js';
export { dense } from './layers/dense.js';
export type { DenseConfig, DenseOptions } from './layers/dense.js';
export { maxout } from './layers/maxout.js';
export type { MaxoutConfig, MaxoutOptions } from './layers/maxout.js';
export { activation, prelu } from './layers/activation.js';
export type { ActivationConfig, ActivationOptions, PreluConfig, PreluOptions } from './layers/activation.js';
export { activityRegularization } from './layers/activity-regularization.js';
export type { ActivityRegularizationConfig, ActivityRegularizationOptions } from './layers/activity-regularization.js';
export { alphaDropout, dropout, gaussianDropout, gaussianNoise } from './layers/noise.js';
export type { DropoutConfig, DropoutOptions, GaussianNoiseConfig, GaussianNoiseOptions } from './layers/noise.js';
export { dot } from './layers/dot.js';
export type { DotConfig, DotOptions } from './layers/dot.js';
export { embedding } from './layers/embedding.js';
export type { EmbeddingConfig, EmbeddingOptions } from './layers/embedding.js';
export { batchNormalization, layerNormalization, rmsNormalization } from './layers/normalize.js';
export type {
  BatchNormalizationConfig,
  BatchNormalizationOptions,
  LayerNormalizationConfig,
  LayerNormalizationOptions,
  RmsNormalizationConfig,
  RmsNormalizationOptions,
} from './layers/normalize.js';
export { normalization, rescaling } from './layers/preprocess.js';
export type {
  Normalization,
  NormalizationConfig,
  NormalizationOptions,
  RescalingConfig,
  RescalingOptions,
} from './layers/preprocess.js';
export { add, average, concatenate, maximum, minimum, multiply, subtract } from './layers/merge.js';
export { celu, elu, leakyRelu } from './activations/activations.js';
export type {
  Activation,
  ActivationLike,
  ActivationName,
  CeluOptions,
  CustomActivation,
  EluOptions,
  LeakyReluOptions,
} from './activations/activations.js';
export type { KernelConfig, KernelOptions } from './layers/checks.js';
export { maxNorm, minMaxNorm, nonNegative, unitNorm } from './constraints/constraints.js';
export type { Constraint, ConstraintLike, ConstraintName, MinMaxNormOptions } from './constraints/constraints.js';
export { l1, l1l2, l2 } from './regularizers/regularizers.js';
export type { PenaltyOptions, Regularizer, RegularizerLike, RegularizerName } from './regularizers/regularizers.js';
export {
  constant,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  identity,
  lecunNormal,
  lecunUniform,
  msra,
  ones,
  orthogonal,
  randomNormal,
  randomUniform,
  truncatedNormal,
  varianceScaling,
  xavier,
  zeros,
} from './initializers/initializers.js';
export type {
  ConstantOptions,
  CustomInitializer,
  IdentityOptions,
  Initializer,
  InitializerContext,
  InitializerLike,
  InitializerName,
  NormalOptions,
  OrthogonalOptions,
  UniformOptions,
  VarianceScalingOptions,
} from './initializers/initializers.js';
export {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  kullbackLeibler,
  sparseCategoricalCrossentropy,
  type BinaryFocalOptions,
  type CrossentropyOptions,
  type FocalOptions,
  type LogitsOptions,
  type SmoothingOptions,
} from './losses/crossentropies.js';
export {
  gaussianNegativeLogLikelihood,
  poisson,
  quantile,
  type GaussianOptions,
  type PoissonOptions,
  type QuantileOptions,
} from './losses/distributions.js';
export { categoricalHinge, hinge, squaredHinge } from './losses/hinges.js';
export type { CustomLoss, Loss, LossLike, LossName } from './losses/losses.js';
export {
  cosineSimilarity,
  halfSquaredError,
  huber,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  type HuberOptions,
} from './losses/regression.js';
export { learningRateAt, momentumAt } from './schedules/rate.js';
export { schedules } from './schedules/schedules.js';
export type {
  ConstantScheduleOptions,
  CosineScheduleOptions,
  CustomSchedule,
  CyclicScheduleOptions,
  DecayScheduleOptions,
  LearningRate,
  MomentumCycleOptions,
  OneCycleScheduleOptions,
  PiecewiseConstantScheduleOptions,
  PolynomialScheduleOptions,
  Schedule,
  ScheduleFunction,
  SequentialConfig,
  SequentialScheduleOptions,
  StepScheduleOptions,
  WarmUpConfig,
  WarmUpScheduleOptions,
} from './schedules/schedule-types.js';
export { adadelta, adagrad, adam, adamax, adamw, lion, nadam, rmsprop, sgd } from './optimizers/optimizers.js';
export type { Optimizer, OptimizerName } from './optimizers/optimizers.js';
export type {
  AdadeltaOptions,
  AdagradOptions,
  AdamaxOptions,
  AdamOptions,
  AdamwOptions,
  EmaConfig,
  EmaOptions,
  GradientOptions,
  LionOptions,
  NadamOptions,
  RmspropOptions,
  Settled as SettledOptions,
  SettledDecay,
  SgdOptions,
  WeightDecayOptions,
  WeightPattern,
} from './optimizers/optimizer-types.js';
export {
  lbfgs,
  levenbergMarquardt,
  type LbfgsOptions,
  type LevenbergMarquardtOptions,
} from './optimizers/full-batch.js';
export { confusionMatrix } from './metrics/confusion-matrix.js';
export {
  auc,
  binaryAccuracy,
  calibrationError,
  f1,
  fBeta,
  precision,
  recall,
  specificity,
  topKAccuracy,
  type AucOptions,
  type CalibrationErrorOptions,
  type FBetaOptions,
  type MetricOptions,
  type RateOptions,
  type ThresholdOptions,
  type TopKAccuracyOptions,
} from './metrics/factories.js';
export type { CustomMetric, Metric, MetricName } from './metrics/metrics.js';
export type { CompileOptions, MetricLike, MetricLists, PerOutput } from './training/compiled.js';
export type { Callback, FoundNonFinite, TrainedModel } from './training/callbacks/callback.js';
export { csvLogger, type CsvLoggerOptions } from './training/callbacks/csv-logger.js';
export { earlyStopping, type EarlyStopping, type EarlyStoppingOptions } from './training/callbacks/early-stopping.js';
export {
  adaptiveLearningRate,
  learningRateScheduler,
  reduceLROnPlateau,
  type AdaptiveLearningRateOptions,
  type ReduceLROnPlateauOptions,
} from './training/callbacks/learning-rate.js';
export type { Mode } from './training/callbacks/monitor.js';
export {
  stochasticWeightAveraging,
  type StochasticWeightAveragingOptions,
} from './training/callbacks/weight-averaging.js';
export { terminateOnNaN } from './training/callbacks/terminate-on-nan.js';
export { diagnostics, type Diagnostics, type DiagnosticsOptions } from './training/diagnosis/diagnostics.js';
export type { Diagnosis, Fault, LayerDiagnosis, NonFinite } from './training/diagnosis/diagnosis.js';
export type { ClassWeight, ClassWeights, SampleWeight, Targets } from './training/data/shape.js';
export type { Batch, BatchSource } from './training/data/source.js';
export type { FitOptions } from './training/fit-options.js';
export type { History } from './training/fit.js';
export type { StopReason } from './training/full-batch/algorithm.js';
export type { Logs } from './training/execution-context.js';
export {
  loadClassifier,
  mlpClassifier,
  type ClassifierFitOptions,
  type ClassifierPartialFitOptions,
  type LabelList,
  type MlpClassifier,
  type OneLabel,
} from './tabular/classifier.js';
export type { Label } from './tabular/outputs.js';
export {
  loadRegressor,
  mlpRegressor,
  type MlpRegressor,
  type TargetScaling,
  type Values,
} from './tabular/regressor.js';
export type { MlpOptions } from './tabular/estimator.js';
export type { ColumnEmbedding } from './tabular/network.js';
export type { PartialFitOptions, TableFitOptions, ValidationRows } from './tabular/run.js';
export type { LoadTableOptions } from './tabular/file.js';
export type { Float16Numbers, NumberArray } from './common/arrays.js';
export type { Inputs, Labels, RowNumbers, Rows } from './common/rows.js';
export type { Custom, Named } from './common/custom.js';
export { fromModule, type FromModuleOptions } from './common/custom-modules.js';
export type { NamedTensor } from './common/tensors.js';
export type { Descriptor } from './common/descriptor.js';
export {
  FormatError,
  MemoryError,
  ShapeError,
  StateError,
  UnsupportedError,
  ValueError,
  WasmMlpError,
  WorkerError,
} from './common/errors.js';
