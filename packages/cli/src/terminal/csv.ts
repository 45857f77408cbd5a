/** Lines of CSV as RFC 4180 has them, but for the end of a line, which is that of Unix. */
export const csvLine = (values: readonly CsvValue[]): string => `${values.map(csvCell).join(',')}\n`;

type CsvValue = string | number | boolean | null | undefined;

function csvCell(value: CsvValue): string {
  if (value === null || value === undefined) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) || text.trim() !== text ? `"${text.replaceAll('"', '""')}"` : text;
}
