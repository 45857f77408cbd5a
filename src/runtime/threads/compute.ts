/** What a compute worker does from its first message on. */
import type { GemmTnKernel, GemmKernel } from '../abi.js';
import { CONTROL_BYTES } from './job.js';
import { workerLoop } from './worker-loop.js';
import type { WorkerStart } from './start.js';

/** Helps until the pool ends; returns then. `post` sends to the thread that started it. */
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
