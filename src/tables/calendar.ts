/**
 * Dates in the calendar of UTC, whatever the time zone of the machine: ISO 8601 text to a time, and a time to its
 * positions in the year, the week and the day.
 */
import { cos } from '../common/elementary.js';

const DAY = 86_400_000;

/** Largest time of a Date, in milliseconds. */
const MOST = 8.64e15;

/** A date; a date and a time, with or without a zone. */
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** Minutes of a zone such as +02:00. */
function minutesOf(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = 60 * Number(digits.slice(0, 2)) + Number(digits.slice(2));
  return zone.startsWith('-') ? -minutes : minutes;
}

/**
 * Returns the time of an ISO 8601 text in milliseconds since 1970; undefined for other text, and for days that do not
 * exist. A text without a zone is in UTC.
 */
export function parseDate(text: string): number | undefined {
  const parts = ISO.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0));
  const zone = minutesOf(parts[8]);
  if (hour > 23 || minute > 59 || second > 59 || Math.abs(zone) > 14 * 60) return undefined;
  const date = new Date(0);
  // Date.UTC takes the years 0 to 99 as those of the last century.
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const thousandths = Math.floor(Number((parts[7] ?? '').padEnd(9, '0').slice(0, 3)));
  return date.getTime() + 1000 * (60 * (60 * hour + minute - zone) + second) + thousandths;
}

/** Whether a number is the time of a date, in milliseconds. */
export const isTime = (value: number): boolean => Math.abs(value) <= MOST;

/** Positions of a time, from 0 to below 1. */
export interface Positions {
  readonly year: number;
  readonly week: number;
  readonly day: number;
}

/** Returns where a time is in its year, in its week, which begins on Monday, and in its day. */
export function positionsOf(time: number): Positions {
  const days = time / DAY;
  const day = days - Math.floor(days);
  // 1 January 1970 was a Thursday.
  const weeks = (days + 3) / 7;
  const date = new Date(time);
  const start = startOfYear(date.getUTCFullYear());
  const length = startOfYear(date.getUTCFullYear() + 1) - start;
  // In the last year of dates, the next one does not exist.
  const year = Number.isNaN(length) || Number.isNaN(start) ? 0 : (Math.floor(time) - start) / length;
  return { year, week: weeks - Math.floor(weeks), day };
}

function startOfYear(year: number): number {
  return new Date(0).setUTCFullYear(year, 0, 1);
}

/** Returns the cosine and the sine of a position on a circle, from 0 to 1. */
export function onCircle(position: number): [cosine: number, sine: number] {
  return [cosineOfTurn(position), cosineOfTurn(position < 0.25 ? position + 0.75 : position - 0.25)];
}

/** cos 2πt for t in [0, 1]. */
const cosineOfTurn = (t: number): number => cos(2 * Math.PI * (t <= 0.5 ? t : 1 - t));

/** Days since 1970, for numbers that are of a readable size. */
export const daysOf = (time: number): number => time / DAY;
