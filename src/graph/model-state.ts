/** What a model is while it lives: shared by prediction, training, files and other threads. */
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { SeqlockWriter } from '../runtime/threads/seqlock.js';
import type { Blueprint } from './architecture.js';
import type { ParameterLayout } from './parameters.js';
import type { NetworkPlan } from './plan.js';
import type { TensorSpec } from './tensor-specs.js';

/** State of one model. */
export interface ModelState {
  readonly runtime: WasmRuntime;
  /** Graph and seed that it was built from. */
  readonly blueprint: Blueprint;
  readonly plan: NetworkPlan;
  readonly layout: ParameterLayout;
  /** Address of the flat vector of all weights. */
  readonly weights: number;
  readonly inputSpecs: readonly TensorSpec[];
  readonly outputSpecs: readonly TensorSpec[];
  /**
   * Reentrancy guard: true while a step or a prediction runs. Functions of the user, which a step may call, must not
   * change the model meanwhile.
   */
  running: boolean;
  /** Version of the weights, a sequence lock, once other threads may read them. */
  weightVersion: SeqlockWriter | undefined;
  /** Epochs finished since the model was made; decides the next shuffle. */
  epochCount: number;
}

/** Runs code that may call functions of the user, with the reentrancy guard set. */
export function guarded<T>(state: Pick<ModelState, 'running'>, run: () => T): T {
  state.running = true;
  try {
    return run();
  } finally {
    state.running = false;
  }
}

/** Changes weights that other threads may be predicting from. */
export function changeWeights({ weightVersion }: ModelState, change: () => void): void {
  weightVersion?.begin();
  try {
    change();
  } finally {
    weightVersion?.end();
  }
}
