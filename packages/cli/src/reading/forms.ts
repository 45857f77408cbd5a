/**
 * What texts may stand for, each as a record: what a text of it looks like, and the SQL that reads it. SQL decides;
 * looks only spare it the columns that are plainly something else.
 */
import { list, text } from './sql.js';
import type { ColumnReading } from './reading.js';

export interface TextForm {
  readonly reading: ColumnReading;
  readonly looks: RegExp;
  /** SQL of the value of a text, NULL if it is something else. Blanks around it do not count. */
  readonly value: (sql: string) => string;
}

/** Numbers without zeros in front: 007 is a code. Infinite ones are numbers, and refused as such. */
const NUMBER = '[+-]?((0|[1-9][0-9]*)([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?|[+-]?[iI]nf(inity)?';
/** Numbers with a comma before the fraction, and points or nothing between thousands. */
const COMMA_NUMBER = '[+-]?(0|[1-9][0-9]*|[1-9][0-9]{0,2}([.][0-9]{3})+)(,[0-9]*)?([eE][+-]?[0-9]+)?';

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);

/** Texts with zeros in front, by the order of characters: a pattern takes ten times as long. */
const hasZeros = (sql: string): string =>
  ['', '-', '+'].map((sign) => `(${sql} >= '${sign}00' AND ${sql} < '${sign}0:')`).join(' OR ');

export const numberForm = (decimal: ',' | undefined): TextForm => ({
  reading: { form: 'number' },
  looks: whole(decimal === ',' ? COMMA_NUMBER : NUMBER),
  value: (sql) =>
    decimal === ',' ? numberSql(sql, decimal) : `CASE WHEN NOT (${hasZeros(sql)}) THEN ${numberSql(sql, decimal)} END`,
});

/** SQL of a number, for columns that are known to be numbers. Here 007 is 7. */
export const numberSql = (sql: string, decimal: ',' | undefined): string =>
  decimal === ','
    ? `CASE WHEN regexp_full_match(trim(${sql}), ${text(COMMA_NUMBER)}) THEN TRY_CAST(replace(replace(${sql}, '.', ''), ',', '.') AS DOUBLE) END`
    : `TRY_CAST(${sql} AS DOUBLE)`;

export const looksLikeCommaNumber = (value: string): boolean => value.includes(',') && whole(COMMA_NUMBER).test(value);

/** Words for false and true. */
const TRUTH_WORDS: readonly (readonly [string, string])[] = [
  ['false', 'true'],
  ['no', 'yes'],
  ['f', 't'],
  ['n', 'y'],
];

/** SQL of a truth value. True and false may be written as 1 and 0 as well. */
export function truthSql(sql: string, [no, yes]: readonly [string, string]): string {
  const is = (words: readonly string[]): string => `list_contains(${list(words)}, lower(trim(${sql})))`;
  return `CASE WHEN ${is([no.toLowerCase(), 'false', '0'])} THEN false WHEN ${is([yes.toLowerCase(), 'true', '1'])} THEN true END`;
}

const truthForm = (words: readonly [string, string]): TextForm => ({
  reading: { form: 'boolean', words },
  looks: new RegExp(`^(?:${words.join('|')})$`, 'i'),
  value: (sql) =>
    `CASE WHEN lower(trim(${sql})) = ${text(words[0])} THEN false WHEN lower(trim(${sql})) = ${text(words[1])} THEN true END`,
});

export const TRUTH_FORMS: readonly TextForm[] = TRUTH_WORDS.map(truthForm);

/** Truth values of a target: other words, or true in capitals, stay the labels that they are. */
export const PLAIN_TRUTH: TextForm = {
  reading: { form: 'boolean', words: ['false', 'true'] },
  looks: /^(?:true|false)$/,
  value: (sql) => `CASE trim(${sql}) WHEN 'false' THEN false WHEN 'true' THEN true END`,
};

/** The words for false and true among which the labels are, if they are such words. */
export function truthWordsOf(labels: readonly unknown[]): readonly [string, string] | undefined {
  const words = TRUTH_WORDS.find((pair) =>
    labels.every((label) => typeof label === 'string' && pair.includes(label.toLowerCase())),
  );
  const labelOf = (word: string): string | undefined =>
    labels.find((label): label is string => typeof label === 'string' && label.toLowerCase() === word);
  const [no, yes] = [words && labelOf(words[0]), words && labelOf(words[1])];
  return no === undefined || yes === undefined || labels.length !== 2 ? undefined : [no, yes];
}

/** Seconds of the day. */
export const timeSql = (sql: string): string => `epoch(TRY_CAST(trim(${sql}) AS TIME))`;

export const TIME_FORM: TextForm = {
  reading: { form: 'time' },
  looks: /^\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/,
  value: timeSql,
};

const ISO = '\\d{4}-\\d{1,2}-\\d{1,2}([T ]\\d{1,2}:\\d{2}(:\\d{2}([.]\\d+)?)? ?(Z|[+-]\\d{2}(:?\\d{2})?)?)?';
/** Times of a day behind a date. */
const CLOCKS = ['', ' %H:%M', ' %H:%M:%S', ' %H:%M:%S.%f', ' %I:%M %p', ' %I:%M:%S %p'];

/** Milliseconds since 1970 in UTC, of a date in a format, with or without a time of the day. */
export function dateSql(sql: string, format: string): string {
  if (format === 'iso') {
    return `epoch_ms(CASE WHEN regexp_full_match(trim(${sql}), ${text(ISO)}) THEN TRY_CAST(trim(${sql}) AS TIMESTAMPTZ) END)`;
  }
  const days = [format, format.replace('%b', '%B')].filter((day, at, all) => all.indexOf(day) === at);
  const hasClock = /%[HIXc]/.test(format);
  const formats = days.flatMap((day) => (hasClock ? [day] : CLOCKS.map((clock) => `${day}${clock}`)));
  return `epoch_ms(try_strptime(trim(${sql}), ${list(formats)}))`;
}

export const dateForm = (format: string, looks: RegExp): TextForm => ({
  reading: { form: 'date', format },
  looks,
  value: (sql) => dateSql(sql, format),
});

const clock = '(?: \\d{1,2}:\\d{2}.*)?';
const numeric = (separator: string, year: string): RegExp =>
  new RegExp(`^\\d{1,2}[${separator}]\\d{1,2}[${separator}]${year}${clock}$`);
const MONTH = '[A-Za-z]{3,9}';

/** Dates in numbers: the day before the month, then the month before the day, of which values may be both. */
const NUMERIC_DATES = (['/', '.', '-'] as const).flatMap((separator) =>
  (['%Y', '%y'] as const).flatMap((year) => {
    const looks = numeric(separator, year === '%Y' ? '\\d{4}' : '\\d{2}');
    return [
      dateForm(`%d${separator}%m${separator}${year}`, looks),
      dateForm(`%m${separator}%d${separator}${year}`, looks),
    ];
  }),
);

/** Dates, the likeliest first. */
export const DATE_FORMS: readonly TextForm[] = [
  dateForm('iso', whole(ISO)),
  dateForm('%Y/%m/%d', new RegExp(`^\\d{4}/\\d{1,2}/\\d{1,2}${clock}$`)),
  dateForm('%Y.%m.%d', new RegExp(`^\\d{4}[.]\\d{1,2}[.]\\d{1,2}${clock}$`)),
  ...NUMERIC_DATES,
  ...(
    [
      ['%b %d %Y', `${MONTH} \\d{1,2} \\d{4}`],
      ['%b %d, %Y', `${MONTH} \\d{1,2}, ?\\d{4}`],
      ['%d %b %Y', `\\d{1,2} ${MONTH} \\d{4}`],
      ['%d-%b-%Y', `\\d{1,2}-${MONTH}-\\d{4}`],
      ['%d-%b-%y', `\\d{1,2}-${MONTH}-\\d{2}`],
      ['%b-%d-%Y', `${MONTH}-\\d{1,2}-\\d{4}`],
      ['%a %b %d %Y', `${MONTH} ${MONTH} \\d{1,2} \\d{4}`],
      ['%a, %d %b %Y', `${MONTH}, \\d{1,2} ${MONTH} \\d{4}`],
    ] as const
  ).map(([format, pattern]) => dateForm(format, new RegExp(`^${pattern}${clock}$`))),
];

/** The format of the same numbers with day and month in the other order, if there is one. */
export function swapped(format: string): string | undefined {
  const [, first, separator, second, year] = /^%([dm])([/.-])%([dm])\2%([Yy])$/.exec(format) ?? [];
  return first === undefined ? undefined : `%${second}${separator}%${first}${separator}%${year}`;
}

/** A format of strptime as people write it: dd/mm/yyyy. */
export const formatText = (format: string): string =>
  format === 'iso'
    ? 'yyyy-mm-dd'
    : format
        .replace('%d', 'dd')
        .replace('%m', 'mm')
        .replace('%Y', 'yyyy')
        .replace('%y', 'yy')
        .replace(/%[bB]/, 'Mon')
        .replace(/%[aA]/, 'Day');
