/** What a caller says of the columns of a table: their kinds, or that they are left out. */
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { isRecord } from '../common/options.js';
import type { ColumnKind } from './columns/column.js';
import { KIND_NAMES } from './columns/kinds.js';

/**
 * What a caller says of a column: its kind, or that it is left out.
 * @category Tables
 */
export type ColumnChoice = ColumnKind | 'drop';

/** Choices by the names of columns. */
export type ColumnChoices = ReadonlyMap<string, ColumnChoice>;

/** All choices. */
export const CHOICES: readonly string[] = [...KIND_NAMES, 'drop'];

/** Reads the choices of a caller. */
export function columnsCheck(path: string, value: unknown): ColumnChoices {
  if (!isRecord(value)) {
    throw new ValueError(
      `${path} expected kinds by the names of columns, { zip: "category" }, got ${describe(value)}.`,
    );
  }
  const choices = new Map<string, ColumnChoice>();
  for (const name of Object.keys(value)) {
    const choice = value[name];
    if (typeof choice !== 'string' || !CHOICES.includes(choice)) {
      throw new ValueError(
        `${path}: column ${describe(name)} expected one of ${CHOICES.join(', ')}, got ${describe(choice)}.`,
      );
    }
    choices.set(name, choice as ColumnChoice);
  }
  return choices;
}
