import type { TileName } from '../tile.js';

/** First message to a compute worker. */
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
}

/** Whether a message reports that a worker has begun. */
export const isReady = (message: unknown): boolean => (message as { wasmMlp?: unknown } | null)?.wasmMlp === 'ready';
