/** wasm-mlp: multilayer perceptrons in WebAssembly SIMD, with the same bits on every engine. */
export { createEngine, createEngineSync, loadModel, sequential } from './model/engine.js';
export type { Engine, EngineInfo, EngineOptions, ModelOptions } from './model/engine.js';
export type { BatchOptions, Model } from './model/model.js';
export type { Architecture, SaveOptions } from './model/checkpoint.js';
export type { TensorLike } from './model/weights.js';
export { dense } from './layers/dense.js';
export type { DenseConfig, DenseOptions } from './layers/dense.js';
export type { Layer } from './layers/registry.js';
export { elu, leakyRelu } from './activations/activations.js';
export type { Activation, ActivationName } from './activations/activations.js';
export { maxout } from './layers/maxout.js';
export type { MaxoutConfig, MaxoutOptions } from './layers/maxout.js';
export { l1, l1l2, l2 } from './regularizers/regularizers.js';
export type { Regularizer, RegularizerName } from './regularizers/regularizers.js';
export {
  constant,
  glorotUniform,
  heNormal,
  msra,
  ones,
  randomNormal,
  xavier,
  zeros,
} from './initializers/initializers.js';
export type { Initializer, InitializerName } from './initializers/initializers.js';
export {
  binaryCrossentropy,
  categoricalCrossentropy,
  halfSquaredError,
  hinge,
  huber,
  meanAbsoluteError,
  meanSquaredError,
  sparseCategoricalCrossentropy,
} from './losses/losses.js';
export type { Loss, LossName, SmoothingOptions } from './losses/losses.js';
export { adadelta, adagrad, adam, adamw, nadam, rmsprop, sgd } from './optimizers/optimizers.js';
export type {
  AdadeltaOptions,
  AdagradOptions,
  AdamOptions,
  AdamwOptions,
  GradientOptions,
  Optimizer,
  OptimizerName,
  RmspropOptions,
  SgdOptions,
} from './optimizers/optimizers.js';
export type { MetricName } from './metrics/metrics.js';
export type { CompileOptions } from './training/compiled.js';
export type { Callback } from './training/callbacks.js';
export type { FitOptions } from './training/fit-options.js';
export type { History } from './training/fit.js';
export type { Logs } from './training/measure.js';
export type { Labels, Rows } from './training/rows.js';
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
} from './common/errors.js';
