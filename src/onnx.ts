/** wasm-mlp/onnx: models written as ONNX files. */
export { exportOnnx, type ExportOnnxOptions, type LabeledModel } from './formats/onnx/export.js';
