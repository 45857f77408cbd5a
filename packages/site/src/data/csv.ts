/** Points that a user pastes: lines of x, y and a class or value, separated by commas, semicolons, tabs or blanks. */
import type { Point } from './datasets.js';

/** Most points that are read: more would not be seen. */
const MOST_POINTS = 2000;

/** Points as text was read, or what is wrong with it. */
export type PastedPoints =
  | { readonly ok: true; readonly points: Point[]; readonly labels: readonly string[]; readonly scaled: boolean }
  | { readonly ok: false; readonly message: string };

/** Words of a line. Behind semicolons and tabs a comma is that of a decimal fraction; quotes are left out. */
function split(line: string): string[] {
  const separator = [/\s*[;\t]\s*/, /\s*,\s*/, /\s+/].find((one) => one.test(line.trim())) ?? /\s+/;
  const words = line.replace(/^\s+|[ \r\ufeff]+$/g, '').split(separator);
  return words.map((word) => {
    const plain = word.trim().replace(/^"(.*)"$|^'(.*)'$/, '$1$2');
    return /^[+-]?\d*,\d+(e[+-]?\d+)?$/i.test(plain) ? plain.replace(',', '.') : plain;
  });
}

/**
 * Reads pasted text. The third column is a class if it holds up to six different texts or whole numbers, else a value.
 * Coordinates and values are scaled to [−1, 1] if they exceed it. A first line without numbers is a header.
 */
export function readPoints(text: string, as: 'classes' | 'values'): PastedPoints {
  const lines = text
    .split(/\r\n|\r|\n/)
    .map((line, index) => ({ number: index + 1, words: split(line) }))
    .filter(({ words }) => words.some((word) => word !== ''));
  const isHeader = lines.length > 0 && lines[0].words.every((word) => Number.isNaN(Number(word)));
  const kept = isHeader ? lines.slice(1) : lines;
  const rows = kept.map(({ words }) => words);
  const wrong = (message: string): PastedPoints => ({ ok: false, message });
  if (rows.length === 0) return wrong('Paste lines of three columns: x, y, and a class or a value.');
  if (rows.length > MOST_POINTS) return wrong(`At most ${MOST_POINTS} points, got ${rows.length} lines.`);
  for (const { number, words } of kept) {
    if (words.length !== 3) return wrong(`Line ${number}: three columns expected, got ${words.length}.`);
    const numbers = as === 'values' ? words : words.slice(0, 2);
    const stray = numbers.find((word) => !Number.isFinite(Number(word)) || word === '');
    if (stray !== undefined) return wrong(`Line ${number}: a number expected, got "${stray}".`);
    if (words[2] === '') return wrong(`Line ${number}: a class expected in the third column, got nothing.`);
  }
  const labels = as === 'classes' ? [...new Set(rows.map(([, , label]) => label))].sort() : [];
  if (labels.length > 6) return wrong(`At most 6 classes, got ${labels.length}. Choose values for numbers.`);
  if (as === 'classes' && labels.length < 2) return wrong('At least two classes, got one.');
  const scale = (column: number): ((value: number) => number) => {
    const values = rows.map((row) => Number(row[column]));
    const [least, most] = values.reduce(
      ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
      [Infinity, -Infinity],
    );
    if (least >= -1 && most <= 1) return (value) => value;
    return (value) => (most === least ? 0 : (2 * (value - least)) / (most - least) - 1);
  };
  const [x, y, value] = [scale(0), scale(1), as === 'values' ? scale(2) : undefined];
  const points = rows.map((row): Point => ({
    x: x(Number(row[0])),
    y: y(Number(row[1])),
    target: value ? value(Number(row[2])) : labels.indexOf(row[2]),
  }));
  const scaled = points.some((point, i) => point.x !== Number(rows[i][0]) || point.y !== Number(rows[i][1]));
  return { ok: true, points, labels, scaled };
}
