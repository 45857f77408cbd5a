/** A machine takes the kernels of its own version and refuses anything else before it runs. */
import { describe, expect, test } from 'vitest';
import { compileSync } from '../../src/engine/binary.js';
import { Machine, MAXIMUM_BYTES, type MachineOptions } from '../../src/engine/machine.js';
import { TILE_NAMES } from '../../src/engine/tile.js';
import { FormatError, StateError, UnsupportedError } from '../../src/index.js';

const PAGE = 65536;

const machineOf = (options: Partial<MachineOptions> = {}): Machine =>
  new Machine({ module: compileSync(), tile: '4x8', initialMemory: PAGE, maximumMemory: 16 * PAGE, ...options });

const moduleOf = (...sections: number[][]): WebAssembly.Module =>
  new WebAssembly.Module(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]));

const text = (value: string): number[] => [value.length, ...new TextEncoder().encode(value)];
const section = (id: number, content: number[]): number[] => [id, content.length, ...content];
/** Type 0: () → (). */
const type = section(1, [1, 0x60, 0, 0]);

describe('kernels of another version are refused', () => {
  test('a kernel is missing', () => {
    const make = (): Machine => machineOf({ module: moduleOf() });
    expect(make).toThrow(FormatError);
    expect(make).toThrow(/wasm expected kernel f32_gemm_rows_4x8 with 10 parameters, got none/);
  });

  test('a kernel takes other parameters', () => {
    const name = 'f32_gemm_rows_4x8';
    const module = moduleOf(
      type,
      section(3, [1, 0]),
      section(7, [1, ...text(name), 0, 0]),
      section(10, [1, 2, 0, 0x0b]),
    );
    const make = (): Machine => machineOf({ module });
    expect(make).toThrow(FormatError);
    expect(make).toThrow(/with 10 parameters, got 0/);
  });

  test('it imports what is not there', () => {
    const module = moduleOf(type, section(2, [1, ...text('env'), ...text('abort'), 0, 0]));
    expect(() => machineOf({ module })).toThrow(FormatError);
  });
});

test('a memory that cannot be made says so, and what would help', () => {
  const make = (): Machine => machineOf({ maximumMemory: 2 * MAXIMUM_BYTES });
  expect(make).toThrow(UnsupportedError);
  expect(make).toThrow(/smaller maximumMemory/);
});

test('the tile brings its panel width and both forms', () => {
  for (const name of TILE_NAMES) {
    const { tile, kernels } = machineOf({ tile: name });
    expect(tile).toEqual({
      name,
      panelWidth: Number(name.split('x')[1]),
      rows: kernels[`f32_gemm_rows_${name}`],
      outer: kernels[`f32_gemm_outer_${name}`],
    });
  }
});

test('the arena grows the memory, up to its limit', () => {
  const machine = machineOf();
  const region = machine.arena.allocate(3 * PAGE);
  machine.kernels.f32_fill((3 * PAGE) / 4, region, 5);
  expect(machine.memory.f32[region / 4 + (3 * PAGE) / 4 - 1]).toBe(5);
  expect(() => machine.arena.allocate(16 * PAGE)).toThrow(/at most 1048576 bytes/);
});

test('nothing runs on a machine that was disposed', () => {
  const machine = machineOf();
  expect(() => machine.requireLive('predict')).not.toThrow();
  machine.dispose();
  expect(() => machine.requireLive('predict')).toThrow(StateError);
});
