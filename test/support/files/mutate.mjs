/**
 * Changes files that `save` wrote: parses the JSON of the header, changes it as a tree, and writes it again, so that
 * most changes reach the checks behind the parser. Each file depends on a seed and its number alone, so that any of
 * them can be made again.
 */

/**
 * @typedef {{ integer(limit: number): number, one<T>(list: readonly T[]): T, chance(share: number): boolean }} Random
 */
/** @typedef {Record<string, unknown>} Tree */

/**
 * Returns a generator of integers and booleans from two numbers: xorshift of 32 bits.
 * @param {number} seed
 * @param {number} index
 * @returns {Random}
 */
function randomOf(seed, index) {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 8; i++) next();
  const integer = (/** @type {number} */ limit) => Math.floor(next() * limit);
  return { integer, one: (list) => list[integer(list.length)], chance: (share) => next() < share };
}

/**
 * Values that replace others.
 * @type {readonly ((random: Random, largest: number) => unknown)[]}
 */
const WRONG_VALUES = [
  () => null,
  () => true,
  () => '',
  () => 'x',
  () => '0.1',
  () => [],
  () => ({}),
  () => [null],
  () => [0.1],
  () => ({ kind: 'custom', config: null }),
  () => ({ kind: 'custom', config: { name: 'square' }, custom: null }),
  () => ({ kind: 'custom', config: { name: 'square' } }),
  () => ({ kind: 'activation', config: null }),
  (random) => ({ kind: random.one(KINDS), config: random.one([null, [], 1, {}, { units: 3 }, { rate: 0.5 }]) }),
  (random) => random.one(KINDS),
  (random) => random.one(NUMBERS),
  (random, largest) => 'y'.repeat(1 + random.integer(random.one([10, largest]))),
  (random, largest) =>
    new Array(1 + random.integer(random.one([10, largest]))).fill(random.one([0, 1, null, 'a', 0.5])),
  (random) => nested({}, random, random.one(DEPTHS)),
];

const KINDS = [
  ...['dense', 'maxout', 'prelu', 'activation', 'dropout', 'gaussianNoise', 'batchNormalization', 'input', 'add'],
  ...['layerNormalization', 'rescaling', 'normalization', 'concatenate', 'custom', 'relu', 'softmax', 'sgd', 'adam'],
  ...['nadam', 'warmUp', 'cosine', 'step', 'huber', 'sparseCategoricalCrossentropy', 'accuracy', 'l1', 'maxNorm'],
  ...['orthogonal', 'constant', '__proto__', 'toString'],
];

const NUMBERS = [
  ...[-0, 0, 1, -1, 0.5, 2, 3, 7, 64, 255, 1e3, 1e5, 1e9, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 64],
  ...[1e38, 3.5e38, 1e308, 5e-324, -1e308, 1e-45],
];

/**
 * Depths at which a value is nested. Even three times the largest, of two objects each, can be written as JSON without
 * overflowing the stack.
 */
const DEPTHS = [2, 20, 100, 600];

/**
 * Copies a part of a tree; null where it is too deep to be copied.
 * @param {unknown} value
 */
function copyOf(value) {
  try {
    return structuredClone(value);
  } catch {
    return null;
  }
}

/**
 * Nests a value at a depth.
 * @param {unknown} value
 * @param {Random} random
 * @param {number} depth
 */
function nested(value, random, depth) {
  const key = random.one(['', 'schedule', 'layers', 'config']);
  const warmUp = random.chance(0.3);
  let tree = value;
  for (let i = 0; i < depth; i++) {
    if (warmUp) tree = { kind: 'warmUp', config: { schedule: tree, steps: 1, from: 0 } };
    else tree = key === '' ? [tree] : { [key]: tree };
  }
  return tree;
}

/** Depth down to which positions are listed. */
const DEEPEST_LEVEL = 30;

/**
 * Lists every position in a tree: the object or list, and the key.
 * @param {unknown} tree
 * @returns {[holder: Tree, key: string][]}
 */
function positionsOf(tree) {
  /** @type {[Tree, string][]} */
  const positions = [];
  const visit = (/** @type {unknown} */ value, /** @type {number} */ level) => {
    if (typeof value !== 'object' || value === null || level > DEEPEST_LEVEL) return;
    for (const key of Object.keys(value)) {
      positions.push([/** @type {Tree} */ (value), key]);
      visit(/** @type {Tree} */ (value)[key], level + 1);
    }
  };
  visit(tree, 0);
  return positions;
}

/**
 * Removes a field, or an element of a list.
 * @param {Tree} holder
 * @param {string} key
 */
function remove(holder, key) {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else Reflect.deleteProperty(holder, key);
}

/**
 * Sets an own field, even one with the name of a member of all objects.
 * @param {Tree} holder
 * @param {string} key
 * @param {unknown} value
 */
function put(holder, key, value) {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

/**
 * Changes one position of a tree.
 * @param {unknown} tree
 * @param {Random} random
 * @param {number} largest
 */
function change(tree, random, largest) {
  const positions = positionsOf(tree);
  if (positions.length === 0) return;
  const leaves = positions.filter(([one, at]) => typeof one[at] === 'number' || typeof one[at] === 'boolean');
  // Often just another number, with which the file may well load.
  if (leaves.length > 0 && random.chance(0.4)) {
    const [holder, key] = random.one(leaves);
    const value = holder[key];
    const near = [0, -0, 0.5, 1, 2, 1e-3, 100, Number.MAX_SAFE_INTEGER, random.one(NUMBERS)];
    return put(holder, key, typeof value === 'boolean' ? !value : random.one(near));
  }
  const [holder, key] = random.one(positions);
  const value = holder[key];
  switch (random.integer(9)) {
    case 0:
      return remove(holder, key);
    case 1: {
      const name = random.one([`${key}2`, '__proto__', 'kind', 'config', 'custom', 'toString', 'constructor', 'name']);
      if (Array.isArray(holder)) return void holder.splice(Number(key), 0, copyOf(value));
      return put(holder, name, random.chance(0.5) ? value : random.one(WRONG_VALUES)(random, largest));
    }
    case 2:
    case 3:
      return put(holder, key, random.one(WRONG_VALUES)(random, largest));
    case 4:
      return put(holder, key, random.one(NUMBERS));
    case 5:
      return put(holder, key, nested(value, random, random.one([1, 1, 1, ...DEPTHS])));
    case 6: {
      const [other, at] = random.one(positions);
      const copy = copyOf(other[at]);
      return put(holder, key, copy);
    }
    case 7: {
      // Makes a long list longer.
      const [list] = random.one(positions.filter(([one]) => Array.isArray(one)).concat([[holder, key]]));
      if (!Array.isArray(list) || list.length === 0) return put(holder, key, [value, value]);
      const times = random.one([1, 2, 10, largest / 10, largest]);
      if (times * JSON.stringify(list).length > 2e6) return;
      const again = list.map((one) => one);
      for (let i = 0; i < times; i++) list.push(...again);
      return;
    }
    case 8:
      if (typeof value === 'number') return put(holder, key, value + random.one([1, -1, 0.5, 1000]));
      if (typeof value === 'boolean') return put(holder, key, !value);
      if (typeof value === 'string')
        return put(holder, key, random.one([`${value}x`, value.slice(1), random.one(KINDS)]));
      return put(holder, key, random.one(WRONG_VALUES)(random, largest));
  }
}

/**
 * Adds layers to the description of a graph: many in a row, many outputs, many connections, or values that double in
 * width.
 * @param {any} description
 * @param {Random} random
 * @param {number} largest
 */
function grow(description, random, largest) {
  const { layers, nodes, outputs } = description.architecture ?? {};
  if (![layers, nodes, outputs].every((list) => Array.isArray(list))) return;
  const count = 1 + random.integer(random.one([60, largest]));
  const last = outputs[0];
  const add = (/** @type {string} */ kind, /** @type {object} */ config) => layers.push({ kind, config }) - 1;
  const place = (/** @type {number} */ layer, /** @type {number[]} */ inputs) => nodes.push({ layer, inputs }) - 1;
  let end = last;
  switch (random.integer(6)) {
    case 0: {
      const layer = add('concatenate', {});
      for (let i = 0; i < Math.min(count, 1200); i++) end = place(layer, [end, end]);
      break;
    }
    case 1:
      end = place(add(random.one(['concatenate', 'add']), {}), new Array(count).fill(last));
      break;
    case 2: {
      const layer = add('rescaling', { scale: 2, offset: 0 });
      for (let i = 0; i < count; i++) outputs.push(place(layer, [last]));
      break;
    }
    case 3:
      for (let i = 0; i < count; i++) outputs.push(place(add('rescaling', { scale: 2, offset: 0 }), [last]));
      break;
    case 4: {
      const kind = random.one(['prelu', 'dropout', 'batchNormalization', 'rescaling']);
      const config = { dropout: { rate: 0.5 }, rescaling: { scale: 1 } }[kind] ?? {};
      for (let i = 0; i < count; i++) end = place(add(kind, config), [end]);
      break;
    }
    case 5: {
      const layer = add('rescaling', { scale: 2 });
      const values = Array.from({ length: count }, () => place(layer, [last]));
      end = place(add('concatenate', {}), values);
      break;
    }
  }
  outputs[0] = end;
  if (random.chance(0.7)) delete description.training;
}

/**
 * Changes the text of a header, with numbers that only text can hold.
 * @param {string} text
 * @param {Random} random
 */
function retype(text, random) {
  const numbers = [...text.matchAll(/\b\d+(\.\d+)?\b/g)];
  if (numbers.length === 0) return text;
  const { index, 0: found } = random.one(numbers);
  const other = random.one(['-0', '1e999', '-1e999', '1e-999', '0.1', '-1', '9007199254740993', '1E2', '"1"', '']);
  return text.slice(0, index) + other + text.slice(index + found.length);
}

/**
 * Makes a file of a header and data.
 * @param {string} text
 * @param {Uint8Array} data
 * @param {bigint} [length]
 */
function fileOf(text, data, length) {
  const bytes = new TextEncoder().encode(text);
  const file = new Uint8Array(8 + bytes.length + data.length);
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(bytes.length), true);
  file.set(bytes, 8);
  file.set(data, 8 + bytes.length);
  return file;
}

/**
 * Changes bytes anywhere in a file.
 * @param {Uint8Array} file
 * @param {Random} random
 */
function changeBytes(file, random) {
  const start = random.integer(file.length + 1);
  switch (random.integer(4)) {
    case 0:
      return file.slice(0, start);
    case 1:
      return Uint8Array.of(...file.subarray(0, start), random.integer(256), ...file.subarray(start));
    case 2:
      return Uint8Array.of(...file.subarray(0, start), ...file.subarray(start + 1 + random.integer(8)));
    default: {
      const changed = file.slice();
      for (let i = 0; i < 4 && file.length > 0; i++) changed[random.integer(file.length)] = random.integer(256);
      return changed;
    }
  }
}

/**
 * Changes the header of a file.
 * @param {Uint8Array} file
 * @param {Random} random
 * @param {number} largest
 */
function changeHeader(file, random, largest) {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  const description = JSON.parse(header.__metadata__['wasm-mlp']);
  if (random.chance(0.08)) grow(description, random, largest);
  else {
    for (let i = random.one([1, 1, 1, 2, 3]); i > 0; i--) {
      change(random.chance(0.8) ? [description] : header, random, largest);
    }
  }
  let text = JSON.stringify(description);
  if (random.chance(0.1)) text = retype(text, random);
  const metadata = header.__metadata__;
  if (typeof metadata === 'object' && metadata !== null && 'wasm-mlp' in metadata) metadata['wasm-mlp'] = text;
  const whole = random.chance(0.05) ? retype(JSON.stringify(header), random) : JSON.stringify(header);
  const data = file.subarray(8 + length);
  return fileOf(whole, data, random.chance(0.02) ? BigInt(random.integer(2 * length)) : undefined);
}

/**
 * Makes file number `index` of a seed: one of `bases` with a few changes, which make lists of up to `largest` elements.
 * @param {readonly Uint8Array[]} bases
 * @param {number} seed
 * @param {number} index
 * @param {number} [largest]
 */
export function mutated(bases, seed, index, largest = 1000) {
  const random = randomOf(seed, index);
  const file = random.one(bases);
  if (random.chance(0.1)) return changeBytes(file, random);
  try {
    return changeHeader(file, random, largest);
  } catch (error) {
    // Changes upon changes may give more text, or deeper lists, than can be written.
    if (error instanceof RangeError) return changeBytes(file, random);
    throw error;
  }
}
