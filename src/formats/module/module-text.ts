/**
 * The text of a standalone module, and of its declarations. Names and labels go through `stringLiteral`, all else is
 * numbers, base64 and what stands here.
 */
import type { TensorSpec } from '../../graph/tensor-specs.js';
import type { MatrixView } from '../../runtime/matrix-view.js';
import { base64, numberLiteral, stringLiteral } from './literals.js';
import { MOST_ROWS, WEIGHTS_ADDRESS, type Argument, type RecordedProgram } from './record-calls.js';

/** What users see of a module. */
export interface ModuleInterface {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly labels: readonly (string | number)[] | undefined;
}

/** A module. */
export interface ModuleContent extends ModuleInterface {
  readonly program: RecordedProgram;
  readonly weights: Uint8Array;
  readonly kernels: Uint8Array;
}

const PAGE = 65_536;

/** Rows of one input: one after another, or a list of rows. */
const ROWS = 'ArrayLike<number> | readonly ArrayLike<number>[]';

const list = (items: readonly string[]): string => `[${items.join(', ')}]`;

const specsText = (specs: readonly TensorSpec[]): string =>
  list(specs.map(({ name, width }) => `{ name: ${stringLiteral(name)}, width: ${width} }`));

const labelsText = (labels: readonly (string | number)[]): string =>
  list(labels.map((label) => (typeof label === 'string' ? stringLiteral(label) : numberLiteral(label))));

/** Type of the rows of all inputs. */
const inputType = (inputs: readonly TensorSpec[]): string =>
  inputs.length === 1
    ? 'Rows'
    : `readonly ${list(inputs.map(() => 'Rows'))} | { ${inputs.map(({ name }) => `readonly ${stringLiteral(name)}: Rows`).join('; ')} }`;

const outputType = (outputs: readonly TensorSpec[]): string =>
  outputs.length === 1 ? 'Float32Array' : list(outputs.map(() => 'Float32Array'));

/** What inputs and outputs are, for people; names are not repeated here. */
const shapesText = (what: string, specs: readonly TensorSpec[]): string =>
  `${what} ${specs.map(({ width }) => `(n, ${width})`).join(', ')}`;

const DOC = {
  predict: ({ inputs, outputs }: ModuleInterface): string =>
    `Predicts n rows: ${shapesText('inputs', inputs)}; ${shapesText('outputs', outputs)}, row by row.` +
    (inputs.length === 1 ? '' : ' Inputs are a list in order, or an object by their names.') +
    (outputs.length === 1 ? '' : ' Outputs are a list in order.'),
  labels: 'Names of the classes, one per column of the output.',
  predictLabels: 'Predicts the label of each of n rows: that of the largest output.',
  inputs: 'Names and widths of the inputs, in order.',
  outputs: 'Names and widths of the outputs, in order.',
  ready:
    'Compiles before the first prediction, which else does it. Takes the module of `kernels()` where a platform ' +
    'compiles none at run time.',
  kernels: 'Returns the binary that computes, for a file beside this one.',
};

/** Returns the text of a `.d.ts` file. */
export function declarationText(content: ModuleInterface): string {
  const { inputs, outputs, labels } = content;
  const tensors = 'readonly { readonly name: string; readonly width: number }[]';
  const lines = [
    '/** Rows of numbers: one after another, or a list of rows. */',
    `export type Rows = ${ROWS};`,
    `/** ${DOC.inputs} */`,
    `export declare const inputs: ${tensors};`,
    `/** ${DOC.outputs} */`,
    `export declare const outputs: ${tensors};`,
    `/** ${DOC.predict(content)} */`,
    `export declare function predict(x: ${inputType(inputs)}): ${outputType(outputs)};`,
  ];
  if (labels !== undefined) {
    const label = [...new Set(labels.map((one) => typeof one))].sort().join(' | ') || 'string';
    lines.push(
      `/** ${DOC.labels} */`,
      `export declare const labels: readonly (${label})[];`,
      `/** ${DOC.predictLabels} */`,
      `export declare function predictLabels(x: ${inputType(inputs)}): (${label})[];`,
    );
  }
  lines.push(
    `/** ${DOC.ready} */`,
    'export declare function ready(module?: WebAssembly.Module): Promise<void>;',
    `/** ${DOC.kernels} */`,
    'export declare function kernels(): Uint8Array;',
  );
  return `${lines.join('\n')}\n`;
}

/** An argument of a call, in which `n` is the number of rows. */
function argumentText({ constant, perRow }: Argument): string {
  if (perRow === 0) return numberLiteral(constant);
  const rows = perRow === 1 ? 'n' : `n * ${numberLiteral(perRow)}`;
  return constant === 0 ? rows : `${numberLiteral(constant)} + ${rows}`;
}

/** The calls of a run. A function has some hundred of them at most: engines compile long functions badly. */
const CALLS_PER_FUNCTION = 256;

function runText({ calls }: RecordedProgram): string {
  const lines = calls.map(({ kernel, args }) => `  k.${kernel}(${args.map(argumentText).join(', ')});`);
  const parts: string[][] = [];
  for (let first = 0; first < lines.length; first += CALLS_PER_FUNCTION) {
    parts.push(lines.slice(first, first + CALLS_PER_FUNCTION));
  }
  const functions = parts.map(
    (part, index) =>
      `/** @param {Kernels} k @param {number} n */\nfunction run${index}(k, n) {\n${part.join('\n')}\n}\n`,
  );
  return `${functions.join('\n')}\nconst runs = ${list(parts.map((_, index) => `run${index}`))};\n`;
}

/** Where a matrix is: its address in floats, its width, and floats from one row to the next. */
const viewText = ({ address, width, ld }: MatrixView): string => list([address / 4, width, ld].map(String));

/** Returns the text of a module. */
export function moduleText(content: ModuleContent): string {
  const { inputs, outputs, labels, program, weights, kernels } = content;
  const pages = Math.ceil(program.bytes / PAGE);
  const one = outputs.length === 1;
  const categories = list(inputs.map((spec) => (spec.categories ? list(spec.categories.map(String)) : 'undefined')));
  const parameters = inputs.map(({ name }, index) =>
    inputs.length === 1 ? '"x"' : stringLiteral(`x[${index}], ${name},`),
  );
  const given =
    inputs.length === 1
      ? 'x'
      : `Array.isArray(x) ? x : ${list(inputs.map(({ name }) => `own(x, ${stringLiteral(name)})`))}`;
  const head = `// A neural network, written by toModule of wasm-mlp. It imports nothing and needs WebAssembly with SIMD.

/** @typedef {${ROWS}} Rows Rows of numbers: one after another, or a list of rows. */
/** @typedef {Record<string, (...given: number[]) => void>} Kernels */
/** @typedef {readonly { readonly name: string, readonly width: number }[]} Tensors */

/** ${DOC.inputs} @type {Tensors} */
export const inputs = ${specsText(inputs)};

/** ${DOC.outputs} @type {Tensors} */
export const outputs = ${specsText(outputs)};
`;
  const labelled =
    labels === undefined
      ? ''
      : `
/** ${DOC.labels} */
export const labels = ${labelsText(labels)};

/** ${DOC.predictLabels} @param {${inputType(inputs)}} x */
export function predictLabels(x) {
  const y = predict(x);
  const width = labels.length;
  return Array.from({ length: y.length / width }, (_, row) => {
    let best = 0;
    for (let i = 1; i < width; i++) if (y[row * width + i] > y[row * width + best]) best = i;
    return labels[best];
  });
}
`;
  return `${head}
/**
 * ${DOC.predict(content)}
 * @param {${inputType(inputs)}} x
 * @returns {${outputType(outputs)}}
 */
export function predict(x) {
  const given = ${inputs.length === 1 ? '[x]' : given};
  if (given.length !== ${inputs.length}) wrong(RangeError, \`predict: x expected ${inputs.length} inputs, got \${given.length}.\`);
  const { k, floats } = network ?? start(new WebAssembly.Module(kernels()));
  const xs = given.map((rows, i) => read(rows, inputs[i].width, whats[i], categories[i]));
  const count = xs[0].length / inputs[0].width;
  xs.forEach((one, i) => {
    if (one.length !== count * inputs[i].width) wrong(RangeError, \`predict: \${whats[i]} expected \${count} rows as the first input, got \${one.length / inputs[i].width}.\`);
  });
  const ys = outputs.map(({ width }) => new Float32Array(count * width));
  for (let first = 0; first < count; first += ${MOST_ROWS}) {
    const n = Math.min(${MOST_ROWS}, count - first);
    sources.forEach(([at, width, step], i) => {
      for (let row = 0; row < n; row++) floats.set(xs[i].subarray((first + row) * width, (first + row + 1) * width), at + row * step);
    });
    for (const run of runs) run(k, n);
    targets.forEach(([at, width, step], i) => {
      for (let row = 0; row < n; row++) ys[i].set(floats.subarray(at + row * step, at + row * step + width), (first + row) * width);
    });
  }
  return ${one ? 'ys[0]' : `/** @type {${outputType(outputs)}} */ (ys)`};
}
${labelled}
/**
 * ${DOC.ready}
 * @param {WebAssembly.Module} [module]
 * @returns {Promise<void>}
 */
export async function ready(module) {
  if (network === undefined) start(module ?? (await WebAssembly.compile(kernels())));
}

/** ${DOC.kernels} */
export function kernels() {
  return decode(KERNELS, ${kernels.length});
}

/** @type {{ readonly k: Kernels, readonly floats: Float32Array } | undefined} */
let network;

/** @param {WebAssembly.Module} module */
function start(module) {
  const memory = new WebAssembly.Memory({ initial: ${pages}, maximum: ${pages} });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  new Uint8Array(memory.buffer).set(decode(WEIGHTS, ${weights.length}), ${WEIGHTS_ADDRESS});
  return (network = { k: /** @type {Kernels} */ (exports), floats: new Float32Array(memory.buffer) });
}

const whats = ${list(parameters)};
/** @type {readonly (readonly number[] | undefined)[]} Numbers of categories of each column, where values are indices. */
const categories = ${categories};
/** Of each input and output: where it is in the memory, its width, and the distance of its rows. */
const sources = ${list(program.inputs.map(viewText))};
const targets = ${list(program.outputs.map(viewText))};
${
  inputs.length === 1
    ? ''
    : `
/** @param {any} x @param {string} name */
const own = (x, name) => (Object(x) === x && Object.hasOwn(x, name) ? x[name] : undefined);
`
}
/**
 * Returns a checked copy of the rows of one input.
 * @param {any} rows
 * @param {number} width
 * @param {string} what
 * @param {readonly number[] | undefined} limits
 */
function read(rows, width, what, limits) {
  if (Object(rows) !== rows || !Number.isInteger(rows.length) || rows.length < 0) wrong(TypeError, \`predict: \${what} expected rows of \${width} numbers, got \${typeof rows}.\`);
  const flat = Object(rows[0]) !== rows[0];
  const count = flat ? Math.ceil(rows.length / width) : rows.length;
  const values = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    const [from, at] = flat ? [rows, row * width] : [rows[row], 0];
    const length = flat ? rows.length - at : from?.length;
    if (flat ? length < width : length !== width) wrong(RangeError, \`predict: \${what} expected \${width} values per row, got \${length} in row \${row}.\`);
    for (let i = 0; i < width; i++) {
      const value = from[at + i];
      const rounded = Math.fround(typeof value === "number" ? value : NaN);
      if (!Number.isFinite(rounded)) wrong(RangeError, \`predict: \${what} expected finite numbers, got \${typeof value === "number" ? value : typeof value} in row \${row}, column \${i}.\`);
      if (limits && !(Number.isInteger(rounded) && rounded >= 0 && rounded < limits[i])) wrong(RangeError, \`predict: \${what} expected integers from 0 to \${limits[i] - 1}, got \${value} in row \${row}, column \${i}.\`);
      values[row * width + i] = rounded;
    }
  }
  return values;
}

/** @param {ErrorConstructor} Type @param {string} message */
function wrong(Type, message) {
  const error = new Type(message);
  throw error;
}

/** Returns bytes from base64. @param {string} text @param {number} length */
function decode(text, length) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const bits = new Uint8Array(128);
  for (let i = 0; i < 64; i++) bits[letters.charCodeAt(i)] = i;
  const bytes = new Uint8Array(length);
  for (let from = 0, to = 0; to < length; ) {
    const a = bits[text.charCodeAt(from++)];
    const b = bits[text.charCodeAt(from++)];
    const c = bits[text.charCodeAt(from++)];
    bytes[to++] = (a << 2) | (b >> 4);
    bytes[to++] = (b << 4) | (c >> 2);
    bytes[to++] = (c << 6) | bits[text.charCodeAt(from++)];
  }
  return bytes;
}

${runText(program)}
const KERNELS = "${base64(kernels)}";
const WEIGHTS = "${base64(weights)}";
`;
}
