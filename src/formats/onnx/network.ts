/**
 * A network that is being read: a list of steps, each with its inputs and tensors. Operators of a file append to it;
 * neighbours that are one layer here, such as a product and the bias added to it, become one. In the end the layers of
 * the steps that reach an output are made and applied in order, and the tensors are set.
 */
import { FormatError } from '../../common/errors.js';
import { MOST_VALUES_OF_A_ROW } from '../../common/limits.js';
import { ADOPT, CONTENT } from '../../common/symbols.js';
import { input, model, type Layer, type Model, type SymbolicTensor } from '../../index.js';
import { layerNames } from '../layer-names.js';
import { tensorsIn, type Computation } from './computations.js';
import { layerOf } from './layers.js';

/**
 * Most layers of a network that is read: a file of 12,102 took 1.0 to 1.4 s of a Zen 5 processor, and strangers' files
 * are read within a second.
 */
const MOST_LAYERS = 8192;

/** A computation with its inputs and the width of its output. */
export interface Step {
  readonly computation: Computation;
  readonly inputs: readonly Step[];
  readonly width: number;
  readonly index: number;
}

/**
 * Computations that become one layer, applied several times, where they have the very same tensors: a file may share a
 * weight among many nodes. (Batch normalizations stay apart: each has statistics of its own while it trains.)
 */
const SHARES: ReadonlySet<string> = /* @__PURE__ */ new Set<Computation['kind']>(['affine', 'maxout', 'embedding']);

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

/** Numbers of tensors that a file may ask for beyond those that it has. */
const FREE_NUMBERS = 4_194_304;

const numbersIn = (tensors: readonly Float32Array[]): number => tensors.reduce((sum, { length }) => sum + length, 0);

/** A network under construction. */
export class NetworkBuilder {
  private readonly steps: Step[] = [];
  /** Tensors of steps: a step that takes the place of another has the same. */
  private readonly counted = new Set<Float32Array>();
  /** Columns that all steps may have together, and those of which the file itself has the numbers. */
  private columns: number;
  /** Numbers that all tensors may have together: many nodes can read one constant, of which each layer has a copy. */
  private numbers: number;
  /** Numbers that the layers may have, each of its own. */
  private weights: number;

  /** `bytes` is the size of the file. */
  constructor(
    private readonly where: string,
    bytes: number,
  ) {
    this.columns = MOST_VALUES_OF_A_ROW + Math.floor(bytes / 4);
    this.numbers = FREE_NUMBERS + Math.floor(bytes / 2);
    this.weights = this.numbers;
  }

  private require(left: number): void {
    if (left >= 0) return;
    throw new FormatError(`${this.where}: a network of so many weights is too large for its file: nodes share them.`);
  }

  /** Appends a step. */
  step(computation: Computation, inputs: readonly Step[], width: number): Step {
    this.columns -= width;
    if (!(this.columns >= 0)) throw new FormatError(`${this.where}: a network of so many columns is too large.`);
    for (const tensor of tensorsIn(computation)) {
      if (this.counted.has(tensor)) continue;
      this.counted.add(tensor);
      this.require((this.numbers -= tensor.length));
    }
    const step = { computation, inputs, width, index: this.steps.length };
    this.steps.push(step);
    return step;
  }

  /** Returns the steps that an output depends on; refuses more than a graph may have, before any layer is made. */
  private usedBy(outputs: readonly Step[]): Set<Step> {
    const used = new Set(outputs);
    for (const step of [...this.steps].reverse()) if (used.has(step)) for (const one of step.inputs) used.add(one);
    if (used.size <= MOST_LAYERS) return used;
    throw new FormatError(`${this.where}: network expected at most ${MOST_LAYERS} layers, got ${used.size}.`);
  }

  /** Builds the model of these inputs and outputs, and sets its tensors. */
  async build(inputs: readonly Step[], outputs: readonly Step[]): Promise<Model> {
    const used = this.usedBy(outputs);
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
        const where = `${this.where}: "${name}"`;
        const made = layerOf({ where, computation, width: step.width, name });
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
