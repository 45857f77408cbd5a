/** Makes a model of a topology and its weights: topology.ts walks the graph, network.ts builds it. */
import { describe } from '../../common/describe.js';
import { FormatError, MemoryError, WasmMlpError } from '../../common/errors.js';
import { isRecord } from '../../common/options.js';
import { sizeOf } from '../../common/tensors.js';
import type { Model } from '../../index.js';
import type { JsonObject } from '../json.js';
import { fieldOf } from './config.js';
import { MOST_LETTERS, MOST_LISTED, Network } from './network.js';
import { MOST_LEVELS, TopologyReader, type Value } from './topology.js';
import type { WeightSource } from './weights.js';

/** A topology: the class of the model, its configuration, and whether Keras 3 wrote it. */
export interface Topology {
  readonly className: string;
  readonly config: unknown;
  readonly version3: boolean;
}

/** Returns the name of a layer, '' for one without. */
function nameOf(layer: JsonObject): string {
  const own = fieldOf(layer, 'config');
  const name = fieldOf(layer, 'name') ?? (isRecord(own) ? fieldOf(own, 'name') : undefined);
  return typeof name === 'string' ? name : '';
}

/**
 * Throws where a file lists more layers, in all models together, than a network can have, or has layers in models of
 * which the names around each are too long together. Reading them would take seconds.
 */
function requireBounded(where: string, config: unknown): void {
  let letters = 0;
  let listed = 0;
  const stack: [config: unknown, around: number, level: number][] = [[config, 0, 0]];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [model, around, level] = top;
    const layers = isRecord(model) ? fieldOf(model, 'layers') : model;
    if (!Array.isArray(layers) || level > MOST_LEVELS) continue;
    letters += around * layers.length;
    listed += layers.length;
    if (letters > MOST_LETTERS) throw new FormatError(`${where}: model expected shorter names of its layers.`);
    if (listed > MOST_LISTED)
      throw new FormatError(`${where}: model expected at most ${MOST_LISTED} layers, got more.`);
    for (const layer of layers) {
      if (isRecord(layer)) stack.push([fieldOf(layer, 'config'), around + nameOf(layer).length, level + 1]);
    }
  }
}

/** Returns the topology that { class_name, config } describes, written by a version of Keras if that is known. */
export function topologyOf(where: string, described: JsonObject, version: unknown): Topology {
  const className = fieldOf(described, 'class_name');
  if (className !== 'Sequential' && className !== 'Functional' && className !== 'Model') {
    throw new FormatError(
      `${where}: class_name of the model expected Sequential, Functional or Model, got ${describe(className)}.`,
    );
  }
  const config = fieldOf(described, 'config');
  requireBounded(where, config);
  const version3 = typeof version === 'string' ? version.startsWith('3.') : Object.hasOwn(described, 'module');
  return { className, config, version3 };
}

/** Turns errors about what a file asked for into errors about the file. */
export async function asFormatError<T>(where: string, build: () => Promise<T>): Promise<T> {
  try {
    return await build();
  } catch (error) {
    if (!(error instanceof WasmMlpError) || error instanceof FormatError || error instanceof MemoryError) throw error;
    throw new FormatError(`${where}: ${error.message}`);
  }
}

/** Names of the top layers, which layers inside of models do not take. */
function topNames(config: unknown): string[] {
  const layers = isRecord(config) ? fieldOf(config, 'layers') : config;
  if (!Array.isArray(layers)) return [];
  return layers.flatMap((layer) => (isRecord(layer) && nameOf(layer) !== '' ? [nameOf(layer)] : []));
}

/** Uses the whole model. */
type Use = (inputs: readonly Value[]) => readonly Value[];

/** Returns the model of a topology; `around` may add layers before and behind it. */
export async function buildModel(
  where: string,
  { className, config, version3 }: Topology,
  weights: WeightSource,
  around: (network: Network, use: Use, inputs: readonly Value[]) => readonly Value[] = (_, use, inputs) => use(inputs),
): Promise<Model> {
  const network = new Network(`${where}: model`, topNames(config));
  const read = new TopologyReader(where, network, weights, version3).model(className, config, []);
  const inputs = read.names.map((name, index) => {
    const shape = read.shapes[index];
    if (shape === undefined) {
      throw new FormatError(`${where}: model expected a shape of input ${describe(name)}, got none.`);
    }
    network.widen(sizeOf(shape));
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
  let outputs = around(network, (values) => read.use(values), inputs);
  if (network.layers.length === inputs.length) {
    const identity = network.layer({
      kind: 'activation',
      config: { activation: 'linear', name: network.name('identity') },
      tensors: [],
    });
    outputs = outputs.map(({ node, shape }) => ({ node: network.node(identity, [node]), shape }));
  }
  return network.build(
    inputs.map(({ node }) => node),
    outputs.map(({ node }) => node),
    className === 'Sequential',
  );
}
