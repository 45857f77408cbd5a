import type { TileName } from '../tile.js';

/** What a worker is sent to begin with. */
export interface WorkerStart {
  /** Tells it from what else a worker of this library is started for. */
  readonly role: 'compute';
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly tile: TileName;
  /** Address of the worker's own scratch. */
  readonly scratch: number;
  readonly packedA: number;
  /** Number of the worker, from 0. */
  readonly index: number;
  /** Milliseconds that it keeps looking for the next job before it waits. */
  readonly spin: number;
}

/** Whether a message says that a worker has begun. */
export const isReady = (message: unknown): boolean => (message as { wasmMlp?: unknown } | null)?.wasmMlp === 'ready';
