/**
 * Workers of the platform: Node's worker threads, which Bun and Deno have too, or those of a page. Starts them, and
 * says why they or shared memory are unavailable. Nothing here is touched at import, so a server that renders pages may
 * load this file. port.ts is the worker's end of the connection.
 */
import { sentence } from '../../common/describe.js';

/** A running worker. */
export interface HostedWorker {
  /** Sends the worker a message. Buffers in `transfer` are detached from this thread. */
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Terminates the worker. */
  end(): void;
}

/** Events of a worker. */
export interface WorkerEvents {
  message(message: unknown): void;
  /** The worker ended, or could not begin. */
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

/** Whether threads here are the workers of a page. */
export const isPage = (): boolean => threads() === undefined;

/** Returns the number of processors that the platform reports. */
export function processors(): number {
  const os = platform.process?.getBuiltinModule?.('node:os') as unknown as
    { availableParallelism?(): number } | undefined;
  return Math.max(1, os?.availableParallelism?.() ?? platform.navigator?.hardwareConcurrency ?? 1);
}

/** Whether this is Node, or a platform that claims to be, and not a page. */
const isNode = (): boolean => platform.process?.versions?.node !== undefined && platform.window === undefined;

/** Returns why no worker can be started here, as advice to act on, or undefined if workers are available. */
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

/** Returns why shared memory cannot be posted to another thread here, or undefined if it can. */
export function whyNotPosted(): string | undefined {
  if (threads() !== undefined || isNode()) return undefined;
  if (platform.crossOriginIsolated !== true) return `memory can only be shared in ${ISOLATION}`;
  // WebKit may be built or started without it, and then posts no shared memory, isolated or not.
  return platform.SharedArrayBuffer === undefined ? NO_SHARED_ARRAY_BUFFER : undefined;
}

/** Returns why memory cannot be shared with a worker here, or undefined if it can. */
export const whyNotShared = (): string | undefined => whyNoWorkers() ?? whyNotPosted();

/** Returns why workers that share memory could not be started, from the error that the platform threw. */
export function whyNotStarted(error: unknown): string {
  const { name, message } = error as Error;
  // Engines word this error differently: "The object can not be cloned." does not mention memory.
  if (name === 'DataCloneError') {
    return (
      `shared memory cannot be posted to a worker: ${sentence(message)} ` +
      `That takes a browser with SharedArrayBuffer, and ${ISOLATION}`
    );
  }
  return `workers could not be started: ${sentence(message)}`;
}

/** Whether this thread may block on another one. The main thread of a page may not. */
export const mayWait = (): boolean => threads() !== undefined || platform.window === undefined;

/**
 * Starts a worker on a program: its text, or the address of its file. Throws the platform's error if it has no room for
 * one; a policy that forbids it is reported as an end.
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
    // Only now: a listener for messages keeps the process alive.
    if (!keepsAlive) worker.unref();
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      end: () => void worker.terminate(),
    };
  }
  const url =
    typeof program === 'string' ? URL.createObjectURL(new Blob([program], { type: 'text/javascript' })) : program;
  const release = (): void => {
    if (typeof url === 'string') URL.revokeObjectURL(url);
  };
  const advice =
    typeof program === 'string'
      ? 'A policy may forbid workers from blob:, see workerUrl of createEngine'
      : `Is ${program.href} the file worker.js of this package, on an origin that the page may load workers from?`;
  let worker: PageWorker;
  try {
    worker = new platform.Worker!(url, { name: 'wasm-mlp' });
  } catch (error) {
    release();
    const { name, message } = error as Error;
    if (name !== 'SecurityError') throw error;
    // WebKit throws where others report that a policy forbids the worker.
    queueMicrotask(() => events.ended(`it could not be loaded: ${sentence(message)} ${advice}`));
    return { post: () => undefined, end: () => undefined };
  }
  worker.onmessage = ({ data }) => {
    release();
    events.message(data);
  };
  worker.onerror = (event) => {
    event.preventDefault?.();
    release();
    // An event without a message means that nothing has run.
    events.ended(event.message || `it could not be loaded. ${advice}`);
  };
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    end: () => worker.terminate(),
  };
}

/**
 * Returns the absolute address of a worker's file, which a worker can use too, or undefined on Node, whose threads do
 * not need one.
 */
export function programUrl(url: string | URL | undefined): URL | undefined {
  if (url === undefined || threads() !== undefined) return undefined;
  const { document, location } = globalThis as unknown as {
    document?: { readonly baseURI: string };
    location?: { readonly href: string };
  };
  return new URL(url, document?.baseURI ?? location?.href);
}
