/** The program of a worker. It is built to a text of its own, which the library carries, and to dist/worker.js for pages that load workers from a file. */
import type { RowsKernel, OuterKernel } from '../abi.js';
import { CONTROL_BYTES } from './job.js';
import { serve } from './serve.js';
import type { WorkerStart } from './start.js';

/** What a worker needs of Node's worker threads, which Bun and Deno have too. */
interface NodeThreads {
  readonly parentPort: {
    once(event: 'message', listener: (start: WorkerStart) => void): void;
    postMessage(message: unknown): void;
    /** Deno's has none, and ends all the same. */
    close?(): void;
  } | null;
}

function begin({ module, memory, tile, scratch, index, spin }: WorkerStart, post: (message: unknown) => void): void {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const hand = {
    control: new Int32Array(memory.buffer, 0, CONTROL_BYTES / 4),
    rows: exports[`f32_gemm_rows_${tile}`] as RowsKernel,
    outer: exports[`f32_gemm_outer_${tile}`] as OuterKernel,
    scratch,
  };
  post({ wasmMlp: 'ready', index });
  serve(hand, index, spin);
}

const { process } = globalThis as {
  process?: { getBuiltinModule?: (name: string) => NodeThreads | undefined };
};
const port = process?.getBuiltinModule?.('node:worker_threads')?.parentPort;
if (port) {
  port.once('message', (start) => {
    begin(start, (message) => port.postMessage(message));
    port.close?.();
  });
} else {
  const scope = globalThis as unknown as {
    onmessage: ((event: { data: WorkerStart }) => void) | null;
    postMessage(message: unknown): void;
    close(): void;
  };
  scope.onmessage = ({ data }) => {
    begin(data, (message) => scope.postMessage(message));
    scope.close();
  };
}
