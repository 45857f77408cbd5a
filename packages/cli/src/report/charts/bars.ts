/** Horizontal bars with whiskers: what a score loses without a column. */
import { escaped, fixed, linear, picture, short } from '../svg.js';

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** Standard deviation. */
  readonly spread: number;
}

const WIDTH = 640;
const ROW = 24;
const NAMES = 190;

export function barsChart(bars: readonly Bar[], label: string): string {
  const ends = bars.flatMap(({ value, spread }) => [value - spread, value + spread]);
  const x = linear(Math.min(0, ...ends), Math.max(1e-12, ...ends), NAMES, WIDTH - 70);
  const rows = bars.map(({ name, value, spread }, index) => {
    const y = index * ROW + 4;
    const [from, to] = [x(0), x(value)].sort((a, b) => a - b);
    const middle = y + 8;
    return (
      `<text class="tick" x="${NAMES - 8}" y="${y + 12}" text-anchor="end">${escaped(cut(name))}</text>` +
      `<rect class="bar" x="${fixed(from)}" y="${y}" width="${fixed(to - from)}" height="16"/>` +
      `<line class="whisker" x1="${fixed(x(value - spread))}" x2="${fixed(x(value + spread))}" y1="${middle}" y2="${middle}"/>` +
      `<text class="tick" x="${WIDTH - 4}" y="${y + 12}" text-anchor="end">${short(value)}</text>`
    );
  });
  const height = bars.length * ROW + 8;
  const zero = `<line class="axis" x1="${fixed(x(0))}" x2="${fixed(x(0))}" y1="0" y2="${height}"/>`;
  return picture(WIDTH, height, label, rows.join('') + zero);
}

const cut = (name: string): string => (name.length > 26 ? `${name.slice(0, 25)}…` : name);
