import type { NamedTensor } from '../common/tensors.js';
import { sizeOf } from '../common/tensors.js';
import type { RegionGroup } from '../engine/arena.js';
import type { Machine } from '../engine/machine.js';
import { readPanels, writePanels } from '../engine/panels.js';
import type { NetworkPlan, PlannedParameter } from './plan.js';

/**
 * Translates between the flat vectors of linear memory (weights, gradients and moments share one layout) and the tensors that
 * users see.
 */
export class ParameterLayout {
  constructor(
    private readonly machine: Machine,
    private readonly plan: NetworkPlan,
  ) {}

  /** Number of learned values. */
  get count(): number {
    return this.learned.reduce((total, { spec }) => total + sizeOf(spec.shape), 0);
  }

  /** A flat vector of zeros in a region of its own: all tensors, or room for what is learned. */
  allocate(regions: RegionGroup, which: 'all' | 'learned'): number {
    const bytes = 4 * (which === 'all' ? this.plan.parameterFloats : this.plan.learnedFloats);
    const address = regions.allocate(bytes);
    this.machine.memory.u8.fill(0, address, address + bytes);
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
    this.plan.parameters.forEach((parameter, index) => this.writeOne(address, parameter, tensors[index]));
  }

  /** Writes the learned tensors, in order. */
  writeLearned(address: number, tensors: readonly Float32Array[]): void {
    this.learned.forEach((parameter, index) => this.writeOne(address, parameter, tensors[index]));
  }

  /** One tensor of a flat vector. */
  readOne(address: number, { spec, offset }: PlannedParameter): Float32Array {
    const { memory, tile } = this.machine;
    const at = address / 4 + offset;
    if (spec.storage === 'vector') return memory.f32.slice(at, at + sizeOf(spec.shape));
    return readPanels(memory.f32, at, spec.shape[0], spec.shape[1], tile.panelWidth);
  }

  /** Writes one tensor of a flat vector. */
  writeOne(address: number, { spec, offset }: PlannedParameter, data: Float32Array): void {
    const { memory, tile } = this.machine;
    const at = address / 4 + offset;
    if (spec.storage === 'vector') memory.f32.set(data, at);
    else writePanels(memory.f32, at, spec.shape[0], spec.shape[1], tile.panelWidth, data);
  }

  private get learned(): readonly PlannedParameter[] {
    return this.plan.parameters.filter(({ spec }) => spec.learned);
  }

  private readEach(address: number, parameters: readonly PlannedParameter[]): NamedTensor[] {
    return parameters.map((parameter) => ({
      name: parameter.name,
      shape: [...parameter.spec.shape],
      data: this.readOne(address, parameter),
    }));
  }
}
