/** Points that a user pastes: lines of x, y and a class or value, separated by commas, semicolons, tabs or blanks. */
import type { Point } from './datasets.js';

/** Most points that are read: more would not be seen. */
const MOST_POINTS = 2000;

/** Points as text was read, or what is wrong with it. */
export type PastedPoints =
  | { readonly ok: true; readonly points: Point[]; readonly labels: readonly string[]; readonly scaled: boolean }
  | { readonly ok: false; readonly message: string };

const split = (line: string): string[] => line.trim().split(/\s*[,;\t]\s*|\s+/);

/**
 * Reads pasted text. The third column is a class if it holds up to six different texts or whole numbers, else a value.
 * Coordinates and values are scaled to [−1, 1] if they exceed it. A first line without numbers is a header.
 */
export function readPoints(text: string, as: 'classes' | 'values'): PastedPoints {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const isHeader = lines.length > 0 && split(lines[0]).every((word) => Number.isNaN(Number(word)));
  const rows = (isHeader ? lines.slice(1) : lines).map(split);
  const wrong = (message: string): PastedPoints => ({ ok: false, message });
  if (rows.length === 0) return wrong('Paste lines of three columns: x, y, and a class or a value.');
  if (rows.length > MOST_POINTS) return wrong(`At most ${MOST_POINTS} points, got ${rows.length} lines.`);
  const first = isHeader ? 2 : 1;
  for (const [index, row] of rows.entries()) {
    if (row.length !== 3) return wrong(`Line ${index + first}: three columns expected, got ${row.length}.`);
    const numbers = as === 'values' ? row : row.slice(0, 2);
    const stray = numbers.find((word) => !Number.isFinite(Number(word)) || word === '');
    if (stray !== undefined) return wrong(`Line ${index + first}: a number expected, got "${stray}".`);
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
