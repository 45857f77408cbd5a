/**
 * A kernel call with its addresses bound; only the number of rows of the batch is left to pass. A bound plan is a flat
 * list of steps: running it creates no objects and looks nothing up.
 */
export type Step = (rows: number) => void;

/** A matrix in linear memory: (rows, width) float32, row i at address + 4·ld·i, padding columns included. */
export interface MatrixView {
  readonly address: number;
  readonly width: number;
  readonly ld: number;
}
