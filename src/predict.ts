/** wasm-mlp/predict: loads models and predicts with them, in a quarter of the size. */
export { loadModel, loadModelSync } from './model/load.js';
export type { LoadOptions } from './model/custom.js';
export type { BatchOptions, InferenceModel } from './model/inference.js';
export {
  FormatError,
  MemoryError,
  ShapeError,
  StateError,
  UnsupportedError,
  ValueError,
  WasmMlpError,
} from './common/errors.js';
