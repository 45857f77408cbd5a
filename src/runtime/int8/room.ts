/** Scratch memory for products with weights of eight bits: rows rounded to integers, and a panel of widened weights. */
import { padded } from '../panels.js';
import type { Int8Path } from './abi.js';
import { PACKED_ROWS, PANEL_WIDTH } from './constants.generated.js';

/**
 * Bytes of the scratch memory of a runtime, for rows rounded to integers. One row of the most inputs, 131,072 of two
 * bytes, fits; of 784 inputs about 160 rows, which a second-level cache holds.
 */
export const INT8_SCRATCH_BYTES = 320 * 1024;

/** Predictions have at most as many rows at a time. */
const MOST_ROWS = 256;

/** Bytes of a quantized activation, in the form that each binary reads. */
const ACTIVATION_BYTES: Readonly<Record<Int8Path, number>> = { plain: 2, relaxed: 1 };

/** Bytes of a row's scale and zero point. */
export const STATS_BYTES = 8;

/** Addresses of the scratch memory of a product. */
export interface Int8Room {
  /** Rows that fit. */
  readonly rows: number;
  /** Quantized rows, one after another without gaps. */
  readonly activations: number;
  /** A scale and a zero point for each row. */
  readonly stats: number;
  /** A panel of weights in 16 bits, which the plain product uses from PACKED_ROWS rows on. */
  readonly panel: number;
}

const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** Returns the bytes of a quantized row. */
export const rowBytes = (path: Int8Path, inputs: number): number => padded(inputs) * ACTIVATION_BYTES[path];

/** Returns the bytes of a panel of widened weights for a product of so many rows. */
export const widenedBytes = (path: Int8Path, rows: number, inputs: number): number =>
  path === 'plain' && rows >= PACKED_ROWS ? 2 * PANEL_WIDTH * padded(inputs) : 0;

/** Returns the room of a product of `rows` rows in the scratch memory at an address. */
export function roomAt(address: number, path: Int8Path, rows: number, inputs: number): Int8Room {
  const stats = address + aligned(rows * rowBytes(path, inputs));
  return { rows, activations: address, stats, panel: stats + aligned(STATS_BYTES * rows) };
}

/** Returns the bytes of that room. */
export const roomBytes = (path: Int8Path, rows: number, inputs: number): number =>
  roomAt(0, path, rows, inputs).panel + widenedBytes(path, rows, inputs);

/** Returns the room of as many rows as fit in the scratch memory of a runtime. */
export function roomInScratch(scratch: number, path: Int8Path, inputs: number): Int8Room {
  let rows = MOST_ROWS;
  while (rows > 1 && roomBytes(path, rows, inputs) > INT8_SCRATCH_BYTES) rows -= 1;
  return roomAt(scratch, path, rows, inputs);
}
