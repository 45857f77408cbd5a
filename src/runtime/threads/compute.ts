/** What a compute worker does from its first message on. */
import type { OuterKernel, RowsKernel } from '../abi.js';
import { CONTROL_BYTES } from './job.js';
import { serve } from './worker-loop.js';
import type { WorkerStart } from './start.js';

/** Helps until the pool ends; returns then. `post` sends to the thread that started it. */
export function compute(start: WorkerStart, post: (message: unknown) => void): void {
  const { module, memory, tile, scratch, strips, index, spin } = start;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const hand = {
    control: new Int32Array(memory.buffer, 0, CONTROL_BYTES / 4),
    rows: exports[`f32_gemm_rows_${tile}`] as RowsKernel,
    outer: exports[`f32_gemm_outer_${tile}`] as OuterKernel,
    scratch,
    strips,
  };
  post({ wasmMlp: 'ready', index });
  serve(hand, index, spin);
}
