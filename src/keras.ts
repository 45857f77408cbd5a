/** wasm-mlp/keras: models and weights in Keras' files, read. */
export { fromKeras, type FromKerasOptions } from './formats/keras/import.js';
