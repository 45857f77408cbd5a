/** wasm-mlp/tfjs: models read from TensorFlow.js and ml5, and written for TensorFlow.js. */
export { fromTfjs, type FromTfjsOptions, type TfjsFile, type TfjsModel } from './formats/tfjs/import.js';
export { toTfjs, type TfjsFiles, type ToTfjsOptions } from './formats/tfjs/export.js';
export type { TfjsWeights } from './formats/tfjs/shards.js';
