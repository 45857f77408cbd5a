/** wasm-mlp: multilayer perceptrons in WebAssembly SIMD, with the same bits on every engine. */
export { createEngine, createEngineSync, loadModel, sequential } from './model/engine.js';
export type { Engine, EngineInfo, EngineOptions, ModelOptions } from './model/engine.js';
export type { BatchOptions, Model } from './model/model.js';
export type { Architecture, SaveOptions } from './model/checkpoint.js';
export type { TensorLike } from './model/weights.js';
export { dense } from './layers/dense.js';
export type { DenseConfig, DenseOptions } from './layers/dense.js';
export type { Layer } from './layers/registry.js';
export type { ActivationName } from './activations/registry.js';
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
  meanSquaredError,
  sparseCategoricalCrossentropy,
} from './losses/losses.js';
export type { Loss, LossName } from './losses/losses.js';
export { adam, sgd } from './optimizers/optimizers.js';
export type { AdamOptions, Optimizer, OptimizerName, SgdOptions } from './optimizers/optimizers.js';
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
