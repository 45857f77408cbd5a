/**
 * Memory of weights that models may share. A block is allocated for the first model that has the weights, and lives as
 * long as a model or a symbolic tensor refers to it, or until all models that use it are disposed. graph/sharers.ts
 * coordinates those models; model-allocator.ts frees blocks that nothing refers to.
 */
import type { SeqlockWriter } from './threads/seqlock.js';
import type { WasmRuntime } from './wasm-runtime.js';

/** The part of a model's state that other models which share its weights look at. */
export interface WeightUser {
  /** Whether a step or a prediction runs, which may call functions of the user. */
  running: boolean;
  /** Whether `fit` runs. */
  fitting: boolean;
  /** The sequence lock of threads that predict from the model's weights, if there are any. */
  weightVersion: SeqlockWriter | undefined;
  /** Fetches the newest weights of the model's fit in a worker, while there is one. */
  pull: (() => void) | undefined;
  /** Fetches the newest weights of all models that share weights with this one, if one of them is fit in a worker. */
  refresh: (() => void) | undefined;
  /** Blocks that hold weights of the model. */
  blocks: readonly WeightBlock[];
  /** Other models that share weights with it. They may be collected meanwhile. */
  sharers: readonly WeakRef<WeightUser>[];
}

/** Weights in linear memory, initially all 0. */
export class WeightBlock {
  readonly address: number;
  /**
   * Models that use the block and were not disposed. Referred to weakly: a model holds more memory than its weights.
   * One that was collected stays in the set, so that it depends on no collection whether the weights exist.
   */
  readonly users = new Set<WeakRef<WeightUser>>();
  /** Allocates for this block alone. */
  private readonly runtime: WasmRuntime;
  private freed = false;

  constructor(runtime: WasmRuntime, floats: number) {
    this.runtime = runtime.forModel();
    this.address = this.runtime.arena.allocate(4 * floats);
    runtime.kernels.f32_fill(floats, this.address, 0);
  }

  /** Whether the weights exist. */
  get live(): boolean {
    return !this.freed && this.runtime.isLive;
  }

  /** Whether the block is in the memory of this runtime. */
  isIn({ root }: WasmRuntime): boolean {
    return this.runtime.root === root;
  }

  /** Removes a user; frees the memory with the last one. */
  leave(user: WeakRef<WeightUser>): void {
    this.users.delete(user);
    if (this.users.size === 0) this.free();
  }

  /** Frees the memory, once. */
  free(): void {
    if (!this.freed) this.runtime.arena.free(this.address);
    this.freed = true;
  }
}
