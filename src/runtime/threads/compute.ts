/** The work of a compute worker, from its first message on. */
import type { GemmTnKernel, GemmKernel } from '../abi.js';
import { CONTROL_BYTES } from './job.js';
import { workerLoop } from './worker-loop.js';
import type { WorkerStart } from './start.js';

/** Computes chunks until the pool ends, then returns. `post` sends to the thread that started the worker. */
export function compute(start: WorkerStart, post: (message: unknown) => void): void {
  const { module, memory, tile, scratch, packedA, index, spin } = start;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const thread = {
    control: new Int32Array(memory.buffer, 0, CONTROL_BYTES / 4),
    gemm: exports[`f32_gemm_${tile}`] as GemmKernel,
    gemmTN: exports[`f32_gemm_tn_${tile}`] as GemmTnKernel,
    scratch,
    packedA,
  };
  post({ wasmMlp: 'ready', index });
  workerLoop(thread, index, spin);
}
