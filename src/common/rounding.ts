/**
 * Looks for columns of doubles that float32 cannot tell apart: times in milliseconds, for one, of which 131,072 in a row are one float32. Its cost is
 * one pass over the columns that have been constant so far, which in most data are few after the second row.
 */

/** Numbers nearer to each other than this share of their size are taken for one number with the rounding of its computation: 256 steps of a double. */
export const NOISE = 1 / 2 ** 44;

/** Whether two numbers differ by more than rounding in double. */
export const differ = (a: number, b: number): boolean => Math.abs(a - b) > NOISE * Math.abs(a);

/** Follows the rows of a source in float64 as they are rounded. */
export class RoundingWatch {
  private first: Float64Array | undefined;
  /** Columns that are one float32 so far. */
  private columns: number[] = [];
  /** Of each column, a number that differs from its first. */
  private readonly others = new Map<number, number>();

  constructor(private readonly width: number) {}

  /** Whether further rows change nothing. */
  get done(): boolean {
    return this.first !== undefined && this.columns.length === 0;
  }

  /** Takes the next row. */
  look(row: Float64Array): void {
    const { first, columns, others } = this;
    if (first === undefined) {
      this.first = row.slice();
      this.columns = Array.from({ length: this.width }, (_, column) => column);
      return;
    }
    if (columns.length === 0) return;
    let left = 0;
    for (const column of columns) {
      if (Math.fround(row[column]) !== Math.fround(first[column])) continue;
      columns[left++] = column;
      if (row[column] !== first[column] && !others.has(column) && differ(first[column], row[column])) {
        others.set(column, row[column]);
      }
    }
    columns.length = left;
  }

  /** Rows come that are no doubles: nothing can be said of the columns any more. */
  stop(): void {
    this.first ??= new Float64Array(this.width);
    this.columns.length = 0;
  }

  /** A column whose numbers differ, and are one float32; and two of them. */
  found(): { readonly column: number; readonly values: readonly [number, number] } | undefined {
    for (const column of this.columns) {
      const other = this.others.get(column);
      if (other !== undefined) return { column, values: [this.first![column], other] };
    }
    return undefined;
  }
}
