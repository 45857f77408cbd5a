/**
 * Costs of models with two weights, as functions of these: what is drawn under a path. The library makes the steps; a
 * test compares the functions with the losses that it reports.
 */

/** A problem for a model with the two weights (w1, w2). */
export interface Surface {
  /** The model: one linear unit without a bias, or two units in a row, tanh and linear, without biases. */
  readonly model: 'linear' | 'chain';
  readonly x: readonly (readonly number[])[];
  readonly t: readonly number[];
  readonly start: readonly [w1: number, w2: number];
  readonly range: { readonly x: readonly [number, number]; readonly y: readonly [number, number] };
}

/** What the model says of a row. */
const answer = ({ model }: Surface, row: readonly number[], w1: number, w2: number): number =>
  model === 'linear' ? w1 * row[0] + w2 * row[1] : w2 * Math.tanh(w1 * row[0]);

/** The cost: half the squared error, mean over the rows. */
export function costAt(surface: Surface, w1: number, w2: number): number {
  const { x, t } = surface;
  return x.reduce((sum, row, i) => sum + 0.5 * (t[i] - answer(surface, row, w1, w2)) ** 2, 0) / x.length;
}

/**
 * Returns the logarithm of the cost at the middles of size² cells, rows from the top: costs near a minimum differ by
 * factors, and their logarithms by as much everywhere.
 */
export function costField(surface: Surface, size: number): Float32Array {
  const [x0, x1] = surface.range.x;
  const [y0, y1] = surface.range.y;
  return Float32Array.from({ length: size * size }, (_, i) =>
    Math.log(
      1e-4 +
        costAt(
          surface,
          x0 + ((x1 - x0) * ((i % size) + 0.5)) / size,
          y1 - ((y1 - y0) * (Math.floor(i / size) + 0.5)) / size,
        ),
    ),
  );
}

/** Scales a field to [0, 1], in `bands` equal bands, whose borders are the contours of the picture. */
export function banded(field: Float32Array, bands: number): Float32Array {
  const low = field.reduce((least, value) => Math.min(least, value), Infinity);
  const high = field.reduce((most, value) => Math.max(most, value), -Infinity);
  return field.map((value) => Math.min(bands - 1, Math.floor((bands * (value - low)) / (high - low))) / (bands - 1));
}

/** The surfaces of the race: a narrow valley across the axes, and a saddle between two minima. */
export const RACES = {
  valley: {
    model: 'linear',
    // Rows along (1, 1), and one tenth as long across: the curvatures are 1 and 0.02.
    x: [
      [1, 1],
      [0.15, -0.15],
    ],
    t: [1.2, 0.12],
    start: [-1.1, 0.7],
    range: { x: [-1.5, 1.9], y: [-1, 2.4] },
  },
  ravine: {
    model: 'linear',
    x: [
      [1.4, 0],
      [0, 0.2],
    ],
    t: [1.12, 0.16],
    start: [-1.4, -1.6],
    range: { x: [-2, 2], y: [-2, 2] },
  },
  saddle: {
    model: 'chain',
    x: [[-2], [-1], [-0.5], [0.5], [1], [2]],
    t: [-1.1, -0.9, -0.6, 0.6, 0.9, 1.1],
    start: [-1.3, 1.35],
    range: { x: [-2.2, 2.2], y: [-2.2, 2.2] },
  },
} as const satisfies Readonly<Record<string, Surface>>;
export type RaceName = keyof typeof RACES;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Logits of the two hidden units whose outputs are the inputs of the zigzag: of both signs. */
const LOGITS = [
  [0.9, -0.7],
  [-1.1, 0.5],
  [0.3, 1.4],
  [-0.4, -1.2],
  [1.5, 0.6],
  [-1.6, -0.2],
  [0.1, -1.5],
  [0.7, 1.1],
] as const;

/**
 * One linear unit behind two hidden ones whose outputs are all positive (sigmoid), or around 0 (tanh of half the same
 * logits, which is 2σ − 1). The first weight should grow and the second shrink.
 */
export function zigzagSurface(inputs: 'positive' | 'centred'): Surface {
  const of = (logit: number): number => (inputs === 'positive' ? sigmoid(logit) : 2 * sigmoid(logit) - 1);
  const x = LOGITS.map((row) => row.map(of));
  return {
    model: 'linear',
    x,
    t: x.map(([h1, h2]) => 1.2 * h1 - 1.2 * h2),
    start: [-0.6, 0.6],
    range: { x: [-1.2, 1.8], y: [-1.8, 1.2] },
  };
}

/** A unit of two inputs of which the second matters little: what L1 and L2 do to its weights. */
export const PENALTY_SURFACE: Surface = {
  model: 'linear',
  x: [
    [1.2, 0.2],
    [-0.4, 1],
    [0.5, 0.6],
    [-1, 0.5],
  ],
  t: [1.5, -0.3, 0.75, -1.15],
  start: [-0.6, 1.3],
  range: { x: [-1, 2], y: [-1, 2] },
};
