/** Types of the data of training: as given, as stored in linear memory, and the shape that a model requires. */
import type { Labels, RowNumbers, Rows } from '../../common/rows.js';
import type { TensorSpec } from '../../graph/tensor-specs.js';
import type { LossDefinition } from '../../losses/definition.js';

/**
 * Weight of each class, by its index; a class that is not listed has weight 1.
 * @category Training and callbacks
 */
export type ClassWeight = readonly number[] | Readonly<Record<number, number>>;

/**
 * Targets of a model, in the forms of `Inputs`: values, or class indices if the loss takes them.
 * @category Training and callbacks
 */
export type Targets = Rows | Labels | readonly (Rows | Labels)[] | Readonly<Record<string, Rows | Labels>>;

/** Rows in linear memory, checked to be finite, for as long as a call needs them. */
export interface StoredRows {
  readonly rows: number;
  readonly width: number;
  readonly address: number;
}

/** Inputs and targets of the same number of rows. */
export interface Dataset {
  readonly rows: number;
  readonly x: readonly StoredRows[];
  readonly y: readonly StoredRows[];
  /** Weight of each row, if there are any: its sample weight times its class weight. */
  readonly weights: StoredRows | undefined;
  /** Sample weights without class weights, as evaluation uses them. */
  readonly sampleWeights: StoredRows | undefined;
  free(): void;
}

/** Required shape of the targets of an output; its width is that of the targets. */
export interface OutputShape extends TensorSpec {
  readonly loss: LossDefinition;
  /** Treatment of targets that a loss on classes takes, but whose rows are no distributions. */
  readonly distributionCheck: 'error' | 'warn' | 'off';
}

/** Required shape of the data. */
export interface DataShape {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly OutputShape[];
}

/** Data as the caller passes it. */
export interface GivenData {
  readonly x: unknown;
  readonly y: unknown;
  readonly sampleWeight?: RowNumbers | undefined;
  readonly classWeight?: ClassWeight | undefined;
}
