/**
 * Paths with placeholders: `{epoch}`, `{batch}` and names of the logs, each with an optional format as in Keras,
 * `{epoch:03d}` or `{valLoss:.2f}`. Only the last part of a path may have them.
 */
import { basename, dirname, join } from 'node:path';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { suggestionFor } from '../common/other-names.js';

/** A path, split at its placeholders. */
export interface Template {
  readonly folder: string;
  /** Names of the placeholders, in order. */
  readonly names: readonly string[];
  /** Whether it can give a file of this name. */
  matches(name: string): boolean;
  /** Returns epoch and batch in the name of a file that it has given; −1 where it has no placeholder for them. */
  positionOf(name: string): readonly [epoch: number, batch: number];
  /** Returns the path for values; a value that is missing is written as NaN. */
  path(values: Readonly<Record<string, number>>): string;
}

/** `{name}`, `{name:d}`, `{name:03d}`, `{name:.2f}`. */
const PLACEHOLDER = /\{([^{}:]+)(?::(?:0?(\d+)?d|\.(\d{1,2})f))?\}/;

/** Most characters of a path: no system takes more. */
const LONGEST = 32_768;

/** What a placeholder may have become in the name of a file. */
const COUNT = '(\\d+)';
const NUMBER = '(-?(?:[\\d.]+(?:e[+-]?\\d+)?|NaN|Infinity))';

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Reads a path with placeholders. */
export function readTemplate(where: string, path: unknown): Template {
  if (typeof path !== 'string' || path.length === 0 || path.length > LONGEST || path.includes('\0')) {
    throw new ValueError(`${where}: path expected the path of a file, got ${describe(path)}.`);
  }
  const folder = dirname(path);
  if (/[{}]/.test(folder)) {
    throw new ValueError(`${where}: path expected placeholders only in the name of the file, got ${describe(path)}.`);
  }
  // Text and the three parts of a placeholder take turns.
  const parts = basename(path).split(PLACEHOLDER) as (string | undefined)[];
  const texts = parts.filter((_, index) => index % 4 === 0) as string[];
  const stray = texts.find((text) => /[{}]/.test(text));
  if (stray !== undefined) {
    throw new ValueError(
      `${where}: path expected placeholders such as {epoch}, {epoch:03d} or {valLoss:.2f}, got ${describe(stray)}.`,
    );
  }
  const fields = texts.slice(1).map((_, index) => {
    const [name, digits, places] = parts.slice(4 * index + 1, 4 * index + 4);
    return { name: name!, digits: Number(digits ?? 0), places: places === undefined ? undefined : Number(places) };
  });
  const whole = texts.map(escaped).reduce((before, text, index) => {
    const { name } = fields[index - 1];
    return before + (name === 'epoch' || name === 'batch' ? COUNT : NUMBER) + text;
  });
  const pattern = new RegExp(`^${whole}$`);
  return {
    folder,
    names: fields.map(({ name }) => name),
    matches: (name) => pattern.test(name),
    positionOf(name) {
      const values = pattern.exec(name)?.slice(1) ?? [];
      const valueOf = (wanted: string): number =>
        Number(values[fields.findIndex((field) => field.name === wanted)] ?? -1);
      return [valueOf('epoch'), valueOf('batch')];
    },
    path(values) {
      const written = fields.map(({ name, digits, places }) => {
        const given: unknown = Object.hasOwn(values, name) ? values[name] : NaN;
        const value = typeof given === 'number' ? given : NaN;
        return (places === undefined ? String(value) : value.toFixed(places)).padStart(digits, '0');
      });
      return join(folder, texts.map((text, index) => text + (written[index] ?? '')).join(''));
    },
  };
}

/** Throws for a placeholder that is none of `names`. */
export function requireNames(where: string, template: Template, names: readonly string[]): void {
  const unknown = template.names.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new ValueError(
    `${where}: path expected placeholders that are epoch, batch or keys of the logs, got ${describe(unknown)}.` +
      suggestionFor(unknown, names),
  );
}
