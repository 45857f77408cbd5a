/** The work of a compute worker after a start message. */
import type { GemmTnKernel, GemmKernel } from '../abi.js';
import { INT8_KERNEL_NAMES } from '../int8/abi.js';
import { CONTROL_BYTES, WORD, type Kernel } from './job.js';
import type { Port } from './port.js';
import { workerLoop } from './worker-loop.js';
import type { WorkerStart } from './start.js';

/** Computes chunks until the pool ends, or until the worker has to begin again with the next message. */
export function compute(start: WorkerStart, port: Port): void {
  const { module, memory, tile, scratch, packedA, index, spin, int8, restarts } = start;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const int8Exports = int8 && new WebAssembly.Instance(int8, { env: { memory } }).exports;
  const int8Kernels = int8Exports ? INT8_KERNEL_NAMES.map((name) => int8Exports[name]) : [];
  let view = new Float64Array(memory.buffer);
  const control = new Int32Array(memory.buffer, 0, CONTROL_BYTES / 4);
  const thread = {
    index: index + 1,
    control,
    numbers: new Float64Array(memory.buffer, 0, CONTROL_BYTES / 8),
    gemm: exports[`f32_gemm_${tile}`] as GemmKernel,
    gemmTN: exports[`f32_gemm_tn_${tile}`] as GemmTnKernel,
    kernels: [...Object.values(exports), ...int8Kernels] as Kernel[],
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
  if (int8Exports) Atomics.add(control, WORD.equipped, 1);
  port.post({ wasmMlp: 'ready', index });
  workerLoop(thread, spin, restarts);
  if (Atomics.load(control, WORD.stop) === 1) port.close();
}
