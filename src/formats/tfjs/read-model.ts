/** Reads model.json and its weights as a model: topology.ts walks the graph, network.ts builds it. */
import { describe } from '../../common/describe.js';
import { FormatError, MemoryError, WasmMlpError } from '../../common/errors.js';
import { isRecord } from '../../common/options.js';
import { sizeOf } from '../../common/tensors.js';
import type { Model } from '../../index.js';
import { readJson, type JsonObject } from '../json.js';
import { Config, fieldOf } from './config.js';
import { readMeta, scalingOf } from './ml5.js';
import { columnsLayer, LEAST_FACTOR, Network } from './network.js';
import { TopologyReader, type Value } from './topology.js';
import { shardsOf, type GivenShards } from './shards.js';
import { readGroup, Weights } from './weights.js';

/** Start of messages. */
const WHERE = 'fromTfjs';

/** Turns errors about what the file asked for into errors about the file. */
async function asFormatError<T>(build: () => Promise<T>): Promise<T> {
  try {
    return await build();
  } catch (error) {
    if (!(error instanceof WasmMlpError) || error instanceof FormatError || error instanceof MemoryError) throw error;
    throw new FormatError(`${WHERE}: ${error.message}`);
  }
}

/** A topology: the class of the model, its configuration, and whether Keras 3 wrote it. */
interface Topology {
  readonly className: string;
  readonly config: unknown;
  readonly version3: boolean;
}

function readTopology(file: JsonObject): Topology {
  const given = fieldOf(file, 'model_topology') ?? file;
  const topology = typeof given === 'string' ? readJson(`${WHERE}: modelTopology`, given) : given;
  if (!isRecord(topology)) {
    throw new FormatError(`${WHERE}: modelTopology expected an object, got ${describe(topology)}.`);
  }
  if (fieldOf(file, 'format') === 'graph-model' || Object.hasOwn(topology, 'node')) {
    throw new FormatError(
      `${WHERE}: model expected a LayersModel, got a GraphModel, whose operations are TensorFlow's. ` +
        `Convert the Keras model with --output_format=tfjs_layers_model.`,
    );
  }
  const inner = fieldOf(topology, 'model_config') ?? topology;
  const described = typeof inner === 'string' ? readJson(`${WHERE}: model_config`, inner) : inner;
  if (!isRecord(described)) throw new FormatError(`${WHERE}: model_config expected an object, got ${describe(inner)}.`);
  const className = fieldOf(described, 'class_name');
  if (className !== 'Sequential' && className !== 'Functional' && className !== 'Model') {
    throw new FormatError(
      `${WHERE}: class_name of the model expected Sequential, Functional or Model, got ${describe(className)}.`,
    );
  }
  const version = fieldOf(topology, 'keras_version') ?? fieldOf(described, 'keras_version');
  const version3 = typeof version === 'string' ? version.startsWith('3.') : Object.hasOwn(described, 'module');
  return { className, config: fieldOf(described, 'config'), version3 };
}

/** The weights that a file lists, with their bytes. */
async function readWeights(file: JsonObject, given: GivenShards | undefined): Promise<Weights> {
  const specs = fieldOf(file, 'weight_specs');
  const manifest = new Config(WHERE, file).list('weights_manifest');
  if (specs === undefined && manifest.length === 0) {
    throw new FormatError(
      `${WHERE}: model expected a weightsManifest or weightSpecs, got neither. Pass the whole model.json.`,
    );
  }
  const groups =
    specs === undefined
      ? manifest.map((group, index) => {
          const where = `${WHERE}: weightsManifest[${index}]`;
          if (!isRecord(group)) throw new FormatError(`${where} expected an object, got ${describe(group)}.`);
          return readGroup(where, fieldOf(group, 'weights'), fieldOf(group, 'paths'));
        })
      : [readGroup(`${WHERE}: weightSpecs`, specs)];
  const paths = groups.flatMap((group) => group.paths);
  return new Weights(WHERE, groups, await shardsOf(WHERE, paths, given));
}

/** Names of the top layers, which layers inside of models do not take. */
const topNames = (config: unknown): string[] => {
  const layers = isRecord(config) ? fieldOf(config, 'layers') : config;
  if (!Array.isArray(layers)) return [];
  return layers.flatMap((layer) => {
    if (!isRecord(layer)) return [];
    const own = fieldOf(layer, 'config');
    const name = fieldOf(layer, 'name') ?? (isRecord(own) ? fieldOf(own, 'name') : undefined);
    return typeof name === 'string' ? [name] : [];
  });
};

/** Labels that `toTfjs` has written into the metadata. */
function labelsOf(file: JsonObject): readonly (string | number)[] | undefined {
  const metadata = fieldOf(file, 'user_defined_metadata');
  const labels = isRecord(metadata) ? fieldOf(metadata, 'labels') : undefined;
  const isLabel = (one: unknown): boolean => typeof one === 'string' || Number.isFinite(one);
  return Array.isArray(labels) && labels.every(isLabel) ? (labels as (string | number)[]) : undefined;
}

/** Returns the model of a file, its shards, and ml5's description. */
export async function readModel(
  file: JsonObject,
  shards: GivenShards | undefined,
  meta: JsonObject | undefined,
): Promise<Model> {
  const { className, config, version3 } = readTopology(file);
  const weights = await readWeights(file, shards);
  return asFormatError(async () => {
    const network = new Network(`${WHERE}: model`, topNames(config));
    const read = new TopologyReader(WHERE, network, weights, version3).model(className, config, []);
    const { names, shapes } = read;
    const inputs = names.map((name, index) => {
      const shape = shapes[index];
      if (shape === undefined) {
        throw new FormatError(`${WHERE}: model expected a shape of input ${describe(name)}, got none.`);
      }
      let made: number | undefined;
      return {
        shape,
        // Made when it is first asked for, so that inputs keep their place among the layers.
        get node(): number {
          made ??= network.node(
            network.layer({ kind: 'input', config: { shape: [sizeOf(shape)], name }, tensors: [] }),
            [],
          );
          return made;
        },
      };
    });
    const add = (kind: string, value: Value, scaling: ReturnType<typeof scalingOf>): Value => {
      if (scaling === undefined) return value;
      const layer = columnsLayer(`${WHERE}: meta`, scaling.means, scaling.factors, network.name(kind));
      return { node: network.node(network.layer(layer), [value.node]), shape: value.shape };
    };
    let outputs: readonly Value[];
    let labels = labelsOf(file);
    if (meta === undefined) outputs = read.use(inputs);
    else {
      // Its columns are those of one input and one output.
      let values: readonly Value[] = inputs;
      const where = `${WHERE}: meta`;
      const width = (all: readonly Value[]): number => (all.length === 1 ? sizeOf(all[0].shape) : -1);
      const first = readMeta(where, { ...meta, outputs: {} }, width(values), 0);
      values = [add('minMax', values[0], scalingOf(first.inputs, LEAST_FACTOR, false))];
      values = read.use(values);
      const { outputs: columns, labels: found } = readMeta(where, meta, first.inputs.length, width(values));
      outputs = [add('range', values[0], scalingOf(columns, LEAST_FACTOR, true))];
      labels = found ?? labels;
    }
    if (network.layers.length === inputs.length) {
      const identity = network.layer({
        kind: 'activation',
        config: { activation: 'linear', name: network.name('identity') },
        tensors: [],
      });
      outputs = outputs.map(({ node, shape }) => ({ node: network.node(identity, [node]), shape }));
    }
    const model = await network.build(
      inputs.map(({ node }) => node),
      outputs.map(({ node }) => node),
      className === 'Sequential',
    );
    if (labels !== undefined) Object.defineProperty(model, 'labels', { value: labels, enumerable: true });
    return model;
  });
}
