/**
 * A kernel call with its addresses bound: all that is left to say is how many rows the batch has. A bound plan is a
 * flat list of these; running it makes no objects and looks nothing up.
 */
export type Step = (rows: number) => void;

/** A matrix of values in linear memory: (rows, width) float32, row i at address + 4·ld·i, padding columns included. */
export interface MatrixView {
  readonly address: number;
  readonly width: number;
  readonly ld: number;
}
