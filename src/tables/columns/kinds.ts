import { booleanKind } from './boolean.js';
import { categoryKind } from './category.js';
import type { ColumnKind, Kind } from './column.js';
import { dateKind } from './date.js';
import { numberKind } from './number.js';

/** Kinds of columns. A column whose kind is not chosen is of the first that takes all of its values. */
export const KINDS: Readonly<Record<ColumnKind, Kind>> = {
  boolean: booleanKind,
  number: numberKind,
  date: dateKind,
  category: categoryKind,
};

/** Names of the kinds, in that order. */
export const KIND_NAMES = Object.keys(KINDS) as readonly ColumnKind[];
