import type { NamedTensor } from '../common/tensors.js';
import { sizeOf } from '../common/tensors.js';
import type { RegionGroup } from '../runtime/arena.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { ParameterSpec } from '../operations/operation.js';
import type { NetworkPlan, PlannedParameter } from './plan.js';

/**
 * Translates between the flat vectors of linear memory (weights, gradients and moments share one layout) and the
 * tensors that users see.
 */
export class ParameterLayout {
  constructor(
    private readonly runtime: WasmRuntime,
    private readonly plan: NetworkPlan,
  ) {}

  /** Number of learned values. */
  get count(): number {
    return this.learned.reduce((total, { spec }) => total + sizeOf(spec.shape), 0);
  }

  /** A flat vector of zeros in a region of its own: all tensors, or room for what is learned. */
  allocate(regions: RegionGroup, which: 'all' | 'learned'): number {
    const floats = which === 'all' ? this.plan.parameterFloats : this.plan.learnedFloats;
    const address = regions.allocate(4 * floats);
    // `fill` of a view takes V8 four to fifteen times as long on shared memory.
    this.runtime.kernels.f32_fill(floats, address, 0);
    return address;
  }

  /** Copies of all tensors of the flat vector at `address`. */
  read(address: number): NamedTensor[] {
    return this.readEach(address, this.plan.parameters);
  }

  /** Copies of the learned tensors of a vector of weights, gradients or moments. */
  readLearned(address: number): NamedTensor[] {
    return this.readEach(address, this.learned);
  }

  /** Writes all tensors, in order, whose sizes the caller has checked. */
  write(address: number, tensors: readonly Float32Array[]): void {
    this.writeEach(address, this.plan.parameters, tensors);
  }

  /** Writes the learned tensors, in order. */
  writeLearned(address: number, tensors: readonly Float32Array[]): void {
    this.writeEach(address, this.learned, tensors);
  }

  /** One tensor of a flat vector. */
  readOne(address: number, parameter: PlannedParameter): Float32Array {
    return this.withRows([parameter], (rows) => this.unpack(address, parameter, rows));
  }

  /** Writes one tensor of a flat vector. */
  writeOne(address: number, parameter: PlannedParameter, data: Float32Array): void {
    this.writeEach(address, [parameter], [data]);
  }

  private unpack(address: number, { spec, offset }: PlannedParameter, rows: number): Float32Array {
    const { memory, kernels } = this.runtime;
    const at = address + 4 * offset;
    const { shape, storage } = spec;
    if (storage === 'vector') return memory.copy(at, sizeOf(shape));
    const data = new Float32Array(sizeOf(shape));
    this.eachPanel(spec, ({ units, inputs, first, panel }) => {
      kernels.f32_unpack_panel(inputs, units, at + 4 * panel, rows);
      data.set(memory.f32.subarray(rows / 4, rows / 4 + units * inputs), first * inputs);
    });
    return data;
  }

  private pack(address: number, { spec, offset }: PlannedParameter, data: Float32Array, rows: number): void {
    const { memory, kernels } = this.runtime;
    const at = address + 4 * offset;
    if (spec.storage === 'vector') {
      memory.f32.set(data, at / 4);
      return;
    }
    this.eachPanel(spec, ({ units, inputs, first, panel }) => {
      memory.f32.set(data.subarray(first * inputs, (first + units) * inputs), rows / 4);
      kernels.f32_pack_panel(inputs, units, rows, at + 4 * panel);
    });
  }

  /**
   * Goes through the panels of weights (units, inputs): `units` of them from `first` on, which stand from float `panel`
   * on.
   */
  private eachPanel(
    { shape: [total, inputs] }: ParameterSpec,
    act: (one: { units: number; inputs: number; first: number; panel: number }) => void,
  ): void {
    const { panelWidth } = this.runtime.tile;
    for (let first = 0; first < total; first += panelWidth) {
      act({ units: Math.min(panelWidth, total - first), inputs, first, panel: first * inputs });
    }
  }

  /**
   * Runs what translates these parameters, with room for the rows of any panel of theirs: all of it is there before the
   * first of them is touched.
   */
  private withRows<T>(parameters: readonly PlannedParameter[], act: (rows: number) => T): T {
    const { arena, tile } = this.runtime;
    const floats = parameters.map(({ spec: { storage, shape } }) =>
      storage === 'vector' ? 0 : shape[1] * Math.min(tile.panelWidth, shape[0]),
    );
    const rows = arena.allocate(4 * floats.reduce((most, one) => Math.max(most, one), 0));
    try {
      return act(rows);
    } finally {
      arena.free(rows);
    }
  }

  private get learned(): readonly PlannedParameter[] {
    return this.plan.parameters.filter(({ spec }) => spec.learned);
  }

  private readEach(address: number, parameters: readonly PlannedParameter[]): NamedTensor[] {
    return this.withRows(parameters, (rows) =>
      parameters.map((parameter) => ({
        name: parameter.name,
        shape: [...parameter.spec.shape],
        data: this.unpack(address, parameter, rows),
      })),
    );
  }

  private writeEach(address: number, parameters: readonly PlannedParameter[], tensors: readonly Float32Array[]): void {
    this.withRows(parameters, (rows) =>
      parameters.forEach((parameter, index) => this.pack(address, parameter, tensors[index], rows)),
    );
  }
}
