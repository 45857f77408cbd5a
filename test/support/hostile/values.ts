/**
 * A pool of values that no caller should pass, and that some caller will: wrong types, extreme numbers, broken and
 * altered arrays, proxies, and objects whose own code throws. Each value is made anew for every call, so that no call
 * sees what another did to it.
 */

/** The error that the code of these values throws. It is the caller's own error, and may reach the caller unchanged. */
export class Own extends Error {
  override name = 'Own';
}

const fail = (): never => {
  throw new Own('thrown by the value itself');
};

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

const TRAPS = [
  'get',
  'has',
  'ownKeys',
  'getOwnPropertyDescriptor',
  'getPrototypeOf',
  'set',
  'apply',
  'construct',
] as const;

/** A proxy of which all traps throw, or some of them. */
const trapped = (target: object, traps: readonly (typeof TRAPS)[number][] = TRAPS): unknown =>
  new Proxy(target, Object.fromEntries(traps.map((trap) => [trap, fail])));

const detached = (): Float32Array => {
  const array = Float32Array.of(1, 2, 3, 4);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
};

const sparse = (length: number): unknown[] => {
  const list: unknown[] = [];
  list.length = length;
  return list;
};

/** An object with a throwing getter for each name that the library reads anywhere. */
const thrower = (): object =>
  Object.defineProperties(
    {},
    Object.fromEntries(
      ['kind', 'config', 'custom', 'name', 'length', 'shape', 'data', 'then', 'activation', 'engine'].map((name) => [
        name,
        { get: fail, enumerable: true },
      ]),
    ),
  );

/** An array that reports its true length in every second read only. */
function fickle(array: Float32Array, length: number): Float32Array {
  const { length: real } = array;
  let asked = 0;
  return Object.defineProperty(array, 'length', { get: () => (asked++ % 2 === 0 ? real : length) });
}

class Longer extends Float32Array {
  override get length(): number {
    return 64;
  }
}

class Stranger extends Float32Array {
  static get [Symbol.species](): Float32ArrayConstructor {
    return fail();
  }
}

const cyclicList = (): unknown[] => {
  const list: unknown[] = [];
  list.push(list, list);
  return list;
};

const cyclicObject = (): object => {
  const object: Record<string, unknown> = { kind: 'warmUp' };
  object.config = { schedule: object, steps: 1 };
  return object;
};

const deep = (levels: number): unknown => {
  let value: unknown = [];
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { kind: 'warmUp', config: { schedule: value } };
  return value;
};

const rejected = (): Promise<never> => {
  const promise = Promise.reject(new Own('a rejection of the caller'));
  promise.catch(() => undefined);
  return promise;
};

const aborted = (): AbortSignal => AbortSignal.abort(new Own('aborted by the caller'));

/** The pool, with a name for each value. */
export const HOSTILE: readonly (readonly [name: string, make: () => unknown])[] = [
  // Wrong types.
  ['undefined', () => undefined],
  ['null', () => null],
  ['true', () => true],
  ['false', () => false],
  ['a symbol', () => Symbol('s')],
  ['a bigint', () => 3n],
  ['an empty string', () => ''],
  ['text', () => 'x'],
  ['a number as text', () => '3'],
  ['__proto__', () => '__proto__'],
  ['constructor', () => 'constructor'],
  ['text of 100,000 characters', () => 'ab'.repeat(50_000)],
  ['text with a zero', () => 'a\0b'],
  ['a Date', () => new Date(NaN)],
  ['a regular expression', () => /x/],
  ['an Error', () => new Own('a value')],
  ['a boxed number', () => Object(3) as unknown],
  ['a boxed string', () => Object('relu') as unknown],
  ['a boxed symbol', () => Object(Symbol('s')) as unknown],
  // Numbers.
  ['NaN', () => NaN],
  ['Infinity', () => Infinity],
  ['-Infinity', () => -Infinity],
  ['-0', () => -0],
  ['0', () => 0],
  ['-1', () => -1],
  ['0.5', () => 0.5],
  ['1', () => 1],
  ['3', () => 3],
  ['1e-320', () => 1e-320],
  ['1e39', () => 1e39],
  ['2^31 - 1', () => 2 ** 31 - 1],
  ['2^31', () => 2 ** 31],
  ['2^31 + 1', () => 2 ** 31 + 1],
  ['2^32', () => 2 ** 32],
  ['2^53 - 1', () => Number.MAX_SAFE_INTEGER],
  ['2^64', () => 2 ** 64],
  // Functions.
  ['a function', () => () => undefined],
  ['a function that throws', () => fail],
  ['a function that gives a symbol', () => () => Symbol('s')],
  ['a function that gives a revoked proxy', () => () => revoked({})],
  [
    'a function that gives a list with a revoked prototype',
    () => () => Object.setPrototypeOf([1, 2], revoked({}) as object) as unknown,
  ],
  ['a function that gives a proxied Float32Array', () => () => new Proxy(Float32Array.of(1, 2), {})],
  ['a function that gives an endless list', () => () => sparse(2 ** 32 - 1)],
  [
    'a function that gives an altered array',
    () => (z: unknown) => Object.setPrototypeOf(new Float32Array(z as never), null) as unknown,
  ],
  ['an async function that fails', () => () => rejected()],
  [
    'a generator function',
    () =>
      function* () {
        yield revoked([]);
      },
  ],
  ['a function named by a symbol', () => Object.defineProperty(() => 1, 'name', { value: Symbol('s') })],
  ['a revoked function', () => revoked(() => 1)],
  // Lists.
  ['[]', () => []],
  ['[null]', () => [null]],
  ['[undefined]', () => [undefined]],
  ['a list with a hole', () => [1, , 2]], // eslint-disable-line no-sparse-arrays
  ['a hole', () => [,]], // eslint-disable-line no-sparse-arrays
  ['[[]]', () => [[]]],
  ['[[[]]]', () => [[[]]]],
  ['[[], [1]]', () => [[], [1]]],
  ['a list of symbols', () => [Symbol('s')]],
  ['a list of revoked proxies', () => [revoked({}), revoked([])]],
  ['a list of trapped proxies', () => [trapped({}), trapped([])]],
  ['a list of throwing objects', () => [thrower()]],
  ['a list of 2^32 - 1 holes', () => sparse(2 ** 32 - 1)],
  ['a cyclic list', cyclicList],
  ['a list of 10,000 levels', () => deep(10_000)],
  ['a list without prototype', () => Object.setPrototypeOf([1, 2], null) as unknown],
  [
    'a list of rows without prototype',
    () => [Object.setPrototypeOf([1, 2], null), Object.setPrototypeOf([3, 4], null)],
  ],
  ['a list with a revoked prototype', () => Object.setPrototypeOf([1, 2], revoked({}) as object) as unknown],
  ['a list whose iterator throws', () => Object.assign([1, 2], { [Symbol.iterator]: fail, map: fail, forEach: fail })],
  ['an object like a list', () => ({ length: 2, 0: 1, 1: 2 })],
  ['an object with a length of -1', () => ({ length: -1 })],
  ['an object with a length of 2^40', () => ({ length: 2 ** 40 })],
  ['a proxied list', () => new Proxy([[1, 2]], {})],
  [
    'a proxied list with a length of 1e9',
    () => new Proxy([1], { get: (list, key) => (key === 'length' ? 1e9 : (Reflect.get(list, key) as unknown)) }),
  ],
  [
    'a proxied list with a length of text',
    () => new Proxy([1], { get: (list, key) => (key === 'length' ? 'long' : (Reflect.get(list, key) as unknown)) }),
  ],
  // Objects.
  ['{}', () => ({})],
  ['an object without prototype', () => Object.create(null) as unknown],
  ['an object with __proto__ of its own', () => JSON.parse('{"__proto__":{"kind":"dense"},"x":1}') as unknown],
  ['an object with a revoked prototype', () => Object.create(revoked({}) as object) as unknown],
  ['an object with a symbol as key', () => ({ [Symbol('s')]: 1 })],
  ['an object with an unknown key', () => ({ xyzzy: 1 })],
  ['{ name: null }', () => ({ name: null })],
  ['{ name: {} }', () => ({ name: {} })],
  ['{ kind: symbol }', () => ({ kind: Symbol('s') })],
  ['{ kind: {} }', () => ({ kind: {} })],
  ['{ kind: "__proto__" }', () => ({ kind: '__proto__', config: {} })],
  ['{ kind: "constructor" }', () => ({ kind: 'constructor', config: {} })],
  ['{ kind: "dense" }', () => ({ kind: 'dense' })],
  ['{ kind: "dense", config: null }', () => ({ kind: 'dense', config: null })],
  ['{ kind: "dense", config: [] }', () => ({ kind: 'dense', config: [] })],
  ['{ kind: "relu", config: symbol }', () => ({ kind: 'relu', config: Symbol('s') })],
  ['{ kind: "custom" }', () => ({ kind: 'custom' })],
  ['{ kind: "custom", config: null }', () => ({ kind: 'custom', config: null })],
  ['{ kind: "custom", custom: null }', () => ({ kind: 'custom', config: { name: 'x' }, custom: null })],
  ['{ kind: "custom", custom: [] }', () => ({ kind: 'custom', config: { name: 'x' }, custom: [] })],
  ['{ kind: "custom", custom: [null] }', () => ({ kind: 'custom', config: { name: 'x' }, custom: [null] })],
  ['{ kind: "custom", custom: 3 }', () => ({ kind: 'custom', config: { name: Symbol('s') }, custom: 3 })],
  ['{ kind: "custom", custom: revoked }', () => ({ kind: 'custom', config: { name: 'x' }, custom: revoked({}) })],
  ['{ kind: "custom", custom: [revoked] }', () => ({ kind: 'custom', config: { name: 'x' }, custom: [revoked({})] })],
  ['a schedule within itself', cyclicObject],
  ['an object that throws where it is read', thrower],
  [
    'an object that throws where it is text',
    () => ({ toString: fail, valueOf: fail, toJSON: fail, [Symbol.toPrimitive]: fail }),
  ],
  ['an object whose tag throws', () => Object.defineProperty({}, Symbol.toStringTag, { get: fail })],
  ['an object without a class', () => ({ constructor: undefined, toString: undefined })],
  ['a thenable', () => ({ then: fail })],
  ['a thenable that never ends', () => ({ then: undefined })],
  ['a rejected promise', rejected],
  ['a Map', () => new Map([['epochs', 2]])],
  ['a Set', () => new Set([1])],
  ['a WeakMap', () => new WeakMap()],
  ['an altered Map', () => Object.setPrototypeOf(new Map(), null) as unknown],
  // Proxies.
  ['a proxy', () => new Proxy({}, {})],
  ['a revoked proxy', () => revoked({})],
  ['a revoked proxy of a list', () => revoked([])],
  ['a proxy of a revoked proxy', () => new Proxy(revoked({}) as object, {})],
  ['a proxy that throws at everything', () => trapped({})],
  ['a proxy of a list that throws at everything', () => trapped([])],
  ...TRAPS.slice(0, 5).map((trap) => [`a proxy that throws at ${trap}`, () => trapped({ kind: 'x' }, [trap])] as const),
  ['a proxied Float32Array', () => new Proxy(Float32Array.of(1, 2), {})],
  // Binary data.
  ['an empty Float32Array', () => new Float32Array(0)],
  ['a Float32Array', () => Float32Array.of(1, 2, 3, 4)],
  ['a Float32Array of NaN', () => Float32Array.of(NaN, NaN)],
  ['a Float64Array', () => Float64Array.of(1, 2)],
  ['a BigInt64Array', () => BigInt64Array.of(1n, 2n)],
  ['an Int32Array', () => Int32Array.of(1, -2)],
  ['a Uint8Array', () => Uint8Array.of(1, 2)],
  ['a DataView', () => new DataView(new ArrayBuffer(8))],
  ['an ArrayBuffer', () => new ArrayBuffer(8)],
  ['a SharedArrayBuffer', () => new SharedArrayBuffer(8)],
  ['a Float32Array on shared memory', () => new Float32Array(new SharedArrayBuffer(8))],
  ['a detached Float32Array', detached],
  ['a detached ArrayBuffer', () => detached().buffer],
  ['a Float32Array without prototype', () => Object.setPrototypeOf(Float32Array.of(1, 2), null) as unknown],
  ['an Int32Array without prototype', () => Object.setPrototypeOf(Int32Array.of(0, 1), null) as unknown],
  ['a DataView without prototype', () => Object.setPrototypeOf(new DataView(new ArrayBuffer(8)), null) as unknown],
  ['an ArrayBuffer without prototype', () => Object.setPrototypeOf(new ArrayBuffer(8), null) as unknown],
  [
    'a Float32Array that says it is longer',
    () => Object.defineProperty(Float32Array.of(1, 2), 'length', { value: 64 }),
  ],
  [
    'a Float32Array that says it is shorter',
    () => Object.defineProperty(new Float32Array(4096), 'length', { value: 2 }),
  ],
  ['a Float32Array that says it is shorter each second time', () => fickle(new Float32Array(4096), 2)],
  ['a Float32Array that says it is longer each second time', () => fickle(Float32Array.of(1, 2), 64)],
  ['a Float32Array of a class that says it is longer', () => new Longer(2)],
  [
    'a Float32Array whose subarray is longer',
    () =>
      Object.assign(new Float32Array(8), {
        subarray: () => new Float32Array(4096),
        slice: () => new Float32Array(4096),
      }),
  ],
  ['a Float32Array of a class that cannot be copied', () => new Stranger(2)],
  ['a Float32Array whose buffer throws', () => Object.defineProperty(Float32Array.of(1, 2), 'buffer', { get: fail })],
  ['the prototype of Float32Array', () => Object.create(Float32Array.prototype) as unknown],
  ['the prototype of Uint8Array', () => Object.create(Uint8Array.prototype) as unknown],
  // Objects of the platform.
  ['a signal that is aborted', aborted],
  [
    'a signal without removeEventListener',
    () => ({ addEventListener: () => undefined, throwIfAborted: () => undefined }),
  ],
  [
    'a signal that throws',
    () => ({ addEventListener: fail, removeEventListener: fail, throwIfAborted: fail, aborted: false }),
  ],
  ['an iterable of nothing', () => ({ [Symbol.iterator]: () => ({ next: () => undefined }) })],
  ['an iterable without next', () => ({ [Symbol.iterator]: () => ({}) })],
  ['an iterable that is none', () => ({ [Symbol.iterator]: 3, [Symbol.asyncIterator]: null })],
  ['an iterable of revoked proxies', () => ({ [Symbol.iterator]: () => ({ next: () => ({ value: revoked([]) }) }) })],
  ['an iterator that gives a revoked proxy', () => ({ [Symbol.iterator]: () => ({ next: () => revoked({}) }) })],
  ['an empty WebAssembly module', () => new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))],
  ['the prototype of WebAssembly.Module', () => Object.create(WebAssembly.Module.prototype) as unknown],
  ['an object that says it is a module', () => ({ [Symbol.toStringTag]: 'WebAssembly.Module' })],
  ['an object that says it is a URL', () => ({ [Symbol.toStringTag]: 'URL' })],
  ['an object that says it is a Float32Array', () => ({ [Symbol.toStringTag]: 'Float32Array', length: 2, 0: 1, 1: 2 })],
  [
    'an object that says it is an ArrayBuffer',
    () => ({ [Symbol.toStringTag]: 'ArrayBuffer', slice: fail, byteLength: 2 ** 40 }),
  ],
];
