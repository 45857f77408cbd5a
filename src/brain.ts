/** wasm-mlp/brain: networks read from brain.js. */
export { fromBrain, type BrainFile, type BrainModel } from './formats/brain/from-brain.js';
