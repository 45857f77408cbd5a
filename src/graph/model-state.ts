/** The state of a model, which prediction, training, files and sharing with other threads use. */
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { WeightUser } from '../runtime/weight-block.js';
import type { Blueprint } from './architecture.js';
import type { NetworkPlan } from './plan.js';
import { beginChange, endChange } from './sharers.js';
import type { FloatRange } from './shared-weights.js';
import type { TensorSpec } from './tensor-specs.js';

/** State of one model. */
export interface ModelState extends WeightUser {
  readonly runtime: WasmRuntime;
  /** Graph and seed that the model was built from. */
  readonly blueprint: Blueprint;
  readonly plan: NetworkPlan;
  /** Address of the flat vector of the model's own weights, from which offsets are counted. */
  readonly weights: number;
  /** Where all weights are, in the order of a model that shares none. */
  readonly ranges: readonly FloatRange[];
  readonly inputSpecs: readonly TensorSpec[];
  readonly outputSpecs: readonly TensorSpec[];
  /** Indices of the layers that the next `compile` does not train. */
  readonly frozen: Set<number>;
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
export function changeWeights(state: ModelState, change: () => void): void {
  beginChange(state);
  try {
    change();
  } finally {
    endChange(state);
  }
}
