/**
 * Activations, normalizations and dot products that exporters write as several operators. Each is recognized at its
 * last node. Formulas are compared as polynomials of the argument x, since exporters order and scale factors
 * differently: GELU, for example, is any product that equals x·(1 + erf(x/√2))/2.
 */
import type { Activation } from '../../index.js';
import { attributesOf } from './attributes.js';
import type { OnnxNode } from './messages.js';
import type { Rows } from './values.js';

/** What patterns see of a graph. */
export interface GraphView {
  /** Returns a name without the nodes that hand a value on, such as Identity. */
  canonical(name: string): string;
  /** Returns the node that computes a value, undefined for inputs and constants. */
  producer(name: string): OnnxNode | undefined;
  /** Returns the number of a constant that has a single one. */
  scalar(name: string): number | undefined;
  /** Returns the rows that a value is, undefined for anything else. */
  rows(name: string): Rows | undefined;
  /** Counts a value that a pattern looks at. Throws where these are more than a file may ask for. */
  look(): void;
}

/** coefficients[i]·xⁱ, up to the third power. */
type Coefficients = readonly [number, number, number, number];

/** Nested operators that a formula is read through. */
const DEEPEST = 6;

/** Values that are tried as the argument of a formula. */
const MOST_CANDIDATES = 12;

/** Relative difference in which constants of a formula may differ: exporters write them with float32's digits. */
const TOLERANCE = 1e-5;

const X: Coefficients = [0, 1, 0, 0];
const HALF_X: Coefficients = [0, 0.5, 0, 0];
const ERF: Coefficients = [0, Math.SQRT1_2, 0, 0];
const TANH: Coefficients = [0, Math.sqrt(2 / Math.PI), 0, Math.sqrt(2 / Math.PI) * 0.044715];

const constant = (value: number): Coefficients => [value, 0, 0, 0];

const times = (a: Coefficients, b: Coefficients): Coefficients | undefined => {
  const product = [0, 0, 0, 0, 0, 0, 0];
  a.forEach((left, i) => b.forEach((right, j) => (product[i + j] += left * right)));
  return product.slice(4).every((value) => value === 0) ? (product.slice(0, 4) as unknown as Coefficients) : undefined;
};

const close = (a: Coefficients | undefined, b: Coefficients): boolean =>
  a?.every((value, i) => Math.abs(value - b[i]) <= TOLERANCE) ?? false;

/** Returns a value as a polynomial of x; undefined if it is none. */
function inTermsOf(view: GraphView, name: string, x: string, depth = 0): Coefficients | undefined {
  view.look();
  const own = view.canonical(name);
  if (own === x) return X;
  const number = view.scalar(own);
  if (number !== undefined) return constant(number);
  const node = view.producer(own);
  if (node === undefined || depth === DEEPEST) return undefined;
  const { opType, inputs } = node;
  const part = (index: number): Coefficients | undefined => inTermsOf(view, inputs[index], x, depth + 1);
  if (opType === 'Neg') return times(constant(-1), part(0) ?? [NaN, 0, 0, 0]);
  if (inputs.length !== 2 || !['Add', 'Sub', 'Mul', 'Div', 'Pow'].includes(opType)) return undefined;
  const a = part(0);
  const b = a === undefined ? undefined : part(1);
  if (a === undefined || b === undefined) return undefined;
  if (opType === 'Mul') return times(a, b);
  if (opType === 'Add' || opType === 'Sub') {
    const sign = opType === 'Add' ? 1 : -1;
    return a.map((value, i) => value + sign * b[i]) as unknown as Coefficients;
  }
  if (b.slice(1).some((value) => value !== 0)) return undefined;
  if (opType === 'Div') return times(a, constant(1 / b[0]));
  const square = times(a, a);
  return b[0] === 2 ? square : b[0] === 3 && square !== undefined ? times(square, a) : undefined;
}

/** A product of a polynomial of x and of one other factor, the gate. */
interface Product {
  readonly polynomial: Coefficients;
  readonly gate: string | undefined;
}

function productOf(view: GraphView, name: string, x: string, depth = 0): Product | undefined {
  const polynomial = inTermsOf(view, name, x);
  if (polynomial !== undefined) return { polynomial, gate: undefined };
  const own = view.canonical(name);
  const node = view.producer(own);
  const divisor = node?.opType === 'Div' ? view.scalar(node.inputs[1]) : undefined;
  if (node === undefined || depth === DEEPEST || (node.opType !== 'Mul' && divisor === undefined)) {
    return { polynomial: constant(1), gate: own };
  }
  const a = productOf(view, node.inputs[0], x, depth + 1);
  if (a === undefined) return undefined;
  const b =
    divisor === undefined
      ? productOf(view, node.inputs[1], x, depth + 1)
      : { polynomial: constant(1 / divisor), gate: undefined };
  if (b === undefined || (a.gate !== undefined && b.gate !== undefined)) return undefined;
  const product = times(a.polynomial, b.polynomial);
  return product && { polynomial: product, gate: a.gate ?? b.gate };
}

/** Returns the input of a node of this operator that computes a value. */
function inputOf(view: GraphView, name: string | undefined, opType: string): string | undefined {
  const node = name === undefined ? undefined : view.producer(name);
  return node?.opType === opType ? node.inputs[0] : undefined;
}

/** Returns what is added to a constant, if the value is such a sum. */
function plus(view: GraphView, name: string | undefined, wanted: number): string | undefined {
  const node = name === undefined ? undefined : view.producer(name);
  if (node?.opType !== 'Add' || node.inputs.length !== 2) return undefined;
  const index = node.inputs.findIndex((input) => view.scalar(input) === wanted);
  return index === -1 ? undefined : node.inputs[1 - index];
}

/** Returns the argument of softplus: its operator, or log(1 + e^x). */
const softplusArgument = (view: GraphView, name: string | undefined): string | undefined =>
  inputOf(view, name, 'Softplus') ?? inputOf(view, plus(view, inputOf(view, name, 'Log'), 1), 'Exp');

/** A factor of an activation: the input of the function in it, and what that and the other factors must be. */
interface Gate {
  readonly activation: 'gelu' | 'tanhGelu' | 'swish' | 'mish' | 'hardSwish';
  readonly input: (view: GraphView, name: string) => string | undefined;
  readonly argument: Coefficients;
  readonly rest: Coefficients;
}

/** The input of a HardSigmoid of x/6 + ½. */
function hardSigmoidInput(view: GraphView, name: string): string | undefined {
  const node = view.producer(name);
  if (node?.opType !== 'HardSigmoid') return undefined;
  const attributes = attributesOf(node);
  const isOwn =
    Math.abs((attributes.float('alpha') ?? 0.2) - 1 / 6) <= TOLERANCE && (attributes.float('beta') ?? 0.5) === 0.5;
  return isOwn ? node.inputs[0] : undefined;
}

/** The input of a Clip from 0 to 6. */
function clipInput(view: GraphView, name: string): string | undefined {
  const node = view.producer(name);
  if (node?.opType !== 'Clip') return undefined;
  const attributes = attributesOf(node);
  const bound = (which: string, index: number): number | undefined =>
    attributes.float(which) ?? (node.inputs[index] ? view.scalar(node.inputs[index]) : undefined);
  return bound('min', 1) === 0 && bound('max', 2) === 6 ? node.inputs[0] : undefined;
}

const GATES: readonly Gate[] = [
  {
    activation: 'gelu',
    input: (view, name) => inputOf(view, plus(view, name, 1), 'Erf'),
    argument: ERF,
    rest: HALF_X,
  },
  {
    activation: 'tanhGelu',
    input: (view, name) => inputOf(view, plus(view, name, 1), 'Tanh'),
    argument: TANH,
    rest: HALF_X,
  },
  { activation: 'swish', input: (view, name) => inputOf(view, name, 'Sigmoid'), argument: X, rest: X },
  {
    activation: 'mish',
    input: (view, name) => softplusArgument(view, inputOf(view, name, 'Tanh')),
    argument: X,
    rest: X,
  },
  { activation: 'hardSwish', input: hardSigmoidInput, argument: X, rest: X },
  { activation: 'hardSwish', input: clipInput, argument: [3, 1, 0, 0], rest: [0, 1 / 6, 0, 0] },
];

/** Returns the factors of a product of products. */
function factorsOf(view: GraphView, name: string, depth = 0): string[] {
  view.look();
  const own = view.canonical(name);
  const node = view.producer(own);
  if (node === undefined || depth === 4) return [own];
  if (node.opType === 'Mul' && node.inputs.length === 2) {
    return node.inputs.flatMap((input) => factorsOf(view, input, depth + 1));
  }
  return node.opType === 'Div' ? factorsOf(view, node.inputs[0], depth + 1) : [own];
}

/** Returns the values that a formula may be of: its input, and those before it while operators are arithmetic. */
function candidatesOf(view: GraphView, name: string): string[] {
  const found: string[] = [];
  const queue = [name];
  for (let at = 0; at < queue.length && found.length < MOST_CANDIDATES; at++) {
    const own = view.canonical(queue[at]);
    if (found.includes(own) || view.scalar(own) !== undefined) continue;
    found.push(own);
    const node = view.producer(own);
    if (node !== undefined && ['Add', 'Sub', 'Mul', 'Div', 'Pow'].includes(node.opType)) queue.push(...node.inputs);
  }
  return found;
}

/** An activation and the value that it is applied to. */
export interface FoundActivation {
  readonly activation: Activation;
  readonly x: string;
}

/** Finds an activation that is a product of x and a function of x. */
function gated(view: GraphView, output: string): FoundActivation | undefined {
  for (const factor of new Set(factorsOf(view, output))) {
    for (const { activation, input, argument, rest } of GATES) {
      const inside = input(view, factor);
      if (inside === undefined) continue;
      for (const x of candidatesOf(view, inside)) {
        if (!close(inTermsOf(view, inside, x), argument)) continue;
        const product = productOf(view, output, x);
        if (product?.gate === factor && close(product.polynomial, rest)) {
          return { activation: { kind: activation, config: {} }, x };
        }
      }
    }
  }
  return undefined;
}

/** Finds an activation that ends in this node. */
export function findActivation(view: GraphView, node: OnnxNode): FoundActivation | undefined {
  const [output] = node.outputs;
  if (node.opType === 'Div') {
    const absolute = inputOf(view, plus(view, node.inputs[1], 1), 'Abs');
    const x = view.canonical(node.inputs[0]);
    if (absolute !== undefined && view.canonical(absolute) === x) {
      return { activation: { kind: 'softsign', config: {} }, x };
    }
  }
  if (node.opType === 'Mul' || node.opType === 'Div') return gated(view, output);
  const x = node.opType === 'Log' ? softplusArgument(view, output) : undefined;
  return x === undefined ? undefined : { activation: { kind: 'softplus', config: {} }, x };
}

/** Whether a ReduceMean is over the last axis, with or without keeping it. */
function isRowMean(view: GraphView, node: OnnxNode | undefined): node is OnnxNode {
  if (node?.opType !== 'ReduceMean') return false;
  const axes = attributesOf(node).ints('axes') ?? (node.inputs.length > 1 ? [view.scalar(node.inputs[1])] : undefined);
  return axes?.length === 1 && (axes[0] === -1 || axes[0] === 1);
}

/** Returns ε of √(mean of squares of `name` + ε), if a value is that. */
function rootMeanSquare(view: GraphView, name: string, of: string): number | undefined {
  const inside = inputOf(view, name, 'Sqrt');
  const node = inside === undefined ? undefined : view.producer(view.canonical(inside));
  if (node?.opType !== 'Add') return undefined;
  const index = node.inputs.findIndex((input) => view.scalar(input) !== undefined);
  if (index === -1) return undefined;
  const mean = view.producer(view.canonical(node.inputs[1 - index]));
  if (!isRowMean(view, mean)) return undefined;
  const square = view.producer(view.canonical(mean.inputs[0]));
  const isSquare =
    (square?.opType === 'Pow' && view.scalar(square.inputs[1]) === 2) ||
    (square?.opType === 'Mul' && sameValue(view, square.inputs[0], square.inputs[1]));
  return isSquare && sameValue(view, square.inputs[0], of) ? view.scalar(node.inputs[index]) : undefined;
}

/** Whether two names are one value: the same name, or the same difference of the same values. */
function sameValue(view: GraphView, a: string, b: string): boolean {
  const [left, right] = [view.canonical(a), view.canonical(b)];
  if (left === right) return true;
  const [first, second] = [view.producer(left), view.producer(right)];
  if (first?.opType !== 'Sub' || second?.opType !== 'Sub') return false;
  return first.inputs.every((input, i) => view.canonical(input) === view.canonical(second.inputs[i]));
}

/** Finds a layer normalization without scale and shift that ends in this node: (x − mean)/√(variance + ε). */
export function findLayerNormalization(view: GraphView, node: OnnxNode): { x: string; epsilon: number } | undefined {
  if (node.opType !== 'Div') return undefined;
  const difference = view.producer(view.canonical(node.inputs[0]));
  if (difference?.opType !== 'Sub') return undefined;
  const mean = view.producer(view.canonical(difference.inputs[1]));
  if (!isRowMean(view, mean) || !sameValue(view, mean.inputs[0], difference.inputs[0])) return undefined;
  const epsilon = rootMeanSquare(view, node.inputs[1], node.inputs[0]);
  return epsilon === undefined ? undefined : { x: difference.inputs[0], epsilon };
}

/** Finds a normalization by the root mean square that ends in this node: x/√(mean of x² + ε). */
export function findRmsNormalization(view: GraphView, node: OnnxNode): { x: string; epsilon: number } | undefined {
  if (node.opType !== 'Div') return undefined;
  const epsilon = rootMeanSquare(view, node.inputs[1], node.inputs[0]);
  return epsilon === undefined ? undefined : { x: node.inputs[0], epsilon };
}

/** Returns the value whose norm of rows a value is, with or without another number where the norm is about 0. */
function rowNormOf(view: GraphView, name: string): string | undefined {
  const node = view.producer(view.canonical(name));
  if (node?.opType === 'Where') return rowNormOf(view, node.inputs[2]);
  if (node?.opType !== 'ReduceL2') return undefined;
  return view.canonical(node.inputs[0]);
}

/** Returns the two values whose dot product of rows a value is. */
function rowDotOf(view: GraphView, name: string): readonly [string, string] | undefined {
  const node = view.producer(view.canonical(name));
  if (node?.opType !== 'ReduceSum') return undefined;
  const product = view.producer(view.canonical(node.inputs[0]));
  if (product?.opType !== 'Mul') return undefined;
  return [view.canonical(product.inputs[0]), view.canonical(product.inputs[1])];
}

/** Finds a dot product of rows, or their cosine, that ends in this node. */
export function findDot(
  view: GraphView,
  node: OnnxNode,
): { of: readonly [string, string]; normalize: boolean } | undefined {
  if (node.opType === 'ReduceSum') {
    const of = rowDotOf(view, node.outputs[0]);
    return of && { of, normalize: false };
  }
  if (node.opType !== 'Div') return undefined;
  const of = rowDotOf(view, node.inputs[0]);
  const norms = view.producer(view.canonical(node.inputs[1]));
  if (of === undefined || norms?.opType !== 'Mul') return undefined;
  const normed = norms.inputs.map((input) => rowNormOf(view, input));
  return normed[0] === of[0] && normed[1] === of[1] ? { of, normalize: true } : undefined;
}
