/** Points against a line: predictions beside true values, and frequencies beside predicted probabilities. */
import { axes, fixed, linear, picture, type Area } from '../svg.js';

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Share of the rows that the point stands for, by which its area grows. */
  readonly share?: number;
}

export interface ScatterOptions {
  readonly titles: { readonly x: string; readonly y: string };
  readonly label: string;
  /** Both axes from here to there; by default around the points. */
  readonly range?: readonly [low: number, high: number];
  /** Whether the points are joined. */
  readonly joined?: boolean;
}

const [WIDTH, HEIGHT] = [420, 400];
const AREA: Area = { left: 64, right: 400, top: 28, bottom: 350 };

export function scatterChart(
  points: readonly Point[],
  { titles, label, range, joined = false }: ScatterOptions,
): string {
  const all = points.flatMap(({ x, y }) => [x, y]).filter(Number.isFinite);
  const [low, high] = range ?? [Math.min(...all), Math.max(...all)];
  const x = linear(low, high, AREA.left, AREA.right);
  const y = linear(low, high, AREA.bottom, AREA.top);
  const diagonal = `<line class="reference" x1="${fixed(x(low))}" y1="${fixed(y(low))}" x2="${fixed(x(high))}" y2="${fixed(y(high))}"/>`;
  const marks = points.map((point) => {
    const radius = joined ? 3 + 12 * Math.sqrt(point.share ?? 0) : 2.5;
    return `<circle class="point" cx="${fixed(x(point.x))}" cy="${fixed(y(point.y))}" r="${fixed(radius)}"/>`;
  });
  const line = joined
    ? `<polyline class="line series0" points="${points.map((point) => `${fixed(x(point.x))},${fixed(y(point.y))}`).join(' ')}"/>`
    : '';
  return picture(WIDTH, HEIGHT, label, axes(AREA, x, y, titles) + diagonal + line + marks.join(''));
}
