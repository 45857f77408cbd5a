/**
 * Errors of the library in the words of the command: a person who typed `--learning-rate` never called `fit`. What is
 * not in the list keeps its words, without the name of the call, and counts rows from 1.
 */
import { listItem, shellWord } from './terminal/arguments.js';

const REASONS: Readonly<Record<string, string>> = {
  constant: 'all its values are the same',
  empty: 'it has no values',
  identifier: 'its texts are nearly all different',
  excluded: 'it was left out',
};

/** "x" (identifier), "z" (empty) */
const DROPPED = /("(?:[^"\\]|\\.)*") \((\w+)\)/g;

const nameOf = (quoted: string): string => {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted;
  }
};

type Rule = readonly [pattern: RegExp, words: (...found: string[]) => string];

const RULES: readonly Rule[] = [
  [
    /^table expected at least one column to learn from, got none but (.*)\.$/s,
    (_, dropped) => {
      const columns = [...dropped.matchAll(DROPPED)].map(([, name, reason]) => ({ name: nameOf(name), reason }));
      if (columns.length === 0) return 'The table has no column besides the target: there is nothing to learn from.';
      const why = columns.map(({ name, reason }) => `${name} (${REASONS[reason] ?? reason})`).join(', ');
      const identifier = columns.find(({ reason }) => reason === 'identifier');
      const hint =
        identifier === undefined
          ? ''
          : ` To use it nevertheless: --columns ${shellWord(`${listItem(identifier.name)}=category`)}`;
      return `No column is left to learn from: ${why}.${hint}`;
    },
  ],
  [
    /^column ("(?:[^"\\]|\\.)*") expected numbers whose variance a double holds.*$/s,
    (_, name) =>
      `Column ${nameOf(name)}: its numbers are too large to be standardized. Scale them, or leave the column out: --columns ${shellWord(`${listItem(nameOf(name))}=drop`)}`,
  ],
  [
    /^y expected columns whose variance a double holds.*$/s,
    () => 'The numbers of the target are too large to be learned. Scale them, such as by their logarithm.',
  ],
  [
    /^a finite loss expected, got (\S+)\..*$/s,
    (_, loss) =>
      `The training diverged: its loss became ${loss}. Lower --learning-rate, or --l2 if it is large, or scale the numbers of the table.`,
  ],
];

/** Options as they are typed. */
const OPTIONS: readonly (readonly [RegExp, string])[] = [
  [/\blearningRate\b/g, '--learning-rate'],
  [/\bbatchSize\b/g, '--batch-size'],
  [/\bhiddenLayers\b/g, '--hidden'],
];

/** Returns the message of an error of the library for a person at a terminal. */
export function inWordsOfCommand(message: string): string {
  const plain = message.replace(/^[a-zA-Z]\w*(?:\.\w+)?: /, '');
  for (const [pattern, words] of RULES) {
    const found = pattern.exec(plain);
    if (found !== null) return words(...found);
  }
  const counted = plain
    .replace(/ in row (\d+)/g, (_, row: string) => ` in row ${Number(row) + 1}`)
    .replace(/\bcolumn ("(?:[^"\\]|\\.)*")/g, (_, name: string) => `column ${nameOf(name)}`);
  const named = OPTIONS.reduce((text, [name, option]) => text.replace(name, option), counted);
  return named.charAt(0).toUpperCase() + named.slice(1);
}
