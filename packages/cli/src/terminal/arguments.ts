/** Words of a command line, as somebody has to type them. */

/** A text as options take it that take lists: in quotes if it has commas. */
export const listItem = (text: string): string =>
  /[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** A word as a shell takes it. */
export const shellWord = (word: string): string =>
  /^[\w./,=:@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** An option with one item of a list. */
export const optionText = (option: string, item: string): string => `${option} ${shellWord(listItem(item))}`;
