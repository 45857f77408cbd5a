/**
 * Fixture for kernel tests: a runtime per tile, buffers between guard bytes that every call must leave intact, numbers
 * to fill them, and distances in units in the last place.
 */
import { expect } from 'vitest';
import type { KernelName, Kernels } from '../../src/runtime/abi.js';
import { compileSync } from '../../src/runtime/binary.js';
import { WasmRuntime, MAXIMUM_BYTES } from '../../src/runtime/wasm-runtime.js';
import { TILE_NAMES, type TileName } from '../../src/runtime/tile.js';

export const runtimeOf = (tile: TileName = '4x8'): WasmRuntime =>
  new WasmRuntime({ module: compileSync(), tile, initialMemory: 1 << 20, maximumMemory: MAXIMUM_BYTES });

export const runtimes = TILE_NAMES.map((tile) => [tile, runtimeOf(tile)] as const);

/** Byte that fills guards; as a float32 it is a number that no kernel writes. */
const GUARD = 0xa5;
const GUARD_BYTES = 64;

export interface Buffer {
  readonly address: number;
  readonly length: number;
}

/** Scratch memory for one test: `use` allocates buffers, `call` runs a kernel and checks all guards. */
export class KernelFixture {
  private readonly guards: number[] = [];
  private readonly regions: number[] = [];

  constructor(readonly runtime: WasmRuntime) {}

  /** Guards the bytes from `address` on, which must be free. */
  guard(address: number): void {
    this.runtime.memory.u8.fill(GUARD, address, address + GUARD_BYTES);
    this.guards.push(address);
  }

  /** Allocates a buffer with these values, as float32. */
  use(values: ArrayLike<number>): Buffer {
    const { arena, memory } = this.runtime;
    const start = arena.allocate(4 * values.length + 2 * GUARD_BYTES);
    this.regions.push(start);
    const address = start + GUARD_BYTES;
    for (const guard of [start, address + 4 * values.length]) {
      this.guard(guard);
    }
    memory.f32.set(values, address / 4);
    return { address, length: values.length };
  }

  /** Allocates a buffer of `length` values for a kernel to write. */
  room(length: number): Buffer {
    return this.use(new Float32Array(length).fill(NaN));
  }

  read({ address, length }: Buffer): Float32Array {
    return this.runtime.memory.f32.slice(address / 4, address / 4 + length);
  }

  readU32(buffer: Buffer): number[] {
    return [...new Uint32Array(this.read(buffer).buffer)];
  }

  readF64(buffer: Buffer): number {
    return this.runtime.memory.f64[buffer.address / 8];
  }

  call<K extends KernelName>(name: K, ...args: Parameters<Kernels[K]>): void {
    (this.runtime.kernels[name] as (...numbers: unknown[]) => void)(...args);
    this.checkGuards();
  }

  checkGuards(): void {
    const { u8 } = this.runtime.memory;
    for (const guard of this.guards) {
      for (let at = guard; at < guard + GUARD_BYTES; at++) {
        if (u8[at] !== GUARD) expect.fail(`byte ${at - guard} of the guard at ${guard} was overwritten with ${u8[at]}`);
      }
    }
  }

  free(): void {
    for (const region of this.regions) this.runtime.arena.free(region);
  }
}

/** Runs a test on a fixture and frees its memory. */
export function onFixture<T>(runtime: WasmRuntime, test: (fixture: KernelFixture) => T): T {
  const fixture = new KernelFixture(runtime);
  try {
    return test(fixture);
  } finally {
    fixture.free();
  }
}

/**
 * Numbers in [−1, 1) from a linear congruential generator: the same on every machine, and independent of the library's
 * generator.
 */
export function numbers(count: number, seed: number): Float32Array {
  const out = new Float32Array(count);
  let state = BigInt(seed) + 0x9e3779b97f4a7c15n;
  for (let i = 0; i < count; i++) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    out[i] = Number(state >> 40n) / 2 ** 23 - 1;
  }
  return out;
}

const bits = new DataView(new ArrayBuffer(4));

/** Distance from a float32 to the next one away from zero. */
export function ulpOf(value: number): number {
  bits.setFloat32(0, Math.abs(value));
  const pattern = Math.min(bits.getUint32(0), 0x7f7ffffe);
  bits.setUint32(0, pattern);
  const low = bits.getFloat32(0);
  bits.setUint32(0, pattern + 1);
  return bits.getFloat32(0) - low;
}

/** Distance of a float32 from the true value, in units in the last place of the true value rounded to float32. */
export function ulps(actual: number, expected: number): number {
  const rounded = Math.fround(expected);
  // Infinity, never NaN, where a number is expected: every comparison with NaN is false.
  if (Number.isNaN(actual) || !Number.isFinite(rounded)) return Object.is(actual, rounded) ? 0 : Infinity;
  return Math.abs(actual - expected) / ulpOf(rounded);
}
