/** Random networks, objectives and batches, from random integers alone, so that a property test can shrink them. */
import type { Activation, Batch, Kind, Layer, Network, Node, Objective } from './graph.js';
import { matrix, type Source } from './random.js';
import { activations } from './twin.js';

/** An integer from `low` to `high`. */
export type Integer = (low: number, high: number) => number;

const WIDEST = 19;

const ACTIVATIONS = Object.keys(activations).filter((name) => name !== 'maxout3') as Activation[];

/** Dense layers are what networks are made of: they come more often. */
const KINDS: Exclude<Kind, 'input'>[] = [
  ...(['dense', 'dense', 'dense', 'dense', 'maxout', 'activation', 'prelu', 'dropout', 'gaussianNoise'] as const),
  ...(['batchNormalization', 'layerNormalization', 'rescaling', 'normalization', 'add', 'concatenate'] as const),
];

/**
 * ε of the normalizations. A variance near 0 multiplies rounding by up to 1/√ε, once for each normalization on the way:
 * what is compared here is formulas, so ε is not as small as users have it.
 */
const EPSILON = 0.0625;

/** A network in the making. */
interface Builder {
  readonly nodes: Node[];
  readonly widths: number[];
  /** Nodes that nobody reads. */
  readonly unread: Set<number>;
}

export function randomNetwork(integer: Integer): Network {
  const builder: Builder = { nodes: [], widths: [], unread: new Set() };
  const inputs = integer(1, 3);
  for (let i = 0; i < inputs; i++) {
    const width = integer(1, WIDEST);
    place(builder, { kind: 'input', width }, [], width);
  }
  const layers = integer(3, 12);
  for (let i = 0; i < layers; i++) addLayer(builder, integer);
  const outputs = integer(1, 3);
  // What nobody reads is an output; where there are too many of these, they are brought together.
  while (builder.unread.size > outputs) {
    const [a, b] = builder.unread;
    place(builder, { kind: 'concatenate' }, [a, b], builder.widths[a] + builder.widths[b]);
  }
  const ends = new Set([...builder.unread].map((node) => head(builder, node, integer)));
  while (ends.size < outputs) {
    // An output that somebody reads: what another output stands on, what it is itself, or anything else.
    const other = of(integer, [...ends]);
    const below = builder.nodes[other].inputs[0] ?? other;
    const any = integer(0, builder.nodes.length - 1);
    ends.add(head(builder, of(integer, [other, below, any]), integer));
  }
  return { nodes: builder.nodes, outputs: [...ends], seed: integer(0, 0xffffffff) };
}

function place({ nodes, widths, unread }: Builder, layer: Layer, inputs: number[], width: number): number {
  inputs.forEach((input) => unread.delete(input));
  widths.push(width);
  const node = nodes.push({ layer, inputs }) - 1;
  unread.add(node);
  return node;
}

const of = <T>(integer: Integer, list: readonly T[]): T => list[integer(0, list.length - 1)];

/** Somebody's output, more often one that nobody reads yet. */
const anyNode = ({ nodes, unread }: Builder, integer: Integer): number =>
  integer(0, 2) > 0 ? of(integer, [...unread]) : integer(0, nodes.length - 1);

function addLayer(builder: Builder, integer: Integer): void {
  const { nodes, widths } = builder;
  const input = anyNode(builder, integer);
  const width = widths[input];
  if (integer(0, 7) === 0) {
    // A layer once more, on something else of the same width, or on the same again.
    const again = nodes.flatMap((node, index) => (widths[node.inputs[0]] === width ? [{ node, index }] : []));
    const single = again.filter(({ node }) => node.inputs.length === 1);
    if (single.length > 0) {
      const { node, index } = of(integer, single);
      place(builder, node.layer, [input], widths[index]);
      return;
    }
  }
  const units = integer(1, WIDEST);
  const useBias = integer(0, 3) > 0;
  const kind = of(integer, KINDS);
  switch (kind) {
    case 'dense':
      place(builder, { kind, units, activation: of(integer, ACTIVATIONS), useBias }, [input], units);
      break;
    case 'maxout':
      place(builder, { kind, units, pieces: integer(1, 3), useBias }, [input], units);
      break;
    case 'activation':
      place(builder, { kind, activation: of(integer, ACTIVATIONS) }, [input], width);
      break;
    case 'prelu':
    case 'normalization':
      place(builder, { kind }, [input], width);
      break;
    case 'dropout':
      place(builder, { kind, rate: integer(0, 7) / 10 }, [input], width);
      break;
    case 'gaussianNoise':
      place(builder, { kind, stddev: integer(0, 4) / 4 }, [input], width);
      break;
    case 'batchNormalization':
      place(builder, { kind, momentum: integer(0, 3) / 4, epsilon: EPSILON }, [input], width);
      break;
    case 'layerNormalization':
      place(builder, { kind, epsilon: EPSILON }, [input], width);
      break;
    case 'rescaling':
      place(builder, { kind, scale: integer(-4, 4) / 4, offset: integer(-2, 2) / 2 }, [input], width);
      break;
    case 'add': {
      const fitting = nodes.flatMap((_, index) => (widths[index] === width ? [index] : []));
      const others = Array.from({ length: integer(1, 2) }, () => of(integer, fitting));
      place(builder, { kind }, [input, ...others], width);
      break;
    }
    case 'concatenate': {
      const others = Array.from({ length: integer(1, 2) }, () => anyNode(builder, integer));
      const whole = [input, ...others].reduce((total, node) => total + widths[node], 0);
      place(builder, { kind }, [input, ...others], whole);
      break;
    }
  }
}

/** An output as it is, or a dense layer for classes on top of it. */
function head(builder: Builder, node: number, integer: Integer): number {
  const end = of(integer, ['as it is', 'softmax', 'sigmoid', 'softmax as a layer'] as const);
  if (end === 'as it is') return node;
  const units = integer(1, WIDEST);
  if (end !== 'softmax as a layer') {
    return place(builder, { kind: 'dense', units, activation: end, useBias: true }, [node], units);
  }
  return place(builder, { kind: 'activation', activation: 'softmax' }, [node], builder.widths[node]);
}

const REGRESSIONS = ['halfSquaredError', 'meanSquaredError', 'meanAbsoluteError', 'huber', 'hinge'] as const;
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
