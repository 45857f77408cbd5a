/** The state of a model, which prediction, training, files and sharing with other threads use. */
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { SeqlockWriter } from '../runtime/threads/seqlock.js';
import type { Blueprint } from './architecture.js';
import type { NetworkPlan } from './plan.js';
import type { TensorSpec } from './tensor-specs.js';

/** State of one model. */
export interface ModelState {
  readonly runtime: WasmRuntime;
  /** Graph and seed that the model was built from. */
  readonly blueprint: Blueprint;
  readonly plan: NetworkPlan;
  /** Address of the flat vector of all weights. */
  readonly weights: number;
  readonly inputSpecs: readonly TensorSpec[];
  readonly outputSpecs: readonly TensorSpec[];
  /** Indices of the layers that the next `compile` does not train. */
  readonly frozen: Set<number>;
  /**
   * Reentrancy guard: true while a step or a prediction runs. A step may call functions of the user, which must not
   * change the model.
   */
  running: boolean;
  /** Version of the weights as a sequence lock; undefined until the model is shared with other threads. */
  weightVersion: SeqlockWriter | undefined;
  /** Epochs finished since the model was made; determines the next shuffle. */
  epochCount: number;
}

/** Runs code that may call functions of the user, with the reentrancy guard set; returns its result. */
export function guarded<T>(state: Pick<ModelState, 'running'>, run: () => T): T {
  state.running = true;
  try {
    return run();
  } finally {
    state.running = false;
  }
}

/** Runs a change of the weights, from which other threads may be predicting, inside the sequence lock. */
export function changeWeights({ weightVersion }: ModelState, change: () => void): void {
  weightVersion?.begin();
  try {
    change();
  } finally {
    weightVersion?.end();
  }
}
