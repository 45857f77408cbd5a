/** Values of options: checked and converted before anything runs. */
import { usageFailure } from '../failure.js';
import { TABLE_FORMATS, type TableFormat } from '../reading/source.js';
import { nearest } from '../terminal/nearest.js';
import { CHOICES, type Choice } from '../training/data.js';
import { TASKS, type Task } from '../training/target.js';

/** Texts between commas, appended to those of the same option before. */
export const listOption = (value: string, before: readonly string[] = []): string[] => [
  ...before,
  ...value.split(',').map((item) => item.trim()),
];

/** Options of a table, for every command that reads one. */
export const TABLE_OPTIONS = [
  ['--sql <query>', 'read the result of a query instead of a file'],
  ['--format <format>', `format of the table: ${TABLE_FORMATS.join(', ')}`, formatOption],
  ['--missing <texts>', 'texts that mean a missing value, separated by commas', listOption],
  ['--no-header', 'the first line of the CSV is data, columns are column0, …'],
] as const;

export function integerOption(name: string, least: number, most = Number.MAX_SAFE_INTEGER): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (value.trim() !== '' && Number.isSafeInteger(number) && number >= least && number <= most) return number;
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
    throw usageFailure(`${name} expected an integer ${range}, got ${value}.`);
  };
}

export function numberOption(name: string, least: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (value.trim() !== '' && Number.isFinite(number) && number >= least) return number;
    throw usageFailure(`${name} expected a number from ${least} on, got ${value}.`);
  };
}

/** Units of hidden layers: 64,32. */
export function layersOption(value: string): number[] {
  return value.split(',').map((item) => integerOption('--hidden', 1)(item.trim()));
}

function oneOf<T extends string>(name: string, values: readonly T[], value: string): T {
  const found = values.find((known) => known === value);
  if (found !== undefined) return found;
  const similar = nearest(value, values);
  throw usageFailure(
    `${name} expected one of ${values.join(', ')}, got ${value}.${similar === undefined ? '' : ` Did you mean ${similar}?`}`,
  );
}

export const taskOption = (value: string): Task => oneOf('--task', TASKS, value);

function formatOption(value: string): TableFormat {
  return oneOf('--format', TABLE_FORMATS, value);
}

/** Kinds of columns: zip=category,id=drop. */
export function columnsOption(value: string): Record<string, Choice> {
  const chosen = Object.create(null) as Record<string, Choice>;
  for (const item of listOption(value)) {
    const at = item.lastIndexOf('=');
    if (at < 1) throw usageFailure(`--columns expected name=kind, such as zip=category, got ${item}.`);
    chosen[item.slice(0, at)] = oneOf(`--columns ${item.slice(0, at)}`, CHOICES, item.slice(at + 1));
  }
  return chosen;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600 };

/** A time in seconds: 90s, 5m, 1h. */
export function durationOption(value: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)\s*(s|m|min|h)?$/.exec(value) ?? [];
  if (number === undefined || Number(number) === 0)
    throw usageFailure(`--time expected a duration, such as 90s, 5m or 1h, got ${value}.`);
  return Number(number) * SECONDS[unit];
}

const BYTES: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9 };

/** A size in bytes: 20KB, 1MB. */
export function bytesOption(value: string): number {
  const [, number, unit = 'B'] = /^(\d+(?:\.\d+)?)\s*(B|KB|MB|GB)?$/i.exec(value) ?? [];
  if (number === undefined || Number(number) === 0)
    throw usageFailure(`--size expected a size, such as 20KB or 1MB, got ${value}.`);
  return Number(number) * BYTES[unit.toUpperCase()];
}
