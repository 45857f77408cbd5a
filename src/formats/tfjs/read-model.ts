/** Reads model.json and its weights as a model: topology.ts walks the graph, network.ts builds it. */
import { describe } from '../../common/describe.js';
import { FormatError } from '../../common/errors.js';
import { isRecord } from '../../common/options.js';
import { sizeOf } from '../../common/tensors.js';
import type { Model } from '../../index.js';
import { readJson, type JsonObject } from '../json.js';
import { Config, fieldOf } from '../keras-topology/config.js';
import { readMeta, scalingOf } from './ml5.js';
import { asFormatError, buildModel, topologyOf, type Topology } from '../keras-topology/build.js';
import { LEAST_FACTOR } from '../variances.js';
import { columnsLayer } from '../keras-topology/network.js';
import type { Value } from '../keras-topology/topology.js';
import { shardsOf, type GivenShards } from './shards.js';
import { readGroup, Weights } from './weights.js';

/** Start of messages. */
const WHERE = 'fromTfjs';

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
  return topologyOf(WHERE, described, fieldOf(topology, 'keras_version') ?? fieldOf(described, 'keras_version'));
}

/** Throws unless paths are of files beside the model, each once: callers may read what a path says. */
function requirePaths(paths: readonly string[]): void {
  const outside = paths.find((path) => path === '' || /^([/\\]|[a-z][a-z\d+.-]*:)|(^|[/\\])\.\.([/\\]|$)/i.test(path));
  if (outside !== undefined) {
    throw new FormatError(`${WHERE}: paths expected files beside the model, got ${describe(outside)}.`);
  }
  if (new Set(paths).size !== paths.length) {
    throw new FormatError(`${WHERE}: paths expected files of their own, got one twice.`);
  }
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
  requirePaths(paths);
  return new Weights(WHERE, groups, await shardsOf(WHERE, paths, given));
}

/** Labels that `toTfjs` has written into the metadata. */
function labelsOf(file: JsonObject): readonly (string | number)[] | undefined {
  const metadata = fieldOf(file, 'user_defined_metadata');
  const labels = isRecord(metadata) ? fieldOf(metadata, 'labels') : undefined;
  const isLabel = (one: unknown): boolean => typeof one === 'string' || Number.isFinite(one);
  return Array.isArray(labels) && labels.every(isLabel) ? (labels as (string | number)[]) : undefined;
}

/**
 * Returns the model of a file, its shards, and ml5's description. The shards are taken out of the list, so that nothing
 * holds them while the model is built.
 */
export async function readModel(
  file: JsonObject,
  shards: (GivenShards | undefined)[],
  meta: JsonObject | undefined,
): Promise<Model> {
  const topology = readTopology(file);
  const weights = await readWeights(file, shards.pop());
  let labels = labelsOf(file);
  const around: Parameters<typeof buildModel>[3] = (network, use, inputs) => {
    if (meta === undefined) return use(inputs);
    const add = (kind: string, value: Value, scaling: ReturnType<typeof scalingOf>): Value => {
      if (scaling === undefined) return value;
      const layer = columnsLayer(`${WHERE}: meta`, scaling.means, scaling.factors, network.name(kind));
      return { node: network.node(network.layer(layer), [value.node]), shape: value.shape };
    };
    // Its columns are those of one input and one output.
    const where = `${WHERE}: meta`;
    const width = (all: readonly Value[]): number => (all.length === 1 ? sizeOf(all[0].shape) : -1);
    const first = readMeta(where, { ...meta, outputs: {} }, width(inputs), 0);
    const values = use([add('minMax', inputs[0], scalingOf(first.inputs, LEAST_FACTOR, false))]);
    const { outputs, labels: found } = readMeta(where, meta, first.inputs.length, width(values));
    labels = found ?? labels;
    return [add('range', values[0], scalingOf(outputs, LEAST_FACTOR, true))];
  };
  const building = asFormatError(WHERE, () => buildModel(WHERE, topology, weights, around));
  // All of them were read.
  weights.release();
  const model = await building;
  if (labels !== undefined) Object.defineProperty(model, 'labels', { value: labels, enumerable: true });
  return model;
}
