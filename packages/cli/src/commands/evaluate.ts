/** `wasm-mlp evaluate`: how well a model predicts a table whose targets are known. */
import { usageFailure } from '../failure.js';
import { openTableModel, readingFor } from '../model-files/table-file.js';
import { TableReader, type ReadCell } from '../reading/reader.js';
import { sourceOf, type TableFormat } from '../reading/source.js';
import { scoreText } from '../report/of-training.js';
import { columns, thousands } from '../terminal/layout.js';
import { requireColumn, takeRows, withTruth } from '../training/data.js';
import { predictRows, type TableModel } from '../training/estimate.js';
import type { Task } from '../training/target.js';
import { guessScore, scoresOf } from '../training/scores.js';
import type { CommandSpec } from './command.js';
import { TABLE_OPTIONS } from './options.js';

interface EvaluateOptions {
  readonly sql?: string;
  readonly format?: TableFormat;
  readonly missing?: string[];
  readonly header: boolean;
}

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
  async run([path, argument], given, print) {
    const options = given as unknown as EvaluateOptions;
    const { model } = await openTableModel(path);
    const { missing, header } = options;
    const targets = model.targets;
    const reader = await TableReader.open(sourceOf(argument, options), {
      ...readingFor(model),
      missing: missing && ['', ...missing],
      header: header ? undefined : false,
    });
    try {
      for (const name of targets) requireColumn(reader.columns, name, `The model predicts ${name}`);
      const { rows, columns: all } = await reader.readAll();
      const known = Array.from({ length: rows }, (_, row) => row).filter((row) =>
        targets.every((name) => all[name][row] !== null),
      );
      if (known.length === 0) throw usageFailure(`The table has no row whose ${targets.join(', ')} is known.`);
      const task = taskOf(model);
      const rowsOfKnown = takeRows(all, known);
      const table = task === 'multilabel' ? withTruth(rowsOfKnown, targets) : rowsOfKnown;
      const truth = targets.map((name) => truthOf(model, table[name]));
      const scores = scoresOf(task, truth, predictRows(model, table));
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
            scoreText(value),
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

const taskOf = ({ kind, targets }: TableModel): Task =>
  kind === 'regressor' ? 'regression' : targets.length === 1 ? 'classification' : 'multilabel';

/** Targets of a table as the model knows them: where its labels are texts, numbers are read as texts, and so on. */
function truthOf(model: TableModel, values: readonly ReadCell[]): readonly ReadCell[] {
  if (taskOf(model) !== 'classification' || model.kind !== 'classifier') return values;
  const byText = new Map(model.classes.map((label) => [String(label), label]));
  return values.map((value) => byText.get(String(value)) ?? value);
}
