/** `wasm-mlp predict`: the rows of a table with what a model says of them. */
import { createWriteStream, renameSync, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { WasmMlpError } from 'wasm-mlp';
import { Failure, usageFailure } from '../failure.js';
import { removeTemporary, temporaryFile } from '../files/temporary.js';
import { labelText, openTableModel, requireModelColumns, rowsFor } from '../model-files/table-file.js';
import { TableReader, type Chunk } from '../reading/reader.js';
import type { Form, Reading } from '../reading/reading.js';
import { sourceOf } from '../reading/source.js';
import { predictRows, type Predictions, type TableModel } from '../training/estimate.js';
import { thousands } from '../terminal/layout.js';
import { csvLine } from '../terminal/csv.js';
import { inWordsOfCommand } from '../words.js';
import type { CommandSpec } from './command.js';
import { readerOptions, TABLE_NOTES, TABLE_OPTIONS, type TableOptions } from './options.js';

interface PredictOptions extends TableOptions {
  readonly output?: string;
  readonly probabilities?: boolean;
  readonly keep?: boolean;
  readonly json?: boolean;
}

export const predict: CommandSpec = {
  name: 'predict',
  summary: 'predict the rows of a table',
  arguments: [
    ['<model>', 'file of a model that wasm-mlp train wrote'],
    ['[table]', 'file (.csv, .tsv, .json, .parquet), or - for standard input'],
  ],
  options: [
    ['-o, --output <file>', 'file for the predictions (default: standard output)'],
    ['--probabilities', 'a column with the probability of each class as well'],
    ['--keep', 'the columns of the table as well'],
    ...TABLE_OPTIONS,
    ['--json', 'an object per row, one a line, instead of CSV'],
  ],
  examples: [
    ['wasm-mlp predict iris.safetensors new.csv', ''],
    ['wasm-mlp predict iris.safetensors new.parquet --keep -o out.csv', ''],
    ['cat new.csv | wasm-mlp predict iris.safetensors - --json', ''],
  ],
  notes: [
    'Dates, numbers, missing values and categories are read as in training: the model has it in its file. Options overrule it.',
    ...TABLE_NOTES,
  ],
  async run([path, argument], given, print) {
    const options = given as unknown as PredictOptions;
    const { model, reading } = await openTableModel(path);
    if (options.probabilities === true && (model.kind !== 'classifier' || model.targets.length > 1)) {
      throw usageFailure('--probabilities expected a model of one target of classes.');
    }
    const reader = await TableReader.open(sourceOf(argument, options), readerOptions(options), {
      reading,
      only: model.schema.columns.map(({ name }) => name),
      texts: options.keep === true,
    });
    // What is written replaces a file only when it is whole.
    const part = options.output === undefined ? undefined : temporaryFile(`${options.output}.${process.pid}.part`);
    const output = part === undefined ? process.stdout : await opened(part);
    const write = async (text: string): Promise<void> => {
      if (!output.write(text)) await once(output, 'drain');
    };
    try {
      requireModelColumns(reader, model, false);
      for (const note of reader.notes) print.warn(note);
      const kept = options.keep === true ? reader.all : [];
      const keptNames = kept.map(({ name }) => name);
      const names = [...keptNames, ...predictionNames(model, keptNames, options.probabilities === true)];
      const head = options.json === true ? '' : csvLine(names);
      let rows = 0;
      for await (const chunk of reader.chunks()) {
        const predicted = await predictedColumns(model, reading, reader, chunk, rows, options.probabilities === true);
        let text = rows === 0 ? head : '';
        for (let row = 0; row < chunk.rows; row++) {
          const texts = chunk.texts.map((column) => column[row]);
          const values = predicted.map((column) => column[row]);
          if (options.json === true) {
            const cells = [
              ...texts.map((cell, at) => jsonCell(cell, kept[at].form)),
              ...values.map((v) => JSON.stringify(v)),
            ];
            text += `{${cells.map((cell, at) => `${JSON.stringify(names[at])}:${cell}`).join(',')}}\n`;
          } else text += csvLine([...texts, ...values]);
        }
        await write(text);
        rows += chunk.rows;
      }
      if (rows === 0) await write(head);
      if (output !== process.stdout) {
        output.end();
        await finished(output);
        renameSync(part!, options.output!);
        print.progress(`Wrote ${thousands(rows)} rows to ${options.output!}.`);
      }
    } finally {
      if (part !== undefined) removeTemporary(part);
      reader.close();
      model.dispose();
    }
  },
};

/** Opens a file to write, or says why it cannot be. */
async function opened(path: string): Promise<WriteStream> {
  const stream = createWriteStream(path);
  try {
    await once(stream, 'open');
    return stream;
  } catch (error) {
    throw new Failure(`${path.replace(/\.\d+\.part$/, '')} cannot be written: ${(error as Error).message}`);
  }
}

/** Names of the predicted columns, none of which is a kept one. */
function predictionNames(model: TableModel, kept: readonly string[], probabilities: boolean): string[] {
  const names = [
    ...model.targets,
    ...(probabilities && model.kind === 'classifier'
      ? model.classes.map((label) => `probability of ${String(label)}`)
      : []),
  ];
  return names.map((name) => {
    let free = name;
    while (kept.includes(free)) free = `predicted ${free}`;
    return free;
  });
}

/** A text of the table in JSON: digits of numbers are as many as the table has. */
function jsonCell(cell: string | null, form: Form): string {
  if (cell === null) return 'null';
  if (form === 'number' && /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(cell)) return cell;
  if (form === 'boolean' && (cell === 'true' || cell === 'false')) return cell;
  return JSON.stringify(cell);
}

/** `before`: rows of earlier chunks, so that a message names the row of the table. */
async function predictedColumns(
  model: TableModel,
  reading: Reading,
  reader: TableReader,
  { columns }: Chunk,
  before: number,
  probabilities: boolean,
): Promise<ArrayLike<string | number | boolean>[]> {
  let predicted: Predictions;
  try {
    predicted = predictRows(model, rowsFor(model, columns));
  } catch (error) {
    if (!(error instanceof WasmMlpError)) throw error;
    const [, what, row] = /^(.*?) in row (\d+)\./s.exec(error.message) ?? [];
    if (row === undefined) throw error;
    const words = inWordsOfCommand(what);
    const place = await reader.place(before + Number(row));
    throw new Failure(`${reader.source.name}, ${place}: ${words.charAt(0).toLowerCase()}${words.slice(1)}.`);
  }
  if (model.kind !== 'classifier') return [...predicted.numbers];
  return [
    ...predicted.labels.map((labels, at) => {
      const words = reading.columns.get(model.targets[at]);
      return labels.map((label) => labelText(words, label));
    }),
    ...(probabilities ? model.classes.map((_, at) => predicted.probabilities.map((row) => row[at])) : []),
  ];
}
