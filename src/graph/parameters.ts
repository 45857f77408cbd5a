/**
 * Converts parameters between linear memory and tensors. Weights, gradients and optimizer state are flat vectors with
 * the same layout, which plan.ts defines: matrices in the panels that the GEMM reads, vectors padded.
 */
import { sizeOf, type NamedTensor } from '../common/tensors.js';
import type { ParameterSpec } from '../operations/operation.js';
import type { RegionGroup } from '../runtime/arena.js';
import { padded } from '../runtime/panels.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { NetworkPlan, PlannedParameter } from './plan.js';

/**
 * A parameter as the kernels of sums take it: a matrix in panels, or a vector as one panel. `width` is that of the
 * engine's tile at the time of reading.
 */
export interface PanelledParameter {
  /** Offset in bytes. */
  readonly at: number;
  readonly units: number;
  readonly inputs: number;
  readonly width: number;
}

/** Returns how a parameter is stored. */
export function panelled({ tile }: WasmRuntime, { spec, offset }: PlannedParameter): PanelledParameter {
  const { shape, storage } = spec;
  const at = 4 * offset;
  const size = sizeOf(shape);
  if (storage !== 'panels') return { at, units: size, inputs: 1, width: padded(size) };
  return {
    at,
    units: shape[0],
    inputs: shape[1],
    get width() {
      return tile.panelWidth;
    },
  };
}

/** Returns the number of learned values. */
export const countLearned = ({ parameters }: NetworkPlan): number =>
  parameters.reduce((total, { spec }) => total + (spec.learned ? sizeOf(spec.shape) : 0), 0);

/** Allocates a flat vector of zeros. */
export function allocateVector({ kernels }: WasmRuntime, regions: RegionGroup, floats: number): number {
  const address = regions.allocate(4 * floats);
  // A kernel, since `fill` of a typed array takes four to fifteen times as long in V8 on shared memory.
  kernels.f32_fill(floats, address, 0);
  return address;
}

/** Writes tensors, whose sizes the caller has checked, into the flat vector at `address`. */
export function writeParameters(
  runtime: WasmRuntime,
  address: number,
  parameters: readonly PlannedParameter[],
  tensors: readonly Float32Array[],
): void {
  withRows(runtime, parameters, (rows) =>
    parameters.forEach((parameter, index) => pack(runtime, address, parameter, tensors[index], rows)),
  );
}

/** Returns copies of tensors of the flat vector at `address`. */
export function readParameters(
  runtime: WasmRuntime,
  address: number,
  parameters: readonly PlannedParameter[],
): NamedTensor[] {
  return withRows(runtime, parameters, (rows) =>
    parameters.map((parameter) => ({
      name: parameter.name,
      shape: [...parameter.spec.shape],
      data: unpack(runtime, address, parameter, rows),
    })),
  );
}

/** Returns a copy of one tensor of the flat vector at `address`. */
export const readParameter = (runtime: WasmRuntime, address: number, parameter: PlannedParameter): Float32Array =>
  withRows(runtime, [parameter], (rows) => unpack(runtime, address, parameter, rows));

function unpack(runtime: WasmRuntime, address: number, { spec, offset }: PlannedParameter, rows: number): Float32Array {
  const { memory, kernels } = runtime;
  const at = address + 4 * offset;
  if (spec.storage === 'vector') return memory.copy(at, sizeOf(spec.shape));
  if (spec.storage === 'int8') return runtime.int8!.kernels.read(spec.shape[1], spec.shape[0], at);
  const data = new Float32Array(sizeOf(spec.shape));
  eachPanel(runtime, spec, ({ units, inputs, first, panel }) => {
    kernels.f32_unpack_panel(inputs, units, at + 4 * panel, rows);
    data.set(memory.f32.subarray(rows / 4, rows / 4 + units * inputs), first * inputs);
  });
  return data;
}

function pack(
  runtime: WasmRuntime,
  address: number,
  { spec, offset }: PlannedParameter,
  data: Float32Array,
  rows: number,
): void {
  const { memory, kernels } = runtime;
  const at = address + 4 * offset;
  if (spec.storage === 'vector') {
    memory.f32.set(data, at / 4);
    return;
  }
  if (spec.storage === 'int8') {
    runtime.int8!.kernels.write(data, spec.shape[1], spec.shape[0], at);
    return;
  }
  eachPanel(runtime, spec, ({ units, inputs, first, panel }) => {
    memory.f32.set(data.subarray(first * inputs, (first + units) * inputs), rows / 4);
    kernels.f32_pack_panel(inputs, units, rows, at + 4 * panel);
  });
}

/** Visits the panels of weights (units, inputs): each has `units` units from `first` on and starts at float `panel`. */
function eachPanel(
  { tile: { panelWidth } }: WasmRuntime,
  { shape: [total, inputs] }: ParameterSpec,
  visit: (one: { units: number; inputs: number; first: number; panel: number }) => void,
): void {
  for (let first = 0; first < total; first += panelWidth) {
    visit({ units: Math.min(panelWidth, total - first), inputs, first, panel: first * inputs });
  }
}

/**
 * Runs a conversion of parameters with a temporary buffer for the rows of any of their panels. The buffer is allocated
 * before the first parameter is touched, so that lack of memory changes nothing.
 */
function withRows<T>(
  { arena, tile }: WasmRuntime,
  parameters: readonly PlannedParameter[],
  translate: (rows: number) => T,
): T {
  const floats = parameters.map(({ spec: { storage, shape } }) =>
    storage !== 'panels' ? 0 : shape[1] * Math.min(tile.panelWidth, shape[0]),
  );
  const rows = arena.allocate(4 * floats.reduce((most, one) => Math.max(most, one), 0));
  try {
    return translate(rows);
  } finally {
    arena.free(rows);
  }
}
