/** What is known of the columns of a table, as plain data for people and programs. */
import type { ColumnKind, DropReason } from './columns/column.js';

/**
 * A column that is used.
 * @category Tables
 */
export interface ColumnSchema {
  /** Name of the column. */
  readonly name: string;
  /** Its kind. */
  readonly kind: ColumnKind;
  /** Rows of the training table without a value. */
  readonly missing: number;
  /** Names of the numbers that it becomes; none for an embedding. */
  readonly features: readonly string[];
  /** Number of places in its embedding, 0 if it has none: values, one for those not seen, one for missing ones. */
  readonly places: number;
  /** A few words about its values. */
  readonly summary: string;
}

/**
 * A column that is not used, and why: all its values are the same, it has none, it is text that is nearly all
 * different, or the caller left it out.
 * @category Tables
 */
export interface DroppedColumn {
  /** Name of the column. */
  readonly name: string;
  /** Why it is not used. */
  readonly reason: DropReason;
}

/**
 * Columns of a table: those that are used, and those that are not.
 * @category Tables
 */
export interface Schema {
  /** Rows of the training table. */
  readonly rows: number;
  /** Columns that are used, in the order of the table. */
  readonly columns: readonly ColumnSchema[];
  /** Columns that are not used. */
  readonly dropped: readonly DroppedColumn[];
}
