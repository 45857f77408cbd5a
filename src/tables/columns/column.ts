/**
 * A kind of column: how values are recognised, what is learned from them, and how they become numbers. Each kind is a
 * record in a file of its own beside this one; `kinds.ts` lists them.
 */
import { FormatError } from '../../common/errors.js';
import { describe } from '../../common/describe.js';

/**
 * Kinds of columns.
 * @category Tables
 */
export type ColumnKind = 'boolean' | 'number' | 'date' | 'category';

/** A column as it was learned. */
export interface Column {
  /** Names of the numbers that it becomes, none for an embedding. */
  readonly names: readonly string[];
  /** Number of places of an embedding, one of which it becomes; 0 for numbers. */
  readonly places: number;
  /**
   * Writes the numbers of a value, or of none (undefined), or its place. Returns what was expected if the value is not
   * of this kind.
   */
  write(value: unknown, into: Float32Array, at: number): string | undefined;
  /** Returns what `read` of its kind takes. */
  toJSON(): Readonly<Record<string, unknown>>;
  /** Returns a few words about what was learned. */
  describe(): string;
}

/** Why a column is not used. */
export type DropReason = 'constant' | 'empty' | 'identifier' | 'excluded';

/** The call for messages, how many rows have no value, and whether the caller chose the kind. */
export interface Seen {
  readonly where: string;
  readonly missing: number;
  readonly chosen: boolean;
}

/** Learns a column from its values in the order of the rows. */
export interface ColumnLearner {
  /** Takes a value. Returns false if it is not of this kind. */
  add(value: unknown): boolean;
  /** Returns the column, or why it is not used. There was at least one value. */
  finish(name: string, seen: Seen): Column | DropReason;
}

/** A kind of column. `C` is what is saved of one. */
export interface Kind {
  /** Its values in messages. */
  readonly values: string;
  /** Returns a learner; `chosen`: whether the caller chose the kind. */
  learner(chosen: boolean): ColumnLearner;
  /** Reads what `toJSON` of a column gave. @throws FormatError */
  read(name: string, fields: Fields): Column;
}

/** Name of the number that says whether a value was missing. */
export const missingName = (name: string): string => `${name} missing`;

/** Fields of a saved column, each of which is checked when it is read. */
export class Fields {
  private readonly read = new Set<string>();

  constructor(
    private readonly where: string,
    private readonly fields: Readonly<Record<string, unknown>>,
  ) {}

  /** Returns a field for which `holds`. */
  take<T>(name: string, expected: string, holds: (value: unknown) => boolean): T {
    this.read.add(name);
    const value = Object.hasOwn(this.fields, name) ? this.fields[name] : undefined;
    if (holds(value)) return value as T;
    throw new FormatError(`${this.where}.${name} expected ${expected}, got ${describe(value)}.`);
  }

  /** Returns a finite number. */
  number(name: string): number {
    return this.take<number>(name, 'a number', Number.isFinite) + 0;
  }

  /** Returns a number above 0. */
  scale(name: string): number {
    return this.take(name, 'a number > 0', (value) => Number.isFinite(value) && (value as number) > 0);
  }

  /** Returns true or false. */
  flag(name: string): boolean {
    return this.take(name, 'true or false', (value) => typeof value === 'boolean');
  }

  /** Returns a count. */
  count(name: string): number {
    return this.take<number>(name, 'a count', (value) => Number.isSafeInteger(value) && (value as number) >= 0) + 0;
  }

  /** Throws if there are other fields than those that were read. */
  end(): void {
    const other = Object.keys(this.fields).find((name) => !this.read.has(name));
    if (other !== undefined) throw new FormatError(`${this.where} expected no field ${describe(other)}.`);
  }
}
