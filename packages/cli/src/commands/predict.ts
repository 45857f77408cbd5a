/** `wasm-mlp predict`: the rows of a table with what a model says of them. */
import { createWriteStream, renameSync, rmSync, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { WasmMlpError } from 'wasm-mlp';
import { Failure, usageFailure } from '../failure.js';
import { openTableModel, readingFor } from '../model-files/table-file.js';
import { TableReader, type Chunk } from '../reading/reader.js';
import { sourceOf, type TableFormat } from '../reading/source.js';
import { predictRows, type Predictions, type TableModel } from '../training/estimate.js';
import { thousands } from '../terminal/layout.js';
import { csvLine } from '../terminal/csv.js';
import type { CommandSpec } from './command.js';
import { TABLE_OPTIONS } from './options.js';

interface PredictOptions {
  readonly output?: string;
  readonly probabilities?: boolean;
  readonly keep?: boolean;
  readonly json?: boolean;
  readonly sql?: string;
  readonly format?: TableFormat;
  readonly missing?: string[];
  readonly header: boolean;
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
    ['wasm-mlp predict iris.safetensors new.parquet --keep --probabilities -o out.csv', ''],
    ['cat new.csv | wasm-mlp predict iris.safetensors - --json', ''],
  ],
  async run([path, argument], given, print) {
    const options = given as unknown as PredictOptions;
    const { model } = await openTableModel(path);
    const source = sourceOf(argument, options);
    const { missing, header } = options;
    const reader = await TableReader.open(source, {
      ...readingFor(model),
      missing: missing && ['', ...missing],
      header: header ? undefined : false,
    });
    // What is written replaces a file only when it is whole.
    const part = options.output === undefined ? undefined : `${options.output}.${process.pid}.part`;
    const output = part === undefined ? process.stdout : await opened(part);
    const write = async (text: string): Promise<void> => {
      if (!output.write(text)) await once(output, 'drain');
    };
    try {
      if (options.probabilities === true && (model.kind !== 'classifier' || model.targets.length > 1)) {
        throw usageFailure('--probabilities expected a model of one target of classes.');
      }
      const kept = options.keep === true ? reader.columns.map(({ name }) => name) : [];
      const names = predictionNames(model, kept, options.probabilities === true);
      const head = options.json === true ? '' : csvLine([...kept, ...names]);
      let rows = 0;
      for await (const chunk of reader.chunks()) {
        const columns = [
          ...kept.map((name) => chunk.columns[name]),
          ...predictedColumns(model, chunk, rows, options.probabilities === true),
        ];
        const all = [...kept, ...names];
        let text = rows === 0 ? head : '';
        for (let row = 0; row < chunk.rows; row++) {
          const values = columns.map((column) => column[row]);
          text +=
            options.json === true
              ? `${JSON.stringify(Object.fromEntries(all.map((name, at) => [name, values[at]])))}\n`
              : csvLine(values);
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
      if (part !== undefined) rmSync(part, { force: true });
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

/** `before`: rows of earlier chunks, so that a message names the row of the table. */
function predictedColumns(
  model: TableModel,
  { columns }: Chunk,
  before: number,
  probabilities: boolean,
): ArrayLike<string | number | boolean>[] {
  let predicted: Predictions;
  try {
    predicted = predictRows(model, columns);
  } catch (error) {
    if (!(error instanceof WasmMlpError)) throw error;
    const message = error.message.replace(/^[\w.]+: /, '');
    throw new Failure(message.replace(/ in row (\d+)/, (_, row: string) => ` in row ${Number(row) + before}`));
  }
  if (model.kind !== 'classifier') return [...predicted.numbers];
  return [
    ...predicted.labels,
    ...(probabilities ? model.classes.map((_, at) => predicted.probabilities.map((row) => row[at])) : []),
  ];
}
