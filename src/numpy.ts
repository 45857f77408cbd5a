/** wasm-mlp/numpy: arrays and weights in NumPy's files, read and written. */
export { readNpy, readNpz, type NumpyArray, type ReadNumpyOptions } from './formats/numpy/read.js';
export { writeNpy, writeNpz, type NamedNumpyArray, type NumpyArrayLike } from './formats/numpy/write.js';
export type { NumpyData, NumpyType } from './formats/numpy/dtypes.js';
