/** Formats numbers and tables for reading. */

/** Three significant digits: 1,234 · 123 · 12.3 · 1.23. @param {number} value */
export function digits(value) {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** @param {number} seconds */
export function duration(seconds) {
  const size = Math.abs(seconds);
  if (size < 1e-3) return `${digits(seconds * 1e6)} µs`;
  return size < 1 ? `${digits(seconds * 1e3)} ms` : `${digits(seconds)} s`;
}

/** @param {number} share */
export const percent = (share) => `${Math.round(share * 100)} %`;

/** Width on a screen in characters: none of those used here is wider than one. @param {string} text */
const width = (text) => [...text].length;

/**
 * Formats a table with columns as wide as their widest cell, the first aligned left, the others right.
 *
 * @param {readonly (readonly string[])[]} lines the first is the heading
 */
export function table(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => width(line[column]))));
  return lines
    .map((line) =>
      line
        .map((cell, column) => {
          const space = ' '.repeat(widths[column] - width(cell));
          return column === 0 ? cell + space : space + cell;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * Formats a table as Markdown. @param {readonly (readonly string[])[]} lines
 * @public
 */
export function markdownTable([heading, ...lines]) {
  const row = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [row(heading), row(heading.map((_, column) => (column === 0 ? '---' : '---:'))), ...lines.map(row)].join('\n');
}
