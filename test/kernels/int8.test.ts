/**
 * Products in eight bits against their formulas in integers (test/support/reference/int8.ts): the same bits, by both
 * binaries, for all sizes of rows, panels and tails, for extreme operands, and for rows that are not finite.
 */
import v8 from 'node:v8';
import { describe, expect, test } from 'vitest';
import { FIRST_ADDRESS } from '../../src/runtime/constants.generated.js';
import { compileInt8 } from '../../src/runtime/int8/load.js';
import type { Int8Path } from '../../src/runtime/int8/abi.js';
import { instantiateInt8, type Int8Kernels } from '../../src/runtime/int8/products.js';
import { roomAt, roomBytes } from '../../src/runtime/int8/room.js';
import { int8WeightBytes, MOST_INPUTS } from '../../src/runtime/int8/weight-bytes.js';
import { packInt8, unpackInt8 } from '../../src/runtime/int8/weights.js';
import { padded } from '../../src/runtime/panels.js';
import { affineRow, nearest, quantizeRow } from '../support/reference/int8.js';
import { source, type Source } from '../support/reference/random.js';

// Node 20 has the relaxed instruction by a flag, and right only in its optimizing compiler: the probe refuses it in the
// baseline compiler.
if (process.versions.node.startsWith('20.')) {
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  v8.setFlagsFromString('--no-liftoff');
}

const PATHS: readonly Int8Path[] = ['plain', 'relaxed'];
const memory = new WebAssembly.Memory({ initial: 512, maximum: 512, shared: true });
const f32 = new Float32Array(memory.buffer);
const bytes = new Uint8Array(memory.buffer);
const kernels = new Map<Int8Path, Int8Kernels>();
for (const path of PATHS) kernels.set(path, instantiateInt8((await compileInt8(path))!, memory));

interface Product {
  readonly rows: readonly (readonly number[])[];
  /** (units, inputs) */
  readonly weights: Int8Array;
  readonly inputs: number;
  readonly scales: readonly number[];
  readonly bias?: readonly number[] | undefined;
  readonly range?: readonly [number, number] | undefined;
}

/** Bytes that no kernel writes, between all buffers. */
const GUARD = 0xa5;
const GUARD_BYTES = 64;

/** Computes a product between guards, with what no kernel may use in the padding of its operands and in its scratch. */
function compute(path: Int8Path, { rows, weights, inputs, scales, bias, range }: Product): Float32Array[] {
  const units = scales.length;
  const ldx = padded(inputs) + 4;
  const ldz = padded(units) + 8;
  let end = FIRST_ADDRESS;
  const guards: number[] = [];
  const room = (size: number): number => {
    const at = end + GUARD_BYTES;
    bytes.fill(GUARD, end, at);
    guards.push(end);
    end = Math.ceil((at + size) / 16) * 16;
    bytes.fill(GUARD, at + size, end + GUARD_BYTES);
    if (end + GUARD_BYTES > bytes.length) throw new Error('more memory expected');
    return at;
  };
  const x = room(4 * rows.length * ldx);
  const panels = room(int8WeightBytes(inputs, units));
  const scalesAt = room(4 * padded(units));
  const biasAt = bias === undefined ? 0 : room(4 * padded(units));
  const z = room(4 * rows.length * ldz);
  const scratchBytes = roomBytes(path, rows.length, inputs);
  const scratch = room(scratchBytes);
  room(0);
  f32.fill(NaN, x / 4, x / 4 + rows.length * ldx);
  rows.forEach((row, i) => f32.set(row, x / 4 + i * ldx));
  packInt8(weights, inputs, units, bytes.subarray(panels));
  f32.fill(0, scalesAt / 4, scalesAt / 4 + padded(units));
  f32.set(scales, scalesAt / 4);
  if (bias !== undefined) {
    f32.fill(0, biasAt / 4, biasAt / 4 + padded(units));
    f32.set(bias, biasAt / 4);
  }
  bytes.fill(0xff, z, z + 4 * rows.length * ldz);
  bytes.fill(0xff, scratch, scratch + scratchBytes);
  const at = roomAt(scratch, path, rows.length, inputs);
  kernels.get(path)!.multiply(rows.length, units, inputs, x, ldx, panels, scalesAt, biasAt, z, ldz, at, range);
  for (const guard of guards) {
    if (bytes.subarray(guard, guard + GUARD_BYTES).some((byte) => byte !== GUARD)) {
      expect.fail(`${path}: the guard at ${guard} was overwritten (${String(guards)})`);
    }
  }
  const result = rows.map((_, i) => f32.slice(z / 4 + i * ldz, z / 4 + i * ldz + ldz));
  for (const row of result) {
    expect(new Uint8Array(row.buffer).subarray(4 * padded(units)).every((byte) => byte === 0xff)).toBe(true);
  }
  return result.map((row) => row.slice(0, units));
}

const bitsOf = (row: Float32Array): number[] =>
  [...new Uint32Array(row.buffer, row.byteOffset, row.length)].map((word, i) =>
    Number.isNaN(row[i]) ? 0x7fc00000 : word,
  );

/** Compares both binaries with the reference, bit by bit. */
function check(product: Product): void {
  const { rows, weights, scales, bias, range } = product;
  const wanted = rows.map((row) => bitsOf(affineRow(quantizeRow(row, range), weights, scales, bias)));
  for (const path of PATHS) {
    const got = compute(path, product).map(bitsOf);
    const wrong = wanted.findIndex((row, i) => row.some((word, j) => word !== got[i][j]));
    if (wrong !== -1) {
      expect(got[wrong], `${path}, row ${wrong} of ${rows.length}, ${scales.length} units`).toEqual(wanted[wrong]);
    }
  }
}

const integer = (from: Source): number => from.below(255) - 127;
const weightsOf = (size: number, from: Source, weight = integer): Int8Array =>
  Int8Array.from({ length: size }, () => weight(from));
const numbers = (count: number, from: Source, size = 2): number[] =>
  Array.from({ length: count }, () => Math.fround(from.symmetric(size)));

function random(rows: number, units: number, inputs: number, from: Source): Product {
  const sizes = [1e-30, 1e-3, 1, 50, 1e20];
  return {
    rows: Array.from({ length: rows }, () => numbers(inputs, from, sizes[from.below(sizes.length)])),
    weights: weightsOf(units * inputs, from),
    inputs,
    scales: numbers(units, from).map(Math.abs),
    bias: from.below(2) === 0 ? numbers(units, from) : undefined,
  };
}

describe('the reference', () => {
  test('rounds half to even', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 0.49999997, 126.5].map((x) => nearest(x) + 0)).toEqual([0, 2, 2, 0, -2, 0, 126]);
  });

  test('keeps most of a row', () => {
    const { scale, zero, values } = quantizeRow([-1, 0, 0.5, 1]);
    expect([zero, ...values]).toEqual([64, 0, 64, 96, 127]);
    expect(scale).toBeCloseTo(2 / 127, 7);
  });
});

describe('products in eight bits', () => {
  test('of random sizes', () => {
    const from = source(0x18);
    for (let i = 0; i < 300; i++) check(random(from.below(71), 1 + from.below(100), 1 + from.below(300), from));
  });

  test('of every width up to 40 and every height up to 8', () => {
    const from = source(0x19);
    for (let units = 1; units <= 40; units++) {
      for (let rows = 0; rows <= 8; rows++) check(random(rows, units, 1 + from.below(40), from));
    }
  });

  test.each([
    [256, 10, 512],
    [40, 512, 784],
    [1, 1000, 2051],
    [700, 20, 1300],
    [5, 30, 9001],
  ])('of %i rows, %i units and %i inputs', (rows, units, inputs) => check(random(rows, units, inputs, source(rows))));

  test('of extreme operands, with the most inputs that there may be', () => {
    const from = source(0x20);
    const inputs = MOST_INPUTS;
    const signs = [() => 127, () => -127, (one: Source) => (one.below(2) === 0 ? 127 : -127)];
    const weights = new Int8Array(6 * inputs);
    signs.forEach((sign, unit) => weights.set(weightsOf(inputs, from, sign), unit * inputs));
    weights.set(weightsOf(3 * inputs, from), 3 * inputs);
    const row = (value: () => number): number[] => Array.from({ length: inputs }, value);
    const rows = [row(() => 1), row(() => -1), row(() => 0), row(() => (from.below(2) === 0 ? 1 : -1))];
    for (const some of [rows, rows.slice(0, 1)]) {
      check({ rows: some, weights, inputs, scales: [1, 1, 1, 0.5, 2, 3], bias: undefined });
    }
  });

  test('of values that are halfway between two steps', () => {
    const from = source(0x21);
    // A range of 127 has steps of 1.
    const row = (least: number): number[] => [
      least,
      least + 127,
      ...Array.from({ length: 250 }, () => least + from.below(254) / 2),
    ];
    for (const least of [0, -127, -64, -63, -63.5, -1]) {
      check({ ...random(1, 13, 252, from), rows: [row(least), row(least), row(least), row(least)] });
    }
  });

  test('of ranges from none to the largest', () => {
    const from = source(0x22);
    const sizes = [0, 2 ** -149, 2 ** -126, 2 ** -112, 2 ** -111, 2 ** -110, 2 ** -109, 2 ** -60, 2 ** 100, 3e38];
    for (const size of sizes) {
      const rows = [
        [size, 0, 0, 0, 0],
        [-size, 0, 0, 0, -0],
        [size, size, size, size / 2, size],
        numbers(5, from, size),
        [-0, -0, -0, -0, -0],
      ];
      for (const some of [rows, ...rows.map((row) => [row])]) check({ ...random(1, 9, 5, from), rows: some });
    }
  });

  test('of rows that are not finite, which are NaN, among others, which are not touched by it', () => {
    const from = source(0x23);
    const bad = [NaN, Infinity, -Infinity];
    for (const inputs of [1, 3, 4, 7, 16, 37, 64]) {
      for (let at = 0; at < inputs; at++) {
        const rows = [...bad, 1, 3e38].map((value) => {
          const row = numbers(inputs, from);
          row[at] = value;
          if (value === 3e38 && inputs > 1) row[(at + 1) % inputs] = -3e38;
          return row;
        });
        for (const range of [undefined, [-1, 2] as const]) {
          const one = { ...random(1, 5, inputs, from), rows, range };
          check(one);
          check({ ...one, rows: rows.slice(0, 1) });
          expect(compute('plain', one)[0].every(Number.isNaN)).toBe(true);
          expect(compute('plain', one)[3].some(Number.isNaN)).toBe(false);
        }
      }
    }
    // A NaN of either sign, and one with a payload.
    const words = new Uint32Array([0xffc00000, 0x7f800001, 0xff812345]);
    const nans = [...new Float32Array(words.buffer)].map((nan) => [1, nan, 2]);
    check({ ...random(1, 5, 3, from), rows: nans });
  });

  test('of a given range, with values outside of it', () => {
    const from = source(0x24);
    const ranges = [
      [-1, 1],
      [0, 6],
      [0.5, 2],
      [-2, -0.5],
      [0, 0],
      [-1e-3, 1e3],
      [-3e38, 3e38],
      [0, 1e-40],
      [-2, Infinity],
    ] as const;
    for (const range of ranges) {
      for (const rows of [1, 2, 3, 10]) check({ ...random(rows, 17, 30, from), range });
    }
  });

  test('of negative zeros and of scales beyond float32', () => {
    const inputs = 4;
    const weights = Int8Array.of(-1, 0, 0, 0, 0, 0, 0, 0, 127, 0, 0, 0);
    const rows = [
      [1e-30, 0, 0, 0],
      [-0, 0, 0, 0],
      [1e30, 0, 0, 0],
    ];
    for (const scale of [1e-30, 0, 3e38]) {
      for (const bias of [undefined, [0, 0, 0], [-0, -0, -0]]) {
        check({ rows, weights, inputs, scales: [scale, scale, scale], bias });
        for (const row of rows) check({ rows: [row], weights, inputs, scales: [scale, scale, scale], bias });
      }
    }
  });
});

describe('weights in eight bits', () => {
  test.each([
    [1, 1],
    [4, 12],
    [5, 13],
    [7, 23],
    [784, 30],
  ])('%i inputs of %i units are packed and unpacked, wherever they are', (inputs, units) => {
    const weights = weightsOf(units * inputs, source(inputs));
    const size = int8WeightBytes(inputs, units);
    expect(size).toBe(padded(inputs) * padded(units) + 4 * padded(units));
    const all = new Uint8Array(size + 11).fill(7);
    packInt8(weights, inputs, units, all.subarray(3));
    expect(unpackInt8(all.subarray(3), inputs, units)).toEqual(weights);
    expect([...all.subarray(0, 3), ...all.subarray(size + 3)]).toEqual(new Array(11).fill(7));
    const stored = all.subarray(3, 3 + padded(inputs) * padded(units));
    expect(stored.filter((byte) => byte !== 0)).toHaveLength(weights.filter((weight) => weight !== 0).length);
  });

  test('a group is four inputs of each of four units', () => {
    const weights = Int8Array.from({ length: 5 * 6 }, (_, i) => i + 1);
    const bytes = new Uint8Array(int8WeightBytes(6, 5));
    packInt8(weights, 6, 5, bytes);
    expect([...new Int8Array(bytes.buffer, 0, 32)]).toEqual([
      ...[1, 2, 3, 4, 7, 8, 9, 10, 13, 14, 15, 16, 19, 20, 21, 22],
      ...[25, 26, 27, 28, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]);
    expect([...new Int32Array(bytes.buffer, 64)]).toEqual([21, 57, 93, 129, 165, 0, 0, 0]);
  });
});

describe('loading', () => {
  test('takes the relaxed binary where the engine has it, the plain one where that is asked for', async () => {
    expect((await compileInt8())?.path).toBe('relaxed');
    expect((await compileInt8('plain'))?.path).toBe('plain');
  });

  test('refuses kernels that are none, or of another version', async () => {
    const { module } = (await compileInt8('plain'))!;
    const other = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
    expect(() => instantiateInt8({ path: 'plain', module: other }, memory)).toThrow(/kernels of eight bits/);
    expect(instantiateInt8({ path: 'plain', module }, memory).code.path).toBe('plain');
  });
});
