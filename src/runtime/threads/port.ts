/**
 * A worker's connection to the thread that started it: Node's worker threads, which Bun and Deno have too, or a page's
 * worker.
 */
export interface Port {
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Lets the worker end once nothing is left to do. */
  close(): void;
}

interface NodePort {
  on(event: 'message', listener: (message: unknown) => void): void;
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Deno's port has none, and its worker ends all the same. */
  close?(): void;
}

interface PageScope {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  close(): void;
}

/** Calls `listen` with every message from now on. */
export function openPort(listen: (message: unknown, port: Port) => void): void {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => { readonly parentPort: NodePort | null } | undefined };
  };
  const node = process?.getBuiltinModule?.('node:worker_threads')?.parentPort;
  if (node) {
    const port: Port = {
      post: (message, transfer) => node.postMessage(message, transfer),
      close: () => node.close?.(),
    };
    node.on('message', (message) => listen(message, port));
    return;
  }
  const scope = globalThis as unknown as PageScope;
  const port: Port = {
    post: (message, transfer = []) => scope.postMessage(message, transfer),
    close: () => scope.close(),
  };
  scope.onmessage = ({ data }) => listen(data, port);
}
