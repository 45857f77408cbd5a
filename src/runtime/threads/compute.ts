/** The work of a compute worker, from its first message on. */
import type { GemmTnKernel, GemmKernel } from '../abi.js';
import { CONTROL_BYTES, type Kernel } from './job.js';
import { workerLoop } from './worker-loop.js';
import type { WorkerStart } from './start.js';

/** Computes chunks until the pool ends, then returns. `post` sends to the thread that started the worker. */
export function compute(start: WorkerStart, post: (message: unknown) => void): void {
  const { module, memory, tile, scratch, packedA, index, spin } = start;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  let view = new Float64Array(memory.buffer);
  const thread = {
    index: index + 1,
    control: new Int32Array(memory.buffer, 0, CONTROL_BYTES / 4),
    numbers: new Float64Array(memory.buffer, 0, CONTROL_BYTES / 8),
    gemm: exports[`f32_gemm_${tile}`] as GemmKernel,
    gemmTN: exports[`f32_gemm_tn_${tile}`] as GemmTnKernel,
    kernels: Object.values(exports) as Kernel[],
    copy: exports.f32_copy as Kernel,
    doubles(length: number): Float64Array {
      if (view.length < length) {
        // Memory that another thread grew may have its new buffer only after a growth here.
        memory.grow(0);
        view = new Float64Array(memory.buffer);
      }
      return view;
    },
    scratch,
    packedA,
  };
  post({ wasmMlp: 'ready', index });
  workerLoop(thread, spin);
}
