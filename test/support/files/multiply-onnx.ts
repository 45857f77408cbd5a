/**
 * ONNX files in which references are multiplied: one weight that thousands of nodes read, nodes in long chains, inputs
 * named again and again, values that double from node to node, files beside the model that many tensors share, fields
 * in parts. What such files describe may be far larger than they are.
 */
import type { Source } from '../reference/random.js';
import { pick } from './mutate-zip.js';
import { externalTensor } from './onnx.js';
import { fieldsOfMessage, integersAt, messageOf, type WireField } from './protobuf.js';

/** Numbers of fields of a graph. */
const [NODE, INITIALIZER, OUTPUT] = [1, 5, 12];
/** Numbers of fields of a node. */
const [READS, MAKES, NAME, OPERATOR, ATTRIBUTE] = [1, 2, 3, 4, 5];

/** Name of the file beside the model, and its numbers. */
const BESIDE = 'weights.data';
const BESIDE_NUMBERS = 4096;

/** How often something is there. Most are few, so that many files are read in little time. */
const times = (random: Source): number =>
  pick(random, random.below(30) === 0 ? [5000, 20_000] : [2, 3, 5, 10, 30, 100, 300, 1000]);

/** How often something of so many bytes is there: files stay below some megabytes. */
export const timesOf = (random: Source, bytes: number): number =>
  Math.max(1, Math.min(times(random), Math.floor(2_000_000 / Math.max(bytes, 1))));

const textOf = (value: WireField['value']): string => new TextDecoder().decode(value as Uint8Array);
const text = (number: number, value: string): WireField => ({
  number,
  wire: 2,
  value: new TextEncoder().encode(value),
});
const message = (number: number, fields: readonly WireField[]): WireField => ({
  number,
  wire: 2,
  value: messageOf(fields),
});

/** A node while it is changed: names that it reads and makes, its operator, and its attributes. */
interface Node {
  readonly reads: readonly string[];
  readonly makes: readonly string[];
  readonly operator: string;
  readonly attributes: readonly WireField[];
}

function nodeOf({ value }: WireField): Node {
  const fields = fieldsOfMessage(value as Uint8Array);
  const texts = (wanted: number): string[] =>
    fields.filter(({ number }) => number === wanted).map((field) => textOf(field.value));
  return {
    reads: texts(READS),
    makes: texts(MAKES),
    operator: texts(OPERATOR)[0] ?? '',
    attributes: fields.filter(({ number }) => ![READS, MAKES, NAME, OPERATOR].includes(number)),
  };
}

const fieldOf = ({ reads, makes, operator, attributes }: Node): WireField =>
  message(NODE, [
    ...reads.map((name) => text(READS, name)),
    ...makes.map((name) => text(MAKES, name)),
    text(OPERATOR, operator),
    ...attributes,
  ]);

/** Bytes that a node takes, about. */
const sizeOf = ({ reads, makes, attributes }: Node): number =>
  20 +
  [...reads, ...makes].reduce((sum, name) => sum + name.length + 2, 0) +
  attributes.reduce((sum, { value }) => sum + (typeof value === 'number' ? 8 : value.length), 0);

/** A graph while it is changed: what is not a node, and nodes in order. */
class Graph {
  readonly nodes: Node[];
  readonly others: WireField[];

  constructor(fields: readonly WireField[]) {
    this.nodes = fields.filter(({ number }) => number === NODE).map(nodeOf);
    this.others = fields.filter(({ number }) => number !== NODE);
  }

  /** Names of initializers. */
  get constants(): readonly string[] {
    return this.others
      .filter(({ number }) => number === INITIALIZER)
      .flatMap(({ value }) => fieldsOfMessage(value as Uint8Array))
      .filter(({ number, wire }) => number === 8 && wire === 2)
      .map(({ value }) => textOf(value));
  }

  /** Extents of an initializer. */
  shapeOf(name: string): number[] {
    for (const { number, value } of this.others) {
      if (number !== INITIALIZER) continue;
      const fields = fieldsOfMessage(value as Uint8Array);
      if (!fields.some((one) => one.number === 8 && one.wire === 2 && textOf(one.value) === name)) continue;
      return integersAt(value as Uint8Array, 1);
    }
    return [];
  }

  /** Lets what reads a value behind a node, outputs included, read another one, whose name the value gets. */
  hideBehind(name: string, at: number): string {
    const hidden = `${name}_before`;
    const node = this.nodes[at];
    this.nodes[at] = { ...node, makes: node.makes.map((one) => (one === name ? hidden : one)) };
    return hidden;
  }

  /** Adds an output of this name, whose type is that of the first one. */
  output(name: string): void {
    const first = this.others.find(({ number }) => number === OUTPUT);
    if (first === undefined) return;
    const fields = fieldsOfMessage(first.value as Uint8Array).filter(({ number }) => number !== 1);
    this.others.push(message(OUTPUT, [text(1, name), ...fields]));
  }

  fields(): WireField[] {
    return [...this.nodes.map(fieldOf), ...this.others];
  }
}

const axis = (value: number): WireField =>
  message(ATTRIBUTE, [text(1, 'axis'), { number: 3, wire: 0, value }, { number: 20, wire: 0, value: 2 }]);

const MERGES = ['Concat', 'Sum', 'Add', 'Mul', 'Max', 'Min', 'Mean', 'Sub'];
const PASSES = ['Relu', 'Sigmoid', 'Identity', 'Softmax', 'Tanh', 'Neg', 'Dropout', 'Cast', 'Softplus', 'Flatten'];

const merge = (random: Source, reads: readonly string[], makes: string): Node => {
  const operator = pick(random, MERGES);
  return {
    reads,
    makes: [makes],
    operator,
    attributes: operator === 'Concat' ? [axis(pick(random, [0, 1, 1, -1]))] : [],
  };
};

type Multiply = (graph: Graph, random: Source) => void;

/** Copies of one node side by side: all are outputs, or one node reads them, or none. */
const copies: Multiply = (graph, random) => {
  const node = pick(random, graph.nodes);
  const made = Array.from({ length: timesOf(random, sizeOf(node)) }, (_, i) =>
    node.makes.map((name) => `${name}_${i}`),
  );
  graph.nodes.push(...made.map((makes) => ({ ...node, makes })));
  const all = made.flatMap((names) => names.slice(0, 1));
  const end = random.below(3);
  if (end === 0) all.forEach((name) => graph.output(name));
  if (end === 1) {
    graph.nodes.push(merge(random, all, 'all'));
    graph.output('all');
  }
};

/** A node many times one behind the other, or another operator without weights. */
const chain: Multiply = (graph, random) => {
  const at = random.below(graph.nodes.length);
  const node = graph.nodes[at];
  const own = random.below(2) === 0;
  const [name = ''] = node.makes;
  let before = graph.hideBehind(name, at);
  const count = timesOf(random, own ? sizeOf(node) : 1);
  const added = Array.from({ length: count }, (_, i): Node => {
    const reads = own ? [before, ...node.reads.slice(1)] : [before];
    before = i === count - 1 ? name : `${name}_link${i}`;
    return own
      ? { ...node, reads, makes: [before] }
      : { reads, makes: [before], operator: pick(random, PASSES), attributes: [] };
  });
  graph.nodes.splice(at + 1, 0, ...added);
};

/** One input of a node named many times. */
const inputs: Multiply = (graph, random) => {
  const at = random.below(graph.nodes.length);
  const node = graph.nodes[at];
  const name = pick(random, [...node.reads, ...graph.constants]);
  const reads = [...node.reads, ...new Array<string>(times(random)).fill(name)];
  graph.nodes[at] = random.below(2) === 0 ? { ...node, reads } : merge(random, reads, node.makes[0] ?? '');
};

/** A value that is merged with itself from node to node: as wide as two to the power of their number. */
const doubling: Multiply = (graph, random) => {
  const constant = random.below(2) === 0 && graph.constants.length > 0;
  const at = random.below(graph.nodes.length);
  const [name = ''] = graph.nodes[at].makes;
  let before = constant ? pick(random, graph.constants) : graph.hideBehind(name, at);
  const levels = 1 + random.below(64);
  const operator = random.below(3);
  const added = Array.from({ length: levels }, (_, i): Node => {
    const makes = !constant && i === levels - 1 ? name : `${name}_twice${i}`;
    const reads = [before, before];
    before = makes;
    if (operator === 0) return merge(random, reads, makes);
    return operator === 1
      ? { reads, makes: [makes], operator: 'Concat', attributes: [axis(constant ? 0 : 1)] }
      : { reads, makes: [makes], operator: 'Add', attributes: [] };
  });
  graph.nodes.splice(constant ? 0 : at + 1, 0, ...added);
  // Read in place of a weight.
  if (!constant) return;
  const reader = random.below(graph.nodes.length);
  const node = graph.nodes[reader];
  graph.nodes[reader] = { ...node, reads: [...node.reads.slice(0, 1), before, ...node.reads.slice(2)] };
};

/** Copies of initializers, of names of their own or of one. */
const tensors: Multiply = (graph, random) => {
  const found = graph.others.filter(({ number }) => number === INITIALIZER);
  if (found.length === 0) return;
  const fields = fieldsOfMessage(pick(random, found).value as Uint8Array).filter(({ number }) => number !== 8);
  const own = random.below(4) > 0;
  const bytes = fields.reduce((sum, { value }) => sum + (typeof value === 'number' ? 8 : value.length), 20);
  const names = Array.from({ length: timesOf(random, bytes) }, (_, i) => (own ? `copy${i}` : 'copy'));
  graph.others.push(...names.map((name) => message(INITIALIZER, [...fields, text(8, name)])));
  if (own) {
    graph.nodes.unshift(merge(random, names, 'copies'));
    graph.output('copies');
  }
};

/** Tensors of the same bytes beside the model, of which each has a layer. */
const beside: Multiply = (graph, random) => {
  const found = graph.nodes.findIndex(({ operator }) => operator === 'Gemm' || operator === 'MatMul');
  const node = graph.nodes[found === -1 ? random.below(graph.nodes.length) : found];
  const [units = 3, inputs = 3] = graph.shapeOf(node.reads[1] ?? '');
  const width = random.below(8) === 0 ? 64 : node.operator === 'Gemm' ? inputs : units;
  const count = times(random);
  for (let i = 0; i < count; i++) {
    const [offset, length] = [4 * random.below(3), 4 * width * width];
    const tensor = externalTensor(`beside${i}`, [width, width], {
      location: BESIDE,
      offset: `${offset}`,
      length: `${length}`,
    });
    graph.others.push(message(INITIALIZER, tensor));
    const [first = ''] = i === 0 || random.below(4) === 0 ? node.reads : [`layer${i - 1}`];
    graph.nodes.push({
      ...node,
      reads: [first, `beside${i}`],
      makes: [`layer${i}`],
      operator: 'MatMul',
      attributes: [],
    });
  }
  graph.output(`layer${count - 1}`);
};

/** Outputs of the same value. */
const outputs: Multiply = (graph, random) => {
  const found = graph.others.filter(({ number }) => number === OUTPUT);
  if (found.length === 0) return;
  graph.others.push(...new Array<WireField>(times(random)).fill(pick(random, found)));
};

/** Constants that are large by their shape alone, of which each has a reader. */
const shapes: Multiply = (graph, random) => {
  const sizes = pick(random, [[1_000_000], [1000, 1000], [1, 1, 1, 1, 1, 1, 1, 100_000], [3, 100_000], [2, 3]]);
  const shape = sizes.map((value): WireField => ({ number: 1, wire: 0, value }));
  const data = new Uint8Array(BigInt64Array.from(sizes, BigInt).buffer);
  const raw: WireField = { number: 9, wire: 2, value: data };
  const fields = [{ number: 1, wire: 0, value: shape.length }, { number: 2, wire: 0, value: 7 }, text(8, 'sizes'), raw];
  graph.others.push(message(INITIALIZER, fields));
  const count = times(random);
  const names = Array.from({ length: count }, (_, i) => `large${i}`);
  const [first] = graph.constants;
  const operator = first === undefined ? 'ConstantOfShape' : pick(random, ['ConstantOfShape', 'Expand', 'Tile']);
  const reads = operator === 'ConstantOfShape' ? ['sizes'] : [first, 'sizes'];
  graph.nodes.unshift(...names.map((name) => ({ reads, makes: [name], operator, attributes: [] })));
  const at = count + random.below(graph.nodes.length - count);
  const node = graph.nodes[at];
  graph.nodes[at] = { ...node, reads: [...node.reads.slice(0, 1), ...names] };
};

const MULTIPLY: readonly Multiply[] = [copies, chain, inputs, doubling, tensors, beside, outputs, shapes];

/** Fields of a message so often that their number is large: of the whole file, or of a node's attribute. */
function inParts(fields: WireField[], graph: Graph, random: Source): void {
  const at = random.below(graph.nodes.length);
  const node = graph.nodes[at];
  if (random.below(3) === 0 || node.attributes.length === 0) {
    const field = pick(random, fields);
    const bytes = typeof field.value === 'number' ? 8 : field.value.length;
    fields.push(...new Array<WireField>(timesOf(random, bytes)).fill(field));
    return;
  }
  const own = fieldsOfMessage(pick(random, node.attributes).value as Uint8Array);
  if (own.length === 0) return;
  const field = pick(random, own);
  const bytes = typeof field.value === 'number' ? 8 : field.value.length;
  const repeated = new Array<WireField>(timesOf(random, bytes)).fill(field);
  graph.nodes[at] = { ...node, attributes: [...node.attributes, message(ATTRIBUTE, [...own, ...repeated])] };
}

/** Returns a file in which references are multiplied, and a file beside it if it has one. */
export function multiplied(
  file: Uint8Array,
  random: Source,
): { file: Uint8Array; externalData: Record<string, Uint8Array> | undefined } {
  const fields = fieldsOfMessage(file);
  const at = fields.findIndex(({ number }) => number === 7);
  const graph = new Graph(fieldsOfMessage(fields[at].value as Uint8Array));
  let hasBeside = false;
  if (graph.nodes.length > 0) {
    for (let change = 0; change <= random.below(2); change++) {
      const multiply = random.below(MULTIPLY.length + 1);
      if (multiply === MULTIPLY.length) inParts(fields, graph, random);
      else MULTIPLY[multiply](graph, random);
      hasBeside ||= MULTIPLY[multiply] === beside;
    }
  }
  fields[at] = message(7, graph.fields());
  const numbers = Float32Array.from({ length: BESIDE_NUMBERS }, () => random.symmetric());
  return {
    file: messageOf(fields),
    externalData: hasBeside ? { [BESIDE]: new Uint8Array(numbers.buffer) } : undefined,
  };
}
