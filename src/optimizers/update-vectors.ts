/** Place of a learned parameter in the flat vectors, in floats. */
export interface UpdatedParameter {
  readonly name: string;
  readonly offset: number;
}

/**
 * Addresses of parameters, gradients and optimizer state as flat vectors of one layout: an update is one kernel call
 * over them, and with weight decay one more.
 */
export interface UpdateVectors {
  /** Floats in each vector. */
  readonly size: number;
  readonly weights: number;
  readonly gradients: number;
  /** The parameters in them, in order. */
  readonly parameters: readonly UpdatedParameter[];
  /** Addresses, in the order of `stateNames`. */
  readonly optimizerState: readonly number[];
}
