/** `wasm-mlp inspect`: says what is in the file of a model. */
import { openModel, weightsHash } from '../models/open.js';
import { FORMATS } from '../models/formats.js';
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
    const weights = model.getWeights();
    const count = weights.reduce((sum, { data }) => sum + data.length, 0);
    const hash = weightsHash(model);
    if (print.isJson) {
      const tensors = weights.map(({ name, shape }) => ({ name, shape }));
      print.result({
        file: path,
        format,
        bytes: bytes.length,
        weights: count,
        hash,
        labels: labels ?? null,
        tensors,
        architecture: model.toJSON(),
      });
      return;
    }
    const facts = [
      ['format', FORMATS[format].title],
      ['size', bytesText(bytes.length)],
      ['weights', thousands(count)],
      ['hash of the weights', hash],
      ...(labels === undefined ? [] : [['labels', cut(labels.join(', '), 55)]]),
    ];
    print.line(columns(facts, print.width + 40));
    print.line();
    print.line(model.summary());
  },
};
