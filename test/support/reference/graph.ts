/**
 * The float64 twin of a graph: forward pass, losses and running statistics of every layer, from a plain description of
 * the network, sharing no code with the library. Derivatives are finite differences of these alone. The twin is checked
 * in test/layers/gradients.test.ts against that of a chain (twin.ts).
 *
 * Layers consist of operations as documented: an activation other than linear is an operation of its own, and so is the
 * maximum of maxout. Masks and noise are drawn by the number of an operation, which is its position in the order of
 * computation: the inputs, then each output after everything it needs.
 */
import { shares } from './philox.js';
import type { Source } from './random.js';
import { activations, losses, type ActivationName, type LossName, type Row } from './twin.js';

/** Maxout is a layer here. */
export type Activation = Exclude<ActivationName, 'maxout3'>;

/** Whether a normalization has a γ and a β; both by default. */
interface ScaleAndShift {
  scale?: boolean;
  center?: boolean;
}

export type Layer =
  | { kind: 'input'; width: number; categories?: number[] }
  | { kind: 'dense'; units: number; activation: Activation; useBias: boolean }
  | { kind: 'maxout'; units: number; pieces: number; useBias: boolean }
  | { kind: 'activation'; activation: Activation }
  | { kind: 'prelu' }
  | { kind: 'dropout' | 'alphaDropout' | 'gaussianDropout'; rate: number }
  | { kind: 'gaussianNoise'; stddev: number }
  | ({ kind: 'batchNormalization'; momentum: number; epsilon: number } & ScaleAndShift)
  | ({ kind: 'layerNormalization'; epsilon: number } & ScaleAndShift)
  | { kind: 'rmsNormalization'; epsilon: number; scale?: boolean }
  | { kind: 'rescaling'; scale: number; offset: number }
  | { kind: 'normalization' }
  | { kind: 'add' | 'multiply' | 'subtract' | 'average' | 'maximum' | 'minimum' }
  | { kind: 'dot'; normalize: boolean }
  | { kind: 'embedding'; inputDims: number[]; outputDims: number[]; shared: boolean }
  | { kind: 'concatenate' };

export type Kind = Layer['kind'];

/** One use of a layer; the same object in two nodes has one set of weights. */
export interface Node {
  layer: Layer;
  /** Indices of earlier nodes. */
  inputs: number[];
}

export interface Network {
  nodes: Node[];
  /** Indices of nodes. */
  outputs: number[];
  seed: number;
}

export interface Tensor {
  readonly name: string;
  readonly shape: number[];
  readonly learned: boolean;
  readonly values: Float64Array;
}

/** The loss of one output. */
export interface Objective {
  loss: LossName;
  weight: number;
  labelSmoothing: number;
}

/** Rows by input, and targets by output. */
export interface Batch {
  x: Row[][];
  t: Row[][];
  sampleWeight?: number[];
}

/** A training step uses statistics of the batch, and draws masks and noise for update number `step`. */
type Phase = { training: false } | { training: true; step: number };

interface Operation {
  /** Values that it reads. */
  readonly inputs: number[];
  readonly tensors: Tensor[];
  /** Its activation, if it is one. */
  readonly activation?: Activation;
  run(inputs: Float64Array[], rows: number, phase: Phase): Float64Array;
  /** Moves running statistics towards those of its input in a training step. */
  updateRunningStatistics?(inputs: Float64Array[], rows: number): void;
}

/** The values of an input or an operation. */
interface Value {
  readonly width: number;
  readonly operation?: Operation;
}

/** All values of one run. */
export interface Run {
  readonly batch: Batch;
  readonly phase: Phase;
  readonly values: Float64Array[];
  readonly loss: number;
}

/** A slope, and its uncertainty: kinks in reach of the steps increase `doubt`. */
export interface Slope {
  readonly value: number;
  readonly doubt: number;
}

/** Name of a layer in errors and tensors. */
export const layerName = (network: Network, layer: Layer): string =>
  `layer${network.nodes.findIndex((node) => node.layer === layer)}`;

/** Nodes in the order of computation: the inputs, then each output after everything it needs, depth first. */
function ordered({ nodes, outputs }: Network): number[] {
  const order: number[] = [];
  const visit = (index: number): void => {
    if (order.includes(index)) return;
    nodes[index].inputs.forEach(visit);
    order.push(index);
  };
  nodes.forEach(({ layer }, index) => {
    if (layer.kind === 'input') visit(index);
  });
  outputs.forEach(visit);
  return order;
}

/** The rows of (rows, width). */
function rowsOf(x: Float64Array, rows: number, width: number): number[][] {
  const all: number[][] = [];
  for (let row = 0; row < rows; row++) {
    const values: number[] = [];
    for (let j = 0; j < width; j++) values.push(x[row * width + j]);
    all.push(values);
  }
  return all;
}

/** Runs `f` on each row. */
function byRow(x: Float64Array, rows: number, width: number, f: (row: number[]) => number[]): Float64Array {
  const results = rowsOf(x, rows, width).map(f);
  const out = new Float64Array(rows * results[0].length);
  results.forEach((result, row) => out.set(result, row * result.length));
  return out;
}

const meanOf = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length;
const varianceOf = (values: readonly number[]): number => {
  const mean = meanOf(values);
  return meanOf(values.map((value) => (value - mean) ** 2));
};

/** Column j of (rows, width). */
const column = (x: Float64Array, rows: number, width: number, j: number): number[] =>
  Array.from({ length: rows }, (_, row) => x[row * width + j]);

const byColumn = (x: Float64Array, width: number, f: (value: number, column: number) => number): Float64Array =>
  x.map((value, at) => f(value, at % width));

/**
 * Standard normal numbers by Box and Muller: of eight uniform numbers four are radii and four turns; cosines come
 * before sines.
 */
function normals(width: number, key: readonly [number, number], rest: readonly [number, number, number]): number[] {
  const u = shares(8 * Math.ceil(width / 8), key, rest);
  return Array.from({ length: width }, (_, j) => {
    const at = j - (j % 8) + (j % 4);
    const radius = Math.sqrt(-2 * Math.log(u[at] + 2 ** -24));
    const turn = 2 * Math.PI * u[at + 4];
    return radius * (j % 8 < 4 ? Math.cos(turn) : Math.sin(turn));
  });
}

const sumOf = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** One value of each input, merged. */
const MERGES = {
  add: sumOf,
  multiply: (values: readonly number[]): number => values.reduce((product, value) => product * value, 1),
  subtract: ([a, b]: readonly number[]): number => a - b,
  average: meanOf,
  maximum: (values: readonly number[]): number => Math.max(...values),
  minimum: (values: readonly number[]): number => Math.min(...values),
};

/** Streams of the random generator. */
const DROPOUT = 3;
const NOISE = 4;

/**
 * Values of (rows, width) that `draw` returns by row, drawn once per update: only the rows of one batch are asked for
 * repeatedly.
 */
function drawn(width: number, draw: (row: number, step: number) => ArrayLike<number>) {
  const made = new Map<string, ArrayLike<number>>();
  return (rows: number, step: number): Float64Array => {
    const all = new Float64Array(rows * width);
    for (let row = 0; row < rows; row++) {
      const key = `${row} ${step}`;
      let values = made.get(key);
      if (values === undefined) made.set(key, (values = draw(row, step)));
      for (let j = 0; j < width; j++) all[row * width + j] = values[j];
    }
    return all;
  };
}

export class GraphTwin {
  readonly tensors: Tensor[] = [];
  private readonly values: Value[] = [];
  /** Index of the value of each node. */
  private readonly of = new Map<number, number>();
  private readonly owned = new Map<string, Tensor[]>();
  private operations = 0;

  /** Draws random weights, of a size that keeps values near 1 at any width. */
  constructor(
    readonly network: Network,
    private readonly from: Source,
  ) {
    for (const index of ordered(network)) this.of.set(index, this.lower(network.nodes[index]));
  }

  widthOf(node: number): number {
    return this.values[this.of.get(node)!].width;
  }

  get inputWidths(): number[] {
    return this.values.filter(({ operation }) => operation === undefined).map(({ width }) => width);
  }

  /** Returns outputs by output and row, as in prediction. */
  predict(x: Row[][]): number[][][] {
    return this.outputsOf(this.compute(x, { training: false }), x[0].length);
  }

  /** Returns the outputs of a run, likewise. */
  outputs({ values, batch }: Run): number[][][] {
    return this.outputsOf(values, batch.x[0].length);
  }

  /**
   * Computes the forward pass and the loss, as in training for update number `step`, or as in evaluation without one.
   */
  run(batch: Batch, objectives: Objective[], step?: number): Run {
    const phase: Phase = step === undefined ? { training: false } : { training: true, step };
    const values = this.compute(batch.x, phase);
    return { batch, phase, values, loss: this.loss(values, batch, objectives) };
  }

  /**
   * The slope of the loss along a direction in a tensor: central differences of h and 2h, combined to fourth order.
   * `doubt` is their difference, or the difference of the right and the left slope beyond curvature.
   */
  slope(run: Run, objectives: Objective[], tensor: Tensor, direction: ArrayLike<number>, h = 1e-5): Slope {
    const before = tensor.values.slice();
    const at = (offset: number): number => {
      before.forEach((value, i) => (tensor.values[i] = value + offset * direction[i]));
      const values = this.compute(run.batch.x, run.phase, run.values, tensor);
      return this.loss(values, run.batch, objectives) - run.loss;
    };
    const [right, left, farRight, farLeft] = [at(h), at(-h), at(2 * h), at(-2 * h)];
    tensor.values.set(before);
    const near = (right - left) / (2 * h);
    const far = (farRight - farLeft) / (4 * h);
    const bend = (2 * (right + left)) / h - (farRight + farLeft) / (2 * h);
    return { value: (4 * near - far) / 3, doubt: Math.max(Math.abs(near - far), Math.abs(bend)) };
  }

  /** The slope along every coordinate. */
  gradient(run: Run, objectives: Objective[], tensor: Tensor): Slope[] {
    return Array.from(tensor.values, (_, i) =>
      this.slope(
        run,
        objectives,
        tensor,
        tensor.values.map((__, k) => +(i === k)),
      ),
    );
  }

  /** Updates the running statistics, in the order of computation. */
  updateRunningStatistics({ values, batch }: Run): void {
    for (const { operation } of this.values) {
      operation?.updateRunningStatistics?.(
        operation.inputs.map((input) => values[input]),
        batch.x[0].length,
      );
    }
  }

  private outputsOf(values: Float64Array[], rows: number): number[][][] {
    return this.network.outputs.map((node) => this.rowsOf(values, this.of.get(node)!, rows));
  }

  private rowsOf(values: Float64Array[], value: number, rows: number): number[][] {
    return rowsOf(values[value], rows, this.values[value].width);
  }

  /** Computes all values; with `before` and `changed` only those that depend on that tensor. */
  private compute(x: Row[][], phase: Phase, before?: Float64Array[], changed?: Tensor): Float64Array[] {
    const results: Float64Array[] = [];
    let input = 0;
    for (const [index, { operation }] of this.values.entries()) {
      if (operation === undefined) {
        const rows = x[input++];
        results.push(before?.[index] ?? Float64Array.from(rows.flat()));
      } else if (
        before !== undefined &&
        !operation.tensors.includes(changed!) &&
        operation.inputs.every((value) => results[value] === before[value])
      ) {
        results.push(before[index]);
      } else {
        results.push(
          operation.run(
            operation.inputs.map((value) => results[value]),
            x[0].length,
            phase,
          ),
        );
      }
    }
    return results;
  }

  /** Σ over outputs of weight · Σ over rows of sample weight · loss, divided by the number of rows. */
  private loss(values: Float64Array[], { t, sampleWeight }: Batch, objectives: Objective[]): number {
    const rows = t[0].length;
    let total = 0;
    objectives.forEach(({ loss, weight, labelSmoothing }, output) => {
      if (weight === 0) return;
      const value = this.of.get(this.network.outputs[output])!;
      const y = this.rowsOf(values, value, rows);
      const named = this.ofLogits(output, objectives) ? this.values[value].operation!.activation : undefined;
      const z = named === undefined ? y : this.rowsOf(values, this.values[value].operation!.inputs[0], rows);
      y.forEach((row, i) => {
        const outcome = { z: z[i], y: row, activation: named ?? 'linear' } as const;
        const one = lossOfRow(loss, labelSmoothing, outcome, t[output][i]);
        total += (weight * (sampleWeight?.[i] ?? 1) * one) / rows;
      });
    });
    return total;
  }

  /**
   * Whether a loss is computed from logits: a cross-entropy on its own activation, where no other layer reads the
   * activation and no other loss starts from the same logits. Otherwise it clamps probabilities, which matters where
   * these are below 1e-7.
   */
  private ofLogits(output: number, objectives: Objective[]): boolean {
    const outputs = this.network.outputs.map((node) => this.of.get(node)!);
    const { operation } = this.values[outputs[output]];
    const { loss } = objectives[output];
    const own = loss === 'binaryCrossentropy' ? 'sigmoid' : loss.endsWith('Crossentropy') ? 'softmax' : undefined;
    if (operation?.activation === undefined || operation.activation !== own) return false;
    const [logits] = operation.inputs;
    const starts = (other: number): boolean =>
      this.values[outputs[other]].operation?.inputs[0] === logits && this.ofLogits(other, objectives);
    return (
      !this.values.some((value) => value.operation?.inputs.includes(outputs[output])) &&
      !outputs.includes(logits) &&
      !outputs.some((_, other) => other < output && starts(other))
    );
  }

  /** Adds the operations of a node and returns the number of its value. */
  private lower({ layer, inputs }: Node): number {
    const given = inputs.map((node) => this.of.get(node)!);
    const [width] = given.map((value) => this.values[value].width);
    switch (layer.kind) {
      case 'input':
        return this.values.push({ width: layer.width }) - 1;
      case 'dense': {
        const { units, activation, useBias } = layer;
        const z = this.affine(layer, given[0], width, units, useBias);
        return activation === 'linear' ? z : this.activate(layer, activation, z, units, '.activation');
      }
      case 'maxout': {
        const { units, pieces, useBias } = layer;
        const z = this.affine(layer, given[0], width, units * pieces, useBias);
        const largest = (row: number[]): number[] =>
          Array.from({ length: units }, (_, unit) => Math.max(...row.slice(unit * pieces, (unit + 1) * pieces)));
        return this.add(units, [z], [], ([x], rows) => byRow(x, rows, units * pieces, largest));
      }
      case 'activation':
        return this.activate(layer, layer.activation, given[0], width, '');
      case 'prelu':
        return this.activate(layer, 'prelu', given[0], width, '');
      case 'dropout': {
        // Rates are float32 in the library.
        const rate = Math.fround(layer.rate);
        const key = [this.network.seed, DROPOUT] as const;
        const node = this.operations;
        const mask = drawn(width, (row, step) =>
          shares(width, key, [row, node, step]).map((share) => (share >= rate ? 1 / (1 - rate) : 0)),
        );
        return this.add(width, given, [], ([x], rows, phase) => {
          if (!phase.training) return x.slice();
          const factors = mask(rows, phase.step);
          return x.map((value, at) => value * factors[at]);
        });
      }
      case 'alphaDropout': {
        const p = Math.fround(layer.rate);
        const key = [this.network.seed, DROPOUT] as const;
        const node = this.operations;
        // SELU's limit on the left takes the place of what is dropped; then all have variance 1 and mean 0 again.
        const limit = -1.0507009873554805 * 1.6732632423543772;
        const q = 1 - p;
        // The variance of the mixture: q + q·p·limit².
        const scale = 1 / Math.sqrt(q + q * p * limit ** 2);
        const mask = drawn(width, (row, step) => shares(width, key, [row, node, step]));
        return this.add(width, given, [], ([x], rows, phase) => {
          if (!phase.training) return x.slice();
          const drawnShares = mask(rows, phase.step);
          return x.map((value, at) => scale * ((drawnShares[at] >= p ? value : limit) - p * limit));
        });
      }
      case 'gaussianDropout': {
        const { rate } = layer;
        const key = [this.network.seed, NOISE] as const;
        const node = this.operations;
        const noise = drawn(width, (row, step) => normals(width, key, [row, node, step]));
        return this.add(width, given, [], ([x], rows, phase) => {
          if (!phase.training) return x.slice();
          const numbers = noise(rows, phase.step);
          return x.map((value, at) => value * (1 + Math.sqrt(rate / (1 - rate)) * numbers[at]));
        });
      }
      case 'gaussianNoise': {
        const { stddev } = layer;
        const key = [this.network.seed, NOISE] as const;
        const node = this.operations;
        const noise = drawn(width, (row, step) => normals(width, key, [row, node, step]));
        return this.add(width, given, [], ([x], rows, phase) => {
          if (!phase.training) return x.slice();
          const numbers = noise(rows, phase.step);
          return x.map((value, at) => value + stddev * numbers[at]);
        });
      }
      case 'batchNormalization':
        return this.normalizeBatch(layer, given, width);
      case 'layerNormalization': {
        const { epsilon } = layer;
        const { tensors, gamma, beta } = this.scaleAndShift(layer, width, layer);
        return this.add(width, given, tensors, ([x], rows) =>
          byRow(x, rows, width, (row) => {
            const [mean, deviation] = [meanOf(row), Math.sqrt(varianceOf(row) + epsilon)];
            return row.map((value, j) => (gamma(j) * (value - mean)) / deviation + beta(j));
          }),
        );
      }
      case 'rmsNormalization': {
        const { epsilon } = layer;
        const { tensors, gamma } = this.scaleAndShift({ ...layer, center: false }, width, layer);
        return this.add(width, given, tensors, ([x], rows) =>
          byRow(x, rows, width, (row) => {
            const size = Math.sqrt(meanOf(row.map((value) => value * value)) + epsilon);
            return row.map((value, j) => (gamma(j) * value) / size);
          }),
        );
      }
      case 'rescaling':
        return this.add(width, given, [], ([x]) => x.map((value) => layer.scale * value + layer.offset));
      case 'normalization': {
        const [mean, variance] = this.tensorsOf(layer, () => [
          this.tensor(layer, 'mean', [width], () => this.from.symmetric(1), false),
          this.tensor(layer, 'variance', [width], () => Math.fround(0.5 + this.from.uniform()), false),
        ]);
        return this.add(width, given, [mean, variance], ([x]) =>
          byColumn(x, width, (value, j) => (value - mean.values[j]) / (Math.sqrt(variance.values[j]) || 1)),
        );
      }
      case 'add':
      case 'multiply':
      case 'subtract':
      case 'average':
      case 'maximum':
      case 'minimum': {
        const merge = MERGES[layer.kind];
        return this.add(width, given, [], (all) => all[0].map((_, at) => merge(all.map((values) => values[at]))));
      }
      case 'dot': {
        const norm = (row: number[]): number => Math.sqrt(sumOf(row.map((value) => value * value)));
        return this.add(1, given, [], ([a, b], rows) => {
          const other = rowsOf(b, rows, width);
          return Float64Array.from(rowsOf(a, rows, width), (row, i) => {
            const product = sumOf(row.map((value, j) => value * other[i][j]));
            if (!layer.normalize) return product;
            const norms = [norm(row), norm(other[i])];
            return norms.some((one) => one <= 1e-8) ? 0 : product / (norms[0] * norms[1]);
          });
        });
      }
      case 'embedding': {
        const { inputDims, outputDims, shared } = layer;
        const tables = this.tensorsOf(layer, () =>
          (shared ? [0] : inputDims.map((_, c) => c)).map((c, _, all) =>
            this.tensor(layer, all.length === 1 ? 'weight' : `${c}.weight`, [inputDims[c], outputDims[c]], () =>
              this.from.symmetric(1),
            ),
          ),
        );
        return this.add(sumOf(outputDims), given, tables, ([x], rows) =>
          byRow(x, rows, width, (row) =>
            row.flatMap((index, c) => {
              const { values } = tables[shared ? 0 : c];
              return [...values.subarray(index * outputDims[c], (index + 1) * outputDims[c])];
            }),
          ),
        );
      }
      case 'concatenate': {
        const widths = given.map((value) => this.values[value].width);
        const whole = widths.reduce((total, one) => total + one, 0);
        return this.add(whole, given, [], (parts, rows) => {
          const y = new Float64Array(rows * whole);
          for (let row = 0, at = 0; row < rows; row++) {
            parts.forEach((part, order) => {
              const values = part.subarray(row * widths[order], (row + 1) * widths[order]);
              y.set(values, at);
              at += values.length;
            });
          }
          return y;
        });
      }
    }
  }

  private add(
    width: number,
    inputs: number[],
    tensors: Tensor[],
    run: Operation['run'],
    rest: Pick<Operation, 'activation' | 'updateRunningStatistics'> = {},
  ): number {
    this.operations += 1;
    return this.values.push({ width, operation: { inputs, tensors, run, ...rest } }) - 1;
  }

  private affine(layer: Layer, input: number, inputs: number, units: number, useBias: boolean): number {
    const [weight, bias] = this.tensorsOf(layer, () => [
      this.tensor(layer, 'weight', [units, inputs], () => this.from.symmetric(Math.sqrt(3 / inputs))),
      ...(useBias ? [this.tensor(layer, 'bias', [units], () => this.from.symmetric(0.5))] : []),
    ]);
    return this.add(units, [input], bias ? [weight, bias] : [weight], ([x], rows) => {
      const z = new Float64Array(rows * units);
      const w = weight.values;
      for (let row = 0; row < rows; row++) {
        for (let unit = 0; unit < units; unit++) {
          let sum = bias ? bias.values[unit] : 0;
          for (let k = 0; k < inputs; k++) sum += w[unit * inputs + k] * x[row * inputs + k];
          z[row * units + unit] = sum;
        }
      }
      return z;
    });
  }

  private activate(layer: Layer, activation: Activation, input: number, width: number, module: string): number {
    // The weights of a dense layer's own activation come after the layer's.
    const slopes =
      activation === 'prelu'
        ? this.tensorsOf(
            layer,
            () => [this.tensor(layer, 'weight', [width], () => this.from.symmetric(0.5), true, module)],
            module,
          )
        : [];
    const alpha = slopes[0]?.values as unknown as number[];
    const f = activations[activation] as (z: Row, layer: { alpha: number[] }) => number[];
    return this.add(width, [input], slopes, ([z], rows) => byRow(z, rows, width, (row) => f(row, { alpha })), {
      activation,
    });
  }

  /** The tensors of a normalization, and γ and β of a column: 1 and 0 where it has none. */
  private scaleAndShift(
    { scale = true, center = true }: ScaleAndShift,
    width: number,
    layer: Layer,
    more: () => Tensor[] = () => [],
  ): { tensors: Tensor[]; gamma: (j: number) => number; beta: (j: number) => number; others: Tensor[] } {
    const tensors = this.tensorsOf(layer, () => [
      ...(scale ? [this.tensor(layer, 'weight', [width], () => Math.fround(1 + this.from.symmetric(0.5)))] : []),
      ...(center ? [this.tensor(layer, 'bias', [width], () => this.from.symmetric(0.5))] : []),
      ...more(),
    ]);
    return {
      tensors,
      gamma: (j) => (scale ? tensors[0].values[j] : 1),
      beta: (j) => (center ? tensors[+scale].values[j] : 0),
      others: tensors.slice(+scale + +center),
    };
  }

  private normalizeBatch(
    layer: Extract<Layer, { kind: 'batchNormalization' }>,
    given: number[],
    width: number,
  ): number {
    const { epsilon, momentum } = layer;
    const { tensors, gamma, beta, others } = this.scaleAndShift(layer, width, layer, () => [
      this.tensor(layer, 'running_mean', [width], () => this.from.symmetric(1), false),
      this.tensor(layer, 'running_var', [width], () => Math.fround(0.5 + this.from.uniform()), false),
    ]);
    const [runningMean, runningVariance] = others;
    const moments = (x: Float64Array, rows: number): [means: number[], variances: number[]] => {
      const columns = Array.from({ length: width }, (_, j) => column(x, rows, width, j));
      return [columns.map(meanOf), columns.map(varianceOf)];
    };
    return this.add(
      width,
      given,
      tensors,
      ([x], rows, { training }) => {
        // One row has no statistics of its own.
        const [means, variances] =
          training && rows > 1 ? moments(x, rows) : [runningMean.values, runningVariance.values];
        const factors = Array.from(variances, (variance, j) => gamma(j) / Math.sqrt(variance + epsilon));
        return byColumn(x, width, (value, j) => (value - means[j]) * factors[j] + beta(j));
      },
      {
        updateRunningStatistics([x], rows) {
          if (rows === 1) return;
          const [means, variances] = moments(x, rows);
          const unbiased = rows / (rows - 1);
          for (let j = 0; j < width; j++) {
            runningMean.values[j] = momentum * runningMean.values[j] + (1 - momentum) * means[j];
            runningVariance.values[j] = momentum * runningVariance.values[j] + (1 - momentum) * unbiased * variances[j];
          }
        },
      },
    );
  }

  /** The tensors of a layer's module, made at its first use. */
  private tensorsOf(layer: Layer, make: () => Tensor[], module = ''): Tensor[] {
    const name = layerName(this.network, layer) + module;
    const known = this.owned.get(name);
    if (known !== undefined) return known;
    const made = make();
    this.owned.set(name, made);
    this.tensors.push(...made);
    return made;
  }

  private tensor(
    layer: Layer,
    name: string,
    shape: number[],
    value: () => number,
    learned = true,
    module = '',
  ): Tensor {
    const size = shape.reduce((total, extent) => total * extent, 1);
    return {
      name: `${layerName(this.network, layer)}${module}.${name}`,
      shape,
      learned,
      values: Float64Array.from({ length: size }, value),
    };
  }
}

type Outcome = Omit<Parameters<(typeof losses)[LossName]>[0], 't'>;

/** Label smoothing spreads a share of each target over the classes, or for independent outputs over yes and no. */
function lossOfRow(loss: LossName, smoothing: number, outcome: Outcome, t: Row): number {
  const classes = outcome.y.length;
  const smooth = (row: Row, over: number): number[] => row.map((value) => value * (1 - smoothing) + smoothing / over);
  if (smoothing === 0) return losses[loss]({ ...outcome, t });
  if (loss === 'binaryCrossentropy') return losses[loss]({ ...outcome, t: smooth(t, 2) });
  const values = loss === 'sparseCategoricalCrossentropy' ? outcome.y.map((_, j) => +(j === t[0])) : t;
  return losses.categoricalCrossentropy({ ...outcome, t: smooth(values, classes) });
}
