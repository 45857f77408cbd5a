/**
 * The preprocessing of a table as it was learned: turns rows into the numbers and the places in embeddings that a
 * network takes, refuses tables with other columns, and is saved as plain data. `learner.ts` learns it.
 */
import { newFloats } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { nearest } from '../common/nearest.js';
import { isMissing } from './cells.js';
import type { Column, ColumnKind } from './columns/column.js';
import type { DroppedColumn, Schema } from './schema.js';
import { openTable, type OpenTable, type Table } from './table.js';

/** A column that is used. */
export interface UsedColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly missing: number;
  readonly column: Column;
}

/**
 * An embedding that a preprocessing asks for.
 * @category Tables
 */
export interface EmbeddingColumn {
  /** Name of the column of the table. */
  readonly name: string;
  /** Number of places: values, one for those not seen, one for missing ones if there were any. */
  readonly places: number;
  /** Length of its vectors: √places, rounded up, at most 50. */
  readonly length: number;
}

/**
 * Rows for a network.
 * @category Tables
 */
export interface TransformedTable {
  /** Number of rows. */
  readonly rows: number;
  /** (rows, features) row-major: standardized numbers, 0 and 1. */
  readonly numbers: Float32Array;
  /** (rows, embeddings) row-major: a place in each embedding, for the layer `embedding`. */
  readonly places: Float32Array;
  /** Columns of the table that are not used and were not in the training table. */
  readonly ignored: readonly string[];
}

/** Length of the vectors of an embedding. */
const vectorLength = (places: number): number => Math.min(50, Math.ceil(Math.sqrt(places)));

/**
 * The preprocessing of a table, made by `learnPreprocessing`.
 * @category Tables
 */
export class Preprocessing {
  /** Names of the numbers of a row, in order. */
  readonly features: readonly string[];
  /** Embeddings of a row, in order. */
  readonly embeddings: readonly EmbeddingColumn[];

  /** Internal: users call `learnPreprocessing`. @internal */
  constructor(
    private readonly rows: number,
    private readonly columns: readonly UsedColumn[],
    private readonly dropped: readonly DroppedColumn[],
  ) {
    this.features = columns.flatMap(({ column }) => column.names);
    this.embeddings = columns
      .filter(({ column }) => column.places > 0)
      .map(({ name, column: { places } }) => ({ name, places, length: vectorLength(places) }));
  }

  /** Columns that are used, and those that are not. */
  get schema(): Schema {
    return {
      rows: this.rows,
      columns: this.columns.map(({ name, kind, missing, column }) => ({
        name,
        kind,
        missing,
        features: column.names,
        places: column.places,
        summary: column.describe(),
      })),
      dropped: this.dropped,
    };
  }

  /**
   * Turns a table, or a part of one, into rows for a network. Columns may be in any order; those that are not used need
   * not be there. Each row alone gives the same numbers as in a larger table.
   * @throws ValueError for a column that is not there, by its name, or a value of another kind, by column and row.
   */
  transform(table: Table): TransformedTable {
    return this.transformOpen('Preprocessing.transform', openTable('Preprocessing.transform', table));
  }

  /** `transform` with the name of the call for messages. @internal */
  transformOpen(where: string, table: OpenTable): TransformedTable {
    const ignored = this.requireColumns(where, table);
    const [features, embeddings] = [this.features.length, this.embeddings.length];
    const numbers = newFloats(table.rows * features, where);
    const places = newFloats(table.rows * embeddings, where);
    let [feature, embedding] = [0, 0];
    for (const used of this.columns) {
      const values = table.column(used.name);
      if (used.column.places > 0) writeColumn(where, used, values, table.rows, places, embedding++, embeddings);
      else writeColumn(where, used, values, table.rows, numbers, feature, features);
      feature += used.column.names.length;
    }
    return { rows: table.rows, numbers, places, ignored };
  }

  /** Throws unless a table has all columns that are used. Returns those that nothing is known of. */
  private requireColumns(where: string, { names }: OpenTable): string[] {
    const there = new Set(names);
    const known = new Set([...this.columns, ...this.dropped].map(({ name }) => name));
    const ignored = names.filter((name) => !known.has(name));
    for (const { name } of this.columns) {
      if (there.has(name)) continue;
      const similar = nearest(name, ignored);
      const hint =
        similar === undefined
          ? 'Where its values are missing, give it nulls.'
          : `There is ${describe(similar)}: rename it.`;
      throw new ValueError(
        `${where}: column ${describe(name)} expected, as in training, got a table without it. ${hint}`,
      );
    }
    return ignored;
  }

  /** Returns the preprocessing as plain data, for files. */
  toJSON(): Readonly<Record<string, unknown>> {
    return {
      rows: this.rows,
      columns: this.columns.map(({ name, kind, missing, column }) => ({
        name,
        kind,
        missing,
        learned: column.toJSON(),
      })),
      dropped: this.dropped.map(({ name, reason }) => ({ name, reason })),
    };
  }
}

/** Returns rows in one piece, numbers before places, as `mlpClassifier` and `mlpRegressor` take them. */
export function joinedRows({ rows, numbers, places }: TransformedTable): Float32Array {
  if (places.length === 0) return numbers;
  if (numbers.length === 0) return places;
  const [own, categories] = [numbers.length / rows, places.length / rows];
  const x = newFloats(numbers.length + places.length);
  for (let row = 0; row < rows; row++) {
    const at = row * (own + categories);
    x.set(numbers.subarray(row * own, (row + 1) * own), at);
    x.set(places.subarray(row * categories, (row + 1) * categories), at + own);
  }
  return x;
}

function writeColumn(
  where: string,
  { name, column }: UsedColumn,
  values: ArrayLike<unknown>,
  rows: number,
  into: Float32Array,
  at: number,
  width: number,
): void {
  for (let row = 0; row < rows; row++) {
    const value = values[row];
    const expected = column.write(isMissing(value) ? undefined : value, into, at + row * width);
    if (expected !== undefined) refuseValue(where, name, expected, value, row);
  }
}

/** Throws the error about a value that is of another kind than its column. */
export function refuseValue(
  where: string,
  name: string,
  expected: string,
  value: unknown,
  row: number,
  hint = hintFor(value),
): never {
  throw new ValueError(
    `${where}: column ${describe(name)} expected ${expected}, got ${describe(value)} in row ${row}.${hint}`,
  );
}

/** Advice for a number that is a text. */
function hintFor(value: unknown): string {
  if (typeof value === 'bigint') return ' A number holds integers up to 2^53 exactly.';
  if (typeof value !== 'string') return '';
  return Number.isFinite(Number(value)) ? ' Convert it by Number(text).' : ' If it means a missing value, write null.';
}
