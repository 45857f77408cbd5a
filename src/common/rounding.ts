/**
 * Detection of columns of doubles that float32 cannot tell apart: times in milliseconds, for example, of which 131,072
 * consecutive ones are one float32. Costs one pass over the columns that have been constant so far, which in most data
 * are few after the second row. `rows.ts` passes the rows to the observer while it copies them.
 */
import type { RowSource, RowObserver } from './rows.js';
import { warnOnce } from './warn.js';

/**
 * Numbers closer to each other than this share of their size count as one number with the rounding of its computation:
 * 256 steps of a double.
 */
export const NOISE = 1 / 2 ** 44;

/** Whether two numbers differ by more than rounding in float64. */
export const differ = (a: number, b: number): boolean => Math.abs(a - b) > NOISE * Math.abs(a);

/** Advice for columns that float32 cannot hold. */
export const SUBTRACT_MEAN = 'Subtract the mean of the column first, or use mlpClassifier or mlpRegressor, which do.';

/** Follows the rows of a source in float64 to find columns that become one float32. */
export class RoundingObserver implements RowObserver {
  /** Buffer for one row, used by the code that reads rows. */
  readonly row: Float64Array;
  private first: Float64Array | undefined;
  /** Columns whose numbers were all the same float32 so far. */
  private columns: number[] = [];
  /** For each column, a number that differs from its first. */
  private readonly others = new Map<number, number>();

  constructor(private readonly width: number) {
    this.row = new Float64Array(width);
  }

  /** Whether further rows cannot change the result. */
  get done(): boolean {
    return this.first !== undefined && this.columns.length === 0;
  }

  /** Takes the next row, stored in `values` from element `at` on. */
  look(values: ArrayLike<number>, at: number): void {
    const { first, columns, others } = this;
    if (first === undefined) {
      this.first = Float64Array.from({ length: this.width }, (_, column) => values[at + column]);
      this.columns = Array.from({ length: this.width }, (_, column) => column);
      return;
    }
    if (columns.length === 0) return;
    let left = 0;
    for (const column of columns) {
      const value = values[at + column];
      if (Math.fround(value) !== Math.fround(first[column])) continue;
      columns[left++] = column;
      if (value !== first[column] && !others.has(column) && differ(first[column], value)) others.set(column, value);
    }
    columns.length = left;
  }

  /** Ends the observation because the next rows are no doubles: nothing is known of the columns any more. */
  stop(): void {
    this.first ??= this.row;
    this.columns.length = 0;
  }

  /** Warns on the console, once for each column, that its numbers differ but are one float32. */
  warn(where: string, what: string): void {
    const [call] = where.split(':');
    for (const column of this.columns) {
      const other = this.others.get(column);
      if (other === undefined) continue;
      warnOnce(
        `${call} ${what} ${column}`,
        `${call}: ${what} expected columns whose numbers float32 tells apart, got ${this.first![column]} and ${other} in column ${column}, ` +
          `which are one number there, as are all of that column. ${SUBTRACT_MEAN}`,
      );
    }
  }
}

/** Returns an observer for rows that may have doubles which float32 cannot tell apart, or undefined for other rows. */
export const observerOf = ({ exact, rows, width }: RowSource): RoundingObserver | undefined =>
  exact || rows < 2 ? undefined : new RoundingObserver(width);
