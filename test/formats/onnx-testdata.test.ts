/**
 * The models of ONNX's own suite with their inputs and outputs: Debian's package libonnx-testdata. Those of the
 * operators that are read give the outputs; all others are refused by operator. Skipped where the package is not
 * installed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FormatError, type Model } from '../../src/index.js';
import { importOnnx } from '../../src/onnx.js';
import { bytesAt, integersAt, textsAt } from '../support/files/protobuf.js';

const root = '/usr/share/libonnx-testdata/data';
const isThere = existsSync(root);

const cases = isThere
  ? ['node', 'pytorch-converted', 'pytorch-operator', 'simple'].flatMap((group) =>
      readdirSync(join(root, group)).map((name) => join(root, group, name)),
    )
  : [];

/** A tensor of a file of its own; undefined where it holds no float32 numbers. */
interface Tensor {
  readonly dims: number[];
  readonly data: Float32Array | undefined;
}

const read = (path: string): Uint8Array => new Uint8Array(readFileSync(path));

/** Reads TensorProto: dims, element type, float numbers as a list or as bytes. */
function tensorOf(path: string): Tensor {
  const message = read(path);
  const dims = integersAt(message, 1);
  if (integersAt(message, 2)[0] !== 1) return { dims, data: undefined };
  const [raw] = [...bytesAt(message, 9), ...bytesAt(message, 4)];
  return { dims, data: raw === undefined ? new Float32Array(0) : new Float32Array(raw.slice().buffer) };
}

const tensorsOf = (folder: string, kind: string): Tensor[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(kind))
    .sort((a, b) => Number(/\d+/.exec(a)) - Number(/\d+/.exec(b)))
    .map((name) => tensorOf(join(folder, name)));

interface Graph {
  readonly operators: string[];
  readonly initializers: string[];
  readonly inputs: { name: string; type: number; rank: number }[];
  readonly outputs: { name: string; type: number; rank: number }[];
}

/** Reads ValueInfoProto. */
function infoOf(value: Uint8Array): { name: string; type: number; rank: number } {
  const [tensor] = bytesAt(value, 2).flatMap((type) => bytesAt(type, 1));
  const [shape] = tensor === undefined ? [] : bytesAt(tensor, 2);
  const type = tensor === undefined ? 0 : integersAt(tensor, 1)[0];
  return { name: textsAt(value, 1)[0], type, rank: shape === undefined ? 0 : bytesAt(shape, 1).length };
}

function graphOf(model: Uint8Array): Graph {
  const [graph] = bytesAt(model, 7);
  return {
    operators: bytesAt(graph, 1).flatMap((node) => textsAt(node, 4)),
    initializers: bytesAt(graph, 5).flatMap((tensor) => textsAt(tensor, 8)),
    inputs: bytesAt(graph, 11).map(infoOf),
    outputs: bytesAt(graph, 12).map(infoOf),
  };
}

/** Operators that docs/onnx.md lists. */
const CLAIMED = new Set(
  (
    'Gemm MatMul Transpose Add Sub Mul Div Sum Mean Max Min Relu LeakyRelu PRelu Elu Selu Celu Sigmoid Tanh HardSigmoid ' +
    'HardSwish Softplus Softsign Mish Exp Gelu Softmax LogSoftmax LayerNormalization RMSNormalization ' +
    'BatchNormalization Clip Neg Dropout Identity Cast Flatten Reshape Squeeze Unsqueeze Expand Tile Shape Concat ' +
    'Gather Constant ConstantOfShape'
  ).split(' '),
);

/** Cases that are no network of rows: what joins, repeats or adds constants to the rows themselves. */
const BY_ROW_NUMBER = new Set([
  'test_concat_1d_axis_0',
  'test_concat_1d_axis_negative_1',
  'test_concat_2d_axis_0',
  'test_concat_2d_axis_negative_2',
  'test_operator_params',
  'test_operator_repeat_dim_overflow',
  'test_PoissonNLLLLoss_no_reduce',
]);

/** Operators that merge inputs. */
const MERGES = new Set(['Add', 'Sub', 'Mul', 'Sum', 'Mean', 'Max', 'Min', 'Concat']);

async function outcomeOf(path: string): Promise<{ claimed: boolean; outcome: string }> {
  const file = read(join(path, 'model.onnx'));
  const { operators, initializers, inputs, outputs: made } = graphOf(file);
  const own = inputs.filter(({ name }) => !initializers.includes(name));
  const claimed =
    operators.every((operator) => CLAIMED.has(operator)) &&
    (own.length === 1 || operators.every((operator) => MERGES.has(operator))) &&
    [...own, ...made].every(({ type, rank }) => type === 1 && (rank === 1 || rank === 2)) &&
    !BY_ROW_NUMBER.has(basename(path));
  let model: Model<Float32Array | Float32Array[]>;
  try {
    model = await importOnnx<Float32Array | Float32Array[]>(file);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { message } = error;
    const operator = /node .+?, ([\w.]+) of opset/.exec(message)?.[1];
    if (operator !== undefined)
      return { claimed, outcome: `refused by operator${CLAIMED.has(operator) ? `, ${operator}` : ''}` };
    if (/output ".*" expected rows/.test(message)) return { claimed, outcome: 'refused: an output is a constant' };
    if (message.includes('got element type'))
      return { claimed, outcome: 'refused: an input of texts, sequences or truth values' };
    if (/got no axis|open size/.test(message))
      return { claimed, outcome: 'refused: an input without rows or features' };
    if (message.includes('expected to reach')) return { claimed, outcome: 'refused: an input that nothing reads' };
    return { claimed, outcome: `refused: ${message}` };
  }
  try {
    for (const name of readdirSync(path).filter((one) => one.startsWith('test_data_set'))) {
      const given = tensorsOf(join(path, name), 'input_').map(({ data }) => data);
      const results = tensorsOf(join(path, name), 'output_');
      if (given.some((data) => data === undefined))
        return { claimed, outcome: 'read, with integers or float64 as inputs' };
      const xs = given as Float32Array[];
      const predicted = model.predict(xs.length === 1 ? xs[0] : xs);
      const outputs = Array.isArray(predicted) ? predicted : [predicted];
      for (const [index, { data }] of results.entries()) {
        if (data === undefined) return { claimed, outcome: 'read, with outputs that are no float32 numbers' };
        const worst =
          outputs[index].length === data.length
            ? data.reduce(
                (most, value, i) => Math.max(most, Math.abs(outputs[index][i] - value) / Math.max(1, Math.abs(value))),
                0,
              )
            : Infinity;
        if (!(worst <= 1e-5)) return { claimed, outcome: `wrong: ${path} by ${worst}` };
      }
    }
    return { claimed, outcome: 'right' };
  } catch (error) {
    // Casts have cases with NaN, which `predict` refuses.
    if ((error as Error).message.includes('expected finite numbers'))
      return { claimed, outcome: 'read, with NaN as input' };
    return { claimed, outcome: `read, not run: ${path} ${(error as Error).message}` };
  } finally {
    model.dispose();
  }
}

describe.skipIf(!isThere)(`ONNX's own suite${isThere ? '' : ' (libonnx-testdata is not installed)'}`, () => {
  test('gives its outputs where the operators are read', async () => {
    const counts = new Map<string, number>();
    let [claimed, right] = [0, 0];
    for (const path of cases) {
      if (!existsSync(join(path, 'model.onnx'))) continue;
      const found = await outcomeOf(path);
      const key = `${found.claimed ? 'claimed' : 'other'}: ${found.outcome}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if (process.env.ONNX_TABLE && found.claimed && found.outcome !== 'right') console.log(path, found.outcome);
      if (found.claimed) claimed++;
      if (found.claimed && found.outcome === 'right') right++;
    }
    if (process.env.ONNX_TABLE)
      console.log(
        [...counts]
          .sort()
          .map(([key, count]) => `${count}\t${key}`)
          .join('\n'),
      );
    expect([...counts.keys()].filter((key) => key.includes('wrong') || key.includes('not run'))).toEqual([]);
    expect(right / claimed).toBeGreaterThanOrEqual(0.99);
  });
});
