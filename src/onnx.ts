/** wasm-mlp/onnx: models written as ONNX files, and read from them. */
export { exportOnnx, type ExportOnnxOptions, type LabeledModel } from './formats/onnx/export.js';
export { importOnnx, type ImportOnnxOptions, type ImportedModel } from './formats/onnx/import.js';
