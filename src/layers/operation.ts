import type { Machine } from '../engine/machine.js';
import type { Place, Step } from '../engine/step.js';
import type { Regularizer } from '../regularizers/regularizers.js';
import type { Initializer } from '../initializers/initializers.js';

/** A learned tensor of an operation. */
export interface ParameterSpec {
  /** Its last name, as in PyTorch: weight, bias. */
  readonly name: string;
  /** As users see it: (units, inputs) or (units). */
  readonly shape: readonly number[];
  /** How it stands in memory: a matrix in the GEMM's panels, or a padded vector. */
  readonly storage: 'panels' | 'vector';
  readonly initializer: Initializer;
  readonly regularizer?: Regularizer;
  readonly fanIn: number;
  readonly fanOut: number;
}

/** What an operation's steps are bound to. */
export interface Binding {
  readonly machine: Machine;
  readonly inputs: readonly Place[];
  readonly output: Place;
  /** Addresses in the order of `parameters`. */
  readonly parameters: readonly number[];
}

export interface BackwardBinding extends Binding {
  /** ∂L/∂output, to read. */
  readonly outputDelta: Place;
  /** ∂L/∂input, to write, for each input; absent where nobody needs it (the first layer). */
  readonly inputDeltas: readonly (Place | undefined)[];
  /** Addresses of the parameters' gradients, to write. */
  readonly gradients: readonly number[];
  /** Address of `scratch` floats. */
  readonly scratch: number;
}

/**
 * One node of a lowered network: the smallest thing with a forward and a backward step. Pure data and pure functions; only the
 * binding knows addresses.
 */
export interface Operation {
  readonly kind: string;
  readonly outputWidth: number;
  readonly parameters: readonly ParameterSpec[];
  /**
   * The output may take the place of the only input, unless backward reads that, and the input's delta that of the output's. Both have
   * the same width then.
   */
  readonly inPlace: boolean;
  /** What backward reads besides the output's delta. */
  readonly backwardReads: { readonly input: boolean; readonly output: boolean };
  /** Floats that backward needs for itself when it writes the input's delta. */
  readonly scratch: number;
  forward(binding: Binding): Step[];
  backward(binding: BackwardBinding): Step[];
}
