/** What DuckDB throws, in words for people who did not call it. */
import { Failure } from '../failure.js';
import { ENCODING_HINT } from './local-file.js';
import type { Source } from './source.js';

/** Runs something of DuckDB; what it throws becomes a Failure with its reason. */
export async function explained<T>(source: Source, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Failure) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new Failure(ofCsv(source.name, message) ?? `${source.name} cannot be read. ${shortened(message)}`);
  }
}

/** Faults of a line of a CSV. */
function ofCsv(name: string, message: string): string | undefined {
  const [, line] = /CSV Error on Line: (\d+)/.exec(message) ?? [];
  if (line === undefined) return undefined;
  const [, original = ''] = /Original Line: (.*)/.exec(message) ?? [];
  const shown = original.length > 60 ? `${original.slice(0, 59)}…` : original;
  const place = `${name}, line ${line}`;
  const [, expected, found] = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message) ?? [];
  if (expected !== undefined) {
    return `${place} has ${counted(found)}, the first line has ${expected}:\n  ${shown}\nA value that has the delimiter in it needs quotes around it. If values are divided by something else: --delimiter.`;
  }
  if (message.includes('unterminated quote')) {
    return `${place}: a quote is not closed:\n  ${shown}\nIn a text in quotes, a quote is written twice.`;
  }
  if (message.includes('not utf-8')) return `${place}: the text is not UTF-8. ${ENCODING_HINT}`;
  return undefined;
}

const counted = (values: string): string => (values === '1' ? '1 value' : `${values} values`);

/** DuckDB repeats its settings after the reason: keep what comes before. */
function shortened(message: string): string {
  const [reason] = message.split(/\n\s*\n|\nCSV options|\n {2}file =|\nCandidates|\nPossible (fixes|solutions)/i);
  return reason.split('\n').slice(0, 8).join('\n').trim();
}
