/**
 * Workers as the platform has them: Node's worker threads, which Bun and Deno have too, or those of a page. Nothing
 * here is touched at import, so a server that renders pages may load it.
 */
import { sentence } from '../../common/describe.js';

/** A worker that was started. */
export interface HostedWorker {
  /** Sends it a message; what is in `transfer` is no longer the sender's. */
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Ends it. */
  end(): void;
}

/** What a worker tells. */
export interface WorkerEvents {
  message(message: unknown): void;
  /** It ended, or could not begin. */
  ended(reason: string): void;
}

interface NodeWorker {
  on(event: string, listener: (value: never) => void): void;
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  terminate(): unknown;
  unref(): void;
}

interface NodeThreads {
  readonly Worker: new (program: string | URL, options: object) => NodeWorker;
}

interface PageWorker {
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: { message?: string; preventDefault?(): void }) => void) | null;
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
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
  readonly SharedArrayBuffer?: unknown;
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

/** Whether this is Node, or a platform that says so, and no page. */
const isNode = (): boolean => platform.process?.versions?.node !== undefined && platform.window === undefined;

/** Why no worker can be started here, in words that can be acted on; nothing where one can. */
export function whyNoWorkers(): string | undefined {
  if (threads() !== undefined) return undefined;
  if (isNode()) return 'Node 20.16 or newer expected.';
  return platform.Worker === undefined ? 'the platform has no workers here.' : undefined;
}

const ISOLATION =
  'a page that is cross-origin isolated. Serve it with the headers ' +
  'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.';

const NO_SHARED_ARRAY_BUFFER =
  'memory cannot be shared in this browser, which has no SharedArrayBuffer, though the page is cross-origin isolated. A setting may switch it off.';

/** Why shared memory cannot be posted to another thread here; nothing where it can. */
export function whyNotPosted(): string | undefined {
  if (threads() !== undefined || isNode()) return undefined;
  if (platform.crossOriginIsolated !== true) return `memory can only be shared in ${ISOLATION}`;
  // WebKit may be built or started without it, and posts no shared memory then, isolated or not.
  return platform.SharedArrayBuffer === undefined ? NO_SHARED_ARRAY_BUFFER : undefined;
}

/** Why memory cannot be shared with a worker here; nothing where it can. */
export const whyNotShared = (): string | undefined => whyNoWorkers() ?? whyNotPosted();

/** Why workers that share memory could not be started, from what the platform threw. */
export function whyNotStarted(error: unknown): string {
  const { name, message } = error as Error;
  // Each engine words it in its own way: "The object can not be cloned." says nothing of memory.
  if (name === 'DataCloneError') {
    return (
      `shared memory cannot be posted to a worker: ${sentence(message)} ` +
      `That takes a browser with SharedArrayBuffer, and ${ISOLATION}`
    );
  }
  return `workers could not be started: ${sentence(message)}`;
}

/** Whether this thread may wait for another. A page's own may not. */
export const mayWait = (): boolean => threads() !== undefined || platform.window === undefined;

/**
 * Starts a worker on a program, its text or the file that it is loaded from. Throws what the platform throws where it
 * refuses, such as a policy against `blob:`.
 */
export function startWorker(
  program: string | URL,
  events: WorkerEvents,
  { keepsAlive }: { readonly keepsAlive: boolean },
): HostedWorker {
  const node = threads();
  if (node !== undefined) {
    const options = { eval: typeof program === 'string', execArgv: [], env: {}, name: 'wasm-mlp' };
    const worker = new node.Worker(program, options);
    worker.on('message', (message: unknown) => events.message(message));
    worker.on('messageerror', (error: Error) => events.ended(error.message));
    worker.on('error', (error: Error) => events.ended(error.message));
    worker.on('exit', (code: number) => events.ended(`it ended with exit code ${code}`));
    // Only now: to listen for messages counts as a reason to stay.
    if (!keepsAlive) worker.unref();
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      end: () => void worker.terminate(),
    };
  }
  const url =
    typeof program === 'string' ? URL.createObjectURL(new Blob([program], { type: 'text/javascript' })) : program;
  const worker = new platform.Worker!(url, { name: 'wasm-mlp' });
  const release = (): void => {
    if (typeof url === 'string') URL.revokeObjectURL(url);
  };
  worker.onmessage = ({ data }) => {
    release();
    events.message(data);
  };
  worker.onerror = (event) => {
    event.preventDefault?.();
    release();
    // Without a message nothing has run.
    const advice =
      typeof program === 'string'
        ? 'A policy may forbid workers from blob:, see workerUrl of createEngine'
        : `Is ${program.href} the file worker.js of this package, on an origin that the page may load workers from?`;
    events.ended(event.message || `it could not be loaded. ${advice}`);
  };
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    end: () => worker.terminate(),
  };
}

/**
 * The address of a worker's file, complete, so that a worker can take it too; nothing where Node's threads do not need
 * one.
 */
export function programUrl(url: string | URL | undefined): URL | undefined {
  if (url === undefined || threads() !== undefined) return undefined;
  const { document, location } = globalThis as unknown as {
    document?: { readonly baseURI: string };
    location?: { readonly href: string };
  };
  return new URL(url, document?.baseURI ?? location?.href);
}
