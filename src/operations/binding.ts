/**
 * Types of bindings and of the entries of the operation tables. A binding has the addresses to which the steps of an
 * operation are bound; forward.ts and backward.ts have the tables.
 */
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { OperationConfigs, OperationKind } from './operation.js';

/** Addresses of the inputs, the output and the parameters of an operation. */
export interface ForwardBinding {
  readonly runtime: WasmRuntime;
  readonly inputs: readonly MatrixView[];
  readonly output: MatrixView;
  /** Addresses, in the order of the operation's `parameters`. */
  readonly parameters: readonly number[];
}

/** Entry of the forward table: the prediction of operations of one kind. */
export interface Forward<K extends OperationKind> {
  /** For columns that are indices: the number of categories of each. Default none. */
  readonly categories?: (config: OperationConfigs[K]) => readonly number[];
  /** Whether the output may overwrite the only input, which has the same width. */
  readonly inPlace: boolean;
  /** Binds the steps of a prediction. */
  bind(config: OperationConfigs[K], binding: ForwardBinding): Step[];
}

/**
 * Counters of the random numbers of a step: the seed of the model, the number of the update, and that of the batch's
 * first row among the rows of the update.
 */
export interface Clock {
  readonly seed: number;
  step: number;
  row: number;
}

/** A `ForwardBinding` for training. */
export interface TrainingBinding extends ForwardBinding {
  readonly clock: Clock;
  /** Index of the operation in its plan, part of the counter of random numbers. */
  readonly node: number;
  /** Address of the operation's scratch floats for this direction. */
  readonly scratch: number;
  /** Address of the floats that forward saves for backward, valid until the end of the step. */
  readonly saved: number;
}

/** Where a batch is among those that make one update (training/batch-group.ts). */
export interface BatchPlace {
  /** Rows of the batches before it. */
  readonly before: number;
  /** Rows of all of them, over which means are taken. */
  readonly expected: number;
  /** Bytes from a gradient to the sum over the rows of a block that is not complete; 0 if there is one block. */
  readonly toBlock: number;
}

export interface BackwardBinding extends TrainingBinding {
  /** ∂L/∂output, to read. Nothing else reads it afterwards. */
  readonly outputDelta: MatrixView;
  /** ∂L/∂input, to write, for each input; undefined if nothing before it learns (the first layer). */
  readonly inputDeltas: readonly (MatrixView | undefined)[];
  /** Addresses of the parameters' gradients, to write; 0 for those that are not learned, or whose layer is frozen. */
  readonly gradients: readonly number[];
  /** If several batches may make one update, and the operation's gradients go on from one to the next: where it is. */
  readonly group: BatchPlace | undefined;
  /** Outside of groups: address of the sums of one block of rows; 0 if no batch is longer than a block. */
  readonly blockSums: number;
}

/** Entry of the backward table: the training of operations of one kind. */
export interface Backward<K extends OperationKind> {
  /** Returns which of input and output the backward steps read, besides ∂L/∂output. */
  reads(config: OperationConfigs[K]): { readonly input: boolean; readonly output: boolean };
  /** Scratch floats of a training step: forward, and backward if it writes ∂L/∂input. Default none. */
  readonly scratch?: (config: OperationConfigs[K]) => { readonly forward: number; readonly backward: number };
  /** Floats of the sums over the rows of a block, for `sumOverRows`. Default none. */
  readonly blockSums?: (config: OperationConfigs[K]) => number;
  /** Floats that forward saves for backward and for running statistics. Default none. */
  readonly saved?: (config: OperationConfigs[K]) => number;
  /** Whether a step takes statistics over the rows of its batch, which a batch of one row does not have. */
  readonly usesBatchStatistics?: true;
  /**
   * Whether the backward steps of an operation with parameters obey `group`. Gradients of others are computed for each
   * batch and added.
   */
  readonly accumulates?: true;
  /** Whether a training step draws random numbers. */
  readonly drawsRandomNumbers?: true;
  /** Binds the sum over a batch's rows of a penalty that the loss does not include and whose gradient backward adds. */
  readonly penalty?: (config: OperationConfigs[K], binding: ForwardBinding) => (rows: number) => number;
  /** Whether the output is z = W·x + b, whose ∂L/∂z is the δ that a diagnosis measures (BP2). */
  readonly isAffine?: true;
  /** Binds the forward steps of a training step, if they differ from those of a prediction. */
  readonly forward?: (config: OperationConfigs[K], binding: TrainingBinding) => Step[];
  /** Binds the steps that compute ∂L/∂inputs and gradients from ∂L/∂output (BP2 to BP4). */
  bind(config: OperationConfigs[K], binding: BackwardBinding): Step[];
  /**
   * The entry of an operation whose layer is frozen, if it differs: gradients are 0 then, and what the layer stores
   * must not change. Without it the steps above have to do without gradients.
   */
  readonly whenFrozen?: Backward<K>;
  /** Binds the steps of an update that change running statistics. */
  readonly updateRunningStatistics?: (config: OperationConfigs[K], binding: TrainingBinding) => Step[];
  /**
   * For diagnosis: binds steps that write f'(z) of every value to `derivative`, for activations that work value by
   * value. Returns undefined if there is no such derivative.
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
