import type { Labels, RowNumbers, Rows } from '../../common/rows.js';
import type { TensorSpec } from '../../graph/tensor-specs.js';
import type { LossDefinition } from '../../losses/bind.js';

/** What each class counts for, by its index; classes that are not named count 1. */
export type ClassWeight = readonly number[] | Readonly<Record<number, number>>;

/** What a model is held against, as `Inputs`: values, or class indices where the loss takes them. */
export type Targets = Rows | Labels | readonly (Rows | Labels)[] | Readonly<Record<string, Rows | Labels>>;

/** Rows copied into linear memory, checked to be finite, for as long as a call needs them. */
export interface Resident {
  readonly rows: number;
  readonly width: number;
  readonly address: number;
}

/** Inputs and targets of the same number of rows. */
export interface Dataset {
  readonly rows: number;
  readonly x: readonly Resident[];
  readonly y: readonly Resident[];
  /** A weight per row, where there are any: what it was given and what its class counts for. */
  readonly weights: Resident | undefined;
  /** The weights that were given row by row, without those of classes: what an evaluation goes by. */
  readonly givenWeights: Resident | undefined;
  free(): void;
}

/** What data must look like. */
export interface DataShape {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly (TensorSpec & { readonly loss: LossDefinition })[];
}

/** What a caller hands over. */
export interface DataGiven {
  readonly x: unknown;
  readonly y: unknown;
  readonly sampleWeight?: RowNumbers | undefined;
  readonly classWeight?: ClassWeight | undefined;
}
