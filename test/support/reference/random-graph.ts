/**
 * Random networks, objectives and batches for the graph twin, drawn from random integers alone, so that a property test
 * can shrink them.
 */
import type { Activation, Batch, Kind, Layer, Network, Node, Objective } from './graph.js';
import { matrix, type Source } from './random.js';
import { activations } from './twin.js';

/** An integer from `low` to `high`. */
export type Integer = (low: number, high: number) => number;

const WIDEST = 19;

const ACTIVATIONS = Object.keys(activations).filter((name) => name !== 'maxout3') as Activation[];

/** Dense layers are the most important, so they are drawn more often. */
// An embedding reads categories, and a dot has one output: both have tests of their own.
const KINDS: Exclude<Kind, 'input' | 'embedding' | 'dot'>[] = [
  ...(['dense', 'dense', 'dense', 'dense', 'maxout', 'activation', 'prelu', 'dropout', 'gaussianNoise'] as const),
  ...(['batchNormalization', 'layerNormalization', 'rescaling', 'normalization', 'add', 'concatenate'] as const),
  ...(['dense', 'dense', 'multiply', 'subtract', 'average', 'maximum', 'minimum', 'rmsNormalization'] as const),
  ...(['dense', 'alphaDropout', 'gaussianDropout'] as const),
];

/**
 * ε of the normalizations. A variance near 0 multiplies rounding by up to 1/√ε, once for each normalization on the
 * path. Formulas are compared here, so ε is larger than users have it.
 */
const EPSILON = 0.0625;

/** A network under construction. */
interface Builder {
  readonly nodes: Node[];
  readonly widths: number[];
  /** Nodes without a consumer. */
  readonly unread: Set<number>;
}

export function randomNetwork(integer: Integer): Network {
  const builder: Builder = { nodes: [], widths: [], unread: new Set() };
  const inputs = integer(1, 3);
  for (let i = 0; i < inputs; i++) {
    const width = integer(1, WIDEST);
    addNode(builder, { kind: 'input', width }, [], width);
  }
  const layers = integer(3, 12);
  for (let i = 0; i < layers; i++) addLayer(builder, integer);
  const outputs = integer(1, 3);
  // A node without a consumer is an output; too many of them are concatenated.
  while (builder.unread.size > outputs) {
    const [a, b] = builder.unread;
    addNode(builder, { kind: 'concatenate' }, [a, b], builder.widths[a] + builder.widths[b]);
  }
  const outputNodes = new Set([...builder.unread].map((node) => head(builder, node, integer)));
  while (outputNodes.size < outputs) {
    // An output with a consumer: the input of another output, that output itself, or any other node.
    const other = of(integer, [...outputNodes]);
    const below = builder.nodes[other].inputs[0] ?? other;
    const any = integer(0, builder.nodes.length - 1);
    outputNodes.add(head(builder, of(integer, [other, below, any]), integer));
  }
  return { nodes: builder.nodes, outputs: [...outputNodes], seed: integer(0, 0xffffffff) };
}

function addNode({ nodes, widths, unread }: Builder, layer: Layer, inputs: number[], width: number): number {
  inputs.forEach((input) => unread.delete(input));
  widths.push(width);
  const node = nodes.push({ layer, inputs }) - 1;
  unread.add(node);
  return node;
}

const of = <T>(integer: Integer, list: readonly T[]): T => list[integer(0, list.length - 1)];

/** Any node, more often one without a consumer. */
const anyNode = ({ nodes, unread }: Builder, integer: Integer): number =>
  integer(0, 2) > 0 ? of(integer, [...unread]) : integer(0, nodes.length - 1);

/** Mostly both. */
const scaleAndShift = (integer: Integer) => ({ scale: integer(0, 3) > 0, center: integer(0, 3) > 0 });

function addLayer(builder: Builder, integer: Integer): void {
  const { nodes, widths } = builder;
  const input = anyNode(builder, integer);
  const width = widths[input];
  if (integer(0, 7) === 0) {
    // Uses a layer again, on another node of the same width or on the same one.
    const again = nodes.flatMap((node, index) => (widths[node.inputs[0]] === width ? [{ node, index }] : []));
    const single = again.filter(({ node }) => node.inputs.length === 1);
    if (single.length > 0) {
      const { node, index } = of(integer, single);
      addNode(builder, node.layer, [input], widths[index]);
      return;
    }
  }
  const units = integer(1, WIDEST);
  const useBias = integer(0, 3) > 0;
  const kind = of(integer, KINDS);
  switch (kind) {
    case 'dense':
      addNode(builder, { kind, units, activation: of(integer, ACTIVATIONS), useBias }, [input], units);
      break;
    case 'maxout':
      addNode(builder, { kind, units, pieces: integer(1, 3), useBias }, [input], units);
      break;
    case 'activation':
      addNode(builder, { kind, activation: of(integer, ACTIVATIONS) }, [input], width);
      break;
    case 'prelu':
    case 'normalization':
      addNode(builder, { kind }, [input], width);
      break;
    case 'dropout':
    case 'alphaDropout':
    case 'gaussianDropout':
      addNode(builder, { kind, rate: integer(0, 7) / 10 }, [input], width);
      break;
    case 'gaussianNoise':
      addNode(builder, { kind, stddev: integer(0, 4) / 4 }, [input], width);
      break;
    case 'batchNormalization':
      addNode(
        builder,
        { kind, momentum: integer(0, 3) / 4, epsilon: EPSILON, ...scaleAndShift(integer) },
        [input],
        width,
      );
      break;
    case 'layerNormalization':
      addNode(builder, { kind, epsilon: EPSILON, ...scaleAndShift(integer) }, [input], width);
      break;
    case 'rmsNormalization':
      addNode(builder, { kind, epsilon: EPSILON, scale: integer(0, 1) > 0 }, [input], width);
      break;
    case 'rescaling':
      addNode(builder, { kind, scale: integer(-4, 4) / 4, offset: integer(-2, 2) / 2 }, [input], width);
      break;
    case 'add':
    case 'multiply':
    case 'subtract':
    case 'average':
    case 'maximum':
    case 'minimum': {
      const fitting = nodes.flatMap((_, index) => (widths[index] === width ? [index] : []));
      const others = Array.from({ length: kind === 'subtract' ? 1 : integer(1, 2) }, () => of(integer, fitting));
      addNode(builder, { kind }, [input, ...others], width);
      break;
    }
    case 'concatenate': {
      const others = Array.from({ length: integer(1, 2) }, () => anyNode(builder, integer));
      const whole = [input, ...others].reduce((total, node) => total + widths[node], 0);
      addNode(builder, { kind }, [input, ...others], whole);
      break;
    }
  }
}

/** An output as it is, or with a layer for classes on top of it. */
function head(builder: Builder, node: number, integer: Integer): number {
  const form = of(integer, ['unchanged', 'softmax', 'sigmoid', 'softmax as a layer'] as const);
  if (form === 'unchanged') return node;
  const units = integer(1, WIDEST);
  if (form !== 'softmax as a layer') {
    return addNode(builder, { kind: 'dense', units, activation: form, useBias: true }, [node], units);
  }
  return addNode(builder, { kind: 'activation', activation: 'softmax' }, [node], builder.widths[node]);
}

const REGRESSIONS = ['halfSquaredError', 'meanSquaredError', 'meanAbsoluteError', 'huber', 'logCosh', 'hinge'] as const;
const CLASSES = ['categoricalCrossentropy', 'sparseCategoricalCrossentropy'] as const;

/** Losses that suit the outputs: cross-entropies where these are probabilities. */
export function randomObjectives(network: Network, integer: Integer): Objective[] {
  return network.outputs.map((node) => {
    const { layer } = network.nodes[node];
    const last = 'activation' in layer ? layer.activation : undefined;
    const suited = last === 'softmax' ? CLASSES : last === 'sigmoid' ? (['binaryCrossentropy'] as const) : REGRESSIONS;
    const loss = of(integer, integer(0, 3) > 0 ? suited : REGRESSIONS);
    return {
      loss,
      weight: of(integer, [1, 1, 0.5, 3, 0]),
      labelSmoothing: loss.endsWith('Crossentropy') ? of(integer, [0, 0.125]) : 0,
    };
  });
}

export function targetsFor({ loss }: Objective, rows: number, width: number, from: Source): number[][] {
  switch (loss) {
    case 'sparseCategoricalCrossentropy':
      return matrix(rows, 1, () => from.below(width));
    case 'categoricalCrossentropy':
      return matrix(rows, 1, () => from.below(width)).map(([label]) =>
        Array.from({ length: width }, (_, j) => +(j === label)),
      );
    case 'binaryCrossentropy':
      return matrix(rows, width, () => Math.fround(from.uniform()));
    case 'hinge':
      return matrix(rows, width, () => from.below(2));
    default:
      return matrix(rows, width, () => from.symmetric(1.5));
  }
}

export function randomBatch(
  objectives: Objective[],
  inputWidths: number[],
  outputWidths: number[],
  rows: number,
  from: Source,
): Batch {
  return {
    x: inputWidths.map((width) => matrix(rows, width, () => from.symmetric(1.5))),
    t: objectives.map((objective, output) => targetsFor(objective, rows, outputWidths[output], from)),
    ...(from.below(2) === 0 && { sampleWeight: Array.from({ length: rows }, () => Math.fround(2 * from.uniform())) }),
  };
}
