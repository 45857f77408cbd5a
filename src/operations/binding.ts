/** What the steps of an operation are bound to, and the entries of the tables of operations. */
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { OperationConfigs, OperationKind } from './operation.js';

/** Where an operation finds its inputs and parameters, and leaves its output. */
export interface ForwardBinding {
  readonly runtime: WasmRuntime;
  readonly inputs: readonly MatrixView[];
  readonly output: MatrixView;
  /** Addresses, in the order of the operation's `parameters`. */
  readonly parameters: readonly number[];
}

/** How operations of one kind compute their output. */
export interface Forward<K extends OperationKind> {
  /** The output may replace its only input, of the same width, in memory. */
  readonly inPlace: boolean;
  /** Steps of a prediction. */
  bind(config: OperationConfigs[K], binding: ForwardBinding): Step[];
}

/** Source of the random numbers of a step: the seed of the model, and the number of the update. */
export interface Clock {
  readonly seed: number;
  step: number;
}

/** A `ForwardBinding` for training. */
export interface TrainingBinding extends ForwardBinding {
  readonly clock: Clock;
  /** Number of the node in its network; random numbers are counted by it. */
  readonly node: number;
  /** Address of the operation's scratch floats for this direction. */
  readonly scratch: number;
  /** Address of the floats that forward leaves for backward, valid until the end of the step. */
  readonly saved: number;
}

export interface BackwardBinding extends TrainingBinding {
  /** ∂L/∂output, to read. Nothing reads it after this operation. */
  readonly outputDelta: MatrixView;
  /** ∂L/∂input, to write, for each input; undefined where nothing before it learns (the first layer). */
  readonly inputDeltas: readonly (MatrixView | undefined)[];
  /** Addresses of the parameters' gradients, to write; 0 for those that are not learned. */
  readonly gradients: readonly number[];
}

/** How operations of one kind are trained. */
export interface Backward<K extends OperationKind> {
  /** What backward reads besides ∂L/∂output. */
  reads(config: OperationConfigs[K]): { readonly input: boolean; readonly output: boolean };
  /** Floats that a training step needs: forward, and backward where it writes ∂L/∂input. Default none. */
  readonly scratch?: (config: OperationConfigs[K]) => { readonly forward: number; readonly backward: number };
  /** Floats that forward leaves for backward and for running statistics. Default none. */
  readonly saved?: (config: OperationConfigs[K]) => number;
  /** Whether a step takes statistics over the rows of its batch, which a batch of one row does not have. */
  readonly usesBatchStatistics?: true;
  /** Whether its output is z = W·x + b, whose ∂L/∂z is the δ that a diagnosis measures (BP2). */
  readonly isAffine?: true;
  /** Forward steps of a training step, where they are not those of a prediction. */
  readonly forward?: (config: OperationConfigs[K], binding: TrainingBinding) => Step[];
  /** Steps that turn ∂L/∂output into ∂L/∂inputs and gradients (BP2 to BP4). */
  bind(config: OperationConfigs[K], binding: BackwardBinding): Step[];
  /** Steps that an update takes besides learned parameters. */
  readonly updateRunningStatistics?: (config: OperationConfigs[K], binding: TrainingBinding) => Step[];
  /**
   * Steps that write f'(z) for every value to `derivative`, for activations that work on each value alone; for
   * diagnosis. Undefined where there is no such derivative.
   */
  readonly differentiate?: (
    config: OperationConfigs[K],
    binding: ForwardBinding,
    ones: MatrixView,
    derivative: MatrixView,
  ) => Step[] | undefined;
}

/** For operations whose backward reads neither input nor output. */
export const readsNothing = (): { readonly input: boolean; readonly output: boolean } => ({
  input: false,
  output: false,
});

/** For operations whose backward reads the input. */
export const readsInput = (): { readonly input: boolean; readonly output: boolean } => ({ input: true, output: false });
