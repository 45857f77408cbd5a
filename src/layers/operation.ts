import type { Constraint } from '../constraints/constraints.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { Initializer } from '../initializers/initializers.js';
import type { Regularizer } from '../regularizers/regularizers.js';

/** A tensor that belongs to an operation and is saved with the model. */
export interface ParameterSpec {
  /** Its last name, as in PyTorch: weight, bias, running_mean. */
  readonly name: string;
  /** As users see it: (units, inputs) or (units). */
  readonly shape: readonly number[];
  /** How it stands in memory: a matrix in the GEMM's panels, or a padded vector. */
  readonly storage: 'panels' | 'vector';
  /** Whether it follows its gradient; running statistics do not. */
  readonly learned: boolean;
  /** The least that its values may be, of variances. */
  readonly least?: number;
  readonly initializer: Initializer;
  readonly regularizer?: Regularizer;
  readonly constraint?: Constraint;
  readonly fanIn: number;
  readonly fanOut: number;
}

/** What random numbers of a step are drawn from: the model's seed, and the number of the update, which moves on. */
export interface Clock {
  readonly seed: number;
  step: number;
}

/** What an operation's steps are bound to. */
export interface Binding {
  readonly runtime: WasmRuntime;
  /** Whether this run trains: dropout drops, batch normalization takes the batch's statistics. */
  readonly training: boolean;
  readonly clock: Clock;
  /** Number of the node in its network, which its random numbers are counted by. */
  readonly node: number;
  readonly inputs: readonly MatrixView[];
  readonly output: MatrixView;
  /** Addresses in the order of `parameters`. */
  readonly parameters: readonly number[];
  /** Address of the operation's `scratch` floats for this direction. */
  readonly scratch: number;
  /** Address of its `saved` floats, which last from forward to the end of the step. */
  readonly saved: number;
}

export interface BackwardBinding extends Binding {
  /** ∂L/∂output, to read; nobody reads it after this operation. */
  readonly outputDelta: MatrixView;
  /** ∂L/∂input, to write, for each input; absent where nobody needs it (the first layer). */
  readonly inputDeltas: readonly (MatrixView | undefined)[];
  /** Addresses of the parameters' gradients, to write; 0 for those that are not learned. */
  readonly gradients: readonly number[];
}

/**
 * One node of a lowered network: the smallest thing with a forward and a backward step. Pure data and pure functions;
 * only the binding knows addresses.
 */
export interface Operation {
  readonly kind: string;
  readonly outputWidth: number;
  readonly parameters: readonly ParameterSpec[];
  /**
   * The output may take the place of the only input, unless backward reads that, and the input's delta that of the
   * output's. Both have the same width then.
   */
  readonly inPlace: boolean;
  /** What backward reads besides the output's delta. */
  readonly backwardReads: { readonly input: boolean; readonly output: boolean };
  /** Floats that a step needs for itself: forward, and backward when it writes an input's delta. */
  readonly scratch?: { readonly forward?: number; readonly backward?: number };
  /** Floats that forward leaves for backward and `advance` when it trains. */
  readonly saved?: number;
  /** A training step takes statistics over the rows of its batch, which one row does not have. */
  readonly usesBatchStatistics?: true;
  forward(binding: Binding): Step[];
  backward(binding: BackwardBinding): Step[];
  /** What changes with an update besides the learned parameters: running statistics. */
  updateRunningStatistics?(binding: Binding): Step[];
  /** f'(z) on every value into `derivative`, for activations that work on each value alone; for diagnosis. */
  differentiate?(binding: Binding, ones: MatrixView, derivative: MatrixView): Step[];
}
