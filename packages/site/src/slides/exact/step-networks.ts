/**
 * Networks of unit-step units by the slides' formulas: f(x) = 1 where x > 0, else 0. Used for the decision regions and
 * for XOR, where moving a slider should redraw at once. A test compares them with the library's networks.
 */

/** Weights as on the slides: a row for each unit, a column for each of its inputs. */
export interface StepLayer {
  readonly weights: readonly (readonly number[])[];
  readonly bias: readonly number[];
}

export type Place = readonly [x1: number, x2: number];

/** Writes the outputs of a layer. Pictures call it ten thousand times when a slider moves, so it makes no arrays. */
function applyLayer({ weights, bias }: StepLayer, input: ArrayLike<number>, outputs: number[]): void {
  for (let i = 0; i < weights.length; i++) {
    const row = weights[i];
    let sum = bias[i];
    for (let j = 0; j < row.length; j++) sum += row[j] * input[j];
    outputs[i] = sum > 0 ? 1 : 0;
  }
}

/** Returns the outputs of each layer for one input. */
export function stepOutputs(layers: readonly StepLayer[], input: readonly number[]): number[][] {
  let last = input;
  return layers.map((layer) => {
    const outputs: number[] = [];
    applyLayer(layer, last, outputs);
    last = outputs;
    return outputs;
  });
}

/** Returns the output of the last layer's only unit. */
export const stepAnswer = (layers: readonly StepLayer[], input: readonly number[]): number =>
  stepOutputs(layers, input).at(-1)![0];

/** The four inputs of XOR, with what it is of them. */
export const XOR: readonly { readonly at: Place; readonly target: 0 | 1 }[] = [
  { at: [0, 0], target: 0 },
  { at: [0, 1], target: 1 },
  { at: [1, 0], target: 1 },
  { at: [1, 1], target: 0 },
];

/** Returns how many of XOR's four inputs a network answers right. */
export const rightOfXor = (layers: readonly StepLayer[]): number =>
  XOR.filter(({ at, target }) => stepAnswer(layers, at) === target).length;

/** No hidden layer: the half-plane on one side of a line at `angle` degrees, `offset` from the middle of the square. */
export function halfPlane(angle: number, offset: number): StepLayer[] {
  const turn = (angle * Math.PI) / 180;
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  return [{ weights: [[c, s]], bias: [-offset - 0.5 * (c + s)] }];
}

/** Half-planes whose intersection is a polygon around a place; with two sides a strip, open at both ends. */
function sides(count: number, [x1, x2]: Place, radius: number, angle: number): StepLayer {
  const weights = Array.from({ length: count }, (_, i) => {
    const turn = (angle * Math.PI) / 180 + (2 * Math.PI * i) / count;
    return [-Math.cos(turn), -Math.sin(turn)];
  });
  return { weights, bias: weights.map(([w1, w2]) => radius - w1 * x1 - w2 * x2) };
}

/** One hidden layer: a unit for each side, and one above them that fires where all of them do. */
export function convexRegion(count: number, radius: number, angle: number): StepLayer[] {
  return [
    sides(count, [0.5, 0.5], radius, angle),
    { weights: [Array.from({ length: count }, () => 1)], bias: [0.5 - count] },
  ];
}

/** Two hidden layers: polygons of four sides at places around the middle, and a unit that fires where any of them does. */
export function anyRegion(pieces: number, distance: number, radius: number, angle: number): StepLayer[] {
  const first = Array.from({ length: pieces }, (_, i) => {
    const turn = (angle * Math.PI) / 180 + (2 * Math.PI * i) / pieces;
    return sides(4, [0.5 + distance * Math.cos(turn), 0.5 + distance * Math.sin(turn)], radius, angle);
  });
  return [
    { weights: first.flatMap(({ weights }) => weights), bias: first.flatMap(({ bias }) => bias) },
    {
      weights: first.map((_, i) => Array.from({ length: 4 * pieces }, (_, j) => (Math.floor(j / 4) === i ? 1 : 0))),
      bias: first.map(() => -3.5),
    },
    { weights: [Array.from({ length: pieces }, () => 1)], bias: [-0.5] },
  ];
}

/** The slides' weights for XOR: "or", "not and", and "and" of both. */
export const XOR_NETWORK: readonly StepLayer[] = [
  {
    weights: [
      [2, 2],
      [-2, -2],
    ],
    bias: [-1, 3],
  },
  { weights: [[2, 2]], bias: [-3] },
];

/** Returns the answers of a network at the middles of size² cells of the square [low, high]², rows from the top. */
export function stepField(layers: readonly StepLayer[], size: number, low: number, high: number): Float32Array {
  const middle = (i: number): number => low + ((high - low) * (i + 0.5)) / size;
  const field = new Float32Array(size * size);
  const place = [0, 0];
  const outputs = layers.map((): number[] => []);
  for (let i = 0; i < field.length; i++) {
    place[0] = middle(i % size);
    place[1] = middle(size - 1 - Math.floor(i / size));
    for (let l = 0; l < layers.length; l++) applyLayer(layers[l], l === 0 ? place : outputs[l - 1], outputs[l]);
    field[i] = outputs[layers.length - 1][0];
  }
  return field;
}
