/** Pieces of the report's pictures: scales, axes and escaped text, as strings of SVG. */

/** Makes a text safe in HTML and SVG, attributes included. */
export const escaped = (text: string | number): string =>
  String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Maps values to positions in the picture. */
export interface Scale {
  (value: number): number;
  readonly ticks: readonly number[];
}

/** Steps of 1, 2 or 5 times a power of ten, about `count` between both ends. */
function ticksOf(low: number, high: number, count = 5): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** A linear scale; where both ends are the same it is widened a little. */
export function linear(low: number, high: number, from: number, to: number): Scale {
  const [a, b] = low < high ? [low, high] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  const scale = (value: number): number => from + ((value - a) / (b - a)) * (to - from);
  return Object.assign(scale, { ticks: ticksOf(a, b) });
}

/** A number in at most six characters or so. */
export function short(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(1).replace('e+', 'e').replace('-', '−');
  return String(Number(value.toPrecision(4))).replace('-', '−');
}

/** Position of a picture's inner area. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Axes with ticks, grid and titles. */
export function axes(area: Area, x: Scale, y: Scale, titles: { readonly x: string; readonly y: string }): string {
  const { left, right, top, bottom } = area;
  const vertical = y.ticks.map(
    (tick) =>
      `<line class="grid" x1="${left}" x2="${right}" y1="${fixed(y(tick))}" y2="${fixed(y(tick))}"/>` +
      `<text class="tick" x="${left - 6}" y="${fixed(y(tick) + 4)}" text-anchor="end">${short(tick)}</text>`,
  );
  const horizontal = x.ticks.map(
    (tick) => `<text class="tick" x="${fixed(x(tick))}" y="${bottom + 16}" text-anchor="middle">${short(tick)}</text>`,
  );
  return [
    ...vertical,
    ...horizontal,
    `<line class="axis" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>`,
    `<text class="title" x="${(left + right) / 2}" y="${bottom + 34}" text-anchor="middle">${escaped(titles.x)}</text>`,
    `<text class="title" x="${left}" y="${top - 8}">${escaped(titles.y)}</text>`,
  ].join('');
}

/** A coordinate in as few characters as it needs. */
export const fixed = (value: number): string => String(Math.round(value * 10) / 10);

/** A picture with a text that says what it shows. On a narrow screen it keeps a readable size, and scrolls. */
export function picture(width: number, height: number, label: string, content: string): string {
  const style = `max-width:${width}px;min-width:${Math.round(width * 0.7)}px`;
  return `<div class="scroll"><svg viewBox="0 0 ${width} ${height}" style="${style}" role="img" aria-label="${escaped(label)}">${content}</svg></div>`;
}
