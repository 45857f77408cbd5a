/** `wasm-mlp evaluate`: how well a model predicts a table whose targets are known. */
import { takeRows } from 'wasm-mlp/tables';
import { Failure, usageFailure } from '../failure.js';
import { openTableModel, requireModelColumns, rowsFor } from '../model-files/table-file.js';
import { truthWordsOf } from '../reading/forms.js';
import { TableReader, type ReadCell } from '../reading/reader.js';
import type { ColumnReading, Reading } from '../reading/reading.js';
import { sourceOf } from '../reading/source.js';
import { scoreText } from '../report/of-training.js';
import { columns, thousands } from '../terminal/layout.js';
import { withTruth } from '../training/data.js';
import { predictRows, type TableModel } from '../training/estimate.js';
import type { Task } from '../training/target.js';
import { guessScore, scoresOf } from '../training/scores.js';
import type { CommandSpec } from './command.js';
import { readerOptions, TABLE_NOTES, TABLE_OPTIONS, type TableOptions } from './options.js';

export const evaluate: CommandSpec = {
  name: 'evaluate',
  summary: 'say how well a model predicts a table',
  arguments: [
    ['<model>', 'file of a model that wasm-mlp train wrote'],
    ['[table]', 'file (.csv, .tsv, .json, .parquet) with the targets, or -'],
  ],
  options: [...TABLE_OPTIONS, ['--json', 'print it as JSON']],
  examples: [
    ['wasm-mlp evaluate iris.safetensors test.csv', ''],
    ['wasm-mlp evaluate iris.safetensors test.csv --json', 'for programs'],
  ],
  notes: TABLE_NOTES,
  async run([path, argument], given, print) {
    const options = given as unknown as TableOptions;
    const { model, reading } = await openTableModel(path);
    const targets = model.targets;
    const reader = await TableReader.open(sourceOf(argument, options), readerOptions(options), {
      reading: evaluatedReading(model, reading),
      only: [...model.schema.columns.map(({ name }) => name), ...targets],
    });
    try {
      requireModelColumns(reader, model, true);
      for (const note of reader.notes) print.warn(note);
      const { rows, columns: all } = await reader.readAll();
      const known = Array.from({ length: rows }, (_, row) => row).filter((row) =>
        targets.every((name) => all[name][row] !== null),
      );
      if (known.length === 0) throw usageFailure(`The table has no row whose ${targets.join(', ')} is known.`);
      const task = taskOf(model);
      const rowsOfKnown = takeRows(all, known);
      const table = task === 'multilabel' ? withTruth(rowsOfKnown, targets) : rowsOfKnown;
      const truth = targets.map((name) => truthOf(model, name, table[name]));
      if (model.kind === 'classifier' && task === 'classification') {
        const labels: readonly unknown[] = model.classes;
        const unseen = new Set(truth[0].filter((label) => !labels.includes(label)));
        if (unseen.size > 0) {
          print.warn(
            `the model does not know some labels of the table, which it cannot predict: ${[...unseen].slice(0, 5).join(', ')}.`,
          );
        }
      }
      const scores = scoresOf(task, truth, predictRows(model, rowsFor(model, table)));
      const guess = guessScore(task, truth);
      if (print.isJson) {
        print.result({ rows: known.length, withoutTarget: rows - known.length, task, targets, scores, guess });
        return;
      }
      print.line(
        `${thousands(known.length)} rows${known.length < rows ? `, ${thousands(rows - known.length)} more without a target` : ''}`,
      );
      print.line(
        columns(
          [...scores, { ...guess, name: `${guess.name} of guessing` }].map(({ name, value }) => [
            name,
            scoreText(value, name),
          ]),
          print.width,
        ),
      );
    } finally {
      reader.close();
      model.dispose();
    }
  },
};

/** Labels of a table may be others than those of the model, so they are read as text. */
function evaluatedReading(model: TableModel, reading: Reading): Reading {
  if (taskOf(model) !== 'classification' || model.kind !== 'classifier') return reading;
  const label: ColumnReading = { form: 'text', numeric: model.classes.some((known) => typeof known === 'number') };
  return { ...reading, columns: new Map([...reading.columns, [model.targets[0], label]]) };
}

const taskOf = ({ kind, targets }: TableModel): Task =>
  kind === 'regressor' ? 'regression' : targets.length === 1 ? 'classification' : 'multilabel';

/**
 * Targets of a table as the model knows them.
 * @throws Failure for values that are no labels, or no numbers, of the model.
 */
function truthOf(model: TableModel, name: string, values: readonly ReadCell[]): readonly ReadCell[] {
  const task = taskOf(model);
  if (task === 'regression') {
    const bad = values.findIndex((value) => typeof value !== 'number' || !Number.isFinite(value));
    if (bad !== -1)
      throw new Failure(
        `Target ${name}: the model predicts finite numbers, the table has ${JSON.stringify(values[bad])}.`,
      );
    return values;
  }
  if (task === 'multilabel' || model.kind !== 'classifier') return values;
  const known = new Map<string, ReadCell>(model.classes.map((label) => [String(label), label]));
  // Truth values may be written in other words than in training, or as 1 and 0.
  const [no, yes] = truthWordsOf(model.classes) ?? [false, true];
  for (const [label, others] of [
    [no, ['false', '0']],
    [yes, ['true', '1']],
  ] as const) {
    if (known.has(String(label))) for (const other of others) if (!known.has(other)) known.set(other, label);
  }
  return values.map((value) => known.get(String(value)) ?? value);
}
