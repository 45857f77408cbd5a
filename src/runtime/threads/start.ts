import type { TileName } from '../tile.js';

/** Message with which a compute worker begins, and begins again when there are more kernels. */
export interface WorkerStart {
  /** Distinguishes it from the other workers of this library. */
  readonly role: 'compute';
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly tile: TileName;
  /** Address of the scratch memory of the worker. */
  readonly scratch: number;
  readonly packedA: number;
  /** Number of the worker, from 0. */
  readonly index: number;
  /** Milliseconds that the worker polls for the next job before it sleeps. */
  readonly spin: number;
  /** The kernels of eight bits, if a model needs them. */
  readonly int8: WebAssembly.Module | undefined;
  /** Number of restarts before this message. */
  readonly restarts: number;
}

/** Whether a message reports that a worker has begun. */
export const isReady = (message: unknown): boolean => (message as { wasmMlp?: unknown } | null)?.wasmMlp === 'ready';
