/**
 * A network that is being read: a list of layers to be made, each with its inputs and tensors. Operators of a file
 * append to it; neighbours that are one layer here, such as a product and the bias added to it, become one. In the end
 * the layers that reach an output are applied in order, and the tensors are set.
 */
import { FormatError } from '../../common/errors.js';
import { ADOPT, CONTENT } from '../../common/symbols.js';
import {
  activation,
  add,
  average,
  batchNormalization,
  concatenate,
  dense,
  dot,
  embedding,
  input,
  layerNormalization,
  maximum,
  maxout,
  minimum,
  model,
  multiply,
  normalization,
  prelu,
  rescaling,
  rmsNormalization,
  subtract,
  type Activation,
  type Layer,
  type Model,
  type SymbolicTensor,
} from '../../index.js';
import { layerNames } from '../layer-names.js';

/** y = x·Wᵀ + b, with W (units, inputs) row-major. */
export interface Affine {
  readonly units: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array | undefined;
  /** Whether it is a product alone, to which what is added next is the bias. */
  readonly isProduct: boolean;
}

/** y = (x − mean)·factor + offset for each column; absent parts do nothing. */
export interface Columns {
  readonly mean?: Float32Array;
  readonly factor?: Float32Array;
  readonly offset?: Float32Array;
}

/** Vectors of an embedding, (categories, values) row-major. */
export interface Table {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** Layers that merge two or more inputs. */
export type Merge = 'add' | 'average' | 'concatenate' | 'maximum' | 'minimum' | 'multiply' | 'subtract';

/** What a step computes. */
export type Computation =
  | { readonly kind: 'input'; readonly name: string }
  | ({ readonly kind: 'affine'; readonly name: string | undefined } & Affine)
  | ({ readonly kind: 'maxout'; readonly pieces: number; readonly name: string | undefined } & Affine)
  | { readonly kind: 'activation'; readonly activation: Activation }
  | { readonly kind: 'prelu'; readonly slopes: Float32Array }
  | { readonly kind: 'rescaling'; readonly scale: number; readonly offset: number }
  | ({ readonly kind: 'columns' } & Columns)
  | { readonly kind: 'dot'; readonly normalize: boolean }
  | { readonly kind: 'embedding'; readonly tables: readonly Table[]; readonly shared: boolean }
  | { readonly kind: 'rmsNormalization'; readonly epsilon: number; readonly scale: Float32Array | undefined }
  | {
      readonly kind: 'layerNormalization';
      readonly epsilon: number;
      readonly scale: Float32Array | undefined;
      readonly shift: Float32Array | undefined;
    }
  | {
      readonly kind: 'batchNormalization';
      readonly epsilon: number;
      readonly momentum: number;
      /** γ, β, mean, variance. */
      readonly tensors: readonly Float32Array[];
    }
  | { readonly kind: Merge };

/** A computation with its inputs and the width of its output. */
export interface Step {
  readonly computation: Computation;
  readonly inputs: readonly Step[];
  readonly width: number;
  readonly index: number;
}

/** A layer with the tensors that it gets once the model is made. */
interface MadeLayer {
  readonly layer: Layer;
  readonly tensors: readonly Float32Array[];
}

/** Widest diagonal that is written as a matrix. */
const WIDEST_DIAGONAL = 1024;

const filled = (width: number, value: number): Float32Array => new Float32Array(width).fill(value);

/**
 * Returns a variance whose reciprocal root, as the kernel rounds it, is the factor; or the nearest one. Found among the
 * float32 numbers around 1/factor².
 */
function varianceFor(factor: number): number {
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  float[0] = 1 / (factor * factor);
  const start = bits[0];
  let best = float[0];
  let least = Infinity;
  for (let step = 0; step <= 8; step++) {
    bits[0] = start + (step % 2 === 0 ? step / 2 : -(step + 1) / 2);
    const difference = Math.abs(Math.fround(1 / Math.fround(Math.sqrt(float[0]))) - factor);
    if (difference < least) [least, best] = [difference, float[0]];
  }
  return best;
}

/** Returns the layer of y = (x − mean)·factor + offset per column. */
function columnsLayer(where: string, { mean, factor, offset }: Columns, width: number, name: string): MadeLayer {
  // (x − mean)·factor + offset = (x − (mean − offset/factor))·factor
  if (factor?.every((value) => value > 0 && Number.isFinite(1 / (value * value))) ?? true) {
    const means = offset?.map((value, i) => (mean?.[i] ?? 0) - value / (factor?.[i] ?? 1)) ?? mean;
    return {
      layer: normalization({ name }),
      tensors: [means ?? filled(width, 0), factor?.map(varianceFor) ?? filled(width, 1)],
    };
  }
  // Factors of any sign are a diagonal matrix.
  if (width > WIDEST_DIAGONAL) {
    throw new FormatError(
      `${where} expected at most ${WIDEST_DIAGONAL} columns with factors of 0 or less, got ${width}.`,
    );
  }
  const weight = filled(width * width, 0);
  const bias = filled(width, 0);
  for (let i = 0; i < width; i++) {
    const scale = factor?.[i] ?? 1;
    weight[i * width + i] = scale;
    bias[i] = (offset?.[i] ?? 0) - (mean?.[i] ?? 0) * scale;
  }
  return { layer: dense({ units: width, name }), tensors: [weight, bias] };
}

/** How a layer is made of a computation. */
interface Making<C> {
  readonly where: string;
  readonly computation: C;
  readonly width: number;
  readonly name: string;
}

type Kind = Exclude<Computation['kind'], 'input'>;

type Makers = { readonly [K in Kind]: (making: Making<Extract<Computation, { kind: K }>>) => MadeLayer };

const given = (...tensors: readonly (Float32Array | undefined)[]): Float32Array[] =>
  tensors.filter((tensor) => tensor !== undefined);

const merge =
  (factory: (options: { name: string }) => Layer) =>
  ({ name }: { readonly name: string }): MadeLayer => ({ layer: factory({ name }), tensors: [] });

/** Layers by the computations that they do. */
const MAKERS: Makers = {
  affine: ({ computation: { units, weight, bias }, name }) => ({
    layer: dense({ units, useBias: bias !== undefined, name }),
    tensors: given(weight, bias),
  }),
  maxout: ({ computation: { units, pieces, weight, bias }, name }) => ({
    layer: maxout({ units: units / pieces, pieces, useBias: bias !== undefined, name }),
    tensors: given(weight, bias),
  }),
  activation: ({ computation, name }) => ({
    layer: activation({ activation: computation.activation, name }),
    tensors: [],
  }),
  prelu: ({ computation: { slopes }, name }) => ({ layer: prelu({ name }), tensors: [slopes] }),
  rescaling: ({ computation: { scale, offset }, name }) => ({
    layer: rescaling({ scale, offset, name }),
    tensors: [],
  }),
  columns: ({ where, computation, width, name }) => columnsLayer(where, computation, width, name),
  dot: ({ computation: { normalize }, name }) => ({ layer: dot({ normalize, name }), tensors: [] }),
  embedding: ({ computation: { tables, shared }, name }) => {
    const [inputDims, outputDims] = [0, 1].map((axis) => tables.map(({ dims }) => dims[axis]));
    const [inputDim, outputDim] = shared ? [inputDims[0], outputDims[0]] : [inputDims, outputDims];
    return { layer: embedding({ inputDim, outputDim, name }), tensors: tables.map(({ data }) => data) };
  },
  layerNormalization: ({ computation: { epsilon, scale, shift }, name }) => ({
    layer: layerNormalization({ epsilon, scale: scale !== undefined, center: shift !== undefined, name }),
    tensors: given(scale, shift),
  }),
  rmsNormalization: ({ computation: { epsilon, scale }, name }) => ({
    layer: rmsNormalization({ epsilon, scale: scale !== undefined, name }),
    tensors: given(scale),
  }),
  batchNormalization: ({ computation: { epsilon, momentum, tensors }, name }) => ({
    layer: batchNormalization({ epsilon, momentum, name }),
    tensors,
  }),
  add: merge(add),
  average: merge(average),
  concatenate: merge(concatenate),
  maximum: merge(maximum),
  minimum: merge(minimum),
  multiply: merge(multiply),
  subtract: merge(subtract),
};

/** Tensors of a computation. */
const tensorsIn = (computation: Computation): Float32Array[] =>
  (Object.values(computation).flat() as unknown[]).flatMap((value) => {
    const data = value instanceof Float32Array ? value : (value as Partial<Table> | undefined)?.data;
    return data === undefined ? [] : [data];
  });

/**
 * Computations that become one layer, applied several times, where they have the very same tensors: a file may share a
 * weight among many nodes. (Batch normalizations stay apart: each has statistics of its own while it trains.)
 */
const SHARES: ReadonlySet<string> = /* @__PURE__ */ new Set<Kind>(['affine', 'maxout', 'embedding']);

/** Tells tensors apart by their identity. */
class TensorIds {
  private readonly ids = new Map<Float32Array, number>();

  /** Returns a text that is the same for computations that one layer can do. */
  keyOf(computation: Computation): string {
    const parts = tensorsIn(computation).map((tensor) => {
      const id = this.ids.get(tensor) ?? this.ids.size;
      this.ids.set(tensor, id);
      return id;
    });
    const { kind } = computation;
    const sizes = kind === 'embedding' ? [computation.shared] : kind === 'maxout' ? [computation.pieces] : [];
    return [kind, ...sizes, ...parts].join(' ');
  }
}

const numbersIn = (tensors: readonly Float32Array[]): number => tensors.reduce((sum, { length }) => sum + length, 0);

/** A network under construction. */
export class NetworkBuilder {
  private readonly steps: Step[] = [];
  /** Tensors of steps: a step that takes the place of another has the same. */
  private readonly counted = new WeakSet<Float32Array>();
  /** Numbers that the layers may have, each of its own. */
  private weights: number;

  constructor(
    private readonly where: string,
    /** Columns that all steps may have together: a file of some bytes can ask for any number. */
    private columns: number,
    /** Numbers that all tensors may have together: many nodes can read one constant, of which each layer has a copy. */
    private numbers: number,
  ) {
    this.weights = numbers;
  }

  private require(left: number): void {
    if (left >= 0) return;
    throw new FormatError(`${this.where}: a network of so many weights is too large for its file: nodes share them.`);
  }

  /** Appends a step. */
  step(computation: Computation, inputs: readonly Step[], width: number): Step {
    this.columns -= width;
    if (!(this.columns >= 0)) throw new FormatError(`${this.where}: a network of so many columns is too large.`);
    const added = tensorsIn(computation).filter((tensor) => !this.counted.has(tensor));
    for (const tensor of added) this.counted.add(tensor);
    this.require((this.numbers -= numbersIn(added)));
    const step = { computation, inputs, width, index: this.steps.length };
    this.steps.push(step);
    return step;
  }

  /** Builds the model of these inputs and outputs, and sets its tensors. */
  async build(inputs: readonly Step[], outputs: readonly Step[]): Promise<Model> {
    const used = new Set(outputs);
    for (const step of [...this.steps].reverse()) if (used.has(step)) step.inputs.forEach((one) => used.add(one));
    for (const step of inputs) {
      if (used.has(step)) continue;
      const { name } = step.computation as { name: string };
      throw new FormatError(`${this.where}: input "${name}" expected to reach an output, got none that depends on it.`);
    }
    const takeName = layerNames(inputs.map(({ computation }) => (computation as { name: string }).name));
    const tensorsOf = new Map<string, readonly Float32Array[]>();
    const symbols = new Map<Step, SymbolicTensor>();
    const ids = new TensorIds();
    const layers = new Map<string, Layer>();
    for (const step of this.steps) {
      if (!used.has(step)) continue;
      const { computation } = step;
      if (computation.kind === 'input') {
        symbols.set(step, input({ shape: [step.width], name: computation.name }));
        continue;
      }
      const key = SHARES.has(computation.kind) ? ids.keyOf(computation) : undefined;
      let layer = key === undefined ? undefined : layers.get(key);
      if (layer === undefined) {
        const name = takeName(('name' in computation ? computation.name : undefined) ?? computation.kind);
        const make = MAKERS[computation.kind] as (making: Making<Computation>) => MadeLayer;
        const made = make({ where: `${this.where}: "${name}"`, computation, width: step.width, name });
        this.require((this.weights -= numbersIn(made.tensors)));
        tensorsOf.set(name, made.tensors);
        layer = made.layer;
        if (key !== undefined) layers.set(key, layer);
      }
      const given = step.inputs.map((one) => symbols.get(one)!);
      symbols.set(step, layer.apply(given.length === 1 ? given[0] : given));
    }
    const results = outputs.map((step) => symbols.get(step)!);
    const network = (await model({
      inputs: inputs.map((step) => symbols.get(step)!),
      outputs: results,
    })) as Model;
    try {
      const { plan } = network[CONTENT](this.where, false);
      const counts = new Map<string, number>();
      network[ADOPT](
        plan.parameters.map(({ layer, spec: { shape } }) => {
          const name = plan.graph.names[layer];
          const index = counts.get(name) ?? 0;
          counts.set(name, index + 1);
          return { shape, data: tensorsOf.get(name)![index] };
        }),
      );
    } catch (error) {
      network.dispose();
      throw error;
    }
    return network;
  }
}
