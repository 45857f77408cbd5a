/** SQL that makes values of what a column holds, as its reading says, and finds cells that are something else. */
import { dateSql, formatText, numberSql, timeSql, truthSql } from './forms.js';
import { isThere } from './detect.js';
import { list } from './sql.js';
import type { HeldColumn } from './relation.js';
import type { ColumnReading, Form } from './reading.js';

export interface Conversion {
  readonly value: string;
  /** Condition on `value`, which is named so, for a cell that is there but cannot be read. */
  readonly bad: (value: string) => string | undefined;
}

export interface ConversionOptions {
  readonly missing: readonly string[];
  readonly decimal: ',' | undefined;
}

type Convert = (column: HeldColumn, reading: ColumnReading, options: ConversionOptions) => Conversion;

const neverBad = (value: string): Conversion => ({ value, bad: () => undefined });

/** A text that is there has to be read. */
const ofText =
  (sql: (text: string, reading: ColumnReading, options: ConversionOptions) => string): Convert =>
  (column, reading, options) => ({
    value: sql(column.sql, reading, options),
    bad: (value) => `${value} IS NULL AND ${isThere(column.sql, options.missing)}`,
  });

/** Numbers that mean a missing value, as texts. */
const missingNumbers = (missing: readonly string[]): string[] =>
  missing.filter((item) => item !== '' && Number.isFinite(Number(item)));

/** NaN is a missing value; infinite numbers are bad. */
const finite = ({ value, bad }: Conversion): Conversion => ({
  value: `nullif(${value}, 'nan'::DOUBLE)`,
  bad: (named) => [`isinf(${named})`, bad(named)].filter((condition) => condition !== undefined).join(' OR '),
});

const numbersOfText = ofText((sql, _, { missing, decimal }) => {
  const codes = missingNumbers(missing);
  const number = numberSql(sql, decimal);
  return codes.length === 0 ? number : `CASE WHEN NOT list_contains(${list(codes)}, trim(${sql})) THEN ${number} END`;
});

/** Dates of a chosen format, or of ISO 8601, which is none of the others. */
const datesOfText = ofText((sql, { format = 'iso' }) => {
  const iso = dateSql(sql, 'iso');
  return `CAST(${format === 'iso' ? iso : `coalesce(${dateSql(sql, format)}, ${iso})`} AS DOUBLE)`;
});

const asText: Convert = ({ text }) => neverBad(text);
const asHeld: Convert = ({ sql }) => neverBad(sql);

const numbers: Convert = ({ sql }, _, { missing }) => {
  const codes = missingNumbers(missing).map(Number);
  const value =
    codes.length === 0 ? sql : `CASE WHEN NOT list_contains([${codes.join(', ')}]::DOUBLE[], ${sql}) THEN ${sql} END`;
  return finite(neverBad(value));
};

/** 0 and 1 as false and true. */
const truthOfNumbers: Convert = ({ sql }) => ({
  value: `CASE WHEN ${sql} = 0 THEN false WHEN ${sql} = 1 THEN true END`,
  bad: (value) => `${value} IS NULL AND ${sql} IS NOT NULL AND NOT isnan(${sql})`,
});

/** By what is wanted and what is held. What is not here cannot be: a date is no number. */
const CONVERSIONS: Readonly<Record<Form, Partial<Record<Form, Convert>>>> = {
  number: { text: (...given) => finite(numbersOfText(...given)), number: numbers },
  boolean: {
    text: ofText((sql, { words = ['false', 'true'] }) => truthSql(sql, words)),
    boolean: asHeld,
    number: truthOfNumbers,
  },
  date: { text: datesOfText, date: asHeld },
  time: { text: ofText((sql) => `CAST(${timeSql(sql)} AS DOUBLE)`), time: asHeld },
  text: { text: asText, number: asText, boolean: asText, date: asText, time: asText },
};

/** Returns the conversion of a column, or undefined if what it holds cannot be what is wanted. */
export const conversionOf = (
  column: HeldColumn,
  reading: ColumnReading,
  options: ConversionOptions,
): Conversion | undefined => CONVERSIONS[reading.form][column.held]?.(column, reading, options);

/** What a value has to be, for messages. */
export function expectedText({ form, format, words }: ColumnReading): string {
  if (form === 'date') return `a date (${formatText(format ?? 'iso')})`;
  if (form === 'time') return 'a time (hh:mm:ss)';
  if (form === 'boolean') return (words ?? ['false', 'true']).slice().reverse().join(' or ');
  return form === 'number' ? 'a number' : 'text';
}

/** What a column holds, for messages. */
export const heldText = (form: Form): string =>
  ({ number: 'numbers', boolean: 'true and false', date: 'dates', time: 'times of the day', text: 'text' })[form];

/** The category of a number: 90000.0, 9e4 and 90000 are one. Codes such as 007 and long integers stay as they are. */
export function numericText(text: string): string {
  if (/^-?\d+$/.test(text) || !/^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return text;
  return String(Number(text) + 0);
}
