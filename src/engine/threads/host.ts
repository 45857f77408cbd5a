/**
 * Workers as the platform has them: Node's worker threads, which Bun and Deno have too, or those of a page. Nothing here is touched at import, so a server
 * that renders pages may load it.
 */
import { WORKER_SOURCE } from './worker.generated.js';
import type { WorkerStart } from './start.js';

/** A worker that was started. */
export interface HostedWorker {
  /** Ends it. */
  end(): void;
}

/** What a worker tells. */
export interface WorkerEvents {
  ready(): void;
  /** It ended, or could not begin. */
  ended(reason: string): void;
}

interface NodeWorker {
  on(event: string, listener: (value: never) => void): void;
  postMessage(message: unknown): void;
  terminate(): unknown;
  unref(): void;
}

interface NodeThreads {
  readonly Worker: new (source: string, options: object) => NodeWorker;
}

interface PageWorker {
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: { message?: string; preventDefault?(): void }) => void) | null;
  postMessage(message: unknown): void;
  terminate(): void;
}

interface Platform {
  readonly process?: {
    readonly versions?: Readonly<Record<string, string | undefined>>;
    readonly getBuiltinModule?: (name: string) => NodeThreads | undefined;
  };
  readonly Worker?: new (url: string | URL, options?: object) => PageWorker;
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly crossOriginIsolated?: boolean;
  readonly window?: unknown;
}

const platform = globalThis as unknown as Platform;

const threads = (): NodeThreads | undefined => platform.process?.getBuiltinModule?.('node:worker_threads');

/** Processors that the platform says there are. */
export function processors(): number {
  const os = platform.process?.getBuiltinModule?.('node:os') as unknown as
    { availableParallelism?(): number } | undefined;
  return Math.max(1, os?.availableParallelism?.() ?? platform.navigator?.hardwareConcurrency ?? 1);
}

/** Why no worker can share memory here, in words that can be acted on; nothing where one can. */
export function whyNoWorkers(): string | undefined {
  if (threads() !== undefined) return undefined;
  if (platform.process?.versions?.node !== undefined && platform.window === undefined) {
    return 'threads: Node 20.16 or newer expected.';
  }
  if (platform.Worker === undefined) return 'threads: the platform has no workers here.';
  if (platform.crossOriginIsolated !== true) {
    return (
      'threads: memory can only be shared in a page that is cross-origin isolated. Serve it with the headers ' +
      'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.'
    );
  }
  return undefined;
}

/** Whether this thread may wait for another. A page's own may not. */
export const mayWait = (): boolean => threads() !== undefined || platform.window === undefined;

const isReady = (message: unknown): boolean => (message as { wasmMlp?: unknown } | null)?.wasmMlp === 'ready';

/**
 * Starts a worker. Throws what the platform throws where it refuses, such as a policy against `blob:`.
 * @param url - a file to load it from, in place of the text that the library carries
 */
export function startWorker(start: WorkerStart, events: WorkerEvents, url: string | URL | undefined): HostedWorker {
  const node = threads();
  if (node !== undefined) {
    const worker = new node.Worker(WORKER_SOURCE, { eval: true, execArgv: [], env: {}, name: 'wasm-mlp' });
    worker.on('message', (message: unknown) => {
      if (isReady(message)) events.ready();
    });
    worker.on('error', (error: Error) => events.ended(error.message));
    worker.on('exit', (code: number) => events.ended(`it ended with exit code ${code}`));
    // A pool does not keep a process alive. Only now: to listen for messages counts as a reason to stay.
    worker.unref();
    worker.postMessage(start);
    return { end: () => void worker.terminate() };
  }
  const source = url ?? URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' }));
  const worker = new platform.Worker!(source, { name: 'wasm-mlp' });
  const release = (): void => {
    if (url === undefined) URL.revokeObjectURL(source as string);
  };
  worker.onmessage = ({ data }) => {
    release();
    if (isReady(data)) events.ready();
  };
  worker.onerror = (event) => {
    event.preventDefault?.();
    release();
    events.ended(event.message ?? 'it could not be loaded. A policy may forbid workers from blob:, see workerUrl');
  };
  worker.postMessage(start);
  return { end: () => worker.terminate() };
}
