/** wasm-mlp/node: checkpoints of trainings in files, and files that are whole, for Node, Bun and Deno. */
export {
  modelCheckpoint,
  type EveryEpochs,
  type ModelCheckpoint,
  type ModelCheckpointOptions,
} from './node/model-checkpoint.js';
export {
  latestCheckpoint,
  type Checkpoint,
  type LatestCheckpointOptions,
  type SkippedFile,
} from './node/latest-checkpoint.js';
export { writeFileAtomic } from './node/write-file.js';
