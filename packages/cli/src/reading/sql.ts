/** Texts, names and lists in SQL. */
export const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const list = (values: readonly string[]): string => `[${values.map(text).join(', ')}]`;
