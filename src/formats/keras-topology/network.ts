/**
 * A network that is being read: layers, their uses and their tensors, as they become an architecture. What reaches no
 * output is left out.
 */
import { newFloats } from '../../common/arrays.js';
import { FormatError } from '../../common/errors.js';
import { MOST_CONNECTIONS, MOST_NODES, MOST_VALUES_OF_A_ROW } from '../../common/limits.js';
import { ADOPT } from '../../common/symbols.js';
import { layerNames } from '../layer-names.js';
import { LARGEST, LEAST_FACTOR, varianceFor } from '../variances.js';
import { modelFromJSON, type Architecture, type GraphNode, type LayerData, type Model } from '../../index.js';

/** A tensor of a layer, in the order of its parameters. */
export interface LayerTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A layer to be made. */
export interface PlannedLayer {
  readonly kind: string;
  readonly config: object;
  readonly tensors: readonly LayerTensor[];
}

/** Most layers that models list, those inside of each other together: nodes, an input of each model, and the models. */
export const MOST_LISTED = 2 * MOST_NODES;

/** Most uses of layers and models that are gone through, those included that leave nothing behind. */
const MOST_USES = 4 * MOST_NODES;

/**
 * Most values for which a file has one number: of tensors, limits of categories, ranges of pixels. More would take much
 * memory for a small file.
 */
export const MOST_REPEATED = 1_048_576;

/**
 * Most letters of names that are made of others, and of the paths of layers in models: a long name in which many layers
 * are would take much memory for a small file.
 */
export const MOST_LETTERS = 8_388_608;

/**
 * Returns the layer of y = (x − mean)·factor, column by column. A factor of 0, or below 5·10⁻²⁰, is next to it.
 * @throws FormatError for a factor below 0, or above 10¹⁹, which no layer has.
 */
export function columnsLayer(
  where: string,
  means: ArrayLike<number>,
  factors: ArrayLike<number>,
  name: string,
): PlannedLayer {
  const [mean, variance] = [Float32Array.from(means), newFloats(factors.length)];
  for (let i = 0; i < factors.length; i++) {
    const factor = Math.fround(factors[i]);
    const found = factor >= 0 && factor < LEAST_FACTOR ? LARGEST : varianceFor(factor);
    if (found === undefined) {
      throw new FormatError(`${where} expected factors of columns from 0 to 1e19, got ${factors[i]}.`);
    }
    variance[i] = found;
  }
  const shape = [mean.length];
  return {
    kind: 'normalization',
    config: { name },
    tensors: [
      { shape, data: mean },
      { shape, data: variance },
    ],
  };
}

/** A network under construction. */
export class Network {
  readonly layers: PlannedLayer[] = [];
  readonly nodes: GraphNode[] = [];
  private readonly take: (wanted: string) => string;
  /** By layer: one whose name it takes if that one is left out. */
  private readonly renamed = new Map<number, number>();
  private readonly given = new Set<number>();
  private uses = 0;
  private entered = 0;
  private connections = 0;
  private repeated = 0;
  private letters = 0;
  private columns = 0;

  /** `reserved` are names that the file's own layers have. */
  constructor(
    private readonly where: string,
    reserved: Iterable<string>,
  ) {
    this.take = layerNames(reserved);
  }

  /** Returns the name, or with a number if it is taken. */
  name(wanted: string): string {
    const name = this.take(wanted);
    this.letters += name.length;
    if (this.letters > MOST_LETTERS) throw new FormatError(`${this.where} expected shorter names of its layers.`);
    return name;
  }

  /** Throws where a file asks for more than any of its size needs. */
  private require(count: number, most: number, what: string): void {
    if (!(count <= most)) throw new FormatError(`${this.where} expected at most ${most} ${what}, got more.`);
  }

  /** Counts a use of a layer, also of one that leaves nothing behind. */
  count(): void {
    this.require((this.uses += 1), MOST_NODES, 'uses of layers');
  }

  /** Counts the use of a model in which layers are used so many times, and have so many inputs; or its outputs. */
  enter(uses: number, inputs: number): void {
    this.require((this.entered += uses + 1), MOST_USES, 'uses of layers');
    this.require((this.connections += inputs), MOST_CONNECTIONS, 'inputs of layers');
  }

  /** Counts the values in a row of a use of a layer. */
  widen(columns: number): void {
    this.require((this.columns += columns), MOST_VALUES_OF_A_ROW, 'values in the rows of its layers');
  }

  /** Returns values that are all the same, of which the file has one. */
  repeat(value: number, count: number): Float32Array {
    this.require((this.repeated += count), MOST_REPEATED, 'values that one number gives');
    return new Float32Array(count).fill(value);
  }

  /** Adds a layer and returns its index. */
  layer(layer: PlannedLayer): number {
    return this.layers.push(layer) - 1;
  }

  /** Adds a use of a layer and returns its index. */
  node(layer: number, inputs: readonly number[]): number {
    this.count();
    return this.nodes.push({ layer, inputs }) - 1;
  }

  /** Lets a layer have the name of another one if that is left out. */
  rename(layer: number, other: number): void {
    if (this.given.has(other)) return;
    this.given.add(other);
    this.renamed.set(layer, other);
  }

  /** Returns the nodes that an output depends on, and inputs. */
  private kept(inputs: readonly number[], outputs: readonly number[]): Set<number> {
    const kept = new Set([...inputs, ...outputs]);
    for (let node = this.nodes.length - 1; node >= 0; node--) {
      if (kept.has(node)) this.nodes[node].inputs.forEach((before) => kept.add(before));
    }
    return kept;
  }

  /** Builds the model, a chain if it is one and may be, and sets its tensors. */
  async build(inputs: readonly number[], outputs: readonly number[], mayBeChain: boolean): Promise<Model> {
    const kept = [...this.kept(inputs, outputs)].sort((a, b) => a - b);
    const nodeIndices = new Map(kept.map((node, index) => [node, index]));
    const layers = [...new Set(kept.map((node) => this.nodes[node].layer))];
    const layerIndices = new Map(layers.map((layer, index) => [layer, index]));
    const datas = layers.map((layer): LayerData => {
      const { kind, config } = this.layers[layer];
      const other = this.renamed.get(layer);
      if (other === undefined || layerIndices.has(other)) return { kind, config };
      return { kind, config: { ...config, name: (this.layers[other].config as { name: string }).name } };
    });
    const nodes = kept.map((node): GraphNode => ({
      layer: layerIndices.get(this.nodes[node].layer)!,
      inputs: this.nodes[node].inputs.map((before) => nodeIndices.get(before)!),
    }));
    const isChain =
      mayBeChain &&
      nodes.length > 1 &&
      layers.length === nodes.length &&
      nodes.every(({ inputs: before }, index) => index === 0 || (before.length === 1 && before[0] === index - 1)) &&
      outputs.length === 1 &&
      nodeIndices.get(outputs[0]) === nodes.length - 1;
    const seed = 0;
    const architecture: Architecture = isChain
      ? {
          seed,
          layers: datas
            .slice(1)
            .map(({ kind, config }, index) =>
              index > 0
                ? { kind, config }
                : { kind, config: { ...config, inputShape: (datas[0].config as { shape: readonly number[] }).shape } },
            ),
        }
      : {
          seed,
          layers: datas,
          nodes,
          inputs: inputs.map((node) => nodeIndices.get(node)!),
          outputs: outputs.map((node) => nodeIndices.get(node)!),
        };
    const network = await modelFromJSON(architecture);
    try {
      network[ADOPT](layers.flatMap((layer) => this.layers[layer].tensors));
    } catch (error) {
      network.dispose();
      throw error;
    }
    return network;
  }
}
