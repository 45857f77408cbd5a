/**
 * `toTfjs`: writes a model as TensorFlow.js' model.json and shards. export-layers.ts says how each layer is written.
 */
import { describe } from '../../common/describe.js';
import { UnsupportedError, ValueError } from '../../common/errors.js';
import { fieldOf } from '../../common/objects.js';
import { integer, readFields, type OptionTable } from '../../common/options.js';
import { CONTENT } from '../../common/symbols.js';
import type { NamedTensor } from '../../common/tensors.js';
import type { Graph } from '../../graph/graph.js';
import type { ModelContent } from '../../model/model-content.js';
import type { LayerData, Model } from '../../index.js';
import { writeLayer, type Part, type WrittenTensor } from './export-layers.js';

/** Start of messages. */
const WHERE = 'toTfjs';

/**
 * Options of `toTfjs`.
 * @category TensorFlow.js
 */
export interface ToTfjsOptions {
  /** Largest size of a shard in bytes, at least 4. Default 4 MB, 4,194,304, which browsers cache. */
  shardBytes?: number | undefined;
}

/**
 * Files that `toTfjs` writes, by name: `model.json`, and shards such as `group1-shard1of2.bin`, which lie one behind
 * the other in one ArrayBuffer.
 * @category TensorFlow.js
 */
export interface TfjsFiles {
  /** The topology, and the list of the weights. */
  readonly 'model.json': Uint8Array<ArrayBuffer>;
  /** The weights. */
  readonly [shard: string]: Uint8Array<ArrayBuffer>;
}

/** Default of shardBytes, as in tensorflowjs_converter. */
const SHARD_BYTES = 4_194_304;

const OPTIONS: OptionTable<{ shardBytes: number }> = { shardBytes: { check: integer(4), or: SHARD_BYTES } };

/** The names that TensorFlow.js takes for weights and inputs. */
const VALID = /^[A-Za-z0-9][-A-Za-z0-9._/]*$/;

/** A layer of the file with its name; several in the place of one that TensorFlow.js lacks. */
interface NamedPart extends Part {
  readonly name: string;
}

/** Returns the content of a model of the library, which another bundle has made. */
function contentOf(model: unknown): ModelContent {
  const read = fieldOf(model, CONTENT);
  if (typeof read !== 'function') {
    throw new ValueError(`${WHERE}: model expected a model of sequential, model or loadModel, got ${describe(model)}.`);
  }
  return (read as (where: string) => ModelContent).call(model, WHERE);
}

function requireName(where: string, name: string): void {
  if (VALID.test(name)) return;
  throw new UnsupportedError(
    `${where} expected a name of letters, digits, ".", "_", "-" and "/", as TensorFlow.js has them, ` +
      `got ${describe(name)}. Rename the layer.`,
  );
}

/** Returns a function that gives names besides these, each once. */
function freeNames(names: readonly string[]): (wanted: string) => string {
  const taken = new Set(names);
  return (wanted) => {
    let name = wanted;
    for (let number = 1; taken.has(name); number++) name = `${wanted}_${number}`;
    taken.add(name);
    return name;
  };
}

/** Returns the parts of each layer of a graph; those of an input are none. */
function partsOf(model: Model, { plan, tensors }: ModelContent): (readonly NamedPart[])[] {
  const { graph, parameters } = plan;
  const own = graph.layers.map((): NamedTensor[] => []);
  parameters.forEach(({ layer }, index) => own[layer].push(tensors[index]));
  // With what was frozen since the model was made.
  const described: readonly LayerData[] = model.toJSON().layers;
  const before = graph.layers.length - described.length;
  const nameFree = freeNames(graph.names);
  return graph.layers.map(({ kind }, index) => {
    const name = graph.names[index];
    const where = `${WHERE}: "${name}"`;
    // TensorFlow.js names the input of a chain by the first layer.
    if (kind === 'input' ? before === 0 : own[index].length > 0 || (before === 1 && index === 1))
      requireName(where, name);
    if (kind === 'input') return [];
    const { config } = described[index - before];
    const { trainable } = config as { trainable?: boolean };
    return writeLayer(kind, { where, config, tensors: own[index] }).map((part, order): NamedPart => {
      const unique = order === 0 ? name : nameFree(`${name}_${part.className}`);
      const settled = { ...part.config, name: unique, trainable: trainable !== false, dtype: 'float32' };
      return { ...part, name: unique, config: settled };
    });
  });
}

/**
 * Returns the uses of each layer, as nodes of the graph, in the order in which TensorFlow.js makes them: it goes
 * through the layers again and again, and numbers the uses whose inputs are there.
 */
function usesOf({ layers, nodes }: Graph): number[][] {
  const uses = layers.map((): number[] => []);
  const waiting = layers.map((): number[] => []);
  nodes.forEach(({ layer }, node) => waiting[layer].push(node));
  const made = new Set<number>();
  while (made.size < nodes.length) {
    waiting.forEach((list, layer) => {
      waiting[layer] = list.filter((node) => {
        if (!nodes[node].inputs.every((before) => made.has(before))) return true;
        made.add(node);
        uses[layer].push(node);
        return false;
      });
    });
  }
  return uses;
}

function sequentialConfig(graph: Graph, parts: readonly (readonly NamedPart[])[], width: number): object {
  const layers = parts.flat().map(({ className, config }, index) => ({
    class_name: className,
    config: index === 0 ? { ...config, batch_input_shape: [null, width] } : config,
  }));
  return { name: 'sequential', layers };
}

function functionalConfig(
  graph: Graph,
  parts: readonly (readonly NamedPart[])[],
  widthOf: (node: number) => number,
): object {
  const { nodes, names } = graph;
  const uses = usesOf(graph);
  const nameFree = freeNames([...names, ...parts.flat().map(({ name }) => name)]);
  const leafOf = (node: number): [string, number, number] => {
    const { layer } = nodes[node];
    const last = parts[layer].at(-1);
    return [last?.name ?? names[layer], uses[layer].indexOf(node), 0];
  };
  const layers = graph.layers.flatMap((_, layer): object[] => {
    const name = names[layer];
    if (parts[layer].length === 0) {
      const config = { batch_input_shape: [null, widthOf(uses[layer][0])], dtype: 'float32', sparse: false, name };
      return [{ name, class_name: 'InputLayer', config, inbound_nodes: [] }];
    }
    const copies: object[] = [];
    const written = parts[layer].map(({ name, className, config }, order) => ({
      name,
      class_name: className,
      config,
      inbound_nodes: uses[layer].map((node, use): unknown[] => {
        if (order > 0) return [[parts[layer][order - 1].name, use, 0, {}]];
        const { inputs } = nodes[node];
        return inputs.map((before, index) => {
          if (inputs.indexOf(before) === index) return [...leafOf(before), {}];
          // TensorFlow.js 4.22 frees a tensor too early that a layer reads twice, and another layer as well.
          const copy = nameFree(`${name}_copy`);
          copies.push({
            name: copy,
            class_name: 'Activation',
            config: { activation: 'linear', name: copy, trainable: true, dtype: 'float32' },
            inbound_nodes: [[[...leafOf(before), {}]]],
          });
          return [copy, 0, 0, {}];
        });
      }),
    }));
    return [...copies, ...written];
  });
  return { name: 'model', layers, input_layers: graph.inputs.map(leafOf), output_layers: graph.outputs.map(leafOf) };
}

/** Side of the blocks in which a matrix is transposed. */
const BLOCK = 32;

/** Writes a tensor's numbers behind each other, or the transposed matrix. */
function fill(to: Float32Array, { tensor: { shape, data }, transposed = false }: WrittenTensor): void {
  if (!transposed) {
    to.set(data);
    return;
  }
  const [rows, columns] = shape;
  for (let top = 0; top < rows; top += BLOCK) {
    for (let left = 0; left < columns; left += BLOCK) {
      const [bottom, right] = [Math.min(top + BLOCK, rows), Math.min(left + BLOCK, columns)];
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) to[column * rows + row] = data[row * columns + column];
      }
    }
  }
}

/** Returns the specifications of all weights and their bytes, one behind the other. */
function weightsOf(parts: readonly NamedPart[]) {
  const all = parts.flatMap(({ name, tensors = [] }) => tensors.map((written) => ({ layer: name, written })));
  const values = new Float32Array(all.reduce((total, { written }) => total + written.tensor.data.length, 0));
  let at = 0;
  const specs = all.map(({ layer, written }) => {
    const { tensor, transposed = false } = written;
    fill(values.subarray(at, at + tensor.data.length), written);
    at += tensor.data.length;
    const shape = transposed ? [...tensor.shape].reverse() : tensor.shape;
    return { name: `${layer}/${written.name}`, shape, dtype: 'float32' };
  });
  return { specs, bytes: new Uint8Array(values.buffer) };
}

/**
 * Returns a model as the files of a LayersModel, which `tf.loadLayersModel` of TensorFlow.js 4.22 reads, and trains
 * further: `model.json` and shards of the weights.
 *
 * - A layer with an activation that is a layer there becomes two, and so does `normalization`.
 * - Training options go along, but for the optimizer. Seeds do not.
 * @throws UnsupportedError for what TensorFlow.js lacks, by layer: maxout, subtract, rmsNormalization, custom functions
 * and others; ValueError for anything but a model, or an unknown option; StateError after `dispose`. Nothing is written
 * then.
 * @example
 * import { toTfjs } from 'wasm-mlp/tfjs';
 * const network = await sequential({ layers: [dense({ units: 3, activation: 'softmax', inputShape: [4] })] });
 * const files = toTfjs(network);
 * Object.keys(files); // ['model.json', 'group1-shard1of1.bin']
 * @category TensorFlow.js
 */
export function toTfjs(model: Model<Float32Array | Float32Array[]>, options?: ToTfjsOptions): TfjsFiles {
  const { shardBytes } = readFields(WHERE, options, OPTIONS);
  const content = contentOf(model);
  const { graph, widths, values } = content.plan;
  const parts = partsOf(model as Model, content);
  const widthOf = (node: number): number => widths[values[node]];
  const isChain = graph.naming === 'modules';
  const topology = {
    class_name: isChain ? 'Sequential' : 'Model',
    config: isChain ? sequentialConfig(graph, parts, widthOf(0)) : functionalConfig(graph, parts, widthOf),
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js',
  };
  const { specs, bytes } = weightsOf(parts.flat());
  const count = Math.ceil(bytes.length / shardBytes);
  const shards = Array.from({ length: count }, (_, index) => ({
    path: `group1-shard${index + 1}of${count}.bin`,
    data: bytes.subarray(index * shardBytes, (index + 1) * shardBytes),
  }));
  const { labels } = model as { labels?: unknown };
  const json = {
    format: 'layers-model',
    generatedBy: 'wasm-mlp',
    convertedBy: null,
    modelTopology: topology,
    weightsManifest: [{ paths: shards.map(({ path }) => path), weights: specs }],
    ...(labels === undefined ? {} : { userDefinedMetadata: { labels } }),
  };
  return {
    'model.json': new TextEncoder().encode(JSON.stringify(json)),
    ...Object.fromEntries(shards.map(({ path, data }) => [path, data])),
  };
}
