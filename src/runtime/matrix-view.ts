/** What bound code works on: steps, which are kernel calls, and matrices in linear memory. */

/**
 * A kernel call with its addresses bound; what remains is the number of rows of the batch. A bound plan is a flat list
 * of these: running it makes no objects and looks nothing up.
 */
export type Step = (rows: number) => void;

/** Types of the numbers of a matrix. All matrices are float32 so far. */
export type DType = 'float32';

/** Bytes of a number. */
export const BYTES: Readonly<Record<DType, number>> = { float32: 4 };

/** A matrix in linear memory: (rows, width), row i at address + bytes · ld · i, padding columns included. */
export interface MatrixView {
  readonly address: number;
  readonly width: number;
  /** Leading dimension: numbers from the start of a row to the start of the next. */
  readonly ld: number;
  readonly dtype: DType;
}
