/** What DuckDB throws, in words for people who did not call it. */
import { Failure } from '../failure.js';
import type { Dialect } from './dialect.js';
import { ENCODING_HINT, textStream } from './local-file.js';
import { findRecord } from './place.js';
import type { Source } from './source.js';

const FORMAT_NAMES = { csv: 'CSV', tsv: 'TSV', json: 'JSON', parquet: 'Parquet' } as const;

/** A CSV that is read. */
export interface ReadCsv {
  readonly path: string | undefined;
  readonly dialect: Dialect | undefined;
}

/** Runs something of DuckDB; what it throws becomes a Failure with its reason. */
export async function explained<T>(source: Source, run: () => Promise<T>, csv?: ReadCsv): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Failure) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (csv?.path !== undefined && csv.dialect !== undefined && message.includes('CSV Error on Line')) {
      if (message.includes('not utf-8')) throw new Failure(`${source.name}: the text is not UTF-8. ${ENCODING_HINT}`);
      const fault = await faultOf(csv.path, csv.dialect);
      if (fault !== undefined) throw new Failure(`${source.name}${fault.startsWith('line') ? ',' : ':'} ${fault}`);
    }
    const format = source.kind === 'sql' ? '' : ` as ${FORMAT_NAMES[source.format]}`;
    throw new Failure(`${source.name} cannot be read${format}. ${shortened(message)}`);
  }
}

/** The first record of a CSV that is no record of its table. DuckDB names another line where some are empty. */
async function faultOf(path: string, dialect: Dialect): Promise<string | undefined> {
  const { skip, names } = dialect;
  const form = { ...dialect, quotes: true };
  const record = await findRecord(
    textStream(path),
    form,
    ({ line, values, isOpen }) => line > skip && (values !== names.length || isOpen),
  );
  if (record === undefined) {
    return (await hasMixedEnds(path))
      ? 'some lines end by \\r\\n and others by \\n. Convert the file to one of them, such as by dos2unix.'
      : undefined;
  }
  const text = await lineText(path, record.line);
  const shown = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  if (record.isOpen) {
    return `line ${record.line}: a quote is not closed:\n  ${shown}\nIn a text in quotes, a quote is written twice.`;
  }
  const values = record.values === 1 ? '1 value' : `${record.values} values`;
  return `line ${record.line} has ${values}, the first line has ${names.length}:\n  ${shown}\nA value that has the delimiter in it needs quotes around it. If values are divided by something else: --delimiter.`;
}

/** Whether lines end in more than one way. */
async function hasMixedEnds(path: string): Promise<boolean> {
  let [before, alone, pairs] = [0, false, false];
  for await (const part of textStream(path)) {
    for (const byte of part as Buffer) {
      if (byte === 0x0a && before === 0x0d) pairs = true;
      else if (byte === 0x0a) alone = true;
      before = byte;
    }
  }
  return alone && pairs;
}

/** The text of a line. */
async function lineText(path: string, wanted: number): Promise<string> {
  let [line, rest] = [1, ''];
  for await (const part of textStream(path)) {
    const lines = (rest + (part as Buffer).toString('utf8')).split(/\r\n|\n|\r/);
    if (line + lines.length > wanted + 1) return lines[wanted - line];
    line += lines.length - 1;
    rest = lines.at(-1)!;
  }
  return rest;
}

/** DuckDB repeats its settings after the reason: keep what comes before. */
function shortened(message: string): string {
  const [reason] = message.split(/\n\s*\n|\nCSV options|\n {2}file =|\nCandidates|\nPossible (fixes|solutions)/i);
  const lines = reason.split('\n').slice(0, 8).join('\n').trim();
  return lines.replace(/^(?:Invalid Input|IO|Conversion|Serialization) Error: /, '');
}
