/** Text for terminals: tables and paragraphs that fit a width. */

/** Columns of the terminal; 80 where it is none. */
export const widthOf = (stream: NodeJS.WriteStream): number => Math.max(40, Math.min(stream.columns ?? 80, 120));

/** Breaks a paragraph into lines. Words longer than a line stay whole: names and paths are copied. */
export function wrapped(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && longer.length > width - (lines.length === 0 ? 0 : indent.length)) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  return lines.join(`\n${indent}`);
}

/** Shortens a text to so many characters. */
export const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, Math.max(1, length - 1))}…`;

const NUMBER = /^[−-]?[\d.,]+(e[+−-]?\d+)?( ?%)?$/;

/**
 * Rows of text as columns two blanks apart. A column whose values are numbers is flush right. If the rows are wider
 * than `width`, the last column is cut; the first one has at most half of it.
 */
export function columns(given: readonly (readonly string[])[], width: number, indent = '  '): string {
  const rows = given.map(([first, ...others]) => [cut(first, Math.floor(width / 2)), ...others]);
  const count = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, j) => Math.max(...rows.map((row) => (row[j] ?? '').length)));
  const right = widths.map((_, j) => rows.slice(1).every((row) => NUMBER.test(row[j] ?? '0')) && rows.length > 1);
  return rows
    .map((row) => {
      const cells = row.map((cell, j) => (right[j] ? cell.padStart(widths[j]) : cell.padEnd(widths[j])));
      return cut(`${indent}${cells.join('  ')}`.trimEnd(), width);
    })
    .join('\n');
}

/** 12345.6 as 12,346. */
export const thousands = (value: number): string => Math.round(value).toLocaleString('en-US');

/** A number with four significant digits. */
export const figure = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);

/** Bytes as people say them. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [unit, size] = bytes < 1e6 ? ['KB', 1e3] : bytes < 1e9 ? ['MB', 1e6] : ['GB', 1e9];
  return `${(bytes / size).toPrecision(3)} ${unit}`;
}

/** Seconds as people say them. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
