/** Mutations of ONNX files that know their structure: fields, lengths, integers, names and nesting, and bytes alone. */
import type { source } from '../reference/random.js';
import { fieldsOfMessage, messageOf, type WireField } from './protobuf.js';

type Random = ReturnType<typeof source>;

/** Fields that are messages, by the path of numbers to them. */
const MESSAGES = new Set([
  '7', // graph
  '7.1', // node
  '7.1.5', // attribute
  '7.1.5.5', // tensor of an attribute
  '7.5', // initializer
  '7.5.13', // entry of external data
  '7.11', // input
  '7.11.2',
  '7.11.2.1',
  '7.11.2.1.2',
  '7.11.2.1.2.1',
  '7.12', // output
  '8', // set of operators
  '14', // metadata
]);

const NUMBERS = [
  0,
  1,
  2,
  7,
  8,
  11,
  127,
  128,
  65535,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -1,
  -2,
  -(2 ** 31),
  -(2 ** 62),
];

const WORDS = [
  ...['', '__proto__', 'constructor', 'x', 'y', 'weight', 'optimizer.m', '../x', '\u0000', '🙂', 'a'.repeat(5000)],
  ...['Relu', 'Gemm', 'MatMul', 'Add', 'Mul', 'Sub', 'Div', 'Pow', 'Softmax', 'Concat', 'Reshape', 'Flatten', 'Expand'],
  ...['Tile', 'ConstantOfShape', 'Gather', 'Slice', 'Transpose', 'Identity', 'Cast', 'BatchNormalization', 'Where'],
  ...['LayerNormalization', 'ReduceMean', 'ReduceMax', 'ReduceSum', 'Clip', 'Max', 'Dropout', 'Unsqueeze', 'ArgMax'],
];

const of = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)];

/** Changes the fields of one message. */
function mutateFields(fields: WireField[], random: Random): void {
  const at = random.below(Math.max(fields.length, 1));
  const field = fields[at];
  if (field === undefined) return;
  switch (random.below(8)) {
    case 0:
      fields.splice(at, 1);
      break;
    case 1:
      fields.splice(at, 0, field);
      break;
    case 2:
      fields.push(...fields.splice(at, 1));
      break;
    case 3:
      fields[at] = { ...field, number: of(random, [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 20, 536870911]) };
      break;
    case 4:
      // The value of another field, for cycles and names that are taken twice.
      fields[at] = { ...field, value: of(random, fields).value, wire: of(random, fields).wire };
      break;
    default:
      fields[at] = mutateValue(field, random);
  }
}

function mutateValue(field: WireField, random: Random): WireField {
  const { value } = field;
  if (typeof value === 'number') return { ...field, value: of(random, NUMBERS) };
  const copy = value.slice();
  switch (random.below(5)) {
    case 0:
      return { ...field, value: new TextEncoder().encode(of(random, WORDS)) };
    case 1:
      return { ...field, value: copy.subarray(0, random.below(copy.length + 1)) };
    case 2: {
      const longer = new Uint8Array(copy.length + 1 + random.below(40));
      longer.set(copy);
      return { ...field, value: longer };
    }
    case 3:
      return { number: field.number, wire: 0, value: of(random, NUMBERS) };
    default:
      if (copy.length > 0) copy[random.below(copy.length)] = of(random, [0, 1, 127, 128, 255, random.below(256)]);
      return { ...field, value: copy };
  }
}

/** Mutates a message somewhere below a path. */
function mutateMessage(bytes: Uint8Array, path: string, random: Random): Uint8Array {
  const fields = fieldsOfMessage(bytes);
  const inner = fields.flatMap(({ number, wire }, index) => {
    const below = path === '' ? String(number) : `${path}.${number}`;
    return wire === 2 && MESSAGES.has(below) ? [{ index, below }] : [];
  });
  if (inner.length > 0 && random.below(4) > 0) {
    const { index, below } = of(random, inner);
    const value = mutateMessage(fields[index].value as Uint8Array, below, random);
    fields[index] = { ...fields[index], value };
  } else mutateFields(fields, random);
  return messageOf(fields);
}

/** Nests a message in itself. */
function nested(file: Uint8Array, depth: number): Uint8Array {
  let bytes = file;
  for (let i = 0; i < depth; i++) bytes = messageOf([{ number: 7, wire: 2, value: bytes }]);
  return bytes;
}

/** Returns a file with one to four mutations. */
export function mutated(file: Uint8Array, random: Random): Uint8Array {
  let bytes = file;
  const kind = random.below(12);
  if (kind === 0) return bytes.slice(0, random.below(bytes.length));
  if (kind === 1) return nested(bytes, 1 + random.below(200));
  if (kind === 2) {
    bytes = bytes.slice();
    for (let i = 0; i <= random.below(3); i++) bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  }
  for (let i = 0; i <= random.below(4); i++) bytes = mutateMessage(bytes, '', random);
  return bytes;
}
