/**
 * Plots as SVG text: curves over logarithmic axes, and bars. Colour-blind readers can tell the colours apart too (Okabe
 * & Ito 2008).
 */

const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#8a8a8a', '#f0e442'];
/** Of bars: this library, and others. */
const OURS = COLOURS[0];
const OTHERS = '#b8b8b8';
const FONT = 'font-family="system-ui, sans-serif"';
const INK = '#333333';
const GRID = '#dddddd';

/** @param {string} text */
const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** @param {number} value */
const at = (value) => String(Math.round(value * 10) / 10);

/** @param {number} x @param {number} y @param {string} text @param {string} [more] @param {number} [size] */
const label = (x, y, text, more = '', size = 12) =>
  `<text x="${at(x)}" y="${at(y)}" font-size="${size}" fill="${INK}" ${FONT} ${more}>${escape(text)}</text>`;

/** @param {number} width @param {number} height @param {readonly string[]} parts */
const svg = (width, height, parts) =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${at(width)} ${at(height)}" width="${at(width)}" height="${at(height)}">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');

/** Exponents of the powers of ten that enclose the values. @param {readonly number[]} values */
function decades(values) {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Digits of exponents. */
const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** A power of ten in a few characters: 100, 10⁵. @param {number} exponent */
const powerOfTen = (exponent) =>
  exponent >= 0 && exponent < 4
    ? String(10 ** exponent)
    : `10${exponent < 0 ? '⁻' : ''}${Array.from(String(Math.abs(exponent)), (digit) => RAISED[Number(digit)]).join('')}`;

/**
 * @typedef {{ name: string, points: readonly (readonly [x: number, y: number])[], line?: { exponent: number, factor: number, from: number } }} Curve
 *
 * Draws curves of y over x, both logarithmic; `line` adds factor·x^exponent, from some x on.
 *
 * @param {{ title: string, x: string, y: string, curves: readonly Curve[] }} plot
 */
export function logPlot({ title, x: xLabel, y: yLabel, curves }) {
  const [width, height, left, right, top, bottom] = [640, 420, 70, 20, 40, 50];
  const points = curves.flatMap((curve) => curve.points);
  const xs = points.map(([x]) => x);
  const low = Math.log2(Math.min(...xs));
  const high = Math.log2(Math.max(...xs));
  const ys = decades(points.map(([, y]) => y));
  const toX = (/** @type {number} */ x) => left + ((Math.log2(x) - low) / (high - low)) * (width - left - right);
  const toY = (/** @type {number} */ y) =>
    height - bottom - ((Math.log10(y) - ys[0]) / (ys.length - 1)) * (height - top - bottom);
  const doublings = Array.from({ length: Math.round(high - low) + 1 }, (_, i) => 2 ** (low + i));
  const everyOther = doublings.length > 8 ? 2 : 1;
  return svg(width, height, [
    label(left, 22, title, 'font-weight="bold"'),
    ...ys.map((exponent) => {
      const y = at(toY(10 ** exponent));
      return (
        `<path d="M${left} ${y}H${width - right}" stroke="${GRID}"/>` +
        label(left - 8, toY(10 ** exponent) + 4, powerOfTen(exponent), 'text-anchor="end"')
      );
    }),
    ...doublings
      .filter((_, i) => i % everyOther === 0)
      .map((x) => label(toX(x), height - bottom + 18, String(x), 'text-anchor="middle"')),
    `<path d="M${left} ${top}V${height - bottom}H${width - right}" fill="none" stroke="${INK}"/>`,
    label((left + width - right) / 2, height - 10, xLabel, 'text-anchor="middle"'),
    label(
      0,
      0,
      yLabel,
      `text-anchor="middle" transform="translate(16 ${at((top + height - bottom) / 2)}) rotate(-90)"`,
    ),
    ...curves.flatMap(({ name, points: of, line }, index) => {
      const colour = COLOURS[index % COLOURS.length];
      const path = of.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${at(toX(x))} ${at(toY(y))}`).join('');
      const straight =
        line &&
        [line.from, of[of.length - 1][0]].map((x) => `${at(toX(x))} ${at(toY(line.factor * x ** line.exponent))}`);
      return [
        ...(straight
          ? [`<path d="M${straight.join('L')}" stroke="${colour}" stroke-dasharray="2 4" fill="none"/>`]
          : []),
        `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ...of.map(([x, y]) => `<circle cx="${at(toX(x))}" cy="${at(toY(y))}" r="3" fill="${colour}"/>`),
        `<rect x="${left + 14}" y="${top + 4 + 18 * index}" width="10" height="10" fill="${colour}"/>`,
        label(left + 30, top + 13 + 18 * index, name),
      ];
    }),
  ]);
}

/** Measures of a panel of `panelChart`, in pixels. */
const PANEL = { columns: 2, width: 520, name: 232, value: 92, head: 40, bar: 17, foot: 26, gap: 22 };

/**
 * @typedef {{ name: string, value: number, text: string, isOurs: boolean }} Bar
 * @typedef {{ name: string, bars: readonly Bar[] }} Panel
 *
 * Draws a panel of bars for each workload, the longest first, on a logarithmic axis of its own: a line for each
 * power of ten of the unit, which the panel's name has. Ours have the colour, all others are grey.
 *
 * @param {{ title: string, subtitle: string, panels: readonly Panel[] }} chart
 */
export function panelChart({ title, subtitle, panels }) {
  const { columns, width, gap } = PANEL;
  const parts = [label(16, 24, title, 'font-weight="bold"'), label(16, 42, subtitle)];
  let top = 58;
  for (let first = 0; first < panels.length; first += columns) {
    const row = panels.slice(first, first + columns);
    row.forEach((panel, column) => parts.push(...drawPanel(panel, 16 + column * (width + gap), top)));
    const most = Math.max(...row.map(({ bars }) => bars.length));
    top += PANEL.head + most * PANEL.bar + PANEL.foot + gap / 2;
  }
  return svg(32 + columns * width + (columns - 1) * gap, top, parts);
}

/** @param {Panel} panel @param {number} left @param {number} top */
function drawPanel({ name, bars }, left, top) {
  const { width, name: nameWidth, value: valueWidth, head, bar } = PANEL;
  const scale = decades(bars.map(({ value }) => value));
  const from = left + nameWidth;
  const toX = (/** @type {number} */ value) =>
    from + ((Math.log10(value) - scale[0]) / (scale.length - 1)) * (width - nameWidth - valueWidth);
  const first = top + head;
  const bottom = first + bars.length * bar;
  return [
    label(left, top + 20, name, 'font-weight="bold"'),
    ...scale.map((exponent) => {
      const x = at(toX(10 ** exponent));
      return (
        `<path d="M${x} ${first - 4}V${bottom}" stroke="${GRID}"/>` +
        label(toX(10 ** exponent), bottom + 14, powerOfTen(exponent), 'text-anchor="middle"', 10)
      );
    }),
    ...bars
      .slice()
      .sort((a, b) => b.value - a.value)
      .flatMap(({ name: of, value, text, isOurs }, index) => {
        const y = first + index * bar;
        return [
          label(from - 8, y + bar - 5, of, 'text-anchor="end"'),
          `<rect x="${at(from)}" y="${at(y)}" width="${at(Math.max(1, toX(value) - from))}" height="${bar - 4}" fill="${isOurs ? OURS : OTHERS}"/>`,
          label(Math.max(from + 1, toX(value)) + 5, y + bar - 5, text),
        ];
      }),
  ];
}
