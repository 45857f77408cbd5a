/**
 * Compares the ABI table with the binaries: names, parameter types, and the absence of everything that would keep
 * instances from sharing a memory.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import v8 from 'node:v8';
import binaryen from 'binaryen';
import { describe, expect, test } from 'vitest';
import { ABI_DIGEST } from '../../src/runtime/abi.generated.js';
import { ABI } from '../../src/runtime/abi.js';
import { INT8_ABI_DIGEST } from '../../src/runtime/int8/abi.generated.js';
import { ABI as INT8_ABI } from '../../src/runtime/int8/abi.js';
import { INT8_KERNELS_HEX } from '../../src/runtime/kernels-int8.generated.js';
import { INT8_RELAXED_KERNELS_HEX } from '../../src/runtime/kernels-int8-relaxed.generated.js';
import { FIRST_ADDRESS } from '../../src/runtime/constants.generated.js';
import { KERNELS_HEX } from '../../src/runtime/kernels.generated.js';
import { MAXIMUM_BYTES } from '../../src/runtime/wasm-runtime.js';
import { TILE_NAMES } from '../../src/runtime/tile.js';

if (process.versions.node.startsWith('20.')) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');

const built = (name: string): Buffer => readFileSync(new URL(`../../build/${name}.wasm`, import.meta.url));
const binary = built('kernels');

/** Returns the sections of a WebAssembly binary, by number. */
function sectionsOf(bytes: Uint8Array): Map<number, Uint8Array> {
  const sections = new Map<number, Uint8Array>();
  for (let at = 8; at < bytes.length;) {
    const id = bytes[at++];
    const [size, start] = unsigned(bytes, at);
    sections.set(id, bytes.subarray(start, start + size));
    at = start + size;
  }
  return sections;
}

/** Reads a LEB128 number; also returns where it ends. */
function unsigned(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

/** Reads the items of a vector by `read`, which returns where each item ends. */
function vector<T>(bytes: Uint8Array, read: (at: number) => [T, number], from = 0): [T[], number] {
  let [count, at] = unsigned(bytes, from);
  const items: T[] = [];
  for (; count > 0; count--) {
    const [item, end] = read(at);
    items.push(item);
    at = end;
  }
  return [items, at];
}

const TYPE_NAMES: Partial<Record<number, string>> = {
  0x7f: 'i32',
  0x7e: 'i64',
  0x7d: 'f32',
  0x7c: 'f64',
  0x7b: 'v128',
};

/** Returns the types of parameters and results of each exported function. */
function exportedTypes(binary: Uint8Array): Map<string, { parameters: string[]; results: string[] }> {
  const sections = sectionsOf(binary);
  const types = sections.get(1)!;
  const byte =
    (bytes: Uint8Array) =>
    (at: number): [string, number] => [TYPE_NAMES[bytes[at]] ?? '?', at + 1];
  const [signatures] = vector(types, (at) => {
    const [parameters, middle] = vector(types, byte(types), at + 1);
    const [results, end] = vector(types, byte(types), middle);
    return [{ parameters, results }, end];
  });
  const functions = sections.get(3)!;
  const [typeOf] = vector(functions, (at) => unsigned(functions, at));
  const exports = sections.get(7)!;
  const [entries] = vector(exports, (at) => {
    const [length, start] = unsigned(exports, at);
    const name = new TextDecoder().decode(exports.subarray(start, start + length));
    const kind = exports[start + length];
    const [index, end] = unsigned(exports, start + length + 1);
    return [{ name, kind, index }, end];
  });
  for (const { kind } of entries) expect(kind, 'only functions are exported').toBe(0);
  return new Map(entries.map(({ name, index }) => [name, signatures[typeOf[index]]]));
}

describe('the ABI table matches the binary', () => {
  const types = exportedTypes(binary);

  test.each([
    ['every binary of float32', ABI, ABI_DIGEST, ['kernels', 'kernels-fused', 'kernels-predict']],
    ['those of eight bits', INT8_ABI, INT8_ABI_DIGEST, ['kernels-int8', 'kernels-int8-relaxed']],
  ])('its digest is in %s', (_, table, generated, names) => {
    const digest = createHash('sha256').update(JSON.stringify(table)).digest('hex').slice(0, 16);
    expect(generated).toBe(digest);
    for (const name of names) {
      // A custom section: the length of its name, the name, then its contents.
      const section = Buffer.from(sectionsOf(built(name)).get(0)!);
      expect(section.subarray(1).toString()).toBe(`wasm-mlp${digest}`);
    }
  });

  test('the fused binary has the same functions, and the predict binary some of them', () => {
    expect(exportedTypes(built('kernels-fused'))).toEqual(types);
    const predict = exportedTypes(built('kernels-predict'));
    expect(predict.size).toBeGreaterThan(20);
    for (const [name, signature] of predict) expect(types.get(name)).toEqual(signature);
  });

  test('it lists the same kernels', () => {
    expect([...types.keys()].sort()).toEqual(Object.keys(ABI).sort());
  });

  const typesOf = (parameters: readonly string[]): string[] =>
    parameters.map((parameter) => (parameter.endsWith(':f32') ? 'f32' : 'i32'));

  test.each(Object.entries(ABI))('%s has the listed parameters', (name, parameters) => {
    expect(types.get(name)).toEqual({ parameters: typesOf(parameters), results: [] });
  });

  test.each(['kernels-int8', 'kernels-int8-relaxed'])('%s has the kernels of the table of eight bits', (name) => {
    const wanted = Object.entries(INT8_ABI).map(([kernel, parameters]) => [
      kernel,
      { parameters: typesOf(parameters), results: [] },
    ]);
    expect(Object.fromEntries(exportedTypes(built(name)))).toEqual(Object.fromEntries(wanted));
  });

  test('every tile has gemm and gemmTN', () => {
    for (const tile of TILE_NAMES) {
      expect(types.has(`f32_gemm_${tile}`)).toBe(true);
      expect(types.has(`f32_gemm_tn_${tile}`)).toBe(true);
    }
  });
});

/**
 * asc folds the addition of a constant into the offset of a load or store, on the assumption that nothing is stored
 * below an address that it chooses itself. The sum of address and offset is not taken modulo 2³²: a negative address
 * plus an offset would trap. That cannot happen while every offset is below all addresses in use.
 */
test.each(['kernels', 'kernels-fused', 'kernels-predict', 'kernels-int8', 'kernels-int8-relaxed'])(
  '%s: every offset is below the first address in use',
  (name) => {
    const module = binaryen.readBinary(built(name));
    const offsets = [...module.emitText().matchAll(/ offset=(\d+)/g)].map(([, offset]) => Number(offset));
    module.dispose();
    expect(offsets.length).toBeGreaterThan(name.includes('int8') ? 50 : 100);
    expect(Math.max(...offsets)).toBeLessThan(FIRST_ADDRESS);
  },
);

describe.each([
  ['float32', binary, KERNELS_HEX],
  ['eight bits', built('kernels-int8'), INT8_KERNELS_HEX],
  ['eight bits by relaxed SIMD', built('kernels-int8-relaxed'), INT8_RELAXED_KERNELS_HEX],
])('any number of instances of %s can share a memory', (_, bytes, hex) => {
  const sections = sectionsOf(bytes);
  const module = new WebAssembly.Module(new Uint8Array(bytes));

  test('the only import is the memory', () => {
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
  });

  test('the memory is shared, with any size up to 65,536 pages', () => {
    const imports = sections.get(2)!;
    const [count, first] = unsigned(imports, 0);
    expect(count).toBe(1);
    // The names env and memory, each after its length; then the kind, the flags (1: has a maximum, 2: is shared), and
    // the limits.
    const [kind, flags, ...limits] = imports.subarray(first + 'env'.length + 'memory'.length + 2);
    expect([kind, flags]).toEqual([2, 3]);
    const [least, next] = unsigned(Uint8Array.from(limits), 0);
    const [most, end] = unsigned(Uint8Array.from(limits), next);
    expect([least, most, end]).toEqual([1, MAXIMUM_BYTES / 65536, limits.length]);
  });

  test('only functions are exported, no memory and no globals', () => {
    const kinds = WebAssembly.Module.exports(module).map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(['function']));
  });

  test.each([
    ['memory section', 5],
    ['global variable', 6],
    ['start function', 8],
    ['data segment', 11],
  ])('there is no %s', (_, id) => {
    expect(sections.has(id)).toBe(false);
  });

  test('the inlined binary is the one that was built', () => {
    expect(hex === Buffer.from(bytes).toString('hex')).toBe(true);
  });
});
