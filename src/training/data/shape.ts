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

/**
 * Weight of each row in the loss, at least 0: a number per row for all outputs, or for a model with several outputs one
 * such list for each, in their order or by their names. An output that is left out has weights of 1.
 * @category Training and callbacks
 */
export type SampleWeight =
  RowNumbers | readonly (RowNumbers | undefined)[] | Readonly<Record<string, RowNumbers | undefined>>;

/**
 * Weights of classes: of the one output, or for a model with several outputs of each, in their order or by their names.
 * @category Training and callbacks
 */
export type ClassWeights =
  ClassWeight | readonly (ClassWeight | undefined)[] | Readonly<Record<string, ClassWeight | undefined>>;

/** Rows in linear memory, checked to be finite, for as long as a call needs them. */
export interface StoredRows {
  readonly rows: number;
  readonly width: number;
  readonly address: number;
}

/** Weights of rows in linear memory: none, one for all outputs, or one for each, undefined for weights of 1. */
export type RowWeights = readonly (StoredRows | undefined)[];

/** Inputs and targets of the same number of rows. */
export interface Dataset {
  readonly rows: number;
  readonly x: readonly StoredRows[];
  readonly y: readonly StoredRows[];
  /**
   * Weight of each row: its sample weight times its class weight. None, one for all outputs, or one for each, undefined
   * for weights of 1.
   */
  readonly weights: RowWeights;
  /** Sample weights without class weights, as evaluation uses them. */
  readonly sampleWeights: RowWeights;
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
  readonly sampleWeight?: SampleWeight | undefined;
  readonly classWeight?: ClassWeights | undefined;
}
