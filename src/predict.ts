/** The entry wasm-mlp/predict: loads models and predicts with them, at a quarter of the size of the whole library. */
export { loadModel, loadModelSync } from './inference/load.js';
export type { LoadOptions } from './inference/custom-objects.js';
export type { BatchOptions, InferenceModel } from './inference/inference-model.js';
export {
  FormatError,
  MemoryError,
  ShapeError,
  StateError,
  UnsupportedError,
  ValueError,
  WasmMlpError,
} from './common/errors.js';
