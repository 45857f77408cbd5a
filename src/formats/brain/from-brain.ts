/**
 * `fromBrain`: networks of brain.js, whose JSON has the weights of each unit, by name in version 1 and in lists in
 * version 2.
 */
import { describe } from '../../common/describe.js';
import { FormatError, MemoryError, WasmMlpError } from '../../common/errors.js';
import { isRecord } from '../../common/options.js';
import { leakyRelu, modelFromJSON, type Activation, type LayerData, type Model } from '../../index.js';
import { readJson, type JsonObject } from '../json.js';

/** Start of messages. */
const WHERE = 'fromBrain';

/**
 * What `toJSON` of a brain.js NeuralNetwork gives: the object, its text, or the bytes of a file with it.
 * @category brain.js
 */
export type BrainFile = string | Uint8Array | ArrayBuffer | object;

/**
 * A network that `fromBrain` has read.
 * @category brain.js
 */
export type BrainModel = Model & {
  /** Names of the inputs in the order of the columns, if the network was trained with objects. */
  readonly columns?: readonly string[];
  /** Names of the outputs in the order of the columns, if the network was trained with objects. */
  readonly labels?: readonly string[];
};

/** A layer behind the inputs: a row of weights for each unit, and the biases. */
interface Units {
  readonly weights: Float32Array;
  readonly biases: Float32Array;
}

/** What a file says, whatever its version. */
interface Network {
  readonly sizes: readonly number[];
  readonly layers: readonly Units[];
  readonly columns: readonly string[] | undefined;
  readonly labels: readonly string[] | undefined;
  /** Layers behind each dense one that make its activation. */
  readonly activation: readonly LayerData[];
}

/** Most units of a layer, so that a file cannot ask for any memory. */
const MOST_UNITS = 1_048_576;

const refuse = (what: string, expected: string, value: unknown, hint = ''): never => {
  throw new FormatError(`${WHERE}: ${what} expected ${expected}, got ${describe(value)}.${hint}`);
};

/** Returns an own field; undefined where it is absent or null. */
const own = (fields: JsonObject, name: string): unknown =>
  Object.hasOwn(fields, name) ? (fields[name] ?? undefined) : undefined;

const recordOf = (what: string, value: unknown): JsonObject =>
  isRecord(value) ? value : refuse(what, 'an object', value);

function listOf(what: string, value: unknown, length?: number): readonly unknown[] {
  if (!Array.isArray(value)) return refuse(what, 'a list', value);
  if (length !== undefined && value.length !== length) refuse(`${what}.length`, String(length), value.length);
  return value;
}

/** Copies numbers, all of which have to be there. */
function fill(what: string, into: Float32Array, at: number, values: readonly unknown[]): void {
  values.forEach((value, index) => {
    if (typeof value !== 'number' || !Number.isFinite(Math.fround(value)))
      refuse(`${what}[${index}]`, 'a number', value);
    into[at + index] = value as number;
  });
}

const step = (activation: Activation): LayerData => ({ kind: 'activation', config: { activation } });
const plain = (kind: string): readonly LayerData[] => [step({ kind, config: {} } as Activation)];

/** Activations by brain.js' names, for a slope α below 0. */
const ACTIVATIONS: Readonly<Record<string, (alpha: number, version1: boolean) => readonly LayerData[]>> = {
  sigmoid: () => plain('sigmoid'),
  relu: () => plain('relu'),
  tanh: () => plain('tanh'),
  // Version 1 multiplies what is above 0 by α, and makes the rest 0.
  'leaky-relu': (alpha, version1) =>
    version1
      ? [...plain('relu'), { kind: 'rescaling', config: { scale: alpha, offset: 0 } }]
      : [step(leakyRelu({ alpha }))],
};

function activationOf(json: JsonObject, version1: boolean): readonly LayerData[] {
  const options = own(json, 'trainOpts') === undefined ? {} : recordOf('trainOpts', json.trainOpts);
  const name = own(options, 'activation') ?? own(json, 'activation') ?? 'sigmoid';
  if (typeof name !== 'string' || !Object.hasOwn(ACTIVATIONS, name)) {
    return refuse('activation', Object.keys(ACTIVATIONS).join(', '), name);
  }
  const alpha = own(options, 'leakyReluAlpha') ?? own(json, 'leakyReluAlpha') ?? 0.01;
  // The library's numbers are float32.
  if (typeof alpha !== 'number' || !(alpha >= 0 && Math.fround(alpha) < Infinity)) {
    return refuse('leakyReluAlpha', 'a number from 0 to 3.4e38', alpha);
  }
  return ACTIVATIONS[name](alpha, version1);
}

function sizesOf(json: JsonObject): number[] {
  const sizes = listOf('sizes', own(json, 'sizes'));
  if (sizes.length < 2) refuse('sizes', 'at least two layers', sizes, ' Train the network before it is saved.');
  return sizes.map((size, index) =>
    Number.isInteger(size) && (size as number) >= 1 && (size as number) <= MOST_UNITS
      ? (size as number)
      : refuse(`sizes[${index}]`, `an integer from 1 to ${MOST_UNITS}`, size),
  );
}

/** Returns the names of a lookup table, { name: column }, in the order of the columns. */
function namesOf(what: string, json: JsonObject, size: number): readonly string[] | undefined {
  const lookup = own(json, what);
  if (lookup === undefined || lookup === false) return undefined;
  const entries = Object.entries(recordOf(what, lookup));
  const names: string[] = [];
  for (const [name, column] of entries) {
    if (!Number.isInteger(column) || (column as number) < 0 || (column as number) >= size) {
      refuse(`${what}.${name}`, `a column below ${size}`, column);
    }
    names[column as number] = name;
  }
  if (entries.length !== size || Object.keys(names).length !== size) {
    refuse(what, `a name for each of ${size} columns`, entries.length);
  }
  return names;
}

/** Version 2: lists of weights, the first layer empty. */
function readLists(json: JsonObject): Network {
  const sizes = sizesOf(json);
  const all = listOf('layers', own(json, 'layers'), sizes.length);
  const layers = all.slice(1).map((layer, index): Units => {
    const [inputs, units] = [sizes[index], sizes[index + 1]];
    const what = `layers[${index + 1}]`;
    const fields = recordOf(what, layer);
    const rows = listOf(`${what}.weights`, own(fields, 'weights'), units);
    const given = listOf(`${what}.biases`, own(fields, 'biases'), units);
    // Each row is there before the memory for all is taken.
    const checked = rows.map((row, unit) => listOf(`${what}.weights[${unit}]`, row, inputs));
    const [weights, biases] = [new Float32Array(units * inputs), new Float32Array(units)];
    checked.forEach((row, unit) => fill(`${what}.weights[${unit}]`, weights, unit * inputs, row));
    fill(`${what}.biases`, biases, 0, given);
    return { weights, biases };
  });
  return {
    sizes,
    layers,
    columns: namesOf('inputLookup', json, sizes[0]),
    labels: namesOf('outputLookup', json, sizes[sizes.length - 1]),
    activation: activationOf(json, false),
  };
}

/** Version 1: each layer has its units by name or number, and each unit a weight for each unit before it. */
function readNamed(json: JsonObject): Network {
  const all = listOf('layers', own(json, 'layers')).map((layer, index) => recordOf(`layers[${index}]`, layer));
  // The first versions have no sizes.
  const sizes = sizesOf({ sizes: all.map((layer) => Object.keys(layer).length), ...json });
  listOf('layers', all, sizes.length);
  const names = all.map((layer, index) => {
    const found = Object.keys(layer);
    if (found.length !== sizes[index]) refuse(`layers[${index}]`, `${sizes[index]} units as in sizes`, found.length);
    return found;
  });
  const layers = all.slice(1).map((layer, index): Units => {
    const before = names[index];
    const rows = names[index + 1].map((unit) => {
      const what = `layers[${index + 1}].${unit}`;
      const fields = recordOf(what, layer[unit]);
      const weights = recordOf(`${what}.weights`, own(fields, 'weights'));
      if (Object.keys(weights).length !== before.length) {
        refuse(`${what}.weights`, `${before.length} weights`, Object.keys(weights).length);
      }
      return { what, weights, bias: own(fields, 'bias') };
    });
    const [weights, biases] = [new Float32Array(rows.length * before.length), new Float32Array(rows.length)];
    rows.forEach(({ what, weights: row }, unit) => {
      const values = before.map((name) => own(row, name));
      fill(`${what}.weights`, weights, unit * before.length, values);
    });
    fill(
      `layers[${index + 1}]: bias`,
      biases,
      0,
      rows.map(({ bias }) => bias),
    );
    return { weights, biases };
  });
  // Whether layers have names of their own, or numbers.
  const named = (which: string, layer: readonly string[]): readonly string[] | undefined =>
    own(json, which) === true || layer[0] !== '0' ? layer : undefined;
  return {
    sizes,
    layers,
    columns: named('inputLookup', names[0]),
    labels: named('outputLookup', names[names.length - 1]),
    activation: activationOf(json, true),
  };
}

/** Reads a network of either version; others are refused by what they are. */
function readNetwork(json: JsonObject): Network {
  const type = own(json, 'type');
  if (type !== undefined && type !== 'NeuralNetwork' && type !== 'NeuralNetworkGPU') {
    refuse('type', 'NeuralNetwork', type, ' Recurrent networks, autoencoders and others are not read.');
  }
  const layers = own(json, 'layers');
  // Recurrent networks of version 1 have no type.
  if (own(json, 'hiddenLayers') !== undefined || !Array.isArray(layers)) {
    refuse(
      'json',
      'sizes and layers of a NeuralNetwork',
      Object.keys(json).join(', '),
      ' Recurrent networks are not read.',
    );
  }
  const second: unknown = (layers as readonly unknown[])[1];
  const isList = isRecord(second) && Array.isArray(own(second, 'weights'));
  return isList ? readLists(json) : readNamed(json);
}

/** Turns errors about what the file asked for into errors about the file. */
async function build(architecture: { seed: number; layers: readonly LayerData[] }, network: Network): Promise<Model> {
  let model: Model | undefined;
  try {
    model = await modelFromJSON(architecture);
    const { sizes, layers } = network;
    model.setWeights(
      layers.flatMap(({ weights, biases }, index) => [
        { shape: [sizes[index + 1], sizes[index]], data: weights },
        { shape: [sizes[index + 1]], data: biases },
      ]),
    );
    return model;
  } catch (error) {
    model?.dispose();
    if (!(error instanceof WasmMlpError) || error instanceof FormatError || error instanceof MemoryError) throw error;
    throw new FormatError(`${WHERE}: ${error.message}`);
  }
}

/**
 * Reads a feedforward network of brain.js 1 or 2 as a model, to predict with or to train further: dense layers of
 * sigmoid, relu, leaky-relu or tanh, as `toJSON` of NeuralNetwork or NeuralNetworkGPU gives it.
 *
 * - brain.js takes and returns objects if it was trained with them; a model has rows: `columns` and `labels` have the
 *   names in order.
 * - Options of training are left out.
 * - In version 1, leaky-relu is α·max(x, 0), and so it is here for its files.
 * - Predictions differ from brain.js' by rounding.
 * @throws FormatError for what is damaged or no feedforward network, such as a recurrent one, by its type; ValueError
 * for anything but JSON.
 * @example
 * import { fromBrain } from 'wasm-mlp/brain';
 * const json = {
 *   type: 'NeuralNetwork',
 *   sizes: [2, 1],
 *   layers: [{ weights: [], biases: [] }, { weights: [[3, -1]], biases: [0.5] }],
 *   inputLookup: { warm: 0, wet: 1 },
 *   trainOpts: { activation: 'relu' },
 * };
 * const network = await fromBrain(json);
 * network.columns; // ['warm', 'wet']
 * network.predict([[1, 2]]); // [1.5]
 * @category brain.js
 */
export async function fromBrain(json: BrainFile): Promise<BrainModel> {
  const network = readNetwork(readJson(`${WHERE}: json`, json, MOST_VALUES));
  const { sizes, activation, columns, labels } = network;
  const layers = sizes
    .slice(1)
    .flatMap((units, index): LayerData[] => [
      { kind: 'dense', config: { units, ...(index === 0 ? { inputShape: [sizes[0]] } : {}) } },
      ...activation,
    ]);
  const model = await build({ seed: 0, layers: joined(layers) }, network);
  for (const [name, value] of [
    ['columns', columns],
    ['labels', labels],
  ] as const) {
    if (value !== undefined) Object.defineProperty(model, name, { value, enumerable: true });
  }
  return model;
}

/** Most values of an object: weights are values. */
const MOST_VALUES = 16_777_216;

/** Makes the activation behind a dense layer its option. */
function joined(layers: readonly LayerData[]): LayerData[] {
  const result: LayerData[] = [];
  for (const layer of layers) {
    const last = result.at(-1);
    if (layer.kind === 'activation' && last?.kind === 'dense') {
      result[result.length - 1] = { kind: 'dense', config: { ...last.config, ...layer.config } };
    } else result.push(layer);
  }
  return result;
}
