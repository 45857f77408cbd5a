/**
 * A runtime accepts the kernels of its own version and refuses any others before it runs; it also holds the tile,
 * memory and arena.
 */
import { describe, expect, test } from 'vitest';
import { compileSync } from '../../src/runtime/binary.js';
import { WasmRuntime, MAXIMUM_BYTES, type WasmRuntimeOptions } from '../../src/runtime/wasm-runtime.js';
import { TILE_NAMES } from '../../src/runtime/tile.js';
import { GEMV_PANELS, TILES } from '../../scripts/kernels/gemm/family.mjs';
import { FormatError, StateError, UnsupportedError } from '../../src/index.js';

const PAGE = 65536;

const runtimeOf = (options: Partial<WasmRuntimeOptions> = {}): WasmRuntime =>
  new WasmRuntime({ module: compileSync(), tile: '4x8', initialMemory: PAGE, maximumMemory: 16 * PAGE, ...options });

const moduleOf = (...sections: number[][]): WebAssembly.Module =>
  new WebAssembly.Module(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]));

const text = (value: string): number[] => [value.length, ...new TextEncoder().encode(value)];
const section = (id: number, content: number[]): number[] => [id, content.length, ...content];

describe('kernels of another version are refused', () => {
  const refusal = (module: WebAssembly.Module): Error => {
    try {
      runtimeOf({ module });
    } catch (error) {
      return error as Error;
    }
    return expect.fail('was taken');
  };

  test('in a module without a version', () => {
    const error = refusal(moduleOf());
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toBe(
      'createEngine: wasm expected the kernels of this version of wasm-mlp, got a module that is none of its kernels.',
    );
  });

  test('in a module with another version', () => {
    const error = refusal(moduleOf(section(0, [...text('wasm-mlp'), ...new TextEncoder().encode('0123456789abcdef')])));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(/got those of another version\.$/);
  });
});

test('memory that cannot be created is refused with what would help', () => {
  const make = (): WasmRuntime => runtimeOf({ maximumMemory: 2 * MAXIMUM_BYTES });
  expect(make).toThrow(UnsupportedError);
  expect(make).toThrow(/smaller maximumMemory/);
});

test('where there is no room for the maximum, less of it is taken if that will do', () => {
  // More than a memory may have, so the platform refuses it.
  const runtime = runtimeOf({ maximumMemory: 2 * MAXIMUM_BYTES, orLess: true });
  expect(runtime.memory.maximumBytes).toBe(MAXIMUM_BYTES / 2);
  runtime.dispose();
});

test('the tiles are those that the build generates', () => {
  expect(TILES.map(([rows, width]) => `${rows}x${width}`)).toEqual([...TILE_NAMES]);
});

test('a tile has its panel width, its columns of a matrix–vector product, and both forms of GEMM', () => {
  for (const name of TILE_NAMES) {
    const { tile, kernels } = runtimeOf({ tile: name });
    const [rows, width] = name.split('x').map(Number);
    expect(tile).toEqual({
      name,
      rows,
      panelWidth: width,
      gemvColumns: width * GEMV_PANELS[name][0],
      gemm: kernels[`f32_gemm_${name}`],
      gemmTN: kernels[`f32_gemm_tn_${name}`],
    });
  }
});

test('the arena grows the memory up to its limit', () => {
  const runtime = runtimeOf();
  const region = runtime.arena.allocate(3 * PAGE);
  runtime.kernels.f32_fill((3 * PAGE) / 4, region, 5);
  expect(runtime.memory.f32[region / 4 + (3 * PAGE) / 4 - 1]).toBe(5);
  expect(() => runtime.arena.allocate(16 * PAGE)).toThrow(/at most 1048576 bytes/);
});

test('a disposed runtime refuses to run', () => {
  const runtime = runtimeOf();
  expect(() => runtime.requireLive('predict')).not.toThrow();
  runtime.dispose();
  expect(() => runtime.requireLive('predict')).toThrow(StateError);
});
