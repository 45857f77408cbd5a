/** Models of tables in files: which files they are, and how tables are read for them. */
import { basename } from 'node:path';
import { WasmMlpError } from 'wasm-mlp';
import { loadTable } from 'wasm-mlp/tables';
import { Failure } from '../failure.js';
import type { ReadCell, TableReader } from '../reading/reader.js';
import { readReading, writeReading, type ColumnReading, type Reading } from '../reading/reading.js';
import { nearest } from '../terminal/nearest.js';
import type { Label, TableModel } from '../training/estimate.js';
import { inWordsOfCommand } from '../words.js';
import { metadataField, withMetadataField } from './metadata.js';
import { readModelBytes } from './open.js';

/** Metadata field in which the library saves what it learned of the columns. */
const COLUMNS_FIELD = 'wasm-mlp.columns';
/** Metadata field in which this command saves how the table of the training was read. */
const READING_FIELD = 'wasm-mlp.reading';

/** Whether the bytes are a safetensors file with a table model. */
export const isTableFile = (bytes: Uint8Array): boolean => metadataField(bytes, COLUMNS_FIELD) !== undefined;

/** Returns the file of a table model with how its table was read, as far as the model knows the columns. */
export function withReading(file: Uint8Array, reading: Reading, model: TableModel): Uint8Array {
  const names = new Set([...model.schema.columns.map(({ name }) => name), ...model.targets]);
  const columns = new Map([...reading.columns].filter(([name]) => names.has(name)));
  return withMetadataField(file, READING_FIELD, writeReading({ ...reading, columns }));
}

export interface TableFile {
  readonly model: TableModel;
  readonly bytes: Uint8Array;
  /** How the table of the training was read. */
  readonly reading: Reading;
}

/**
 * Opens a model that `wasm-mlp train` or `save` of the library wrote.
 * @throws Failure for other files, with what they are good for.
 */
export async function openTableModel(path: string): Promise<TableFile> {
  const bytes = readModelBytes(path);
  if (!isTableFile(bytes)) {
    throw new Failure(
      `${basename(path)} is not the model of a table: it does not say how columns become numbers. Make one by wasm-mlp train.`,
    );
  }
  const saved = metadataField(bytes, READING_FIELD);
  const reading = saved === undefined ? undefined : readReading(basename(path), saved);
  try {
    const model = (await loadTable(bytes)) as TableModel;
    return { model, bytes, reading: reading ?? readingOf(model) };
  } catch (error) {
    if (error instanceof WasmMlpError)
      throw new Failure(`${basename(path)} cannot be read. ${inWordsOfCommand(error.message)}`);
    throw error;
  }
}

/** How tables are read for a model that does not say it: its columns are what they were in training. */
function readingOf(model: TableModel): Reading {
  const columns = model.schema.columns.map(({ name, kind }): [string, ColumnReading] => [
    name,
    { form: kind === 'category' ? 'text' : kind },
  ]);
  return {
    columns: new Map([
      ...columns,
      ...model.targets.map((name): [string, ColumnReading] => [name, { form: targetForm(model) }]),
    ]),
  };
}

function targetForm(model: TableModel): ColumnReading['form'] {
  if (model.kind === 'regressor') return 'number';
  if (model.targets.length > 1) return 'boolean';
  const [label] = model.classes;
  return typeof label === 'string' ? 'text' : typeof label === 'number' ? 'number' : 'boolean';
}

/**
 * Refuses a table that lacks a column of the model.
 * @throws Failure, with the nearest name.
 */
export function requireModelColumns({ source, all }: TableReader, model: TableModel, targets: boolean): void {
  const names = all.map(({ name }) => name);
  const used = model.schema.columns.map(({ name }) => name);
  for (const name of targets ? [...model.targets, ...used] : used) {
    if (names.includes(name)) continue;
    const others = names.filter((other) => !used.includes(other));
    const similar = nearest(name, others);
    const what = model.targets.includes(name) ? 'that the model predicts' : 'that the model was trained on';
    const hint =
      similar === undefined
        ? `It has: ${names.slice(0, 30).join(', ')}${names.length > 30 ? ', …' : ''}.`
        : `There is ${similar}: rename it, or --sql "select ${similar} as ${name}, …".`;
    throw new Failure(`${source.name} has no column ${name} ${what}. ${hint}`);
  }
}

/** Rows as the model takes them: dates as such, whatever it was told of their kind. */
export function rowsFor(
  { schema }: TableModel,
  columns: Readonly<Record<string, readonly ReadCell[]>>,
): Record<string, readonly (ReadCell | Date)[]> {
  const dates = schema.columns.filter(
    ({ name, kind }) => kind === 'date' && typeof columns[name]?.find(isNumber) === 'number',
  );
  const converted = dates.map(({ name }) => [
    name,
    columns[name].map((time) => (isNumber(time) ? new Date(time) : time)),
  ]);
  return { ...columns, ...(Object.fromEntries(converted) as Record<string, (ReadCell | Date)[]>) };
}

const isNumber = (value: ReadCell): value is number => typeof value === 'number';

/** What is printed for a label: of true and false the words of the table. */
export function labelText(reading: ColumnReading | undefined, label: Label): Label {
  return typeof label === 'boolean' && reading?.words !== undefined ? reading.words[label ? 1 : 0] : label;
}
