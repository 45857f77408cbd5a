/** wasm-mlp/module: a model as the text of a JavaScript module of its own. */
export { toModule, type ModelToWrite, type ToModuleOptions } from './formats/module/to-module.js';
