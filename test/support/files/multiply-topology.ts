/**
 * Models of Keras and TensorFlow.js in which references are multiplied: layers and models that are used thousands of
 * times, models in models that use the inner one twice, inputs named again and again, values that double from layer to
 * layer, lists in lists. What such a topology describes may be far larger than it is.
 */
import type { Source } from '../reference/random.js';
import { timesOf } from './multiply-onnx.js';
import { pick } from './mutate-zip.js';

type Fields = Record<string, unknown>;

/** How often something is there. */
const timesFor = (random: Source, value: unknown): number => timesOf(random, JSON.stringify(value).length);

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A model in a topology: its class and configuration, whose layers are a list. */
interface Model {
  readonly holder: Fields;
  readonly config: Fields;
  readonly layers: Fields[];
}

/** Names in camel case where the file has such. */
const nameIn = (fields: Fields, name: string): string => {
  const camel = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return camel in fields && !(name in fields) ? camel : name;
};
const field = (fields: Fields, name: string): unknown => fields[nameIn(fields, name)];

/** All models in a tree. */
function modelsIn(root: unknown): Model[] {
  const found: Model[] = [];
  const stack = [root];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (typeof top !== 'object' || top === null) continue;
    stack.push(...Object.values(top).filter((one) => one !== undefined && one !== null));
    const config = isFields(top) ? top.config : undefined;
    if (isFields(top) && isFields(config) && Array.isArray(config.layers) && config.layers.every(isFields)) {
      found.push({ holder: top, config, layers: config.layers });
    }
  }
  return found;
}

const callsOf = (layer: Fields): unknown[] => {
  const calls = field(layer, 'inbound_nodes');
  return Array.isArray(calls) ? (calls as unknown[]) : [];
};

const isThird = (layers: readonly Fields[]): boolean => layers.some((layer) => callsOf(layer).some(isFields));

/** A call of tensors [layer, use, output], in the form of the file. */
function callOf(third: boolean, leaves: readonly (readonly [string, number])[]): unknown {
  if (!third) return leaves.map(([layer, use]) => [layer, use, 0, {}]);
  const tensors = leaves.map(([layer, use]) => ({
    class_name: '__keras_tensor__',
    config: { shape: [null, 4], dtype: 'float32', keras_history: [layer, use, 0] },
  }));
  return { args: [tensors.length === 1 ? tensors[0] : tensors], kwargs: {} };
}

const MERGES = ['Concatenate', 'Add', 'Multiply', 'Maximum', 'Average', 'Minimum', 'Subtract', 'Dot'];
const PASSES = ['ReLU', 'Dropout', 'Activation', 'Flatten', 'Softmax', 'LeakyReLU', 'UnitNormalization', 'Rescaling'];

function layerOf(className: string, name: string, calls: unknown[] | undefined): Fields {
  const axis = { Concatenate: { axis: -1 }, Dot: { axes: -1 } }[className] ?? {};
  const own = { Activation: { activation: 'tanh' }, Rescaling: { scale: 0.5, offset: 1 }, Dropout: { rate: 0.5 } };
  const config = { name, ...axis, ...((own as Record<string, object>)[className] ?? {}) };
  return { class_name: className, config, ...(calls === undefined ? {} : { name, inbound_nodes: calls }) };
}

function nameOf(layer: Fields): string {
  const name = layer.name ?? (isFields(layer.config) ? layer.config.name : undefined);
  return typeof name === 'string' ? name : '';
}

/** Adds an output to a Functional model, or makes it the only one. */
function output(config: Fields, name: string, use: number, random: Source): void {
  const key = nameIn(config, 'output_layers');
  const before = config[key];
  const all = Array.isArray(before) ? before : Object.values(before ?? {});
  const lists = all.length > 0 && !Array.isArray(all[0]) ? [all] : all;
  config[key] = random.below(2) === 0 ? [[name, use, 0]] : [...(lists as unknown[]), [name, use, 0]];
}

type Multiply = (model: Model, random: Source) => void;

/** A layer that is used many times: of the same values, or each time of what it gave before. */
const uses: Multiply = ({ config, layers }, random) => {
  const layer = pick(random, layers);
  const calls = callsOf(layer);
  if (calls.length === 0) {
    // One behind the other in a chain.
    const at = layers.indexOf(layer);
    layers.splice(at, 0, ...new Array<Fields>(timesFor(random, layer)).fill(layer));
    return;
  }
  const call = pick(random, calls);
  const name = nameOf(layer);
  const first = layer.class_name === 'Sequential' || layer.class_name === 'Functional' ? random.below(2) : 0;
  const isChain = random.below(2) === 0;
  for (let use = calls.length, end = use + timesFor(random, call); use < end; use++) {
    calls.push(isChain ? callOf(isThird(layers), [[name, use - 1 + first]]) : call);
  }
  output(config, name, calls.length - 1 + first, random);
};

/** An input that one call names many times, in lists in lists. */
const inputs: Multiply = ({ layers }, random) => {
  const layer = pick(random, layers);
  const calls = callsOf(layer);
  if (calls.length === 0) return;
  const at = random.below(calls.length);
  const leaves = (call: unknown): unknown[] => {
    const list = isFields(call) ? (call.args as unknown[]) : call;
    return Array.isArray(list) ? list : [];
  };
  const given = leaves(calls[at]);
  const inner =
    given.length === 1 && Array.isArray(given[0]) && isFields(given[0][0]) ? (given[0] as unknown[]) : given;
  if (inner.length === 0) return;
  const leaf = pick(random, inner);
  inner.push(...new Array<unknown>(timesFor(random, leaf)).fill(random.below(4) === 0 ? [[[leaf]]] : leaf));
  if (random.below(3) > 0) Object.assign(layer, layerOf(pick(random, MERGES), nameOf(layer), calls));
};

/** Layers that read the one before twice, or once. */
const doubling: Multiply = ({ config, layers }, random) => {
  const last = pick(random, layers);
  let name = nameOf(last);
  const third = isThird(layers);
  const twice = random.below(2) === 0;
  const className = twice ? pick(random, MERGES) : pick(random, PASSES);
  const levels = twice ? 1 + random.below(64) : timesOf(random, 150);
  const isChain = layers.every((layer) => callsOf(layer).length === 0);
  for (let level = 0; level < levels; level++) {
    const before: [string, number] = [name, 0];
    name = `level_${level}`;
    const calls = isChain ? undefined : [callOf(third, twice ? [before, before] : [before])];
    layers.push(layerOf(className, name, calls));
  }
  if (!isChain) output(config, name, 0, random);
};

/** A model in a model that uses it several times, and that in another one. */
const nesting: Multiply = ({ holder, config, layers }, random) => {
  const inner: Fields = { ...holder, config: { ...config } };
  const functional = random.below(2) === 0;
  const each = pick(random, [1, 2, 2, 3, 10]);
  // A chain has a copy of each of its layers.
  const most = Math.floor(Math.log(2_000_000 / JSON.stringify(inner).length) / Math.log(each));
  const levels = 1 + random.below(functional || each === 1 ? 18 : Math.max(1, Math.min(most, 18)));
  let model: Fields = inner;
  for (let level = 0; level < levels; level++) {
    const name = `nest_${level}`;
    const own = isFields(model.config) ? { ...model.config, name } : { name };
    const used = { ...model, name, config: own };
    if (!functional) {
      const all = new Array<unknown>(each).fill(used);
      model = { class_name: 'Sequential', config: { name: `chain_${level}`, layers: all } };
      continue;
    }
    const third = isThird(layers);
    const calls = Array.from({ length: each }, (_, use) => callOf(third, use === 0 ? [['in', 0]] : [[name, use]]));
    const shape = { batch_input_shape: [null, 4], name: 'in' };
    model = {
      class_name: 'Functional',
      config: {
        name: `graph_${level}`,
        layers: [
          { class_name: 'InputLayer', name: 'in', config: shape, inbound_nodes: [] },
          { ...used, inbound_nodes: calls },
        ],
        input_layers: [['in', 0, 0]],
        output_layers: [[name, each, 0]],
      },
    };
  }
  Object.assign(holder, model);
};

/** Layers, or models, that are there many times under names of their own, or under one. */
const layersAgain: Multiply = ({ config, layers }, random) => {
  const layer = pick(random, layers);
  const count = timesFor(random, layer);
  const own = random.below(4) > 0;
  for (let i = 0; i < count; i++) {
    const name = own ? `${nameOf(layer)}_again${i}` : nameOf(layer);
    layers.push({ ...layer, name, config: { ...(isFields(layer.config) ? layer.config : {}), name } });
  }
  if (callsOf(layer).length > 0) output(config, nameOf(layers.at(-1)!), random.below(2), random);
};

/** Inputs or outputs of the model that are there many times. */
const ends: Multiply = ({ config }, random) => {
  const key = nameIn(config, pick(random, ['input_layers', 'output_layers']));
  const list = config[key];
  if (!Array.isArray(list) || list.length === 0) return;
  const one: unknown = pick(random, list as unknown[]);
  if (Array.isArray(one)) list.push(...new Array<unknown>(timesFor(random, one)).fill(one));
  else config[key] = new Array<unknown>(timesFor(random, list)).fill([...(list as unknown[])]);
};

const MULTIPLY: readonly Multiply[] = [uses, uses, inputs, doubling, nesting, layersAgain, ends];

/** Returns a topology, or a file with one in it, in which references are multiplied. */
export function multipliedTopology(file: object, random: Source): object {
  let text = JSON.stringify(file);
  for (let change = 0; change <= random.below(2) && text.length < 2_000_000; change++) {
    // Read anew: what is there many times is no longer one object.
    const copy = JSON.parse(text) as object;
    const models = modelsIn(copy);
    if (models.length > 0) pick(random, MULTIPLY)(pick(random, models), random);
    text = JSON.stringify(copy);
  }
  return JSON.parse(text) as object;
}

/** Lists of weights that are there many times, as are the shards that hold them. */
export function multipliedWeights(file: object, random: Source): object {
  const copy = structuredClone(file) as Fields;
  const manifest = copy.weightsManifest;
  if (!Array.isArray(manifest)) return copy;
  const groups = manifest as Fields[];
  const group = pick(random, groups);
  const count = timesFor(random, group);
  switch (random.below(5)) {
    case 0:
      groups.push(...new Array<Fields>(count).fill(group));
      break;
    case 1: {
      const paths = group.paths as unknown[];
      paths.push(...new Array<unknown>(count).fill(paths[0]));
      // As many bytes as the shards have then.
      const weights = group.weights as Fields[];
      if (random.below(2) === 0) weights.push(...Array.from({ length: count }, () => weights).flat());
      break;
    }
    case 2: {
      const weights = group.weights as Fields[];
      weights.push(...new Array<Fields>(count).fill(pick(random, weights)));
      break;
    }
    case 3: {
      const weights = group.weights as Fields[];
      const empty = { name: 'empty', dtype: 'float32', shape: [0, pick(random, [1, 1e9])] };
      weights.push(...Array.from({ length: count }, (_, i) => ({ ...empty, name: `empty_${i}` })));
      break;
    }
    default:
      groups.push(...Array.from({ length: count }, () => ({ paths: [], weights: [] })));
  }
  return copy;
}
