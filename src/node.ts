/** wasm-mlp/node: checkpoints of trainings in files, for Node, Bun and Deno. */
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
