/** `wasm-mlp inspect`: says what is in the file of a model. */
import { openModel, weightsHash } from '../model-files/open.js';
import { isTableFile, openTableModel } from '../model-files/table-file.js';
import { formatText } from '../reading/forms.js';
import type { Reading } from '../reading/reading.js';
import { schemaRows } from '../report/of-training.js';
import { FORMATS } from '../model-files/formats.js';
import { bytesText, columns, cut, thousands } from '../terminal/layout.js';
import type { CommandSpec } from './command.js';

export const inspect: CommandSpec = {
  name: 'inspect',
  summary: 'say what is in the file of a model',
  arguments: [['<model>', 'file of a model']],
  options: [
    ['--from <format>', 'format of the model, where its name does not say it'],
    ['--json', 'print it as JSON'],
  ],
  examples: [
    ['wasm-mlp inspect iris.safetensors', ''],
    ['wasm-mlp inspect model.onnx --json', 'for programs'],
  ],
  async run([path], { from }, print) {
    const { model, labels, format, bytes } = await openModel(path, from as string | undefined);
    const opened = isTableFile(bytes) ? await openTableModel(path) : undefined;
    const [table, reading] = [opened?.model, opened?.reading];
    const weights = model.getWeights();
    const count = weights.reduce((sum, { data }) => sum + data.length, 0);
    const hash = weightsHash(model);
    const names = table?.kind === 'classifier' && table.targets.length === 1 ? table.classes : labels;
    if (print.isJson) {
      print.result({
        file: path,
        format,
        bytes: bytes.length,
        weights: count,
        hash,
        labels: names ?? null,
        ...(table && { targets: table.targets, schema: table.schema }),
        ...(reading && { reading: { ...reading, columns: Object.fromEntries(reading.columns) } }),
        tensors: weights.map(({ name, shape }) => ({ name, shape })),
        architecture: model.toJSON(),
      });
      return;
    }
    print.line(
      columns(
        [
          ['format', table === undefined ? FORMATS[format].title : `${FORMATS[format].title}, with a table`],
          ['size', bytesText(bytes.length)],
          ['weights', thousands(count)],
          ...(table === undefined ? [] : [['predicts', cut(table.targets.join(', '), 60)]]),
          ...(names === undefined ? [] : [['labels', cut(names.join(', '), 60)]]),
          ...(reading === undefined ? [] : readingRows(reading)),
        ],
        print.width,
      ),
    );
    print.line(`  hash of the weights:\n  ${hash}\n`);
    if (table !== undefined)
      print.line(`${columns([schemaRows(table).head, ...schemaRows(table).rows], print.width)}\n`);
    // Names of layers may be of any length.
    for (const line of model.summary().split('\n')) print.line(cut(line, print.width));
  },
};

/** How tables are read for it, where that is not what is usual. */
function readingRows({ columns: read, missing, decimal, header, delimiter }: Reading): string[][] {
  const dates = [...read].filter(([, { format }]) => format !== undefined && format !== 'iso');
  return [
    ...dates.map(([name, { format }]) => ['dates', cut(`${name} as ${formatText(format!)}`, 60)]),
    ...(missing === undefined ? [] : [['missing', cut(missing.map((item) => JSON.stringify(item)).join(', '), 60)]]),
    ...(decimal === undefined ? [] : [['decimal', decimal]]),
    ...(header === undefined ? [] : [['header', header ? 'yes' : 'no']]),
    ...(delimiter === undefined ? [] : [['delimiter', JSON.stringify(delimiter)]]),
  ];
}
