import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { Operation } from './operation.js';

/** y = x, where they do not stand in the same place anyway. */
export const pass = ({ kernels }: WasmRuntime, x: MatrixView, y: MatrixView): Step[] =>
  x.address === y.address ? [] : [(rows) => kernels.f32_copy(rows * x.ld, x.address, y.address)];

/** y = x: what a linear activation is as a layer of its own. */
export const identity = (width: number): Operation => ({
  kind: 'linear',
  outputWidth: width,
  parameters: [],
  inPlace: true,
  backwardReads: { input: false, output: false },
  forward: ({ runtime, inputs: [x], output: y }) => pass(runtime, x, y),
  backward: ({ runtime, outputDelta: dy, inputDeltas: [dx] }) => (dx === undefined ? [] : pass(runtime, dy, dx)),
});
