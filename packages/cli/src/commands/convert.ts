/** `wasm-mlp convert`: writes a model in another format. */
import { basename, dirname, join, resolve } from 'node:path';
import { WasmMlpError } from 'wasm-mlp';
import { Failure, usageFailure } from '../failure.js';
import { expectOutput, writeOutput } from '../files/outputs.js';
import { FORMATS, formatToWrite, formatsThat, type ModelFormat, type OpenedModel } from '../model-files/formats.js';
import { openModel } from '../model-files/open.js';
import { isTableFile, openTableModel } from '../model-files/table-file.js';
import { inTargetUnits } from '../model-files/target-units.js';
import { bytesText } from '../terminal/layout.js';
import type { TableModel } from '../training/estimate.js';
import type { CommandSpec } from './command.js';

export const convert: CommandSpec = {
  name: 'convert',
  summary: 'write a model in another format',
  arguments: [
    ['<model>', 'file of a model'],
    ['<output>', 'file to write; its name says the format'],
  ],
  options: [
    ['--from <format>', 'format of the model, where its name does not say it'],
    ['--json', 'print the written files as JSON'],
  ],
  examples: [
    ['wasm-mlp convert iris.safetensors iris.onnx', 'for ONNX Runtime'],
    ['wasm-mlp convert model.keras model.safetensors', 'from Keras'],
    ['wasm-mlp convert iris.safetensors iris.mjs', 'one module without imports'],
  ],
  notes: [`Read: ${formatsThat('read')}.`, `Written: ${formatsThat('write')}.`],
  async run([path, output], { from, json }, print) {
    const format = formatToWrite(output);
    if (resolve(path) === resolve(output)) throw usageFailure('The output is the model itself: give another name.');
    expectOutput(output);
    const file = await openModel(path, from as string | undefined);
    const table = isTableFile(file.bytes) ? (await openTableModel(path)).model : undefined;
    if (table !== undefined) {
      print.warn(
        'the file has the network alone, not what columns become: its inputs are the numbers of preprocessing.transform.',
      );
    }
    const opened = table === undefined ? file : await networkOf(table);
    const { title, write }: ModelFormat = FORMATS[format];
    const files = await write!(opened, basename(output)).catch((error: unknown) => {
      if (error instanceof WasmMlpError)
        throw new Failure(`${basename(path)} cannot be written as ${title}.\n${error.message}`);
      throw error;
    });
    const written: { readonly file: string; readonly bytes: number }[] = [];
    for (const [name, content] of Object.entries(files)) {
      const file = join(dirname(output), name);
      await writeOutput(file, content);
      written.push({ file, bytes: Buffer.byteLength(content) });
    }
    if (json === true) print.result({ format, files: written });
    else for (const { file, bytes } of written) print.line(`${file}  ${bytesText(bytes)}`);
  },
};

/** The network of a table model, with its labels, or with its answers in the units of its targets. */
async function networkOf(table: TableModel): Promise<OpenedModel> {
  if (table.kind === 'regressor') return { model: await inTargetUnits(table) };
  return { model: table.model, ...(table.targets.length === 1 && { labels: textsOf(table.classes) }) };
}

/** Labels as files of other libraries have them. */
const textsOf = (labels: readonly (string | number | boolean)[]): (string | number)[] =>
  labels.map((label) => (typeof label === 'boolean' ? String(label) : label));
