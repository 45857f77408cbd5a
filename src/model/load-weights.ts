/**
 * Weights from safetensors files that other libraries wrote, as PyTorch's `state_dict`: which tensor of the file
 * becomes which weight of the model. The model stays as it is built; formats/safetensors.ts reads the file.
 */
import { bytesOf } from '../common/arrays.js';
import { counted, describe, describeShape } from '../common/describe.js';
import { FormatError, ValueError } from '../common/errors.js';
import { fieldsOf } from '../common/objects.js';
import { flag, isRecord, readOptions, type Check } from '../common/options.js';
import type { NamedTensor } from '../common/tensors.js';
import { DTYPES } from '../formats/dtypes.js';
import { decodeSafetensors } from '../formats/safetensors.js';
import { readTensors } from '../graph/named-weights.js';
import type { PlannedParameter } from '../graph/plan.js';
import { FIELD, READ_FIRST } from '../inference/model-file.js';

/**
 * Options of `model.loadWeights`.
 * @category Files
 */
export interface LoadWeightsOptions {
  /**
   * Whether the file must have every weight of the model, and no tensor besides. Default true. With false, weights that
   * the file does not have stay as they are.
   */
  strict?: boolean;
  /** Names in the file, by those of `getWeights`, for weights that have another name there. */
  names?: Readonly<Record<string, string>>;
}

/**
 * What `model.loadWeights` did not use, empty if strict.
 * @category Files
 */
export interface LoadedWeights {
  /** Names of the weights that the file does not have; they are unchanged. */
  readonly missing: readonly string[];
  /** Names of the tensors of the file that are no weights of the model. */
  readonly unexpected: readonly string[];
}

/** Values for some of the parameters of a model. */
export interface FoundWeights extends LoadedWeights {
  readonly parameters: readonly PlannedParameter[];
  readonly values: readonly Float32Array[];
}

/** PyTorch's batch normalization counts its batches in it; its momentum is constant without it, as ours is. */
const BATCH_COUNTER = /(^|\.)num_batches_tracked$/;

/** Most steps of the search for an order; files of models made in practice take one step for each module. */
const MOST_STEPS = 100_000;

/** Most layers whose order is searched for: the search is as deep as there are layers. */
const MOST_LAYERS = 1000;

/** Most names in a message. */
const MOST_NAMES = 5;

const namesCheck: Check<ReadonlyMap<string, string>> = (path, value) => {
  if (!isRecord(value)) throw new ValueError(`${path} expected an object of names, got ${describe(value)}.`);
  const entries = Object.entries(value);
  for (const [name, inFile] of entries) {
    if (typeof inFile !== 'string') {
      throw new ValueError(`${path}.${name} expected a name in the file, got ${describe(inFile)}.`);
    }
  }
  return new Map(entries as [string, string][]);
};

const listed = (names: readonly string[]): string =>
  names.length === 0
    ? 'none'
    : names.slice(0, MOST_NAMES).map(describe).join(', ') + (names.length > MOST_NAMES ? ', …' : '');

/** Reads the tensors that may be weights. */
function readFile(file: unknown): NamedTensor[] {
  const bytes = bytesOf(file);
  if (bytes === undefined) {
    throw new ValueError(`loadWeights: file expected a Uint8Array, got ${describe(file)}.${READ_FIRST}`);
  }
  const { tensors, metadata } = decodeSafetensors('loadWeights', bytes, DTYPES);
  // A file of this library has the optimizer's state beside the weights.
  const own = metadata[FIELD] !== undefined;
  return tensors.filter(({ name }) => !BATCH_COUNTER.test(name) && !(own && name.startsWith('optimizer.')));
}

/** The part of a name before its last dot: the module, or layer, whose tensor it is. */
const moduleOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('.')));

/** Returns items by module, in the order in which modules first occur. */
function byModule<T extends { readonly name: string }>(items: readonly T[]): Map<string, T[]> {
  const modules = new Map<string, T[]>();
  for (const item of items) {
    const module = moduleOf(item.name);
    const others = modules.get(module);
    if (others === undefined) modules.set(module, [item]);
    else others.push(item);
  }
  return modules;
}

/** Compares the numbers in two names that are the same apart from them: layer10 comes after layer9. */
function compareNumbers(a: string, b: string): number {
  const [these, those] = [a, b].map((name) => (name.match(/\d+/g) ?? []).map(Number));
  const at = these.findIndex((number, i) => number !== those[i]);
  return at < 0 ? 0 : these[at] - those[at];
}

/** Text that is the same for tensors, or weights, that may stand for each other. */
const signatureOf = (tensors: readonly (readonly [name: string, shape: readonly number[]])[]): string =>
  tensors
    .map(([name, shape]) => `${name.slice(name.lastIndexOf('.') + 1)}: ${describeShape(shape)}`)
    .sort()
    .join(', ');

/**
 * Pairs modules of the file with layers of the model by the shapes of their tensors. Modules whose names differ in
 * numbers only keep the order of these; a file has no other order, since writers sort its names. Returns names in the
 * file by those of weights, or a text that says why there is not exactly one pairing.
 */
function pairByShapes(
  parameters: readonly PlannedParameter[],
  tensors: readonly NamedTensor[],
): Map<string, string> | string {
  const layers = [...byModule(parameters).values()].map((members) => ({
    members,
    signature: signatureOf(members.map(({ name, spec }) => [name, spec.shape])),
  }));
  const modules = [...byModule(tensors)].map(([module, members]) => ({
    module,
    members,
    signature: signatureOf(members.map(({ name, shape }) => [name, shape])),
  }));
  if (layers.length !== modules.length) {
    return `the model has ${counted(layers.length, 'layer')} with weights, the file ${counted(modules.length, 'module')}`;
  }
  if (layers.length > MOST_LAYERS) return `there are more than ${MOST_LAYERS} layers`;
  // Queues of modules whose order is known.
  const queues = new Map<string, typeof modules>();
  for (const module of modules) {
    const text = module.module.replace(/\d+/g, '#');
    const queue = queues.get(text);
    if (queue === undefined) queues.set(text, [module]);
    else queue.push(module);
  }
  const lists = [...queues.values()].map((queue) => queue.sort((a, b) => compareNumbers(a.module, b.module)));
  const next = lists.map(() => 0);
  const chosen: typeof modules = [];
  let found: typeof modules | undefined;
  let several = false;
  let steps = 0;
  const search = (): void => {
    if (chosen.length === layers.length) {
      several = found !== undefined;
      found = [...chosen];
      return;
    }
    for (let list = 0; list < lists.length && !several && steps <= MOST_STEPS; list++) {
      const module = lists[list][next[list]] as (typeof modules)[number] | undefined;
      steps++;
      if (module?.signature !== layers[chosen.length].signature) continue;
      chosen.push(module);
      next[list]++;
      search();
      next[list]--;
      chosen.pop();
    }
  };
  search();
  if (several || steps > MOST_STEPS) return 'several orders of its modules fit';
  if (found === undefined) return 'the shapes fit in no order';
  const names = new Map<string, string>();
  layers.forEach(({ members }, i) => {
    for (const { name } of members) {
      const end = name.slice(name.lastIndexOf('.') + 1);
      const match = found?.[i].members.find((tensor) => tensor.name.slice(tensor.name.lastIndexOf('.') + 1) === end);
      if (match !== undefined) names.set(name, match.name);
    }
  });
  return names;
}

/** Returns the text that stands before every name of the file and before none of the model, as `module.`, or none. */
function commonPrefix(parameters: readonly PlannedParameter[], byName: ReadonlyMap<string, NamedTensor>): string {
  const [first] = byName.keys();
  if (first === undefined || parameters.some(({ name }) => byName.has(name))) return '';
  const fitting = parameters.find(({ name }) => first.endsWith(`.${name}`));
  if (fitting === undefined) return '';
  const prefix = first.slice(0, first.length - fitting.name.length);
  return [...byName.keys()].every((name) => name.startsWith(prefix)) ? prefix : '';
}

/** Finds the values of a model's weights in a file, and checks all of them. */
export function findWeights(parameters: readonly PlannedParameter[], file: unknown, options: unknown): FoundWeights {
  const { strict, names } = readOptions<{ strict: boolean; names: ReadonlyMap<string, string> }>(
    'loadWeights',
    options,
    { strict: { check: flag, or: true }, names: { check: namesCheck, or: new Map() } },
  );
  const own = new Set(parameters.map(({ name }) => name));
  for (const name of names.keys()) {
    if (!own.has(name)) {
      throw new ValueError(
        `loadWeights: names expected names of getWeights, got ${describe(name)}. The model has ${listed([...own])}.`,
      );
    }
  }
  const tensors = readFile(file);
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const prefix = commonPrefix(parameters, byName);
  let nameOf = (name: string): string | undefined => names.get(name) ?? prefix + name;
  let reason = '';
  // Names that the caller gives are meant: a misspelt one is not replaced by a guess.
  if (names.size === 0 && !parameters.some(({ name }) => byName.has(nameOf(name) ?? ''))) {
    const paired = pairByShapes(parameters, tensors);
    if (typeof paired === 'string') reason = ` Nor can they be told by order: ${paired}.`;
    else nameOf = (name) => paired.get(name);
  }
  const found = parameters.flatMap((parameter) => {
    const tensor = byName.get(nameOf(parameter.name) ?? '');
    return tensor === undefined ? [] : [{ parameter, tensor }];
  });
  const taken = new Set(found.map(({ parameter }) => parameter));
  const used = new Set(found.map(({ tensor }) => tensor));
  const missing = parameters.filter((parameter) => !taken.has(parameter)).map(({ name }) => name);
  const unexpected = tensors.filter((tensor) => !used.has(tensor)).map(({ name }) => name);
  if (strict && missing.length + unexpected.length > 0) {
    throw new FormatError(
      `loadWeights: file expected the weights of the model, got one without ${listed(missing)} and with ` +
        `${listed(unexpected)} besides.${reason} Say which they are, names: { ` +
        `${describe(missing[0] ?? parameters[0]?.name)}: ${describe(unexpected[0] ?? tensors[0]?.name)}, … }, ` +
        `or load only those that fit: strict: false.`,
    );
  }
  const chosen = found.map(({ parameter }) => parameter);
  return { parameters: chosen, values: valuesOf(chosen, found), missing, unexpected };
}

function valuesOf(
  parameters: readonly PlannedParameter[],
  found: readonly { readonly tensor: NamedTensor }[],
): Float32Array[] {
  try {
    const tensors = found.map(({ tensor: { shape, data } }) => ({ shape, data }));
    return readTensors('loadWeights', parameters, tensors, { copied: false, finite: true });
  } catch (error) {
    // The file is at fault.
    throw new FormatError(fieldsOf(error, 'message').message as string);
  }
}
